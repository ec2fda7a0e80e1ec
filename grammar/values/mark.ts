/** Marks: `value[/mask]`, 32 bits each (libxtables, XTTYPE_MARKMASK32): the packet's (mark, MARK) and the connection's (connmark, CONNMARK). */

import type { NumberField } from '../packet/fields.js';
import { bits, type Predicate } from '../packet/predicate.js';
import { readInteger } from './integer.js';
import { defineValue, Fault } from './value.js';

/** A value and the bits that count; without a mask all 32 do. A value with bits outside the mask is kept: as a match it never holds. */
export interface Mark {
  readonly value: number;
  readonly mask: number;
}

/** Mask of a mark given without one. */
export const wholeMark = 0xffffffff;

/** A 32-bit number in decimal, hexadecimal or octal. */
const parseMarkNumber = (word: string): number | Fault => {
  const value = readInteger(word);
  if (value === undefined) return new Fault(`"${word}" is not a number`);
  return value <= wholeMark ? value : new Fault(`${word} does not fit in 32 bits`);
};

/** `0x10`. */
export const hex = (value: number): string => `0x${value.toString(16)}`;

/** `value[/mask]`; the mask is all ones where it is not given. */
export const parseMark = (word: string): Mark | Fault => {
  const slash = word.indexOf('/');
  const value = parseMarkNumber(slash < 0 ? word : word.slice(0, slash));
  const mask = slash < 0 ? wholeMark : parseMarkNumber(word.slice(slash + 1));
  if (value instanceof Fault) return value;
  return mask instanceof Fault ? mask : { value, mask };
};

/** As the matches print it: a mask of all ones is hidden. */
export const printMark = ({ value, mask }: Mark): string => (mask === wholeMark ? hex(value) : `${hex(value)}/${hex(mask)}`);

/** As the targets print it: the mask always stands. */
export const printWholeMark = ({ value, mask }: Mark): string => `${hex(value)}/${hex(mask)}`;

/** The field, looked at through the mask, is the value. */
export const hasMark = (field: NumberField, { value, mask }: Mark): Predicate => bits(field, mask, value);

const expects = 'a mark: value or value/mask, each a 32-bit number';
const parse = ([word]: readonly string[]): Mark | Fault => parseMark(word!);

/** The mark of a match: `0x10`, `0x10/0xff`. */
export const mark = defineValue<Mark>({ arity: 1, expects, parse, print: printMark, say: printMark });

/** The mark of a target, printed with its mask: `0x10/0xffffffff`. */
export const markWithMask = defineValue<Mark>({ arity: 1, expects, parse, print: printWholeMark, say: printMark });

/** A lone 32-bit number printed in hexadecimal: --nfmask, --ctmask. */
export const markNumber = defineValue<number>({
  arity: 1,
  expects: 'a 32-bit number',
  parse: ({ 0: word }) => parseMarkNumber(word!),
  print: hex,
  say: hex,
});
