/** The TOS byte. */
import { expect, test } from 'vitest';
import { tos } from '../../../grammar/values/tos.js';
import { printed, said } from './reading.js';

test.each([
  ['0x10', '0x10/0xff', '0x10'],
  ['16/0x20', '0x10/0x20', '0x10 in the bits 0x20'],
  ['minimize-delay', '0x10/0x3f', 'Minimize-Delay'],
  ['Normal-Service', '0x00/0x3f', 'Normal-Service'],
  ['0x08/0x3f', '0x08/0x3f', 'Maximize-Throughput'],
  ['010', '0x08/0xff', '0x08'],
])('--tos %s is saved as %s and said as %s', (word, saved, words) => {
  expect(printed(tos, word)).toBe(saved);
  expect(said(tos, word)).toBe(words);
});

test.each(['Minimize', '256', '16/', '08', ''])('--tos %s is refused', (word) => {
  expect(printed(tos, word)).toMatch(/^refused/);
});
