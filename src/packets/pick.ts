/**
 * A natural packet out of a set: the one that an administrator would have thought of. Addresses that the ruleset mentions or those reserved for
 * documentation (RFC 5737, RFC 3849), an ephemeral source port and a well-known destination port, the interface that a rule names, a new TCP
 * connection. Preferences stand in lists, first come first served.
 */
import {
  authenticationHeader,
  connectionStates,
  type Family,
  type FieldName,
  type Hook,
  hooks,
  type Ordinal,
  parseAddress,
  passedOver6,
  printAddress,
  protocolName,
  protocolsWithPorts,
} from '../../grammar/index.js';
import type { Cube } from './cube.js';
import { setOf } from './cube.js';
import { atomAt, type Dimension, type Space, type ValueSet } from './space.js';

/** One packet at one place, every field that matters told. */
export interface Packet {
  readonly family: Family;
  /** Where it is; null: not told. */
  readonly hook: Hook | null;
  readonly numbers: ReadonlyMap<FieldName, Ordinal>;
  readonly names: ReadonlyMap<FieldName, string>;
  /** How tests that no field models have to come out, where it matters. */
  readonly tests: readonly { readonly text: string; readonly holds: boolean }[];
}

const address = (family: Family, text: string): Ordinal => {
  const value = parseAddress(text, family);
  if (typeof value === 'object') throw new Error(`${text} is not an address`);
  return value;
};

const likedSources = {
  4: ['192.0.2.10', '198.51.100.10', '203.0.113.10', '10.0.0.10', '172.16.0.10', '192.168.0.10'],
  6: ['2001:db8::10', 'fd00::10'],
};
const likedDestinations = {
  4: ['198.51.100.20', '192.0.2.20', '203.0.113.20', '10.0.0.20', '172.16.0.20', '192.168.0.20', '224.0.0.1'],
  6: ['2001:db8:1::20', 'fd00:1::20', 'ff02::1'],
};
const likedPorts = [22, 443, 80, 53, 25, 8080, 3306, 33434];
const likedNames = ['eth0', 'eth1', 'ens3', 'enp1s0', 'wan0', 'lan0', 'port0', 'port1', 'x0', 'x1', 'x2'];

/** Values of a field in the order of liking. */
const liked = (field: FieldName, family: Family, chosen: ReadonlyMap<FieldName, Ordinal>, looped: boolean): readonly Ordinal[] => {
  const wide = (values: readonly number[]): readonly Ordinal[] => values;
  switch (field) {
    case 'connectionProtocol':
      return [...(chosen.has('protocol') ? [chosen.get('protocol')!] : []), ...liked('protocol', family, chosen, looped)];
    case 'protocol':
      return family === 4 ? [6, 17, 1, 47, 50, 2, 253] : [6, 17, 58, 47, 50, 253, 41, 4];
    case 'source':
    case 'originalSource':
    case 'replySource':
      return (looped ? [family === 4 ? '127.0.0.1' : '::1', ...likedSources[family]] : likedSources[family]).map((text) =>
        address(family, text),
      );
    case 'destination':
    case 'originalDestination':
    case 'replyDestination':
      return [
        ...(chosen.get('destinationType') === multicast ? [family === 4 ? '224.0.0.251' : 'ff02::fb'] : []),
        ...(chosen.get('destinationType') === broadcast ? ['255.255.255.255'] : []),
        ...(looped ? [family === 4 ? '127.0.0.1' : '::1'] : []),
        ...likedDestinations[family],
      ].map((text) => address(family, text));
    case 'sourcePort':
    case 'originalSourcePort':
      return wide([40000, 50000, 60000, 35000, 1024, 53, 80]);
    case 'destinationPort':
    case 'originalDestinationPort':
      return wide(likedPorts);
    case 'tcpFlags':
      // A reset that nobody waits for is the INVALID packet met most often.
      return wide(
        {
          [connectionStates.indexOf('ESTABLISHED')]: [16, 24, 18, 2],
          [connectionStates.indexOf('INVALID')]: [4, 20, 17, 18, 0, 2],
        }[Number(chosen.get('connectionState') ?? -1)] ?? [2, 16, 17, 4, 20, 18, 0],
      );
    case 'icmp':
      return family === 4 ? wide([8 * 256, 0, 3 * 256 + 1]) : wide([128 * 256, 129 * 256, 256]);
    case 'connectionState':
      return ['NEW', 'ESTABLISHED', 'RELATED', 'UNTRACKED', 'INVALID'].map((name) => connectionStates.indexOf(name as 'NEW'));
    case 'ttl':
      return wide([64, 63, 128, 255, 1]);
    case 'length':
      return wide([60, 100, 500, 1500]);
    case 'sourceType':
      return wide([1, 2]);
    case 'destinationType':
      return wide([1, 2]);
    case 'mss':
      return wide([1460]);
    case 'espSpi':
    case 'ahSpi':
      return wide([256]);
    case 'macSource':
      return [0x020000000002];
    case 'uid':
    case 'gid':
      return wide([0, 1000]);
    default:
      return wide([0]);
  }
};

