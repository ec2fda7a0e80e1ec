/** Ranges of numbers. */
import { expect, test } from 'vitest';
import { sayNumberOf, shortRange, wordRange } from '../../../grammar/values/integer-range.js';
import { wideRange } from '../../../grammar/values/wide-range.js';
import { printed, said } from './reading.js';

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

test('a range says what its ends mean', () => {
  expect(said(shortRange, '5:9')).toBe('5 to 9');
  expect(said(shortRange, '5:')).toBe('5 or more');
  expect(said(wordRange, '5:65535')).toBe('5 to 65535');
  expect(said(shortRange, '9:5')).toBe('9 to 5 (an empty range)');
  const number = (first: number, last: number, negated: boolean) => sayNumberOf('SPI', { value: { first, last }, negated }, 99);
  expect([number(5, 5, false), number(5, 9, true), number(0, 99, false), number(0, 99, true)]).toEqual([
    'SPI 5',
    'any SPI but 5 to 9',
    undefined,
    'no SPI at all',
  ]);
});
