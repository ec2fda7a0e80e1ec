/** Addresses and masks as conntrack reads them. */
import { expect, test } from 'vitest';
import { inRange } from '../../../grammar/packet/predicate.js';
import { hostMask, inHostMask } from '../../../grammar/values/host-mask.js';
import { prefixLengthOfMask } from '../../../grammar/values/prefix-length.js';
import { printed, value } from './reading.js';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.77/24', '192.0.2.77/24'],
  ['192.0.2/24', '192.0.0.2/24'],
  ['10/8', '0.0.0.10/8'],
  ['0x0a000001', '10.0.0.1'],
  ['010.0.0.1', '8.0.0.1'],
  ['192.0.2.1/255.255.0.0', '192.0.2.1/16'],
  ['192.0.2.1/255.255.0.255', '192.0.2.1'],
  ['192.0.2.1/33', '192.0.2.1'],
  ['0/0', '0.0.0.0/0'],
  ['localhost', '127.0.0.1'],
  ['www.example.org', 'www.example.org'],
])('--ctorigsrc %s is saved as %s', (word, saved) => {
  expect(printed(hostMask, word)).toBe(saved);
});

test.each([
  ['2001:db8::1/64', '2001:db8::1/64'],
  ['2001:db8::1/128', '2001:db8::1'],
  ['2001:db8::1/ffff::', '2001:db8::1/16'],
  ['::/0', '::/0'],
])('in IPv6 --ctorigsrc %s is saved as %s', (word, saved) => {
  expect(printed(hostMask, word, 6)).toBe(saved);
});

test.each(['192.0.2.1/', '192.0.2.1,192.0.2.2', '', '192.0.2.256'])('--ctorigsrc %s is refused', (word) => {
  expect(printed(hostMask, word)).toMatch(/^refused/);
});

test('host bits do not count', () => {
  const network = value(hostMask, '192.0.2.77/24') as never;
  expect(inHostMask('originalSource', network, 4, 'conntrack', '--ctorigsrc')).toEqual(inRange('originalSource', 0xc0000200, 0xc00002ff));
  const everything = value(hostMask, '0/0') as never;
  expect(inHostMask('originalSource', everything, 4, 'conntrack', '--ctorigsrc')).toEqual(inRange('originalSource', 0, 0xffffffff));
});

test.each([
  ['24', '24'],
  ['255.255.0.0', '16'],
  ['255.0.255.0', '255'],
  ['33', '255'],
  ['x', 'refused: "x" is neither a mask nor a length from 0 to 32'],
])('a mask %s alone has the length %s', (word, length) => {
  expect(printed(prefixLengthOfMask, word)).toBe(length);
});
