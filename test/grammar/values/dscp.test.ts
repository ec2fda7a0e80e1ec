/** DSCP by number and by class. */
import { expect, test } from 'vitest';
import { dscpClass, dscpValue } from '../../../grammar/values/dscp.js';
import { printed, said } from './reading.js';

test.each([
  ['5', '0x05'],
  ['0x3f', '0x3f'],
  ['64', 'refused: "64" is not a DSCP from 0 to 63'],
  ['ef', 'refused: "ef" is not a DSCP from 0 to 63'],
])('--dscp %s is saved as %s', (word, saved) => {
  expect(printed(dscpValue, word)).toBe(saved);
});

test.each([
  ['ef', '0x2e'],
  ['CS7', '0x38'],
  ['be', '0x00'],
  ['af41', '0x22'],
  ['af1', 'refused: "af1" is not a DSCP class'],
  ['', 'refused: "" is not a DSCP class'],
])('--dscp-class %s is saved as %s', (word, saved) => {
  expect(printed(dscpClass, word)).toBe(saved);
});

test('a code point is said with its class', () => {
  expect(said(dscpValue, '46')).toBe('46 (EF)');
  expect(said(dscpValue, '47')).toBe('47');
});
