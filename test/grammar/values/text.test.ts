/** Text as iptables-save quotes it. */
import { expect, test } from 'vitest';
import { byteLength, cutText, quote, text } from '../../../grammar/values/text.js';
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

test('cutting never splits a character', () => {
  expect(cutText('abé', 3)).toBe('ab');
  expect(cutText('abé', 4)).toBe('abé');
});
