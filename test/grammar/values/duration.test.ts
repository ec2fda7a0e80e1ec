/** Times of RATEEST. */
import { expect, test } from 'vitest';
import { duration } from '../../../grammar/values/duration.js';
import { printed, value } from './reading.js';

test.each([
  ['250ms', '250.0ms'],
  ['0.5s', '500.0ms'],
  ['4SEC', '4.0s'],
  ['400', '400us'],
  ['1e3msecs', '1.0s'],
  ['0x1s', '1.0s'],
  ['0x.8s', '500.0ms'],
  ['0x1.8p1s', '3.0s'],
  ['0x1e3ms', '483.0ms'],
  [' +1s', '1.0s'],
  ['infs', '0us'],
  ['0xs', 'refused: "0xs" is not a time such as 250ms or 4s'],
  ['0x1p', 'refused: "0x1p" is not a time such as 250ms or 4s'],
  ['1es', 'refused: "1es" is not a time such as 250ms or 4s'],
  ['1x', 'refused: "1x" is not a time such as 250ms or 4s'],
  ['soon', 'refused: "soon" is not a time such as 250ms or 4s'],
  ['250 ms', 'refused: "250 ms" is not a time such as 250ms or 4s'],
])('%s is %s', (word, saved) => {
  expect(printed(duration, word)).toBe(saved);
});

test('what 32 bits of microseconds cannot hold is wrapped', () => {
  expect(value(duration, '10000s')).toBe(10_000_000_000 - 2 * 2 ** 32);
});