/** Route types (uapi/linux/rtnetlink.h). */
const broadcast = 3;
const multicast = 5;

/** The first protocol of a set that a packet is of, whatever the family and the back end: none is an extension header of IPv6. */
const plainProtocol = (set: ValueSet, starts: readonly Ordinal[]): number | undefined => {
  for (let i = 0; i < set.ranges.length; i += 2) {
    const end = Number(starts[set.ranges[i + 1]! + 1] ?? 256);
    for (let number = Number(starts[set.ranges[i]!]!); number < end; number++)
      if (number !== authenticationHeader && !passedOver6.has(number)) return number;
  }
  return undefined;
};

/** Spreads the low bits of `k` over the bits of a mask. */
const deposit = (k: bigint, mask: bigint): bigint => {
  let out = 0n;
  let rest = mask;
  for (let bit = k; rest > 0n; bit >>= 1n) {
    const lowest = rest & -rest;
    if (bit & 1n) out |= lowest;
    rest ^= lowest;
  }
  return out;
};

/** States of a packet that opens no connection, the likeliest first; undefined: it may open one, or it is not told enough (measured, Linux 6.18). */
const firstState = (family: Family, numbers: ReadonlyMap<FieldName, Ordinal>): readonly (typeof connectionStates)[number][] | undefined => {
  const protocol = numbers.get('protocol') ?? 6;
  const flags = numbers.get('tcpFlags');
  const type = Number(numbers.get('icmp') ?? 0) >> 8;
  if (protocol === 6 && flags !== undefined && ![2, 16].includes(Number(flags) & 23)) return ['INVALID'];
  if (protocol === 59 && family === 6) return ['INVALID'];
  if (!numbers.has('icmp')) return undefined;
  if (protocol === 1 && family === 4)
    return type === 0 ? ['INVALID'] : [3, 4, 5, 11, 12].includes(type) ? ['RELATED', 'INVALID'] : undefined;
  if (protocol !== 58 || family !== 6) return undefined;
  if (type >= 1 && type <= 4) return ['RELATED', 'INVALID'];
  return (type >= 130 && type <= 136) || type === 143 ? ['UNTRACKED'] : type === 129 || type === 137 ? ['INVALID'] : undefined;
};

