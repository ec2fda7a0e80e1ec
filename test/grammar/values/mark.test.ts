/** Marks of matches and targets. */
import { expect, test } from 'vitest';
import { bits } from '../../../grammar/packet/predicate.js';
import { hasMark, mark, markNumber, markWithMask } from '../../../grammar/values/mark.js';
import { printed, value } from './reading.js';

test.each([
  ['1', '0x1'],
  ['0x10/0xff', '0x10/0xff'],
  ['010', '0x8'],
  ['0xffffffff/0xffffffff', '0xffffffff'],
  ['1/0', '0x1/0x0'],
  ['0xff/0x0f', '0xff/0xf'],
  ['08', 'refused: "08" is not a number'],
  ['5/', 'refused: "" is not a number'],
  ['0x100000000', 'refused: 0x100000000 does not fit in 32 bits'],
  ['web', 'refused: "web" is not a number'],
])('--mark %s is saved as %s', (word, saved) => {
  expect(printed(mark, word)).toBe(saved);
});

test('a target prints its mask even where it is whole', () => {
  expect(printed(markWithMask, '1')).toBe('0x1/0xffffffff');
});

test('a lone number is printed in hexadecimal', () => {
  expect(printed(markNumber, '4294967295')).toBe('0xffffffff');
});

test('the predicate looks through the mask', () => {
  expect(hasMark('mark', value(mark, '0x80000000/0xc0000000') as never)).toEqual(bits('mark', 0xc0000000, 0x80000000));
});
