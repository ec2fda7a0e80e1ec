/** Expressions of the u32 match. */
import { expect, test } from 'vitest';
import { u32Tests } from '../../../grammar/values/u32-tests.js';
import { printed } from './reading.js';

test.each([
  ['0=0', '"0x0=0x0"'],
  ['6 & 0xFF = 17 && 4&0x1FFF=0', '"0x6&0xff=0x11&&0x4&0x1fff=0x0"'],
  ['0>>22&0x3C@12>>26&0x3C@0=1,2,010:20', '"0x0>>0x16&0x3c@0xc>>0x1a&0x3c@0x0=0x1,0x2,0x8:0x14"'],
  ['0=9:5', '"0x0=0x9:0x5"'],
  ['0&1&2&3&4&5&6&7&8&9=1', '"0x0&0x1&0x2&0x3&0x4&0x5&0x6&0x7&0x8&0x9=0x1"'],
  ['0&1&2&3&4&5&6&7&8&9&10=1', 'refused: at character 21: more than 9 operators'],
  ['0=1,1,1,1,1,1,1,1,1,1,1', 'refused: at character 23: more than 10 ranges'],
  [Array(11).fill('0=1').join('&&'), 'refused: more than 10 tests'],
  ['0', 'refused: at character 2: the test ends before its "="'],
  ['0=1&&', 'refused: at character 6: a test is expected'],
  ['0==1', 'refused: at character 3: a number of 32 bits is expected'],
  ['0x100000000=1', 'refused: at character 1: a number of 32 bits is expected'],
  ['0=1 x', 'refused: at character 5: "," or "&&" is expected'],
])('--u32 "%s" is saved as %s', (word, saved) => {
  expect(printed(u32Tests, word)).toBe(saved);
});
