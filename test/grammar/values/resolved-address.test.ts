/** Addresses and ports that are read by way of the resolver. */
import { expect, test } from 'vitest';
import { resolvedAddress } from '../../../grammar/values/resolved-address.js';
import { singlePort } from '../../../grammar/values/single-port.js';
import { printed } from './reading.js';

test.each([
  ['192.0.2.9', '192.0.2.9'],
  ['192.0.2', '192.0.0.2'],
  ['localhost', '127.0.0.1'],
  ['proxy.example.org', 'proxy.example.org'],
])('--gateway %s is saved as %s', (word, saved) => {
  expect(printed(resolvedAddress, word)).toBe(saved);
});

test.each(['192.0.2.0/24', '2001:db8::1', ''])('--gateway "%s" is refused', (word) => {
  expect(printed(resolvedAddress, word)).toMatch(/^refused/);
});

test.each([
  ['3129', '3129'],
  ['012', '12'],
  ['ssh', '22'],
  ['70000', '4464'],
])('--on-port %s is saved as %s', (word, saved) => {
  expect(printed(singlePort, word)).toBe(saved);
});

test.each(['0x12', '12-13', '12:13', 'nobody'])('--on-port %s is refused', (word) => {
  expect(printed(singlePort, word)).toMatch(/^refused/);
});
