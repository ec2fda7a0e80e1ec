/**
 * Lengths of prefixes given alone: `24`, or a mask `255.255.255.0` (libxtables, XTTYPE_PLEN). A number that is no length is a mask as
 * inet_aton(3) reads it (`0xffffff00`; `255` is 0.0.0.255), and a mask that is no prefix is the length 255 of 1.8.9, which some extensions
 * cut and others refuse.
 */
import { addressWidth, type Family } from '../netfilter/families.js';
import { parseAddress, parseAton, prefixLength } from './address.js';
import { readInteger } from './integer.js';
import { defineValue, Fault } from './value.js';

/** What a mask that is no prefix is read as. */
export const noPrefix = 255;

/** A prefix length, `noPrefix` for a mask with holes, or what is wrong with the word. */
export const parsePrefixLength = (word: string, family: Family): number | Fault => {
  const width = addressWidth(family);
  const length = readInteger(word);
  if (length !== undefined && length <= width) return length;
  const mask = family === 4 ? parseAton(word) : parseAddress(word, 6);
  return mask === undefined || mask instanceof Fault
    ? new Fault(`"${word}" is neither a mask nor a length from 0 to ${width}`)
    : (prefixLength(mask) ?? noPrefix);
};

export const prefixLengthOfMask = defineValue<number>({
  arity: 1,
  expects: 'a prefix length or a mask',
  parse: ({ 0: word }, { family }) => parsePrefixLength(word!, family),
  print: String,
  say: (length) => `/${length}`,
});
