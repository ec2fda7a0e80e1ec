/** The program as its bundle hands it out: dist/program.cjs, which loader.ts loads. */
import { type HostParcel, pack } from './fleet-parcel.js';
import { type HostJob, lintHost } from './host-lint.js';
import { processStreams } from './io.js';
import { faultText, main } from './main.js';
import { realEngine } from './real-engine.js';

export { main };

/** Runs a command in this process and sets its exit code. */
export const start = async (words: readonly string[]): Promise<void> => {
  const streams = processStreams();
  const onFault = (error: unknown): void => {
    streams.stderr.write(faultText(error, words, process.env));
    process.exit(70);
  };
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
  process.exitCode = await main(words, streams);
};

/** Standard input belongs to the main thread. */
const stdin = { isTerminal: false, read: async () => new Uint8Array() };

/** Lints a host in a thread of the fleet. */
export const lintInThread = async (job: HostJob, cwd: string): Promise<HostParcel> => pack(await lintHost(job, realEngine, { cwd, stdin }));
