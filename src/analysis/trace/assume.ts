/** `--assume 'set:blocklist=no'`: answers that the user gives to open tests. */
import { Fault, type Test } from '../../../grammar/index.js';

export interface Assumption {
  /** Name of the extension. */
  readonly extension: string;
  /** A word of the test's text; empty: any. */
  readonly word: string;
  readonly answer: boolean;
}

/** `set:blocklist=no`, `time=yes`, `recent:ssh=no`. */
export const readAssumption = (text: string): Assumption | Fault => {
  const found = /^([A-Za-z0-9]+)(?::(.+))?=(yes|no|true|false)$/.exec(text.trim());
  if (!found) return new Fault(`"${text}" is not an assumption: EXTENSION:WORD=yes or =no, such as set:blocklist=no`);
  return { extension: found[1]!, word: found[2] ?? '', answer: found[3] === 'yes' || found[3] === 'true' };
};

/** The answer that the assumptions give to a test; undefined: none. The last that fits counts. */
export const assumed =
  (assumptions: readonly Assumption[]) =>
  (test: Test): boolean | undefined =>
    assumptions.findLast(({ extension, word }) => extension === test.extension && (word === '' || test.text.split(/\s+/).includes(word)))
      ?.answer;
