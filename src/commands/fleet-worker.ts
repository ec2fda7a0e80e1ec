/** A thread of the fleet (fleet.ts): lints the hosts that it is handed, one after the other. */
import { Tinypool } from 'tinypool';
import type { FleetData } from './fleet.js';
import type { HostParcel } from './fleet-parcel.js';
import type { HostJob } from './host-lint.js';
import { loadProgram } from './loader.js';

const { cwd } = Tinypool.workerData as FleetData;
const { program } = loadProgram('lint');

/** Lints a host. */
export default (job: HostJob): Promise<HostParcel> => program.lintInThread(job, cwd);
