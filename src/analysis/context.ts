/**
 * What is known of a host beside its rules turns unknowns into knowns: what IP sets hold (`ipset save`), which addresses are the host's own (`ip -j addr`). Pure
 * functions from texts to conditions on packet fields. What cannot be told stays unknown; sets that SET targets change while packets pass too.
 */
import {
  all,
  any,
  bits,
  type Family,
  Fault,
  type Hook,
  inRange,
  inRanges,
  is,
  type NumberField,
  named,
  none,
  not,
  type Ordinal,
  type Predicate,
  type Range,
  some,
  type Test,
  targetOf,
} from '../../grammar/index.js';
import type { HostContext } from '../diagnostic/result.js';
import { type HostInterface, readAddresses, readRoutes } from '../model/host.js';
import { type EntryPart, entryPrefix, type Ipset, type IpsetEntry, type Ipsets, readIpsets } from '../model/ipset.js';
import type { Ruleset } from '../model/ruleset.js';
import type { Resolver } from '../packets/space.js';

type Side = 'src' | 'dst';

/** Protocols whose ports sets look at. */
const withPorts = [6, 17, 132, 136];

/** The condition that a packet meets a part of an entry; undefined: fields cannot say. */
const partCondition = (set: Ipset, part: EntryPart, side: Side, family: Family): Predicate | undefined => {
  switch (part.kind) {
    case 'address': {
      const field: NumberField = side === 'src' ? 'source' : 'destination';
      if ((typeof part.low === 'bigint') !== (family === 6)) return none;
      if (set.mask === null) return inRange(field, part.low, part.high);
      // The packet's address is masked before it is looked up; entries of such sets are single addresses.
      return part.low === part.high ? bits(field, set.mask, part.low) : undefined;
    }
    case 'port': {
      const field: NumberField = side === 'src' ? 'sourcePort' : 'destinationPort';
      const whole = is('laterFragment', 0);
      if (part.protocol === null) return all(some(is('protocol', 6), is('protocol', 17)), whole, inRange(field, part.low, part.high));
      if (withPorts.includes(part.protocol)) return all(is('protocol', part.protocol), whole, inRange(field, part.low, part.high));
      if (part.protocol === (family === 4 ? 1 : 58)) return all(is('protocol', part.protocol), whole, inRange('icmp', part.low, part.high));
      // Other protocols have no port: it is taken for 0.
      return part.low === 0 ? is('protocol', part.protocol) : none;
    }
    case 'mac':
      return side === 'src' ? is('macSource', part.mac) : undefined;
    case 'mark':
      return bits('mark', set.markMask, part.mark);
    case 'iface':
      return named(
        side === 'src' ? (part.physical ? 'physicalIn' : 'inInterface') : part.physical ? 'physicalOut' : 'outInterface',
        part.name,
        part.prefix,
      );
    case 'set':
      return undefined;
  }
};

const entryCondition = (set: Ipset, entry: IpsetEntry, sides: readonly Side[], family: Family): Predicate | undefined => {
  const parts: Predicate[] = [];
  for (const [i, part] of entry.parts.entries()) {
    const condition = partCondition(set, part, sides[i]!, family);
    if (!condition) return undefined;
    parts.push(condition);
  }
  return all(...parts);
};

const narrowness = ({ parts }: IpsetEntry): readonly number[] =>
  parts.flatMap((part) => (part.kind === 'address' ? [entryPrefix(part.low, part.high) ?? -1] : []));

