/**
 * An address with an optional mask as conntrack reads it (libxtables, XTTYPE_HOSTMASK, by way of getaddrinfo): host bits stay as written,
 * fewer than four parts are read as inet_aton does (`192.0.2` is 192.0.0.2), a mask with holes counts as none; measured with 1.8.9.
 */
import { addressWidth, type Family } from '../netfilter/families.js';
import type { NumberField } from '../packet/fields.js';
import { inRange, type Ordinal, type Predicate, test } from '../packet/predicate.js';
import { isShortEnough, parseAddress, prefixMask, printAddress, resolveNumeric } from './address.js';
import { parsePrefixLength } from './prefix-length.js';
import { defineValue, Fault } from './value.js';

/** An address as written, and how many of its bits count; or a name that is resolved when the rule is loaded. */
export type HostMask =
  | { readonly kind: 'network'; readonly address: Ordinal; readonly length: number }
  | { readonly kind: 'host'; readonly name: string; readonly length: number };

const parseHost = (word: string, family: Family): Ordinal | Fault => {
  if (family === 6) return parseAddress(word, 6);
  return (word === 'localhost' ? 0x7f000001 : resolveNumeric(word)) ?? new Fault(`"${word}" is not an IPv4 address`);
};

const isHostName = (word: string): boolean =>
  isShortEnough(word) && /^(?=.*[a-z])[a-z0-9]([a-z0-9._-]*[a-z0-9.])?$/i.test(word) && !/^0x[0-9a-f]+$/i.test(word);

const withLength = (text: string, length: number, family: Family): string => (length === addressWidth(family) ? text : `${text}/${length}`);

const print = (value: HostMask, { family }: { readonly family: Family }): string =>
  withLength(value.kind === 'host' ? value.name : printAddress(value.address), value.length, family);

export const hostMask = defineValue<HostMask>({
  arity: 1,
  expects: 'an address or address/prefix',
  parse: ({ 0: word }, { family }) => {
    const slash = word!.indexOf('/');
    const host = slash < 0 ? word! : word!.slice(0, slash);
    const width = addressWidth(family);
    const length = slash < 0 ? width : parsePrefixLength(word!.slice(slash + 1), family);
    if (length instanceof Fault) return length;
    const address = parseHost(host, family);
    if (!(address instanceof Fault)) return { kind: 'network', address, length: Math.min(length, width) };
    return isHostName(host) ? { kind: 'host', name: host, length: Math.min(length, width) } : address;
  },
  print,
  say: print,
});

/** The addresses that the value covers. */
export const inHostMask = (field: NumberField, value: HostMask, family: Family, extension: string, flag: string): Predicate => {
  if (value.kind === 'host')
    return test({
      extension,
      text: `-m ${extension} ${flag} ${print(value, { family })}`,
      decidedBy: 'surroundings',
      reads: [field],
      given: { host: value.name, length: value.length },
    });
  const mask = prefixMask(value.length, family);
  const size = family === 4 ? 2 ** (32 - value.length) : 1n << BigInt(128 - value.length);
  if (typeof value.address === 'bigint') {
    const low = value.address & (mask as bigint);
    return inRange(field, low, low + (size as bigint) - 1n);
  }
  const low = (value.address & (mask as number)) >>> 0;
  return inRange(field, low, low + (size as number) - 1);
};
