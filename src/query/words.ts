/** Classes of packets in words, most of which the language of queries takes back: `tcp from 192.0.2.0/24 to port 22 arriving on eth0`. */
import {
  connectionStates,
  connectionStatusBits,
  type Family,
  type FieldName,
  fields,
  highestAddress,
  isAddressField,
  type Ordinal,
  printAddress,
  printMac,
  protocolName,
  protocolsWithPorts,
  serviceByPort,
} from '../../grammar/index.js';
import { testWords } from '../explain/test-words.js';
import { routeTypes } from '../model/host.js';
import type { Cube } from '../packets/cube.js';
import type { Space, ValueSet } from '../packets/space.js';
import { listed } from '../util/text.js';

/** Members of a list told one by one; the others are counted. */
const mostMembers = 8;

/** What a cube asks, field by field in words; a field that it leaves free has none. */
export interface Sayings {
  readonly protocol: string;
  readonly from: string;
  readonly fromPort: string;
  readonly to: string;
  readonly toPort: string;
  readonly arriving: string;
  readonly leaving: string;
  readonly state: string;
  /** Further conditions. */
  readonly rest: readonly string[];
  /** Tests whose outcome the rules alone do not tell. */
  readonly tests: readonly string[];
}

type Piece = readonly [low: Ordinal, high: Ordinal];

const plus = (value: Ordinal, by: number): Ordinal => (typeof value === 'bigint' ? value + BigInt(by) : value + by);

/** Values of a number field that a set holds, as ranges. */
const piecesOf = (space: Space, set: ValueSet): Piece[] => {
  const field = set.dimension.field!;
  const code = space.code(field)!;
  if (code.kind !== 'ranges') return [];
  const width = space.width(field);
  const size = (fields[field] as { size?: number }).size;
  const top: Ordinal = width > 64 ? (1n << BigInt(width)) - 1n : (size ?? 2 ** width) - 1;
  const out: Piece[] = [];
  for (let i = 0; i < set.ranges.length; i += 2) {
    const after = code.starts[set.ranges[i + 1]! + 1];
    out.push([code.starts[set.ranges[i]!]!, after === undefined ? top : plus(after, -1)]);
  }
  return out;
};

const complement = (pieces: readonly Piece[], top: Ordinal): Piece[] => {
  const out: Piece[] = [];
  let next: Ordinal = typeof top === 'bigint' ? 0n : 0;
  for (const [low, high] of pieces) {
    if (low > next) out.push([next, plus(low, -1)]);
    next = plus(high, 1);
  }
  if (next <= top) out.push([next, top]);
  return out;
};

/** A range of addresses as the fewest prefixes. */
const prefixes = ([low, high]: Piece, family: Family): string[] => {
  const width = family === 4 ? 32 : 128;
  const out: string[] = [];
  let from = BigInt(low);
  const to = BigInt(high);
  while (from <= to && out.length <= 64) {
    let length = width;
    while (length > 0) {
      const size = 1n << BigInt(width - length + 1);
      if (from % size !== 0n || from + size - 1n > to) break;
      length--;
    }
    const text = printAddress(family === 4 ? Number(from) : from);
    out.push(length === width ? text : `${text}/${length}`);
    from += 1n << BigInt(width - length);
  }
  return out;
};

/** An address range: as prefixes where that is no longer than two words, else from one to the other. */
const addressWords = (piece: Piece, family: Family): string[] => {
  const split = prefixes(piece, family);
  return split.length <= 2 ? split : [`${printAddress(piece[0])}-${printAddress(piece[1])}`];
};

const few = (words: readonly string[]): string =>
  words.length <= mostMembers
    ? words.join(', ')
    : `${words.slice(0, mostMembers - 1).join(', ')} and ${words.length - mostMembers + 1} more`;

/** Some values, or all but some, whichever is shorter. */
const someOrAllBut = (own: readonly string[], others: readonly string[], all: string): string =>
  others.length > 0 && others.length < own.length ? `${all} but ${few(others)}` : few(own);

const sayAddresses = (space: Space, set: ValueSet): string => {
  const { family } = space;
  const pieces = piecesOf(space, set);
  const own = pieces.flatMap((piece) => addressWords(piece, family));
  const others = complement(pieces, highestAddress(family)).flatMap((piece) => addressWords(piece, family));
  if (pieces.length > 1) {
    // One network with holes, where that says it shorter.
    const outer = prefixes([pieces[0]![0], pieces.at(-1)![1]], family);
    const holes = pieces.slice(1).flatMap(([start], at) => addressWords([plus(pieces[at]![1], 1), plus(start, -1)], family));
    if (outer.length === 1 && !outer[0]!.endsWith('/0') && holes.length < own.length) return `${outer[0]} but ${few(holes)}`;
  }
  // Networks are read more easily than what lies between them.
  const isBetween = own.some((word) => word.includes('-')) && others.length > 0 && !others.some((word) => word.includes('-'));
  return isBetween ? `anywhere but ${few(others)}` : someOrAllBut(own, others, 'anywhere');
};

