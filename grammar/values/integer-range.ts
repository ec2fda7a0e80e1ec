/**
 * Ranges of numbers, `n` or `n:m`, with either end left out meaning the lowest or the highest (libxtables, XTTYPE_UINT8RC, 16RC, 32RC).
 * A range upside down is read as it stands and matches nothing, save where an extension refuses it.
 */
import { readInteger } from './integer.js';
import { defineValue, Fault, type ValueType } from './value.js';

/** Inclusive; `first > last` is kept as written: it matches nothing. */
export interface IntegerRange {
  readonly first: number;
  readonly last: number;
}

/** `n`, `n:m`, `n:`, `:m`, `:`, each end from 0 to `highest`. An empty word is 0. */
export const parseIntegerRange = (word: string, highest: number): IntegerRange | Fault => {
  const parts = word.split(':');
  if (parts.length > 2) return new Fault(`"${word}" has more than two ends`);
  const [low = '', high] = parts;
  const first = low === '' ? 0 : readInteger(low);
  const last = high === undefined ? first : high === '' ? highest : readInteger(high);
  if (first === undefined || last === undefined) return new Fault(`"${word}" is not a number or a range first:last`);
  const beyond = [first, last].find((end) => end > highest);
  return beyond === undefined ? { first, last } : new Fault(`${beyond} is above ${highest}`);
};

/** `5`, `5:9`. */
export const printIntegerRange = ({ first, last }: IntegerRange): string => (first === last ? String(first) : `${first}:${last}`);

/** "5", "5 to 9"; "5 or more" where the range ends at the highest number that there is. */
export const sayIntegerRange = ({ first, last }: IntegerRange, highest = Number.POSITIVE_INFINITY): string => {
  if (first === last) return String(first);
  if (first > last) return `${first} to ${last} (an empty range)`;
  return last >= highest ? `${first} or more` : `${first} to ${last}`;
};

/** "SPI 5", "any SPI but 5 to 9"; undefined where every number is asked for, "no SPI at all" where none is. */
export const sayNumberOf = (
  what: string,
  { value, negated }: { readonly value: IntegerRange; readonly negated: boolean },
  highest: number,
): string | undefined => {
  if (value.first === 0 && value.last >= highest) return negated ? `no ${what} at all` : undefined;
  return `${negated ? `any ${what} but` : what} ${sayIntegerRange(value, highest)}`;
};

/** A number or a range of numbers from 0 to `highest`. */
export const integerRange = (highest: number): ValueType<IntegerRange> =>
  defineValue<IntegerRange>({
    arity: 1,
    expects: `a number from 0 to ${highest}, or a range first:last`,
    parse: ({ 0: word }) => parseIntegerRange(word!, highest),
    print: printIntegerRange,
    say: (range) => sayIntegerRange(range, highest),
  });

/** 16 and 32 bits. */
export const shortRange = integerRange(0xffff);
export const wordRange = integerRange(0xffffffff);
