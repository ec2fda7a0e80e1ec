/**
 * Many hosts at once: a pool of threads, used where it pays. What they answer is handed on in the order of the jobs, so that nothing of a report
 * depends on which thread was quicker.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type HostParcel, unpack } from './fleet-parcel.js';
import type { HostAnswer, HostJob } from './host-lint.js';
import { kindOf, resolve, sizeOf } from './io.js';

/** What a thread is told once, when it starts. */
export interface FleetData {
  readonly cwd: string;
}

/** The file that threads run; it stands there in the built program only. */
const workerFile = (): string => fileURLToPath(new URL('./fleet-worker.js', import.meta.url));

/** Each thread has to load and to warm up: 50 dumps of 300 rules (2 MB) take 3.1 s of processor time alone, 4.7 s in two threads; 1,000 take 22 and 25. */
const leastBytes = 4_000_000;
/** Each thread needs memory of its own, 100 MB and more. */
const mostThreads = 8;

/** How many threads are to lint these jobs; 1: none beside this one. `asked` is the user's number, null where he told none. */
export const threadsFor = (jobs: readonly HostJob[], asked: number | null, cwd: string): number => {
  const paths = jobs.filter(isForThread).map(({ host }) => host.paths);
  const threads = Math.min(asked ?? Math.min(availableParallelism(), mostThreads), paths.length);
  if (threads < 2 || kindOf(workerFile()) !== 'file') return 1;
  if (asked !== null) return threads;
  let bytes = 0;
  for (const path of paths.flat()) {
    bytes += sizeOf(resolve(cwd, path));
    if (bytes >= leastBytes) return threads;
  }
  return 1;
};

/** Standard input is read where it is open: by this thread. */
export const isForThread = ({ host }: HostJob): boolean => !host.paths.includes('-');

/** Lints jobs in threads, and those that are not for threads by `here`; answers come in the order of the jobs, `done` is called as each is there. */
export async function* lintInThreads(
  jobs: readonly HostJob[],
  threads: number,
  cwd: string,
  here: (job: HostJob) => Promise<HostAnswer>,
  done: () => void,
): AsyncGenerator<HostAnswer> {
  const { Tinypool } = await import('tinypool');
  const pool = new Tinypool({
    filename: workerFile(),
    runtime: 'worker_threads',
    minThreads: threads,
    maxThreads: threads,
    workerData: { cwd } satisfies FleetData,
  });
  try {
    const answers = jobs.map(async (job) => {
      const answer = isForThread(job) ? unpack((await pool.run(job)) as HostParcel) : await here(job);
      done();
      return answer;
    });
    // One that fails while an earlier one is waited for is told when its turn comes.
    for (const answer of answers) answer.catch(() => {});
    for (const answer of answers) yield await answer;
  } finally {
    await pool.destroy();
  }
}