const sayPorts = (space: Space, set: ValueSet): string => {
  const word = ([low, high]: Piece): string => (low === high ? String(low) : `${low}-${high}`);
  const pieces = piecesOf(space, set);
  return someOrAllBut(pieces.map(word), complement(pieces, 65535).map(word), 'any');
};

const sayProtocols = (space: Space, set: ValueSet, hasPorts: boolean): string => {
  const words = (pieces: readonly Piece[]): string[] =>
    pieces.flatMap(([low, high]) =>
      Number(high) - Number(low) > 3
        ? [`${low}-${high}`]
        : Array.from({ length: Number(high) - Number(low) + 1 }, (_, i) =>
            Number(low) + i === 58 ? 'icmpv6' : protocolName(Number(low) + i),
          ),
    );
  const pieces = piecesOf(space, set);
  const own = words(pieces);
  if (!hasPorts) return someOrAllBut(own, words(complement(pieces, 255)), 'any protocol');
  // What has ports is one of few protocols; all of them go without saying.
  const others = protocolsWithPorts.map(protocolName).filter((name) => !own.includes(name));
  return others.length === 0 ? '' : someOrAllBut(own, others, 'any protocol');
};

const sayNames = (space: Space, set: ValueSet): string => {
  const code = space.code(set.dimension.field!);
  if (code?.kind !== 'names') return '';
  const wordsOf = (atoms: readonly number[]): string[] => {
    const list = atoms.map((at) => code.atoms[at]!).filter(({ name }) => name !== '');
    const wide = list.filter(({ prefix, name }) => {
      const span = code.prefixes.get(name);
      return prefix && span !== undefined && span[1] - span[0] + 1 === atoms.filter((at) => at >= span[0] && at <= span[1]).length;
    });
    return list
      .filter(({ name, prefix }) => !wide.some((other) => (other.name !== name || !prefix) && name.startsWith(other.name)))
      .map(({ name, prefix }) => (prefix ? `${name}+` : name));
  };
  const own: number[] = [];
  const others: number[] = [];
  for (let at = 1; at < code.atoms.length; at++) (set.has(at) ? own : others).push(at);
  if (own.length === 0 || others.length === 0) return ''; // none at this hook, or any
  return set.has(1) ? `any but ${few(wordsOf(others))}` : few(wordsOf(own));
};

const sayStates = (set: ValueSet): string => {
  const own = connectionStates.filter((_, at) => set.has(at)).map((state) => state.toLowerCase());
  const others = connectionStates.filter((_, at) => !set.has(at)).map((state) => state.toLowerCase());
  return others.length < own.length ? `not ${listed(others, 'or')}` : listed(own, 'or');
};

/** What the bits of translation are called. */
const natWords = { [connectionStatusBits.SNAT]: 'source', [connectionStatusBits.DNAT]: 'destination' };

const flagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];

/** "TCP flags SYN of FIN, SYN, RST, ACK". */
const sayFlags = (mask: bigint, values: readonly bigint[], set: ValueSet): string => {
  const names = (bits: bigint): readonly string[] => flagNames.filter((_, at) => (bits >> BigInt(at)) & 1n);
  const isOpen = values.length < set.dimension.size && set.has(set.dimension.size - 1);
  const told = values.filter((_, at) => set.has(at) !== isOpen).map((value) => names(value).join('+') || 'none');
  return `TCP flags ${isOpen ? 'other than ' : ''}${listed(told, 'or')} of ${names(mask).join(', ')}`;
};

