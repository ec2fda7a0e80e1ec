/** Whole numbers of 64 bits: byte counts, quotas (libxtables, XTTYPE_UINT64). */
import { withoutPlus } from './integer.js';
import { defineValue, Fault } from './value.js';

const highest = (1n << 64n) - 1n;

/** The number that a word spells as strtoull(3) with base 0 reads it, or undefined. */
export const readLongInteger = (word: string): bigint | undefined => {
  const digits = withoutPlus(word);
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  return /^(?:0x[0-9a-f]+|0|[1-9][0-9]*)$/i.test(digits) ? BigInt(digits) : undefined;
};

/** 0 to 2^64-1, printed in decimal. */
export const longInteger = defineValue<bigint>({
  arity: 1,
  expects: `a number from 0 to ${highest}`,
  parse: ({ 0: word }) => {
    const value = readLongInteger(word!);
    return value !== undefined && value <= highest ? value : new Fault(`"${word}" is not a number of 64 bits`);
  },
  print: String,
  say: String,
});
