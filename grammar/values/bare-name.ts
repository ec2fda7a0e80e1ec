/**
 * Names that iptables-save prints as they are, never quoted: labels, estimators, helpers, security contexts. Longer ones are cut. A name that is empty
 * or holds a blank or a quote is quoted here all the same: what 1.8.9 prints for it cannot be read back.
 */
import { cutText, quote, sayQuoted } from './text.js';
import { defineValue, type ValueType } from './value.js';

/** The word as it stands, unless reading it back would not give it again. */
export const printBare = (name: string): string => (/^[^\s"]+$/.test(name) ? name : quote(name));

/** What of a name that iptables-save prints bare cannot be read back; undefined: all is well. */
export const lostBare = (flag: string, name: string): string | undefined =>
  printBare(name) === name
    ? undefined
    : name === ''
      ? `iptables-save prints nothing behind ${flag}`
      : `iptables-save prints ${flag} ${name} without quotes`;

/** A name of at most `longest` bytes; the rest is cut off. */
export const bareName = (longest: number): ValueType<string> =>
  defineValue<string>({
    arity: 1,
    expects: `a name of at most ${longest} bytes`,
    parse: ({ 0: word }) => cutText(word!, longest),
    print: printBare,
    say: sayQuoted,
  });
