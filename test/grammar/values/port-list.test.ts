/** Port lists of multiport. */
import { expect, test } from 'vitest';
import { portList } from '../../../grammar/values/port-list.js';
import { printed, said } from './reading.js';

test.each([
  ['22,http:https', '22,80:443'],
  ['80,80,0x51', '80,80,81'],
  ['1,2,3,4,5,6,7,8,9,10,11,12,13,14,15', '1,2,3,4,5,6,7,8,9,10,11,12,13,14,15'],
  ['1:2,3:4,5:6,7:8,9:10,11:12,13:14,15', '1:2,3:4,5:6,7:8,9:10,11:12,13:14,15'],
  ['1:2,3:4,5:6,7:8,9:10,11:12,13:14,15:16', 'refused: the list takes 16 of 15 places (a range counts as two)'],
  ['80:80', 'refused: the range 80:80 does not go upwards'],
  [':80', 'refused: "" is neither a port nor a known service'],
  ['80,', 'refused: "" is neither a port nor a known service'],
  ['65536', 'refused: port 65536 is above 65535'],
])('--dports %s is saved as %s', (word, saved) => {
  expect(printed(portList, word)).toBe(saved);
});

test('a list is said with its services', () => {
  expect(said(portList, '22,1024:2048,443')).toBe('22 (ssh), 1024 to 2048 or 443 (https)');
});
