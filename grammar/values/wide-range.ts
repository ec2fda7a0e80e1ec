/** Ranges of 64-bit numbers, `n`, `n:`, `:m`, `n:m` (libxtables, XTTYPE_UINT64RC). */
import { defineValue, Fault } from './value.js';

export const widest = 0xffff_ffff_ffff_ffffn;

/** Inclusive on both sides. */
export interface WideRange {
  readonly first: bigint;
  readonly last: bigint;
}

const readWide = (word: string): bigint | undefined => {
  const digits = word.startsWith('+') ? word.slice(1) : word;
  if (/^0x[0-9a-f]+$/i.test(digits)) return BigInt(digits);
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  return /^(?:0|[1-9][0-9]*)$/.test(digits) ? BigInt(digits) : undefined;
};

/** One number means "from there up"; a range upside down is refused. */
export const wideRange = defineValue<WideRange>({
  arity: 1,
  expects: 'a number, or a range first:last',
  parse: ([word]) => {
    const parts = word!.split(':');
    if (parts.length > 2) return new Fault(`"${word}" has more than two ends`);
    const [low = '', high = ''] = parts;
    const first = low === '' ? 0n : readWide(low);
    const last = high === '' ? widest : readWide(high);
    if (first === undefined || last === undefined) return new Fault(`"${word}" is not a number or a range first:last`);
    if (first > widest || last > widest) return new Fault(`"${word}" does not fit in 64 bits`);
    return first <= last ? { first, last } : new Fault(`the range ${word} is upside down`);
  },
  print: ({ first, last }) => (last === widest ? String(first) : `${first}:${last}`),
  say: ({ first, last }) => (last === widest ? `${first} or more` : `${first} to ${last}`),
});
