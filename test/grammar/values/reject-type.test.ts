/** The answers of REJECT, which the families do not share. */
import { expect, test } from 'vitest';
import { defaultRejectType, rejectType } from '../../../grammar/values/reject-type.js';
import { printed, said } from './reading.js';

test.each([
  ['icmp-host-prohibited', 'icmp-host-prohibited'],
  ['ICMP-Net-Unreachable', 'icmp-net-unreachable'],
  ['admin-prohib', 'icmp-admin-prohibited'],
  ['tcp-rst', 'tcp-reset'],
  // The first that begins so.
  ['icmp-', 'icmp-net-unreachable'],
  ['p', 'icmp-proto-unreachable'],
  ['', 'icmp-net-unreachable'],
])('--reject-with "%s" is saved as %s', (word, saved) => {
  expect(printed(rejectType, word)).toBe(saved);
});

test.each([
  ['port-unreach', 'icmp6-port-unreachable'],
  ['icmp6-a', 'icmp6-adm-prohibited'],
  ['addr-unreach', 'icmp6-addr-unreachable'],
  ['tcp-reset', 'tcp-reset'],
])('in IPv6 --reject-with %s is saved as %s', (word, saved) => {
  expect(printed(rejectType, word, 6)).toBe(saved);
});

test('the types of the other family, and those that went, are refused', () => {
  expect(printed(rejectType, 'icmp-port-unreachable', 6)).toMatch(/^refused/);
  expect(printed(rejectType, 'icmp6-no-route', 4)).toMatch(/^refused/);
  expect(printed(rejectType, 'echo-reply', 4)).toMatch(/^refused/);
  expect(printed(rejectType, 'admin-prohibited', 4)).toMatch(/^refused/);
  // As long as the alias of IPv4, but not one of IPv6.
  expect(printed(rejectType, 'tcp-rst', 6)).toMatch(/^refused/);
});

test('it is said as the packet that is sent', () => {
  expect(said(rejectType, 'tcp-reset')).toBe('a TCP reset');
  expect(said(rejectType, 'icmp6-no-route', 6)).toBe('an ICMPv6 no-route');
});

test('each family answers port-unreachable where nothing is told', () => {
  expect([4, 6].map((family) => defaultRejectType(family as 4 | 6).name)).toEqual(['icmp-port-unreachable', 'icmp6-port-unreachable']);
});
