/** BPF programs and options of IPv6 headers. */
import { expect, test } from 'vitest';
import { bytecode } from '../../../grammar/values/bytecode.js';
import { ipv6Options } from '../../../grammar/values/ipv6-options.js';
import { printed } from './reading.js';

test.each([
  ['1,6 0 0 65535,', '"1,6 0 0 65535"'],
  ['1, 6  0 256 -1', '"1,6 0 0 4294967295"'],
  ['2,6 0 0 1', 'refused: the program has 1 instructions, not 2 as it says'],
  ['1,6 0 0', 'refused: instruction 1 is not four numbers: "6 0 0"'],
  ['65,6 0 0 1', 'refused: the program has more than 64 instructions'],
  ['0,', 'refused: the program has no instruction'],
  ['x', 'refused: the number of instructions is missing'],
])('--bytecode "%s" is saved as %s', (word, saved) => {
  expect(printed(bytecode, word)).toBe(saved);
});

test.each([
  ['5:2,0x10', '5:2,16'],
  ['256,1:256', '0,1:0'],
  ['5:255', '5'],
  ['0:4', 'refused: option 0 is one byte of padding and has no length'],
  ['1,', 'refused: "" is not type or type:length'],
  ['1:2:3', 'refused: "1:2:3" is not type or type:length'],
  ['1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17', 'refused: more than 16 options'],
])('--dst-opts %s is saved as %s', (word, saved) => {
  expect(printed(ipv6Options, word, 6)).toBe(saved);
});
