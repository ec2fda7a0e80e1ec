/** Names out of a set: case, abbreviations, lists. */
import { describe, expect, test } from 'vitest';
import { ctStates } from '../../../grammar/values/connection-states.js';
import { nameList, oneName } from '../../../grammar/values/names.js';
import { printed, said } from './reading.js';

const animals = ['Cat', 'Camel', 'Dog'] as const;

describe('one name', () => {
  test.each([
    ['cat', { anyCase: true }, 'Cat'],
    ['cat', {}, 'refused: "cat" is not a animal (Cat Camel Dog)'],
    ['Do', { abbreviations: 'first' }, 'Dog'],
    ['Ca', { abbreviations: 'first' }, 'Cat'],
    ['Ca', { abbreviations: 'unambiguous' }, 'refused: "Ca" may mean Cat or Camel'],
    ['', { abbreviations: 'first' }, 'refused: a animal is missing'],
    ['Hound', { aliases: { Hound: 'Dog' } }, 'Dog'],
  ] as const)('%s with %o is %s', (word, reading, result) => {
    expect(printed(oneName({ names: animals, what: 'animal', ...reading }), word)).toBe(result);
  });
});

describe('a list', () => {
  const list = nameList({ names: animals, what: 'animal', order: ['Dog', 'Cat', 'Camel'] });
  test('is printed in the order of iptables-save, each name once', () => {
    expect(printed(list, 'Cat,Dog,Cat')).toBe('Dog,Cat');
  });
  test('refuses empty parts unless told otherwise', () => {
    expect(printed(list, 'Cat,')).toBe('refused: a animal is missing');
    expect(printed(nameList({ names: animals, what: 'animal', emptyParts: true }), ',Cat,')).toBe('Cat');
  });
  test('is said as alternatives', () => {
    expect(said(list, 'Camel,Dog,Cat')).toBe('Dog, Cat or Camel');
  });
});

test.each([
  ['new,est', 'NEW,ESTABLISHED'],
  ['DNAT,snat,U,R,e,N,i', 'INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED,SNAT,DNAT'],
  ['NEWX', 'refused: "NEWX" is not a connection state (INVALID NEW RELATED ESTABLISHED UNTRACKED SNAT DNAT)'],
])('--ctstate %s is saved as %s', (word, saved) => {
  expect(printed(ctStates, word)).toBe(saved);
});
