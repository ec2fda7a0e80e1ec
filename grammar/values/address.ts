/**
 * Addresses and networks of both families. IPv4 addresses are plain numbers, IPv6 addresses bigints. Reading follows xtables.c
 * (xtables_numeric_to_ipaddr: fewer than four parts are filled with zeros at the end, each part read with base 0); printing follows inet_ntop.
 */
import type { Family } from '../netfilter/families.js';
import type { Ordinal } from '../packet/predicate.js';
import { readDigits, readInteger } from './integer.js';
import { defineValue, Fault } from './value.js';

const allOnes4 = 0xffffffff;
const allOnes6 = (1n << 128n) - 1n;

/** The highest address of a family; the mask of a single host. */
export const highestAddress = (family: Family): Ordinal => (family === 4 ? allOnes4 : allOnes6);

/** Of hexadecimal parts, and of what strtoul(3) passes over in front of a number. */
const oddCodes: ReadonlySet<number> = new Set([...'xX+ \t\n\v\f\r'].map((character) => character.charCodeAt(0)));

const parse4 = (word: string): number | undefined => {
  let value = 0;
  let parts = 0;
  let part = -1; // no digit read yet
  // Quick way for plain dotted decimals, which nearly all are.
  for (let i = 0; i < word.length; i++) {
    const code = word.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      if (part === 0) return parse4Slowly(word); // a leading zero: octal or hexadecimal
      part = part < 0 ? code - 48 : part * 10 + code - 48;
      if (part > 255) return undefined;
    } else if (code === 46 && part >= 0 && parts < 3) {
      value = value * 256 + part;
      parts++;
      part = -1;
    } else return oddCodes.has(code) ? parse4Slowly(word) : undefined;
  }
  if (part < 0) return undefined;
  value = value * 256 + part;
  for (parts++; parts < 4; parts++) value *= 256;
  return value;
};

/** inet_aton(3): the last part fills what is left of the four bytes. */
export const parseAton = (word: string): number | undefined => {
  const parts = word.split('.').map(readDigits);
  const last = parts.pop();
  if (parts.length > 3 || last === undefined || last >= 256 ** (4 - parts.length)) return undefined;
  let value = last;
  for (const [index, part] of parts.entries()) {
    if (part === undefined || part > 255) return undefined;
    value += part * 256 ** (3 - index);
  }
  return value;
};

/** An IPv4 address as getaddrinfo(3) reads numbers: as inet_aton(3) does, or an IPv6 address that maps one. */
export const resolveNumeric = (word: string): number | undefined => {
  const address = parseAton(word);
  if (address !== undefined) return address;
  const mapping = parse6(word);
  return mapping !== undefined && mapping >> 32n === 0xffffn ? Number(mapping & 0xffff_ffffn) : undefined;
};

const parse4Slowly = (word: string): number | undefined => {
  const parts = word.split('.');
  if (parts.length > 4) return undefined;
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const part = i < parts.length ? readInteger(parts[i]!) : 0;
    if (part === undefined || part > 255) return undefined;
    value = value * 256 + part;
  }
  return value;
};

const parse6 = (word: string): bigint | undefined => {
  if (!/^[0-9a-f:.]+$/i.test(word) || !word.includes(':')) return undefined;
  const halves = word.split('::');
  if (halves.length > 2) return undefined;
  const groups = (text: string): bigint[] | undefined => {
    if (text === '') return [];
    const found: bigint[] = [];
    const parts = text.split(':');
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!;
      if (part.includes('.')) {
        if (i !== parts.length - 1 || !/^\d{1,3}(\.\d{1,3}){3}$/.test(part)) return undefined;
        const bytes = part.split('.').map(Number);
        if (bytes.some((byte) => byte > 255)) return undefined;
        found.push(BigInt(bytes[0]! * 256 + bytes[1]!), BigInt(bytes[2]! * 256 + bytes[3]!));
      } else if (/^[0-9a-f]{1,4}$/i.test(part)) found.push(BigInt(`0x${part}`));
      else return undefined;
    }
    return found;
  };
  const head = groups(halves[0]!);
  const tail = halves.length === 2 ? groups(halves[1]!) : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...new Array<bigint>(missing).fill(0n), ...tail].reduce((value, group) => (value << 16n) | group, 0n);
};

