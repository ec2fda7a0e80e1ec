/** Queues to balance over. */
import { expect, test } from 'vitest';
import { queueRange } from '../../../grammar/values/queue-range.js';
import { printed } from './reading.js';

test.each([
  ['1:4', '1:4'],
  [':4', '0:4'],
  ['0x1:0x2', '1:2'],
  ['1:65535', '1:65535'],
  ['0:65535', 'refused: 65536 queues are one too many'],
  ['4:1', 'refused: 4 is not below 1'],
  ['4:4', 'refused: 4 is not below 4'],
  ['4', 'refused: "4" is not a range first:last'],
  ['1:2:3', 'refused: "1:2:3" has more than two ends'],
])('--queue-balance %s is saved as %s', (word, saved) => {
  expect(printed(queueRange, word)).toBe(saved);
});
