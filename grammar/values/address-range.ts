/** Ranges of addresses, `from[-to]` (libxt_iprange.c). A range upside down is loaded with a warning and matches nothing. */
import type { Family } from '../netfilter/families.js';
import type { Ordinal } from '../packet/predicate.js';
import { parseAddress, printAddress } from './address.js';
import { defineValue, Fault } from './value.js';

/** Inclusive; `first > last` is kept as written: it matches nothing. */
export interface AddressRange {
  readonly first: Ordinal;
  readonly last: Ordinal;
}

/** `192.0.2.1-192.0.2.9`; one address alone is a range of one. */
export const parseAddressRange = (word: string, family: Family): AddressRange | Fault => {
  const dash = word.indexOf('-');
  const first = parseAddress(dash < 0 ? word : word.slice(0, dash), family);
  if (first instanceof Fault) return first;
  if (dash < 0) return { first, last: first };
  const last = parseAddress(word.slice(dash + 1), family);
  return last instanceof Fault ? last : { first, last };
};

export const addressRange = defineValue<AddressRange>({
  arity: 1,
  expects: 'an address, or a range from-to of addresses',
  parse: ({ 0: word }, { family }) => parseAddressRange(word!, family),
  print: ({ first, last }) => `${printAddress(first)}-${printAddress(last)}`,
  say: ({ first, last }) =>
    first === last ? printAddress(first) : `${printAddress(first)}-${printAddress(last)}${first > last ? ' (an empty range)' : ''}`,
});
