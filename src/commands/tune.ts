/**
 * V8 compiles what runs often into machine code, in a thread beside. Runs of this program are short, and most that is kept is kept to the end: both
 * are not what V8 expects. Node 20 has these flags (V8 11.3); later ones call the first unknown.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const isKnown = process.versions.v8.startsWith('11.3.');

/**
 * With the first three V8 waits longer before it compiles, longest for large functions, and puts none but the smallest functions into others: linting 10,000 rules takes 0.8 s of
 * processor time instead of 1.2 s, and 100,000 never longer. With the fourth the space for young objects is at its full size at once, a twentieth
 * less. With the fifth the heap may grow tenfold after the first time that all of it was looked through (fourfold else): 100,000 rules are spared a
 * second time, a tenth of the whole. Loops are not compiled a second time for their first round: 4 % less. The last two are for `lookThroughHeap`.
 *
 * Compiled code that was kept serves under the flags alone under which it was kept (V8 compares a hash of all): call this again before keeping.
 */
export const tune = (): void => {
  if (isKnown) for (const flag of flags) setFlagsFromString(flag);
};

const flags = [
  '--interrupt-budget=400000',
  '--bytecode-size-allowance-per-tick=75',
  '--max-inlined-bytecode-size-cumulative=0',
  '--semi-space-growth-factor=16',
  '--heap-growing-percent=900',
  '--no-turbo-loop-peeling',
  '--no-flush-bytecode',
  '--expose-gc',
];

/** Of so many bytes read compiling as soon as V8 does by itself pays: 100,000 rules take a twentieth less on the clock, 10,000 would take a tenth more processor time. */
const much = 4_000_000;
/** Of so many bytes at once V8 would look through all of the heap at 30 to 40 MB, most of which is kept. */
const some = 200_000;
let read = 0;

/**
 * Looks through the heap while it holds the program alone (3 ms), and lets it grow fiftyfold from there: the limit that comes of it is as high as the
 * one that V8 reaches by a first look at 40 MB, and 5,000 to 100,000 rules take 3 % less. The program's bytecode would be thrown away, and is kept.
 */
const lookThroughHeap = (): void => {
  setFlagsFromString('--heap-growing-percent=4900');
  (runInNewContext('globalThis.gc') as (() => void) | undefined)?.();
  setFlagsFromString('--heap-growing-percent=900');
};

/** So many bytes more are to be worked on. */
export const tuneFor = (bytes: number): void => {
  const before = read;
  read += bytes;
  if (!isKnown) return;
  if (bytes >= some && before < some) lookThroughHeap();
  if (read >= much) setFlagsFromString('--interrupt-budget=130000');
};
