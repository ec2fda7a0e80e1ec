/** Ranges of 64-bit numbers, `n`, `n:`, `:m`, `n:m` (libxtables, XTTYPE_UINT64RC). */
import { readLongInteger } from './long-integer.js';
import { defineValue, Fault } from './value.js';

export const widest = 0xffff_ffff_ffff_ffffn;

/** Inclusive on both sides. */
export interface WideRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** One number means "from there up"; a range upside down is refused. */
export const wideRange = defineValue<WideRange>({
  arity: 1,
  expects: 'a number, or a range first:last',
  parse: ({ 0: word }) => {
    const parts = word!.split(':');
    if (parts.length > 2) return new Fault(`"${word}" has more than two ends`);
    const [low = '', high = ''] = parts;
    const first = low === '' ? 0n : readLongInteger(low);
    const last = high === '' ? widest : readLongInteger(high);
    if (first === undefined || last === undefined) return new Fault(`"${word}" is not a number or a range first:last`);
    if (first > widest || last > widest) return new Fault(`"${word}" does not fit in 64 bits`);
    return first <= last ? { first, last } : new Fault(`the range ${word} is upside down`);
  },
  // An upper end of 0 is taken for none (libxt_connbytes.c).
  print: ({ first, last }) => (last === widest || last === 0n ? String(first) : `${first}:${last}`),
  say: ({ first, last }) => (last === widest ? `${first} or more` : `${first} to ${last}`),
});