/** The natural packet of a cube, in a space. `extra` likes come before the usual ones, by field. */
export const pickPacket = (
  space: Space,
  cube: Cube,
  hookDimension: Dimension | null,
  extra: ReadonlyMap<FieldName, readonly Ordinal[]> = new Map(),
): Packet => {
  const { family } = space;
  const numbers = new Map<FieldName, Ordinal>();
  const names = new Map<FieldName, string>();
  const allowed = (dimension: Dimension): ValueSet => setOf(cube, dimension.index) ?? dimension.full;
  const hook = hookDimension ? hooks[allowed(hookDimension).ranges[0]!]! : null;
  for (const field of ['inInterface', 'outInterface', 'physicalIn', 'physicalOut'] as const) {
    const code = space.code(field);
    if (code?.kind !== 'names') continue;
    const set = allowed(code.dimension);
    let best: string | undefined;
    let prefix: string | undefined;
    for (let i = 0; i < set.ranges.length && best === undefined; i += 2)
      for (let at = set.ranges[i]!; at <= set.ranges[i + 1]!; at++) {
        const atom = code.atoms[at]!;
        if (atom.prefix) prefix ??= atom.name;
        else if (atom.name !== '' && atom.name !== 'lo') {
          best = atom.name;
          break;
        }
      }
    const free = set.count === code.dimension.size || (set.count >= code.dimension.size - 1 && set.has(1));
    if (free && code.atoms.length <= 3) best = undefined; // nobody named an interface
    if (best === undefined && prefix !== undefined) best = freshName(prefix, code);
    if (best === undefined)
      best = set.has(0) && !(code.exact.get('lo') !== undefined && set.has(code.exact.get('lo')!)) ? '' : set.has(0) ? '' : 'lo';
    if (field.startsWith('physical') && set.has(0)) best = '';
    names.set(field, best);
  }
  const looped = names.get('inInterface') === 'lo' || names.get('outInterface') === 'lo';
  const fieldsHere: FieldName[] = [];
  for (const dimension of space.dimensions) {
    if (dimension.test) break; // tests come behind the fields, and may be thousands
    if (dimension.field && fieldsHere.at(-1) !== dimension.field && !names.has(dimension.field)) fieldsHere.push(dimension.field);
  }
  const first: readonly FieldName[] = ['connectionState', 'protocol', 'sourceType', 'destinationType'];
  for (const field of new Set<FieldName>([...first, ...fieldsHere])) {
    const code = space.code(field);
    if (!code || code.kind === 'names') continue;
    const likes = [...(extra.get(field) ?? []), ...liked(field, family, numbers, looped)];
    if (code.kind === 'ranges') {
      const set = allowed(code.dimension);
      let value = likes.find((like) => set.has(atomAt(code.starts, like)));
      if (value === undefined && field === 'protocol') value = plainProtocol(set, code.starts);
      if (value === undefined) {
        const start = code.starts[set.ranges[0]!]!;
        const end = code.starts[set.ranges[0]! + 1];
        // The first host of a network rather than its address.
        const next: Ordinal = typeof start === 'bigint' ? start + 1n : start + 1;
        const isAddress = /source$|destination$/i.test(field);
        value =
          isAddress &&
          (typeof start === 'bigint' ? start % 2n === 0n : start % 2 === 0) &&
          (end === undefined || next < end) &&
          field !== 'connectionState'
            ? next
            : start;
      }
      numbers.set(field, value);
    } else {
      // A liked value whole, or group by group its bits where they are allowed.
      let value = 0n;
      let asked = 0n;
      const fits = (group: (typeof code.groups)[number], like: Ordinal): boolean => {
        const at =
          group.index.get(BigInt(like) & group.mask) ?? (group.dimension.size > group.values.length ? group.dimension.size - 1 : -1);
        return at >= 0 && allowed(group.dimension).has(at);
      };
      const whole = likes.find((like) => code.groups.every((group) => fits(group, like)));
      // Bits that no rule asks for are in no group.
      for (const { mask } of code.groups) asked |= mask;
      value = BigInt(whole ?? likes[0]!) & ~asked;
      for (const group of code.groups) {
        const set = allowed(group.dimension);
        let bits: bigint | undefined;
        for (const like of whole === undefined ? likes : [whole]) {
          if (fits(group, like)) {
            bits = BigInt(like) & group.mask;
            break;
          }
        }
        if (bits === undefined) {
          const first = set.ranges[0]!;
          if (first < group.values.length) bits = group.values[first]!;
          else for (let k = 1n; bits === undefined; k++) if (!group.index.has(deposit(k, group.mask))) bits = deposit(k, group.mask);
        }
        value |= bits;
      }
      numbers.set(field, family === 6 && (field === 'source' || field === 'destination') ? value : Number(value));
    }
  }
  // Flags that go with the state, where no rule asks for any.
  if (
    numbers.get('connectionState') === connectionStates.indexOf('INVALID') &&
    (numbers.get('protocol') ?? 6) === 6 &&
    !space.code('tcpFlags')
  )
    numbers.set('tcpFlags', [...(extra.get('tcpFlags') ?? []), ...liked('tcpFlags', family, numbers, looped)][0]!);
  // The state that such a packet has when it is the first of its kind, where the set leaves it open.
  const states = space.code('connectionState');
  const state = firstState(family, numbers);
  if (states?.kind === 'ranges' && state !== undefined && connectionStates[Number(numbers.get('connectionState') ?? 0)] === 'NEW') {
    const set = allowed(states.dimension);
    const fitting = state.find((name) => set.has(atomAt(states.starts, connectionStates.indexOf(name))));
    if (fitting) numbers.set('connectionState', connectionStates.indexOf(fitting));
  }
  const tests: { text: string; holds: boolean }[] = [];
  for (let i = 0; i < cube.dims.length; i++) {
    const { test } = cube.sets[i]!.dimension;
    if (test) tests.push({ text: test.text, holds: cube.sets[i]!.has(1) });
  }
  return { family, hook, numbers, names, tests };
};

/** Of each field's dimension the atom that holds the value liked most; -1: no value is. By number of the dimension. */
const likedAtoms = new WeakMap<Space, Int32Array>();

const likedAtomsOf = (space: Space): Int32Array => {
  let known = likedAtoms.get(space);
  if (known) return known;
  known = new Int32Array(space.dimensions.length).fill(-1);
  for (const { index, field, mask } of space.dimensions) {
    const code = field && space.code(field);
    if (!code || code.kind === 'names') continue;
    const value = liked(field, space.family, new Map(), false)[0]!;
    known[index] =
      code.kind === 'ranges'
        ? atomAt(code.starts, value)
        : (code.groups.find(({ dimension }) => dimension.index === index)!.index.get(BigInt(value) & mask!) ?? -1);
  }
  likedAtoms.set(space, known);
  return known;
};

