/** Whole numbers: decimal, or hexadecimal with 0x (strtoul with base 0; octal with a leading 0), within bounds. */
import { defineValue, Fault, type ValueType } from './value.js';

/** The number that a word spells as strtoul(3) with base 0 reads it, or undefined. */
export const readInteger = (word: string): number | undefined => {
  if (/^0x[0-9a-f]+$/i.test(word)) return Number(word);
  if (/^0[0-7]+$/.test(word)) return Number.parseInt(word, 8);
  return /^(?:0|[1-9][0-9]*)$/.test(word) ? Number(word) : undefined;
};

/** An integer between two bounds, both included, printed in decimal. */
export const integer = (low: number, high: number): ValueType<number> =>
  defineValue<number>({
    arity: 1,
    expects: `a number from ${low} to ${high}`,
    parse: ([word]) => {
      const value = readInteger(word!);
      return value !== undefined && value >= low && value <= high ? value : new Fault(`"${word}" is not a number from ${low} to ${high}`);
    },
    print: String,
    say: String,
  });

export const byte = integer(0, 255);
