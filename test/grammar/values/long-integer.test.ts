/** Numbers of 64 bits. */
import { expect, test } from 'vitest';
import { longInteger } from '../../../grammar/values/long-integer.js';
import { printed } from './reading.js';

test.each([
  ['100', '100'],
  ['0x10', '16'],
  ['010', '8'],
  ['18446744073709551615', '18446744073709551615'],
  ['18446744073709551616', 'refused: "18446744073709551616" is not a number of 64 bits'],
  ['08', 'refused: "08" is not a number of 64 bits'],
  ['10k', 'refused: "10k" is not a number of 64 bits'],
  ['-1', 'refused: "-1" is not a number of 64 bits'],
])('--quota %s is saved as %s', (word, saved) => {
  expect(printed(longInteger, word)).toBe(saved);
});
