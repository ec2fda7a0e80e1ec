/** Ranges of numbers. */
import { expect, test } from 'vitest';
import { shortRange, wordRange } from '../../../grammar/values/integer-range.js';
import { wideRange } from '../../../grammar/values/wide-range.js';
import { printed } from './reading.js';

test.each([
  ['5', '5'],
  ['5:5', '5'],
  ['5:9', '5:9'],
  ['9:5', '9:5'],
  ['0x10:', '16:4294967295'],
  [':5', '0:5'],
  [':', '0:4294967295'],
  ['', '0'],
  ['4294967296', 'refused: 4294967296 is above 4294967295'],
  ['1:2:3', 'refused: "1:2:3" has more than two ends'],
  ['foo', 'refused: "foo" is not a number or a range first:last'],
])('an SPI of %s is saved as %s', (word, saved) => {
  expect(printed(wordRange, word)).toBe(saved);
});

test('the highest end depends on the width', () => {
  expect(printed(shortRange, '7:')).toBe('7:65535');
});

test.each([
  ['1000:', '1000'],
  ['1000', '1000'],
  ['5:5', '5:5'],
  [':', '0'],
  ['0:18446744073709551615', '0'],
  ['0:18446744073709551614', '0:18446744073709551614'],
  ['0:18446744073709551616', 'refused: "0:18446744073709551616" does not fit in 64 bits'],
  ['9:5', 'refused: the range 9:5 is upside down'],
  ['08', 'refused: "08" is not a number or a range first:last'],
])('--connbytes %s is saved as %s', (word, saved) => {
  expect(printed(wideRange, word)).toBe(saved);
});
