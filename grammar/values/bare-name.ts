/**
 * Names that iptables-save prints as they are, never quoted: labels, estimators, helpers, security contexts. Longer ones are cut. A name that holds
 * a blank or a quote is quoted here all the same: what 1.8.9 prints for it cannot be read back.
 */
import { cutText, quote, sayQuoted } from './text.js';
import { defineValue, type ValueType } from './value.js';

/** The word as it stands, unless reading it back would not give it again. */
export const printBare = (name: string): string => (/^[^\s"]+$/.test(name) ? name : quote(name));

/** A name of at most `longest` bytes; the rest is cut off. */
export const bareName = (longest: number): ValueType<string> =>
  defineValue<string>({
    arity: 1,
    expects: `a name of at most ${longest} bytes`,
    parse: ([word]) => cutText(word!, longest),
    print: printBare,
    say: sayQuoted,
  });
