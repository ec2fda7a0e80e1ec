/** Log levels by number and name. */
import { expect, test } from 'vitest';
import { logLevel } from '../../../grammar/values/log-level.js';
import { printed, said } from './reading.js';

test.each([
  ['7', '7'],
  ['0x4', '4'],
  ['debug', '7'],
  ['error', '3'],
  ['panic', '0'],
  ['emerg', '0'],
  ['8', 'refused: "8" is not a log level'],
  ['warn', 'refused: "warn" is not a log level'],
  ['Debug', 'refused: "Debug" is not a log level'],
])('--log-level %s is saved as %s', (word, saved) => {
  expect(printed(logLevel, word)).toBe(saved);
});

test('it is said by name', () => {
  expect(said(logLevel, '5')).toBe('notice');
});
