/** What the string match looks for. */
import { expect, test } from 'vitest';
import { hexPayload, plainPayload } from '../../../grammar/values/payload.js';
import { printed, said } from './reading.js';

test.each([
  ['hello', '"hello"'],
  ["it's", '"it\'s"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ['|41|', '"|41|"'],
  ['end\\', '"|656e645c|"'],
  ['tab\there', '"|7461620968657265|"'],
  ['é', '"|c3a9|"'],
  ['\udce4', '"|e4|"'],
  ['é'.repeat(64), `"|${'c3a9'.repeat(64)}|"`],
  ['', 'refused: there is nothing to look for'],
  ['x'.repeat(129), 'refused: the text is 129 bytes long; 128 is the most'],
])('--string %j is saved as %s', (word, saved) => {
  expect(printed(plainPayload, word)).toBe(saved);
});

test.each([
  ['|de ad|be|ef|', '"|dead6265ef|"'],
  ['abc', '"abc"'],
  ['|  68 69|!', '"hi!"'],
  ['foo|00|bar', '"|666f6f00626172|"'],
  // A bar right behind a closing one is text.
  ['|41||42|', '"A|42"'],
  ['a\\|b', '"a|b"'],
  ['\\😀', '"|f09f9880|"'],
  [`|41|${'x'.repeat(127)}`, `"A${'x'.repeat(127)}"`],
  [`${'x'.repeat(127)}|41|`, 'refused: the text ends in hexadecimal: 127 bytes are the most then'],
  ['|41 42', 'refused: the hexadecimal part is not closed with a "|" behind whole pairs of digits'],
  ['|414|', 'refused: the hexadecimal part is not closed with a "|" behind whole pairs of digits'],
  ['||', 'refused: an odd number of hexadecimal digits'],
  ['|41  42|', 'refused: " " is not a hexadecimal digit'],
  ['|zz|', 'refused: "z" is not a hexadecimal digit'],
  ['a\\', 'refused: a backslash stands at the end'],
])('--hex-string %s is saved as %s', (word, saved) => {
  expect(printed(hexPayload, word)).toBe(saved);
});

test('bytes are said as text where they are text', () => {
  expect(said(hexPayload, '|47 45 54|')).toBe('"GET"');
  expect(said(hexPayload, '|ff 00|')).toBe('the bytes ff00');
});
