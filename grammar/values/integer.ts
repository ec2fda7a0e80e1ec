/** Whole numbers: decimal, or hexadecimal with 0x (strtoul with base 0; octal with a leading 0), within bounds. */
import { defineValue, Fault, type ValueType } from './value.js';

/** The number that digits alone spell: decimal, hexadecimal with 0x, octal with a leading 0; undefined for anything else. */
export const readDigits = (word: string): number | undefined => {
  if (/^(?:0|[1-9][0-9]*)$/.test(word)) return Number(word);
  if (/^0x[0-9a-f]+$/i.test(word)) return Number(word);
  return /^0[0-7]+$/.test(word) ? Number.parseInt(word, 8) : undefined;
};

/** What strtoul(3) passes over in front of the digits: blanks, then a plus. */
const beforeDigits = /^[ \t\n\v\f\r]*\+?/;

/** A word without what strtoul(3) passes over in front of its digits. */
export const withoutPlus = (word: string): string => word.replace(beforeDigits, '');

/** The number that a word spells as strtoul(3) with base 0 reads it, or undefined. Negative numbers are refused (xtables_strtoul). */
export const readInteger = (word: string): number | undefined => readDigits(word) ?? readDigits(withoutPlus(word));

/** An integer between two bounds, both included, printed in decimal. */
export const integer = (low: number, high: number): ValueType<number> =>
  defineValue<number>({
    arity: 1,
    expects: `a number from ${low} to ${high}`,
    parse: ({ 0: word }) => {
      const value = readInteger(word!);
      return value !== undefined && value >= low && value <= high ? value : new Fault(`"${word}" is not a number from ${low} to ${high}`);
    },
    print: String,
    say: String,
  });

export const byte = integer(0, 255);
