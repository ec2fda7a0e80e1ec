/** Rates of packets and bytes, as the kernel's integers round them. */
import { describe, expect, test } from 'vitest';
import { hashlimitBurst } from '../../../grammar/values/hashlimit-burst.js';
import { hashlimitRate, limitRate } from '../../../grammar/values/rate.js';
import { printed, said } from './reading.js';

describe('limit', () => {
  test.each([
    ['3/hour', '3/hour'],
    ['5', '5/sec'],
    ['60/minute', '1/sec'],
    ['60/m', '1/sec'],
    ['90/min', '90/min'],
    ['13/d', '13/day'],
    ['25/hour', '25/hour'],
    ['3601/hour', '3601/hour'],
    ['1000000/day', '694/min'],
    ['7000/s', '10000/sec'],
    ['9999/s', '10000/sec'],
    ['5/SEC', '5/sec'],
    ['5.5/s', '5/sec'],
    ['5x/s', '5/sec'],
    ['4294967297/s', '1/sec'],
    ['10001/s', 'refused: the rate 10001/s is too fast; 10000/second is the highest'],
    ['-5/s', 'refused: the rate -5/s is below zero'],
  ])('--limit %s is saved as %s', (word, saved) => {
    expect(printed(limitRate, word)).toBe(saved);
  });
  test.each(['5/', '60/minutes', '0/s', '5/x', '3/week', ''])('--limit %s is refused', (word) => {
    expect(printed(limitRate, word)).toMatch(/is not a rate/);
  });
  test.each([
    ['3/hour', '3 an hour'],
    ['60/minute', '1 a second'],
    ['1/day', '1 a day'],
  ])('%s is said as %s', (word, words) => {
    expect(said(limitRate, word)).toBe(words);
  });
});

describe('hashlimit', () => {
  test.each([
    ['1000000/s', '1000000/sec'],
    ['2000000/min', '33333/sec'],
    ['700000/s', '1000000/sec'],
    ['16b/s', '16b/s'],
    ['12345b/s', '12336b/s'],
    ['512kb/s', '512kb/s'],
    ['512kb/sec', '512kb/s'],
    ['512kb', '512/sec'],
    ['512KB/s', '512/sec'],
    ['1025b/s', '1kb/s'],
    ['1mb/s', '1mb/s'],
    ['1000mb/s', '1008mb/s'],
    ['1gb/s', '0b/s'],
    ['4294967295b/s', '4581298432b/s'],
    ['1000001/s', 'refused: the rate 1000001/s is too fast; 1000000/second is the highest'],
  ])('--hashlimit-upto %s is saved as %s', (word, saved) => {
    expect(printed(hashlimitRate, word)).toBe(saved);
  });
  test('bytes are said as bytes', () => {
    expect(said(hashlimitRate, '512kb/s')).toBe('512 KiB a second');
  });
  test.each([
    ['5', '5'],
    ['10kb', '10240'],
    ['5x', '5'],
    ['1000000', '1000000'],
    ['1000001', 'refused: "1000001" is not a burst from 1 to 1000000'],
    ['0', 'refused: "0" is not a burst from 1 to 1000000'],
  ])('--hashlimit-burst %s is read as %s', (word, read) => {
    expect(printed(hashlimitBurst, word)).toBe(read);
  });
});
