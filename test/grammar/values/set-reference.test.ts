/** Sets and the sides by which they are asked. */
import { expect, test } from 'vitest';
import { fieldsOfSides, saySides, setReference } from '../../../grammar/values/set-reference.js';
import { Fault } from '../../../grammar/values/value.js';

const context = { family: 4, negated: false } as const;
const read = (name: string, flags: string) => {
  const value = setReference.parse([name, flags], context);
  return value instanceof Fault
    ? `refused: ${value.message}`
    : `${setReference.print(value, context)} | ${setReference.say(value, context)}`;
};

test.each([
  ['blocked', 'src', 'blocked src | set blocked by source'],
  ['services', 'dst,dst', 'services dst,dst | set services by destination pair'],
  ['pairs', 'src,dst', 'pairs src,dst | set pairs by source and destination'],
  ['blocked', 'srcaddr', 'blocked src | set blocked by source'],
  ['blocked', 'SRC', 'refused: "SRC" is neither src nor dst'],
  ['blocked', 'src,', 'refused: "" is neither src nor dst'],
  ['blocked', 'src,src,src,src,src,src,src', 'refused: more than 6 of src and dst'],
  ['a-name-of-more-than-31-characters', 'src', 'refused: the name of the set is longer than 31 bytes'],
])('--match-set %s %s: %s', (name, flags, expected) => {
  expect(read(name, flags)).toBe(expected);
});

test('what a set may look at follows from the sides', () => {
  expect(fieldsOfSides(['src'])).toEqual(['protocol', 'source', 'sourcePort', 'inInterface', 'macSource']);
  expect(fieldsOfSides(['dst', 'dst'])).toEqual(['protocol', 'destination', 'destinationPort', 'outInterface', 'mark']);
});

test('sides are said as what they are together', () => {
  expect(saySides(['src'])).toBe('source');
  expect(saySides(['dst', 'dst'])).toBe('destination pair');
  expect(saySides(['src', 'dst'])).toBe('source and destination');
  expect(saySides(['dst', 'dst', 'src'])).toBe('dst,dst,src triple');
  expect(saySides(['src', 'src', 'src', 'dst'])).toBe('src,src,src,dst tuple of 4');
});
