/** Routing realms. */
import { expect, test } from 'vitest';
import { realm } from '../../../grammar/values/realm.js';
import { printed } from './reading.js';

test.each([
  ['10', '0xa'],
  ['0x1e/0x2a', '0x1e/0x2a'],
  ['1/0xffffffff', '0x1'],
  ['0', 'cosmos'],
  ['0/0xff', '0x0/0xff'],
  ['cosmos', 'cosmos'],
  ['uplink', 'uplink'],
  ['1/', 'refused: "" is not a number'],
])('--realm %s is saved as %s', (word, saved) => {
  expect(printed(realm, word)).toBe(saved);
});
