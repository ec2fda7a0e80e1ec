/** Names that are never quoted, prefixes that always may be. */
import { expect, test } from 'vitest';
import { bareName } from '../../../grammar/values/bare-name.js';
import { prefixText } from '../../../grammar/values/prefix-text.js';
import { printed } from './reading.js';

test.each([
  ['wan', 'wan'],
  ["it's:0.1", "it's:0.1"],
  ['a-name-too-long', 'a-name-too'],
  ['a name', '"a name"'],
])('the label %s is saved as %s', (word, saved) => {
  expect(printed(bareName(10), word)).toBe(saved);
});

test.each([
  ['dropped', 'dropped'],
  ['dropped: ', '"dropped: "'],
  ["it's", '"it\\\'s"'],
  ['a prefix that is too long', '"a prefix that"'],
  ['', 'refused: the text is empty'],
])('the prefix "%s" is saved as %s', (word, saved) => {
  expect(printed(prefixText(13), word)).toBe(saved);
});
