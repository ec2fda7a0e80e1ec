/** Numbers in the forms that single targets give them. */
import { expect, test } from 'vitest';
import { hexInteger } from '../../../grammar/values/hex-integer.js';
import { segmentSize } from '../../../grammar/values/segment-size.js';
import { wrappedInteger } from '../../../grammar/values/wrapped-integer.js';
import { printed } from './reading.js';

test('the masks of HMARK have leading zeros', () => {
  expect(printed(hexInteger(0xffff, 4), '5')).toBe('0x0005');
  expect(printed(hexInteger(0xffff, 2), '0x1234')).toBe('0x1234');
  expect(printed(hexInteger(0xffff, 4), '0x10000')).toMatch(/^refused/);
});

test('SYNPROXY keeps the low bits of what it reads', () => {
  expect(printed(wrappedInteger(16), '1460')).toBe('1460');
  expect(printed(wrappedInteger(16), '65537')).toBe('1');
  expect(printed(wrappedInteger(8), '256')).toBe('0');
  expect(printed(wrappedInteger(16), '4294967296')).toMatch(/^refused/);
});

test('an MSS leaves room for the header of its family', () => {
  expect(printed(segmentSize, '65515', 4)).toBe('65515');
  expect(printed(segmentSize, '65516', 4)).toMatch(/^refused/);
  expect(printed(segmentSize, '65515', 6)).toMatch(/^refused/);
  expect(printed(segmentSize, '65495', 6)).toBe('65495');
});
