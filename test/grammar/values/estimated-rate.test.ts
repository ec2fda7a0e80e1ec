/** Rates that estimators are compared with: bytes of 32 bits, printed in bits. */
import { expect, test } from 'vitest';
import { bytesPerSecond, packetsPerSecond } from '../../../grammar/values/estimated-rate.js';
import { printed } from './reading.js';

test.each([
  ['8bit', '8bit'],
  ['5bit', '0bit'],
  ['100', '96bit'],
  ['1.5mbit', '1500Kbit'],
  ['5mibit', '5243Kbit'],
  ['100KBps', '800000bit'],
  ['100KiBps', '819200bit'],
  ['0x10kbit', '16000bit'],
  ['1e3kbit', '1000Kbit'],
  [' +8kbit', '8000bit'],
  ['0x1.8p4', '24bit'],
  ['inf', '0bit'],
  ['nan', '0bit'],
  ['1e30', '0bit'],
  // B is a digit.
  ['0x1bps', 'refused: "0x1bps" is not a rate with a unit such as bit, kbit, mbit or kbps'],
  ['1e', 'refused: "1e" is not a rate with a unit such as bit, kbit, mbit or kbps'],
  ['5constructor', 'refused: "5constructor" is not a rate with a unit such as bit, kbit, mbit or kbps'],
  // Beyond 32 bits of bytes the rest is lost.
  ['1tbit', '3568Mbit'],
  ['5foo', 'refused: "5foo" is not a rate with a unit such as bit, kbit, mbit or kbps'],
])('--rateest-bps %s is saved as %s', (word, saved) => {
  expect(printed(bytesPerSecond, word)).toBe(saved);
});

test('between two estimators the value may be left out', () => {
  const context = { family: 4, negated: false } as const;
  expect(bytesPerSecond.optional).toBe(true);
  expect(bytesPerSecond.parse([], context)).toBe(0);
  expect(packetsPerSecond.parse([], context)).toBe(0);
  expect(printed(packetsPerSecond, '0x10')).toBe('16');
});
