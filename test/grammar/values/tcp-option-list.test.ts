/** TCP options to strip. */
import { expect, test } from 'vitest';
import { tcpOptionList } from '../../../grammar/values/tcp-option-list.js';
import { printed, said } from './reading.js';

test.each([
  ['timestamp,wscale', '3,8'],
  ['255,2', '2,255'],
  ['0x8', '8'],
  ['md5', '19'],
  ['1', 'refused: TCP option 1 cannot be stripped'],
  ['256', 'refused: "256" is not a TCP option'],
  ['8,timestamp', 'refused: TCP option 8 is told twice'],
  ['MSS', 'refused: "MSS" is not a TCP option'],
  ['3,', 'refused: "" is not a TCP option'],
])('--strip-options %s is saved as %s', (word, saved) => {
  expect(printed(tcpOptionList, word)).toBe(saved);
});

test('known options are said by name', () => {
  expect(said(tcpOptionList, '2,4,30')).toBe('mss, sack-permitted and 30');
});
