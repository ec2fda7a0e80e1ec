/** Conntrack zones. */
import { expect, test } from 'vitest';
import { zone } from '../../../grammar/values/zone.js';
import { printed } from './reading.js';

test.each([
  ['7', '7'],
  ['0x10', '16'],
  ['65535', '65535'],
  ['MARK', 'mark'],
  ['65536', 'refused: "65536" is not a zone from 0 to 65535'],
  ['-1', 'refused: "-1" is not a zone from 0 to 65535'],
])('--zone %s is saved as %s', (word, saved) => {
  expect(printed(zone, word)).toBe(saved);
});