/** Of several cubes the one that leaves out fewest of the values that are liked most: the first of those. */
export const mostNatural = (space: Space, cubes: readonly Cube[]): Cube => {
  let best = cubes[0]!;
  if (cubes.length === 1) return best;
  const atoms = likedAtomsOf(space);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < cubes.length; i++) {
    const cube = cubes[i]!;
    let strange = 0;
    for (let j = 0; j < cube.sets.length; j++) {
      const set = cube.sets[j]!;
      const atom = atoms[set.dimension.index] ?? -1;
      if (atom >= 0 && !set.has(atom)) strange++;
    }
    if (strange >= least) continue;
    least = strange;
    best = cube;
  }
  return best;
};

const freshName = (
  prefix: string,
  code: { readonly exact: ReadonlyMap<string, number>; readonly prefixes: ReadonlyMap<string, readonly [number, number]> },
): string => {
  const taken = (name: string): boolean => {
    if (code.exact.has(name)) return true;
    for (const other of code.prefixes.keys()) if (other.length > prefix.length && name.startsWith(other)) return true;
    return false;
  };
  if (prefix === '') for (const name of likedNames) if (!taken(name)) return name;
  for (let i = 0; ; i++) {
    const name = `${prefix}${i < 100 ? i : i < 126 ? String.fromCharCode(97 + i - 100) : `_${i}`}`;
    if (!taken(name)) return name;
  }
};

const flagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];

/** The packet as the command line's JSON tells it. */
export const packetJson = (packet: Packet): { src: string; dst: string; proto: string | number; [key: string]: unknown } => {
  const { family, numbers, names, hook } = packet;
  const number = (field: FieldName): number | undefined => {
    const value = numbers.get(field);
    return value === undefined ? undefined : Number(value);
  };
  const looped = names.get('inInterface') === 'lo' || names.get('outInterface') === 'lo';
  const textOf = (field: 'source' | 'destination'): string => printAddress(numbers.get(field) ?? liked(field, family, numbers, looped)[0]!);
  const proto = number('protocol') ?? 6;
  const out: { src: string; dst: string; proto: string | number; [key: string]: unknown } = {
    in:
      hook === 'OUTPUT' || (hook === 'POSTROUTING' && (names.get('inInterface') ?? '') === '')
        ? 'local'
        : names.get('inInterface') || 'eth0',
    ...(names.get('outInterface') ? { out: names.get('outInterface') } : {}),
    src: textOf('source'),
    dst: textOf('destination'),
    proto: proto === 58 ? 'icmpv6' : protocolName(proto),
  };
  const later = number('laterFragment') === 1;
  const state = number('connectionState');
  if (protocolsWithPorts.includes(proto) && !later) {
    out.sport = number('sourcePort') ?? 40000;
    out.dport = number('destinationPort') ?? 80;
  }
  if (proto === 6 && !later) {
    const flags = number('tcpFlags') ?? (state === connectionStates.indexOf('ESTABLISHED') ? 16 : 2);
    const list = flagNames.filter((_, i) => flags & (1 << i));
    out.flags = list.length > 0 ? list.join(',') : 'NONE';
  }
  if ((proto === 1 && family === 4) || (proto === 58 && family === 6)) {
    const icmp = number('icmp') ?? (family === 4 ? 8 * 256 : 128 * 256);
    out.icmp_type = icmp >> 8;
    out.icmp_code = icmp & 255;
  }
  if (later) out.frag = { offset: 1480, len: 512, mf: false };
  if (state !== undefined) out.state = connectionStates[state]!;
  const plain: readonly (readonly [FieldName, string, number])[] = [
    ['mark', 'mark', 0],
    ['connectionMark', 'connmark', 0],
    ['ttl', 'ttl', 64],
    ['tos', 'tos', 0],
    ['length', 'len', 60],
    ['uid', 'uid', 0],
    ['gid', 'gid', 0],
    ['mss', 'mss', -1],
  ];
  for (const [field, key, usual] of plain) {
    const value = number(field);
    if (value !== undefined && value !== usual) out[key] = value;
  }
  if ((proto === 50 && numbers.has('espSpi')) || (proto === 51 && numbers.has('ahSpi')))
    out.spi = number(proto === 50 ? 'espSpi' : 'ahSpi');
  const mac = numbers.get('macSource');
  if (mac !== undefined && hook !== 'OUTPUT') out.src_mac = Number(mac).toString(16).padStart(12, '0').match(/../g)!.join(':');
  const type = number('packetType');
  if (type !== undefined && type > 0) out.dst_mac = ['router', 'broadcast', 'multicast', 'other'][type];
  return out;
};
