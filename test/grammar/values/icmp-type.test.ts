/** ICMP types by number and name. */
import { expect, test } from 'vitest';
import { icmpRange, icmpType } from '../../../grammar/values/icmp-type.js';
import { printed, said, value } from './reading.js';

test.each([
  ['8', '8', 'echo-request'],
  ['8/0', '8/0', 'echo-request code 0'],
  ['Echo-Req', '8', 'echo-request'],
  ['ping', '8', 'echo-request'],
  ['fragmentation-needed', '3/4', 'fragmentation-needed'],
  ['255', 'any', 'any'],
  ['255/3', 'any', 'any'],
  ['42', '42', 'type 42'],
  ['010', '8', 'echo-request'],
  ['3/0:255', '3', 'destination-unreachable'],
  ['3/0:5', '3/0', 'destination-unreachable code 0 to 5'],
  ['tos-host-r', '5/3', 'TOS-host-redirect'],
])('--icmp-type %s is saved as %s and said as %s', (word, saved, words) => {
  expect(printed(icmpType, word)).toBe(saved);
  expect(said(icmpType, word)).toBe(words);
});

test.each([
  ['echo', 'may mean echo-reply or echo-request'],
  ['host', 'may mean host-unreachable'],
  ['', 'may mean any'],
  ['256', 'neither a type'],
  ['3/256', 'the code "256"'],
  ['8/', 'the code ""'],
  ['8/1:', 'the code "1:"'],
  ['8/1:08', 'the code "1:08"'],
  ['8:10', 'neither a type'],
])('--icmp-type %s is refused', (word, why) => {
  expect(printed(icmpType, word)).toContain(why);
});

test.each([
  ['echo-request', '128', 'echo-request'],
  ['255', '255', 'type 255'],
  ['neighbor-sol', '135', 'neighbour-solicitation'],
  ['reject-route', '1/6', 'reject-route'],
  ['143', '143', 'multicast-listener-report-v2'],
  [
    'any',
    'refused: "any" is neither a type from 0 to 255 nor the name of one',
    'refused: "any" is neither a type from 0 to 255 nor the name of one',
  ],
])('--icmpv6-type %s is saved as %s and said as %s', (word, saved, words) => {
  expect(printed(icmpType, word, 6)).toBe(saved);
  expect(said(icmpType, word, 6)).toBe(words);
});

test('a type is the range of its codes', () => {
  expect(icmpRange(value(icmpType, '3') as never)).toEqual([768, 1023]);
  expect(icmpRange(value(icmpType, '3/4') as never)).toEqual([772, 772]);
});
