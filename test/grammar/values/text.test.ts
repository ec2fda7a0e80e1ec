/** Text as iptables-save quotes it. */
import { expect, test } from 'vitest';
import { byteLength, bytesOf, cutText, quote, text } from '../../../grammar/values/text.js';
import { printed } from './reading.js';

test.each([
  ['web-1_a', 'web-1_a'],
  ['-j', '-j'],
  ['', '""'],
  ['a b', '"a b"'],
  ['a.b', '"a.b"'],
  ["it's", '"it\\\'s"'],
  ['say "x"', '"say \\"x\\""'],
  ['back\\slash', '"back\\\\slash"'],
  ['é', '"é"'],
])('%s is saved as %s', (word, saved) => {
  expect(quote(word)).toBe(saved);
});

test('length counts bytes, not characters', () => {
  expect(byteLength('aé€😀')).toBe(1 + 2 + 3 + 4);
  expect(printed(text(3), 'éé')).toBe('refused: the text is 4 bytes long; 3 is the most');
  expect(printed(text(9, 1), '')).toBe('refused: the text is empty');
});

test('bytes that are no UTF-8 are bytes: a dump that iptables cut within a character', () => {
  expect(byteLength('\udce4é')).toBe(3);
  expect([...bytesOf('é\udce4😀')]).toEqual([0xc3, 0xa9, 0xe4, 0xf0, 0x9f, 0x98, 0x80]);
  expect(cutText(`${'é'.repeat(14)}\udcc3`, 29)).toBe(`${'é'.repeat(14)}\udcc3`);
});

test('cutting never splits a character', () => {
  expect(cutText('abé', 3)).toBe('ab');
  expect(cutText('abé', 4)).toBe('abé');
});
