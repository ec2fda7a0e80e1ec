/** A thread of the fleet (fleet.ts): lints the hosts that it is handed, one after the other. */
import { Tinypool } from 'tinypool';
import type { FleetData } from './fleet.js';
import { type HostParcel, pack } from './fleet-parcel.js';
import { type HostJob, lintHost } from './host-lint.js';
import { realEngine } from './real-engine.js';

const { cwd } = Tinypool.workerData as FleetData;

/** Standard input belongs to the main thread. */
const stdin = { isTerminal: false, read: async () => new Uint8Array() };

/** Lints a host. */
export default async (job: HostJob): Promise<HostParcel> => pack(await lintHost(job, realEngine, { cwd, stdin }));