/** The condition that a packet is in a set; undefined: it cannot be told. */
export const setCondition = (
  sets: Ipsets,
  name: string,
  sides: readonly Side[],
  family: Family,
  seen: ReadonlySet<string> = new Set(),
): Predicate | undefined => {
  const set = sets.sets.get(name);
  if (!set?.whole) return undefined;
  if (set.method === 'list') {
    const members: Predicate[] = [];
    for (const { parts } of set.entries) {
      const [member] = parts;
      if (member?.kind !== 'set' || seen.has(member.name)) continue;
      const condition = setCondition(sets, member.name, sides, family, new Set([...seen, name]));
      if (!condition) return undefined;
      members.push(condition);
    }
    return some(...members);
  }
  if (sides.length < set.dimensions.length) return none; // it never matches
  if (set.family !== null && set.family !== family) return none;
  if (set.entries.every((entry) => !entry.nomatch)) {
    // One dimension: one condition with many ranges.
    const [dimension] = set.dimensions;
    if (set.dimensions.length === 1 && (dimension === 'ip' || dimension === 'net') && set.mask === null) {
      const ranges = set.entries.flatMap(({ parts: [part] }): Range[] =>
        part?.kind === 'address' && (typeof part.low === 'bigint') === (family === 6) ? [[part.low, part.high]] : [],
      );
      return ranges.length === 0 ? none : inRanges(sides[0] === 'src' ? 'source' : 'destination', ranges);
    }
    const entries: Predicate[] = [];
    for (const entry of set.entries) {
      const condition = entryCondition(set, entry, sides, family);
      if (!condition) return undefined;
      entries.push(condition);
    }
    return some(...entries);
  }
  // The narrowest entry that holds the packet decides: from the widest in, each level overrules those before it.
  const levels = new Map<string, IpsetEntry[]>();
  for (const entry of set.entries) {
    const key = narrowness(entry).join(' ');
    const level = levels.get(key);
    if (level) level.push(entry);
    else levels.set(key, [entry]);
  }
  const wideFirst = [...levels.values()].sort((a, b) => {
    const [x, y] = [narrowness(a[0]!), narrowness(b[0]!)];
    for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return (x[i] ?? 0) - (y[i] ?? 0);
    return 0;
  });
  let condition: Predicate = none;
  for (const level of wideFirst) {
    const takes: Predicate[] = [];
    const leaves: Predicate[] = [];
    for (const entry of level) {
      const one = entryCondition(set, entry, sides, family);
      if (!one) return undefined;
      (entry.nomatch ? leaves : takes).push(one);
    }
    condition = some(all(condition, leaves.length > 0 ? not(some(...leaves)) : any), ...takes);
  }
  return condition;
};

/** Route types by the index that the fields sourceType and destinationType hold (uapi/linux/rtnetlink.h). */
const unicast = 1;
const local = 2;
const broadcast = 3;
const multicast = 5;

/** Conditions for the types of IPv4's local table, as far as the host's own addresses tell it. The first that fits holds, as in the kernel's table. */
const addressTypes = (interfaces: readonly HostInterface[], field: 'source' | 'destination'): ReadonlyMap<number, Predicate> => {
  const own: Range[] = [];
  const everybody: Range[] = [
    [0, 0x00ffffff],
    [0xffffffff, 0xffffffff],
  ];
  for (const { addresses } of interfaces)
    for (const { address, prefix, broadcast: told } of addresses) {
      if (typeof address !== 'number') continue;
      own.push([address, address]);
      if (told !== null) everybody.push([told, told]);
      const size = 2 ** (32 - prefix);
      const last = Math.floor(address / size) * size + size - 1;
      if (prefix < 31) everybody.push([last, last]);
    }
  const isMulticast = inRange(field, 0xe0000000, 0xefffffff);
  const isOwn = own.length === 0 ? none : inRanges(field, own);
  const isBroadcast = all(inRanges(field, everybody), not(isOwn));
  const isLoopback = all(inRange(field, 0x7f000000, 0x7fffffff), not(isBroadcast));
  return new Map([
    [local, all(some(isOwn, isLoopback), not(isMulticast))],
    [broadcast, all(isBroadcast, not(isMulticast))],
    [multicast, isMulticast],
    [unicast, not(some(isMulticast, isOwn, isBroadcast, isLoopback))],
  ]);
};

/** The back end that all header lines of a ruleset agree on. */
const headerBackend = (ruleset: Ruleset): 'legacy' | 'nft' | null => {
  const told = new Set([...ruleset.tables.values()].map((table) => table.node.generator?.backend ?? null));
  return told.size === 1 ? [...told][0]! : null;
};

