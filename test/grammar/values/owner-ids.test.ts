/** Users and groups of the owner match. */
import { expect, test } from 'vitest';
import { ownerIds } from '../../../grammar/values/owner-ids.js';
import { printed, said } from './reading.js';

test.each([
  ['1000', '1000'],
  ['root', '0'],
  ['1000-1000', '1000'],
  ['0x10-020', '16'],
  ['106:108', '106-108'],
  ['0-4294967294', '0-4294967294'],
  ['www-data', 'www-data'],
  ['4294967295', 'refused: the highest number is 4294967294'],
  ['2000-1000', 'refused: the range 2000-1000 is upside down'],
  ['1000-', 'refused: "1000-" is neither a number, a range first-last nor a name'],
])('--uid-owner %s is saved as %s', (word, saved) => {
  expect(printed(ownerIds, word)).toBe(saved);
});

test('root is named', () => {
  expect(said(ownerIds, '0')).toBe('0 (root)');
  expect(said(ownerIds, '5-9')).toBe('5 to 9');
});
