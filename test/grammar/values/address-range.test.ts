/** Ranges of addresses. */
import { expect, test } from 'vitest';
import { addressRange } from '../../../grammar/values/address-range.js';
import { printed, said } from './reading.js';

test.each([
  ['192.0.2.1-192.0.2.9', '192.0.2.1-192.0.2.9'],
  ['192.0.2.7', '192.0.2.7-192.0.2.7'],
  ['192.0.2-192.0.3', '192.0.2.0-192.0.3.0'],
  ['192.0.2.9-192.0.2.1', '192.0.2.9-192.0.2.1'],
  ['192.0.2.0/24', 'refused: "192.0.2.0/24" is not an IPv4 address'],
  ['192.0.2.1-', 'refused: "" is not an IPv4 address'],
  ['2001:db8::1-2001:db8::9', 'refused: "2001:db8::1" is not an IPv4 address'],
])('--src-range %s is saved as %s', (word, saved) => {
  expect(printed(addressRange, word)).toBe(saved);
});

test('a range of IPv6 keeps its order and compares as a number', () => {
  expect(printed(addressRange, '2001:db8::9-2001:db8::a', 6)).toBe('2001:db8::9-2001:db8::a');
  expect(said(addressRange, '2001:db8::10-2001:db8::9', 6)).toBe('2001:db8::10-2001:db8::9 (an empty range)');
  expect(said(addressRange, '2001:db8::1', 6)).toBe('2001:db8::1');
});
