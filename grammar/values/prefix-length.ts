/**
 * Lengths of prefixes given alone: `24`, or for short a mask `255.255.255.0` (libxtables, XTTYPE_PLEN). 1.8.9 reads a number that is no
 * length as the first byte of a mask, and a mask that is no prefix as the length 255, which some extensions cut and others refuse.
 */
import { addressWidth, type Family } from '../netfilter/families.js';
import { parseAddress, prefixLength } from './address.js';
import { readInteger } from './integer.js';
import { defineValue, Fault } from './value.js';

/** What a mask that is no prefix is read as. */
export const noPrefix = 255;

/** A prefix length, `noPrefix` for a mask with holes, or what is wrong with the word. */
export const parsePrefixLength = (word: string, family: Family): number | Fault => {
  const width = addressWidth(family);
  const length = readInteger(word);
  if (length !== undefined && length <= width) return length;
  const mask = parseAddress(word, family);
  return mask instanceof Fault
    ? new Fault(`"${word}" is neither a mask nor a length from 0 to ${width}`)
    : (prefixLength(mask) ?? noPrefix);
};

export const prefixLengthOfMask = defineValue<number>({
  arity: 1,
  expects: 'a prefix length or a mask',
  parse: ([word], { family }) => parsePrefixLength(word!, family),
  print: String,
  say: (length) => `/${length}`,
});
