/** Classes of tc. */
import { expect, test } from 'vitest';
import { trafficClass } from '../../../grammar/values/traffic-class.js';
import { printed } from './reading.js';

test.each([
  ['1:20', '0001:0020'],
  ['0xA:0xff', '000a:00ff'],
  ['12345:1', '2345:0001'],
  ['10:abcg', '0010:0abc'],
  ['10', 'refused: "10" is not a class major:minor in hexadecimal'],
  ['1:', 'refused: "1:" is not a class major:minor in hexadecimal'],
  [':1', 'refused: ":1" is not a class major:minor in hexadecimal'],
])('--set-class %s is saved as %s', (word, saved) => {
  expect(printed(trafficClass, word)).toBe(saved);
});
