/** Probabilities in 2^31ths. */
import { expect, test } from 'vitest';
import { probability } from '../../../grammar/values/probability.js';
import { printed, said } from './reading.js';

test.each([
  ['0.5', '0.50000000000'],
  ['.1', '0.10000000009'],
  ['1e-3', '0.00100000016'],
  ['0.33333333349', '0.33333333349'],
  ['0.000244140625', '0.00024414062'],
  ['0.9999999999', '1.00000000000'],
  ['0', '0.00000000000'],
  ['0x.8', '0.50000000000'],
  ['nan', '0.00000000000'],
  ['inf', 'refused: "inf" is not a probability from 0 to 1'],
  ['1.1', 'refused: "1.1" is not a probability from 0 to 1'],
  ['50%', 'refused: "50%" is not a probability from 0 to 1'],
])('--probability %s is saved as %s', (word, saved) => {
  expect(printed(probability, word)).toBe(saved);
});

test.each([
  ['0.5', '1 in 2'],
  ['0.33333333349', '1 in 3'],
  ['0.4', '40 %'],
  ['1', '100 %'],
  ['0', '0 %'],
])('--probability %s is said as %s', (word, words) => {
  expect(said(probability, word)).toBe(words);
});