/** What a host's context tells of a test, or of a question about address types; and what the back end does, where it is known. */
export const contextResolver = (
  ruleset: Ruleset,
  context: HostContext,
  backend: 'legacy' | 'nft' | null = headerBackend(ruleset),
): Resolver | undefined => {
  const sets = context.ipset ? readIpsets(context.ipset.text) : null;
  const read = context.addresses ? readAddresses(context.addresses.text) : null;
  const interfaces = read instanceof Fault ? null : read;
  if (!sets && !interfaces && !backend) return undefined;
  const changing = new Set<string>();
  for (const rule of ruleset.rules)
    if (targetOf(rule.node) === 'SET')
      for (const option of rule.node.target!.options) {
        const name = (option.value as { readonly name?: unknown } | null)?.name;
        if (typeof name === 'string') changing.add(name);
      }
  const holdsChanging = (name: string, seen: ReadonlySet<string> = new Set()): boolean =>
    changing.has(name) ||
    (sets?.sets.get(name)?.entries ?? []).some(
      ({ parts: [part] }) => part?.kind === 'set' && !seen.has(part.name) && holdsChanging(part.name, new Set([...seen, name])),
    );
  const types =
    interfaces && interfaces.length > 0 && ruleset.family === 4
      ? { sourceType: addressTypes(interfaces, 'source'), destinationType: addressTypes(interfaces, 'destination') }
      : null;
  const own6 =
    interfaces && interfaces.length > 0 && ruleset.family === 6
      ? interfaces.flatMap(({ addresses }) =>
          addresses.flatMap(({ address }): Range[] => (typeof address === 'bigint' ? [[address, address]] : [])),
        )
      : null;
  const test = ({ extension, given }: Test): Predicate | undefined => {
    // The back ends read some words differently.
    if (backend && (given.backend === 'nft' || given.backend === 'legacy')) return given.backend === backend ? any : none;
    if (extension === 'set' && sets) {
      const {
        set: name,
        sides,
        returnNomatch,
        counters,
      } = given as {
        readonly set?: string;
        readonly sides?: readonly Side[];
        readonly returnNomatch?: boolean;
        readonly counters?: unknown;
      };
      if (name === undefined || !sides || returnNomatch || counters !== undefined || holdsChanging(name)) return undefined;
      return setCondition(sets, name, sides, ruleset.family);
    }
    if (extension === 'addrtype' && own6) {
      const { side, type, limit } = given as { readonly side?: 'source' | 'destination'; readonly type?: string; readonly limit?: string };
      if (side && type === 'LOCAL' && !limit) return inRanges(side, [[1n, 1n], ...own6]);
    }
    return undefined;
  };
  return {
    test,
    addressType: (field, wanted) => (types ? (types[field].get(wanted) ?? none) : undefined),
  };
};

/**
 * Where packets go when the host's addresses are known: those to its own addresses, to broadcast and multicast come to INPUT, and FORWARD sees none to its own
 * (the kernel's table `local` is looked up first). Undefined: it cannot be told, or TPROXY, or a route, brings packets to other hosts to INPUT as well.
 */
export const carriedBy = ({ rules, family }: Ruleset, context: HostContext): ReadonlyMap<Hook, Predicate> | undefined => {
  const interfaces = context.addresses ? readAddresses(context.addresses.text) : null;
  const routes = context.routes ? readRoutes(context.routes.text) : [];
  if (!interfaces || interfaces instanceof Fault || routes instanceof Fault) return undefined;
  const own: Range[] = [];
  const near: Range[] = [];
  for (const { addresses } of interfaces)
    for (const { address, prefix, broadcast: told } of addresses) {
      if ((typeof address === 'bigint') !== (family === 6)) continue;
      own.push([address, address]);
      if (told !== null) near.push([told, told]);
      // The first and the last of a network: broadcast in IPv4, the routers' anycast address in IPv6.
      const [first, last] = networkOf(address, prefix, family);
      near.push([first, first]);
      if (family === 4) near.push([last, last]);
    }
  if (own.length === 0) return undefined;
  for (const { family: of, type, address, prefix } of routes)
    if (of === family && type !== 'unicast') near.push(networkOf(address, prefix, family));
  own.push(...(family === 4 ? [[0x7f000000, 0x7fffffff] as const] : [[1n, 1n] as const]));
  near.push(
    ...(family === 4
      ? ([
          [0, 0x00ffffff],
          [0xe0000000, 0xefffffff],
          [0xffffffff, 0xffffffff],
        ] as const)
      : ([
          [0n, 0n],
          [0xffn << 120n, (1n << 128n) - 1n],
        ] as const)),
  );
  const carries = new Map<Hook, Predicate>([['FORWARD', not(inRanges('destination', own))]]);
  const isEverybodys = routes.some(({ family: of, type }) => of === null && type === 'local');
  if (!isEverybodys && !rules.some(({ node }) => node.target?.name === 'TPROXY'))
    carries.set('INPUT', inRanges('destination', [...own, ...near]));
  return carries;
};

/** First and last address of a network. */
const networkOf = (address: Ordinal, prefix: number, family: Family): readonly [Ordinal, Ordinal] => {
  const host = (1n << BigInt((family === 4 ? 32 : 128) - prefix)) - 1n;
  const first = BigInt(address) & ~host;
  return family === 4 ? [Number(first), Number(first | host)] : [first, first | host];
};
