/**
 * Times of RATEEST: a number with s, ms or us behind it, microseconds where nothing stands (libxt_RATEEST.c). Kept in microseconds as 32 bits hold
 * them: 1.8.9 wraps what is longer than 71 minutes.
 */
import { lower32, readDouble } from './double.js';
import { defineValue, Fault } from './value.js';

const second = 1_000_000;

/** Microseconds of the units, in any case. */
const units: readonly (readonly [pattern: RegExp, microseconds: number])[] = [
  [/^s(?:ecs?)?$/i, second],
  [/^m(?:s|secs?)$/i, 1000],
  [/^u(?:s|secs?)$/i, 1],
];

/** `250.0ms`, `1.0s`, `400us`. */
export const printDuration = (microseconds: number): string => {
  if (microseconds >= second) return `${(microseconds / second).toFixed(1)}s`;
  return microseconds >= 1000 ? `${(microseconds / 1000).toFixed(1)}ms` : `${microseconds}us`;
};

/** "250 ms", "1.5 s". */
export const sayDuration = (time: number): string =>
  printDuration(time)
    .replace(/\.0(?=[a-z])/, '')
    .replace(/[a-z]+$/, ' $&');

export const duration = defineValue<number>({
  arity: 1,
  expects: 'a time such as 250ms or 4s',
  parse: ({ 0: word }) => {
    const read = readDouble(word!);
    const unit = read?.rest === '' ? 1 : units.find(([pattern]) => pattern.test(read?.rest ?? '?'))?.[1];
    return read && unit !== undefined ? lower32(read.value * unit) : new Fault(`"${word}" is not a time such as 250ms or 4s`);
  },
  print: printDuration,
  say: sayDuration,
});