/** One address of the family, or what is wrong with it. */
export const parseAddress = (word: string, family: Family): Ordinal | Fault => {
  const value = family === 4 ? parse4(word) : parse6(word);
  return value ?? new Fault(`"${word}" is not an ${family === 4 ? 'IPv4' : 'IPv6'} address`);
};

const print6 = (value: bigint): string => {
  const groups: number[] = [];
  for (let i = 7n; i >= 0n; i--) groups.push(Number((value >> (i * 16n)) & 0xffffn));
  let best = -1;
  let bestLength = 1; // a single zero group is not shortened
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > bestLength) {
      best = i;
      bestLength = length;
    }
    i += length;
  }
  // inet_ntop writes the last 32 bits of IPv4-mapped and IPv4-compatible addresses with dots.
  const dotted = best === 0 && (bestLength === 6 || (bestLength === 5 && groups[5] === 0xffff));
  const hex = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  if (dotted) return `::${bestLength === 5 ? 'ffff:' : ''}${print4(groups[6]! * 65536 + groups[7]!)}`;
  return best < 0 ? hex(0, 8) : `${hex(0, best)}::${hex(best + bestLength, 8)}`;
};

const print4 = (value: number): string => `${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;

/** An address as iptables-save prints it. */
export const printAddress = (value: Ordinal, _family?: Family): string => (typeof value === 'bigint' ? print6(value) : print4(value));

/** An address with a mask; host bits are cleared. */
export interface Network {
  readonly kind: 'network';
  readonly address: Ordinal;
  readonly mask: Ordinal;
}

/** A name that iptables resolves when the rule is loaded: what it stands for is not known here. */
export interface HostName {
  readonly kind: 'host';
  readonly name: string;
}

/** The mask of a prefix length. */
export const prefixMask = (length: number, family: Family): Ordinal =>
  family === 4 ? (length === 0 ? 0 : (allOnes4 << (32 - length)) >>> 0) : (allOnes6 << BigInt(128 - length)) & allOnes6;

/** The prefix length of a contiguous mask, else undefined. */
export const prefixLength = (mask: Ordinal): number | undefined => {
  if (typeof mask === 'number') {
    const host = ~mask >>> 0;
    return (host & (host + 1)) === 0 ? Math.clz32(host) : undefined;
  }
  const host = ~mask & allOnes6;
  return (host & (host + 1n)) === 0n ? 128 - (host === 0n ? 0 : host.toString(2).length) : undefined;
};

const and = (a: Ordinal, b: Ordinal): Ordinal => (typeof a === 'bigint' ? a & (b as bigint) : (a & (b as number)) >>> 0);

/** First and last address of a network with a contiguous mask. */
export const networkRange = ({ address, mask }: Network): readonly [Ordinal, Ordinal] =>
  typeof address === 'bigint' ? [address, address | (~(mask as bigint) & allOnes6)] : [address, (address | ~(mask as number)) >>> 0];

/** Labels of at most 63 characters, 253 in all (RFC 1035): a longer name is nobody's. */
export const isShortEnough = (name: string): boolean => name.length <= 253 && name.split('.').every((label) => label.length <= 63);

const looksLikeHostName = (word: string): boolean =>
  isShortEnough(word) &&
  /^(?=.*[a-z])[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*\.?$/i.test(word) &&
  !/^x+(\.x+)*$/i.test(word);

/** A mask as xtables_numeric_to_ipmask reads it: of IPv4 all four parts are there. */
const parseMask = (word: string, family: Family): Ordinal | Fault =>
  family === 4 && word.split('.').length !== 4 ? new Fault(`"${word}" is not a mask`) : parseAddress(word, family);

/** Networks written with bits of a host, which are like those without in all else. */
const cleared = new WeakSet<Network>();

/** Whether a network was written with bits of a host in it: 192.0.2.7/24. */
export const hadHostBits = (network: Network): boolean => cleared.has(network);

/** `192.0.2.0/24` and `192.0.2.1` in plain decimals, which nearly all are, in one go; null for all else, and for bits behind the mask. */
const parsePlain4 = (word: string): Network | null => {
  let address = 0;
  let parts = 0;
  let part = -1;
  for (let i = 0; i < word.length; i++) {
    const code = word.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      // A leading zero would make it octal.
      if (part === 0) return null;
      part = part < 0 ? code - 48 : part * 10 + code - 48;
      if (part > 255) return null;
    } else {
      if (part < 0 || (code === 47 ? parts !== 3 : code !== 46 || parts > 2)) return null;
      address = address * 256 + part;
      parts++;
      part = -1;
    }
  }
  if (part < 0) return null;
  if (parts === 3) return { kind: 'network', address: address * 256 + part, mask: allOnes4 };
  if (parts < 4 || part === 0 || part > 32) return null;
  const mask = (allOnes4 << (32 - part)) >>> 0;
  return (address & ~mask) === 0 ? { kind: 'network', address, mask } : null;
};

/** `address`, `address/prefix`, `address/mask`, or a host name. A mask of zeros takes every packet, whatever stands before it (`any/0`). */
export const parseNetwork = (word: string, family: Family): Network | HostName | Fault => {
  const slash = word.lastIndexOf('/');
  const host = slash < 0 ? word : word.slice(0, slash);
  let mask = highestAddress(family);
  if (slash >= 0) {
    const text = word.slice(slash + 1);
    const length = readInteger(text);
    if (length !== undefined) {
      if (length > (family === 4 ? 32 : 128)) return new Fault(`the mask /${text} is longer than an address`);
      mask = prefixMask(length, family);
    } else {
      const parsed = parseMask(text, family);
      if (parsed instanceof Fault) return new Fault(`"${text}" is not a mask`);
      mask = parsed;
    }
  }
  if (mask === 0 || mask === 0n) return { kind: 'network', address: mask, mask };
  if (host === '')
    return new Fault('an address is missing', undefined, word === '' ? 'a list has no blanks in it, and no comma at its end' : undefined);
  if (family === 4 && host === 'localhost') return { kind: 'network', address: and(0x7f000001, mask), mask };
  // In IPv6 getaddrinfo(3) passes over blanks in front.
  const address = parseAddress(family === 6 ? host.trimStart() : host, family);
  if (!(address instanceof Fault)) {
    const network: Network = { kind: 'network', address: and(address, mask), mask };
    if (network.address !== address) cleared.add(network);
    return network;
  }
  const resolved = family === 4 ? resolveNumeric(host) : undefined;
  if (resolved !== undefined) return { kind: 'network', address: and(resolved, mask), mask };
  if (!looksLikeHostName(host)) return address;
  return { kind: 'host', name: word };
};

/** A network as iptables-save prints it: always with its mask, as a prefix where it is one. */
export const printNetwork = (network: Network | HostName): string => {
  if (network.kind === 'host') return network.name;
  const length = prefixLength(network.mask);
  return `${printAddress(network.address)}/${length ?? printAddress(network.mask)}`;
};

const sayNetwork = (network: Network | HostName): string => {
  if (network.kind === 'host') return network.name;
  const length = prefixLength(network.mask);
  if (length === 0) return 'anywhere';
  return length === (typeof network.address === 'bigint' ? 128 : 32) ? printAddress(network.address) : printNetwork(network);
};

/** A list as prose: "a", "a or b", "a, b or c". */
const list = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** `-s` and `-d`: networks, separated by commas. */
export const networks = defineValue<readonly (Network | HostName)[]>({
  arity: 1,
  expects: 'an address, a network address/prefix, or a list of them',
  parse: ({ 0: word }, { family, negated }) => {
    const plain = family === 4 ? parsePlain4(word!) : null;
    if (plain !== null) return [plain];
    if (word!.indexOf(',') < 0) {
      const network = parseNetwork(word!, family);
      return network instanceof Fault ? network : [network];
    }
    if (negated) return new Fault('"!" cannot stand before a list of addresses');
    const found: (Network | HostName)[] = [];
    for (const part of word!.split(',')) {
      const network = parseNetwork(part, family);
      if (network instanceof Fault) return network;
      found.push(network);
    }
    return found;
  },
  print: (value) => value.map(printNetwork).join(','),
  say: (value) => list(value.map(sayNetwork)),
});

/** One address. */
export const hostAddress = defineValue<Ordinal>({
  arity: 1,
  expects: 'an address',
  parse: ({ 0: word }, { family }) => parseAddress(word!, family),
  print: (value) => printAddress(value),
  say: (value) => printAddress(value),
});