const sayOther = (space: Space, set: ValueSet, field: FieldName): string => {
  const code = space.code(field)!;
  const { words } = fields[field];
  if (code.kind === 'groups') {
    const group = code.groups.find((one) => one.dimension === set.dimension)!;
    if (field === 'tcpFlags') return sayFlags(group.mask, group.values, set);
    if (field === 'connectionStatus' && set.count === 1) {
      const value = group.values[set.ranges[0]!];
      const word = Object.entries(natWords).find(([bit]) => BigInt(bit) === group.mask)?.[1];
      if (value !== undefined && word) return `${value === 0n ? 'no translated' : 'translated'} ${word}`;
    }
    const atoms = group.values.filter((_, at) => set.has(at)).map((value) => `0x${value.toString(16)}`);
    const others = group.values.filter((_, at) => !set.has(at)).map((value) => `0x${value.toString(16)}`);
    const masked = `${words} & 0x${group.mask.toString(16)}`;
    return group.values.length < set.dimension.size && set.has(set.dimension.size - 1)
      ? `${masked} is not ${listed(others, 'or')}`
      : `${masked} is ${listed(atoms, 'or')}`;
  }
  if (code.kind === 'names') {
    // A packet may have none of these.
    if (!set.has(0)) return set.count === code.dimension.size - 1 ? `some ${words}` : `${words} ${sayNames(space, set)}`;
    return set.count === 1 ? `no ${words}` : `${words} ${sayNames(space, set)} or none`;
  }
  if (field === 'laterFragment') return set.has(1) ? 'later fragments' : 'whole packets and first fragments';
  if (field === 'connectionStatus') {
    const [piece, ...more] = piecesOf(space, set);
    // The highest bit, asked alone.
    if (more.length === 0 && piece![1] === 63 && piece![0] === 32) return 'translated destination';
    if (more.length === 0 && piece![0] === 0 && piece![1] === 31) return 'no translated destination';
  }
  const width = isAddressField(field) ? 0 : fields[field].width;
  const kinds = valueNames[field];
  const one = (value: Ordinal): string =>
    isAddressField(field)
      ? printAddress(value)
      : field === 'icmp'
        ? `type ${Number(value) >> 8} code ${Number(value) & 255}`
        : field === 'macSource'
          ? printMac(Number(value))
          : (kinds?.[Number(value)] ?? String(value));
  const word = ([low, high]: Piece): string => {
    if (field === 'icmp' && Number(low) % 256 === 0 && Number(high) === Number(low) + 255) return `type ${Number(low) >> 8}`;
    return low === high ? one(low) : `${one(low)}-${one(high)}`;
  };
  // Of few values with names each is told.
  const each = (pieces: readonly Piece[]): string[] =>
    kinds
      ? pieces.flatMap(([low, high]) => Array.from({ length: Number(high) - Number(low) + 1 }, (_, i) => one(Number(low) + i)))
      : pieces.map(word);
  const pieces = piecesOf(space, set);
  const top: Ordinal = isAddressField(field) ? highestAddress(space.family) : ((fields[field] as { size?: number }).size ?? 2 ** width) - 1;
  return `${field === 'icmp' ? 'ICMP' : words} ${someOrAllBut(each(pieces), each(complement(pieces, top)), 'any')}`;
};

/** What values of enumerations are called. */
const valueNames: Partial<Record<FieldName, readonly string[]>> = {
  sourceType: routeTypes,
  destinationType: routeTypes,
  packetType: ['unicast', 'broadcast', 'multicast', 'otherhost'],
  connectionDirection: ['original', 'reply'],
};

/** What a cube asks, in words. */
export const sayCube = (space: Space, cube: Cube): Sayings => {
  const said = { protocol: '', from: '', fromPort: '', to: '', toPort: '', arriving: '', leaving: '', state: '' };
  const rest: string[] = [];
  const tests: string[] = [];
  const hasPorts = cube.sets.some(({ dimension }) => dimension.field === 'sourcePort' || dimension.field === 'destinationPort');
  for (const set of cube.sets) {
    const { field, test } = set.dimension;
    if (test) tests.push(testWords(test, set.has(1), space.family));
    if (!field) continue;
    const isGrouped = space.code(field)?.kind === 'groups';
    if (isGrouped) rest.push(sayOther(space, set, field));
    else if (field === 'protocol') said.protocol = sayProtocols(space, set, hasPorts);
    else if (field === 'source') said.from = sayAddresses(space, set);
    else if (field === 'destination') said.to = sayAddresses(space, set);
    else if (field === 'sourcePort') said.fromPort = sayPorts(space, set);
    else if (field === 'destinationPort') said.toPort = sayPorts(space, set);
    else if (field === 'inInterface') said.arriving = sayNames(space, set);
    else if (field === 'outInterface') said.leaving = sayNames(space, set);
    else if (field === 'connectionState') said.state = sayStates(set);
    else if (field !== 'laterFragment' || !hasPorts || set.has(1)) rest.push(sayOther(space, set, field));
  }
  return { ...said, rest, tests };
};

/** A cube as one phrase. */
export const cubeWords = (space: Space, cube: Cube): string => {
  const { protocol, from, fromPort, to, toPort, arriving, leaving, state, rest } = sayCube(space, cube);
  const end = (word: string, address: string, port: string): string =>
    address || port ? [word, address, port && `port ${port}`].filter(Boolean).join(' ') : '';
  const words = [
    state && protocol.startsWith('any ') ? `${state},` : state,
    protocol,
    end('from', from, fromPort),
    end('to', to, toPort),
    arriving && `arriving on ${arriving}`,
    leaving && `leaving by ${leaving}`,
    rest.length > 0 && `with ${listed(rest, 'and')}`,
  ].filter(Boolean);
  return words.length === 0 ? 'everything' : words.join(' ');
};

/** The usual name of a service: "tcp 22 (ssh)". */
export const serviceWords = (protocol: string, ports: string): string => {
  const name = /^\d+$/.test(ports) ? serviceByPort(Number(ports)) : undefined;
  return [protocol || 'any protocol', ports, name && `(${name})`].filter(Boolean).join(' ');
};
