/**
 * Loads the program, one bundled file beside this one, with what V8 compiled of it before (node:vm, `cachedData`): a third of a small run is
 * compiling otherwise. The build writes the first such file; a run under another Node, whose V8 refuses it, writes one of its own.
 */
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { cachedDataVersionTag } from 'node:v8';
import { constants, Script } from 'node:vm';
import type * as Program from './program.js';
import { tune } from './tune.js';

/** Put in by the build: what tells its program from that of another build. V8 itself compares no more than the length of the text. */
declare const BUILD: string;

export interface Loaded {
  readonly program: typeof Program;
  /** Keeps what was compiled so far, where the file that was found did not serve and this user may write beside the program. Never throws. */
  readonly keep: () => void;
}

/**
 * Loads the program, in the main thread or in one beside: flags are those of the process, and what was read before may have changed some. What linting
 * runs is kept apart from what all commands run: reading what is not asked for costs a start of 70 ms 3 of them.
 */
export const loadProgram = (part: 'lint' | 'all'): Loaded => {
  tune();
  const file = fileURLToPath(new URL('./program.cjs', import.meta.url));
  const folder = fileURLToPath(new URL('./compiled/', import.meta.url));
  const kept = `${folder}${BUILD}-${part}-${cachedDataVersionTag().toString(16)}`;
  let cachedData: Buffer | undefined;
  try {
    cachedData = readFileSync(kept);
  } catch {
    // None yet.
  }
  // A function's text, and plain ASCII, so that V8 takes it without copying it or looking for more.
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    ...(cachedData ? { cachedData } : {}),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} as typeof Program };
  const run = script.runInThisContext() as (...given: readonly unknown[]) => void;
  run(module.exports, createRequire(import.meta.url), module, file, new URL('./program.cjs', import.meta.url).href);
  return {
    program: module.exports,
    keep: () => {
      if (cachedData && !script.cachedDataRejected) return;
      try {
        // A place like /tmp is none for a program that runs as root: whoever makes a folder there first could hand it code. Beside the program it can
        // be written only by who can write the program, and it is left to that one: sudo shall not leave files there that their owner cannot remove.
        if (statSync(file).uid !== process.getuid?.()) return;
        mkdirSync(folder, { recursive: true });
        const draft = `${kept}.${process.pid}`;
        tune();
        writeFileSync(draft, script.createCachedData());
        chmodSync(draft, 0o644);
        renameSync(draft, kept);
      } catch {
        // A folder that cannot be written: compiled anew each time.
      }
    },
  };
};
