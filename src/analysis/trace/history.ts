/**
 * Matches that remember: each simulated as the kernel counts (net/netfilter/xt_limit.c, xt_hashlimit.c, xt_statistic.c, xt_quota.c, xt_recent.c,
 * xt_connlimit.c with nf_conncount.c). Time is known only as far as the packets tell it, so a bucket's filling has bounds, and an answer that
 * lies between them is not known.
 */
import { type Family, prefixMask, type Test, type Use } from '../../../grammar/index.js';
import type { Ruleset } from '../../model/ruleset.js';
import { isAlive, type Tuple, tupleOf } from './conntrack.js';
import { type Flight, maskAddress } from './flight.js';
import { disputed, type State } from './state.js';
import { type Answer, Unknown } from './unknown.js';

/** What a simulator may lean on. */
export interface Past {
  readonly flight: Flight;
  readonly state: State;
  readonly ruleset: Ruleset;
  /** `fresh`: nothing came before the first packet. */
  readonly history: 'fresh' | 'unknown';
}

const hangs = (what: string): Unknown => new Unknown(`${what} hangs on an earlier packet that is not certain`);
const before = (what: string): Unknown =>
  new Unknown(`${what} hangs on packets that came before`, 'trace the packets in order: --packets FILE');

/** Tokens in a bucket: at least, at most, as of a time. */
interface Bucket {
  readonly least: number;
  readonly most: number;
  readonly earliest: number;
  readonly latest: number;
}

/** Takes a token, if there is one. Buckets begin full. */
const takeToken = (key: unknown, burst: number, millisecondsEach: number, what: string, past: Past): Answer => {
  const { state } = past;
  const { earliest, latest } = state.clock;
  const held = state.get(key) as Bucket | typeof disputed | undefined;
  if (held === disputed) return hangs(what);
  if (held === undefined && past.history === 'unknown') return before(what);
  const filled: Bucket = held
    ? {
        least: Math.min(burst, held.least + Math.max(0, earliest - held.latest) / millisecondsEach),
        most: Math.min(burst, held.most + (latest - held.earliest) / millisecondsEach),
        earliest,
        latest,
      }
    : { least: burst, most: burst, earliest, latest };
  if (filled.least >= 1) {
    state.set(key, { ...filled, least: filled.least - 1, most: filled.most - 1 });
    return true;
  }
  if (filled.most < 1) {
    state.set(key, filled);
    return false;
  }
  state.set(key, disputed);
  return new Unknown(`${what} hangs on the time between the packets`, 'tell it: "wait_ms" in the packets');
};

interface PacketRate {
  readonly kind: 'packets' | 'bytes';
  readonly period: number;
  readonly scale: number;
  readonly per: number;
}

const limit = (test: Test, past: Past): Answer => {
  const { rate, burst } = test.given as { rate: PacketRate; burst: number };
  return takeToken(test, burst, (rate.period / rate.scale) * 1000, 'whether the limit is reached', past);
};

interface HashlimitOptions {
  readonly upto?: Use<PacketRate>;
  readonly above?: Use<PacketRate>;
  readonly burst?: Use<number>;
  readonly mode?: Use<readonly string[]>;
  readonly name: Use<string>;
  readonly sourceMask?: Use<number>;
  readonly destinationMask?: Use<number>;
  readonly rateMatch?: Use<true>;
}

const hashlimit = (test: Test, past: Past): Answer => {
  const given = test.given as unknown as HashlimitOptions;
  const use = given.upto ?? given.above;
  const { flight } = past;
  const rate = use?.value;
  if (rate?.kind !== 'packets' || given.rateMatch) return before('whether the rate is exceeded');
  const isAbove = (given.above !== undefined) !== (use?.negated ?? false);
  const parts: unknown[] = [];
  for (const mode of given.mode?.value ?? []) {
    if (mode === 'srcip' || mode === 'dstip') {
      const address = flight.field(mode === 'srcip' ? 'source' : 'destination');
      if (address instanceof Unknown) return address;
      const length = (mode === 'srcip' ? given.sourceMask : given.destinationMask)?.value ?? (flight.headers.family === 4 ? 32 : 128);
      parts.push(mode, `${maskAddress(address as number | bigint, length)}`);
    } else {
      const port = flight.field(mode === 'srcport' ? 'sourcePort' : 'destinationPort');
      if (port instanceof Unknown) return port;
      parts.push(mode, port ?? 0);
    }
  }
  const key = `hashlimit ${given.name.value} ${parts.join(' ')}`;
  const taken = takeToken(
    key,
    given.burst?.value ?? 5,
    (rate.period / rate.scale) * 1000,
    `whether the rate of ${given.name.value} is exceeded`,
    past,
  );
  return taken instanceof Unknown ? taken : taken !== isAbove;
};

const statistic = (test: Test, past: Past): Answer => {
  const { probability, every, packet } = test.given as { probability?: number; every?: number; packet?: number };
  if (probability !== undefined) {
    if (probability <= 0) return false;
    if (probability >= 1) return true;
    return new Unknown(`chance decides (probability ${probability})`);
  }
  const seen = past.state.get(test) as number | typeof disputed | undefined;
  if (every === 1) return true;
  if (seen === disputed) return hangs('whose turn it is');
  if (seen === undefined && past.history === 'unknown') return before('whose turn it is');
  const now = seen ?? 0;
  past.state.set(test, (now + 1) % every!);
  return now === packet;
};

const quota = (test: Test, past: Past): Answer => {
  const { bytes } = test.given as { bytes: number | bigint };
  const held = past.state.get(test) as number | typeof disputed | undefined;
  if (held === disputed) return hangs('what is left of the quota');
  if (held === undefined && past.history === 'unknown') return before('what is left of the quota');
  const left = held ?? Number(bytes);
  const { length } = past.flight.headers;
  const fits = left >= length;
  past.state.set(test, fits ? left - length : 0);
  return fits;
};

interface RecentOptions {
  readonly set?: Use<true>;
  readonly rcheck?: Use<true>;
  readonly update?: Use<true>;
  readonly remove?: Use<true>;
  readonly seconds?: Use<number>;
  readonly hitcount?: Use<number>;
  readonly rttl?: Use<true>;
  readonly reap?: Use<true>;
  readonly name?: Use<string>;
  readonly mask?: Use<string>;
  readonly side?: 'rsource' | 'rdest';
}

/** An address of a list: when it was seen, and its TTL then. Times have bounds. */
interface RecentEntry {
  readonly address: string;
  readonly ttl: number;
  readonly stamps: readonly { readonly earliest: number; readonly latest: number }[];
  readonly index: number;
}

const stampLimits = new WeakMap<Ruleset, Map<string, number>>();

/** How many times are kept for each address of a list: the next power of two of its rules' highest hit count. */
const stampsKept = (name: string, ruleset: Ruleset): number => {
  let limits = stampLimits.get(ruleset);
  if (!limits) {
    limits = new Map();
    for (const { node } of ruleset.rules) {
      for (const match of node.matches) {
        if (match.name !== 'recent') continue;
        const option = (key: string) => match.options.find((one) => one.key === key)?.value;
        const list = String(option('name') ?? 'DEFAULT');
        const hits = Number(option('hitcount') ?? 0);
        const kept = hits > 0 ? 2 ** Math.ceil(Math.log2(hits)) : 32;
        limits.set(list, Math.max(limits.get(list) ?? 0, kept));
      }
    }
    stampLimits.set(ruleset, limits);
  }
  return limits.get(name) ?? 32;
};

const mostRecent = 100; // ip_list_tot of xt_recent

const recent = (test: Test, past: Past): Answer => {
  const given = test.given as unknown as RecentOptions;
  const { flight, state, ruleset } = past;
  const name = given.name?.value ?? 'DEFAULT';
  const side = given.side === 'rdest' ? 'destination' : 'source';
  const field = flight.field(side);
  if (field instanceof Unknown) return field;
  const address = `${maskedByText(field as number | bigint, given.mask?.value ?? null, flight.headers.family)}`;
  const key = `recent ${name}`;
  const held = state.get(key) as readonly RecentEntry[] | typeof disputed | undefined;
  const what = `whether ${side} is on the list ${name}`;
  // In FORWARD, OUTPUT and POSTROUTING the TTL counts as it was before.
  const ttl = flight.headers.ttl + (flight.outInterface === '' ? 0 : 1);
  if (held === disputed) return given.set ? true : hangs(what);
  const list = held ?? [];
  const kept = stampsKept(name, ruleset);
  const now = state.clock;
  const found = list.find((entry) => entry.address === address && (!given.rttl || entry.ttl === ttl));
  const put = (entry: RecentEntry) => {
    const others = list.filter((one) => one.address !== address);
    state.set(key, [...(found || others.length < mostRecent ? others : others.slice(1)), entry]);
  };
  const stamp = (entry: RecentEntry): RecentEntry => {
    const index = entry.index % kept;
    const stamps = [...entry.stamps];
    stamps[index] = now;
    return { ...entry, stamps, index: index + 1, ttl };
  };
  if (given.set) {
    put(found ? stamp(found) : { address, ttl, stamps: [now], index: 1 });
    return true;
  }
  if (!found && past.history === 'unknown') return before(what);
  if (!found) return false;
  if (given.remove) {
    state.set(
      key,
      list.filter((entry) => entry !== found),
    );
    return true;
  }
  // rcheck and update: as many stamps within the time as are asked for.
  const needed = Math.max(1, given.hitcount?.value ?? 0);
  const reach = (given.seconds?.value ?? 0) * 1000;
  let surely = 0;
  let maybe = 0;
  for (const { earliest, latest } of found.stamps) {
    if (reach === 0 || now.latest - earliest <= reach) surely++;
    if (reach === 0 || now.earliest - latest <= reach) maybe++;
  }
  if (surely < needed && maybe >= needed) {
    state.set(key, disputed);
    return new Unknown(`${what} hangs on the time between the packets`, 'tell it: "wait_ms" in the packets');
  }
  if (surely < needed) return false;
  if (given.update) put(stamp(found));
  return true;
};

const maskedByText = (address: number | bigint, mask: string | null, family: Family): number | bigint => {
  if (mask === null) return address;
  const parts = mask.includes(':') ? null : mask.split('.').map(Number);
  if (family === 4 && parts?.length === 4)
    return (Number(address) & (((parts[0]! << 24) | (parts[1]! << 16) | (parts[2]! << 8) | parts[3]!) >>> 0)) >>> 0;
  if (family === 6 && typeof address === 'bigint') {
    // An IPv6 mask is given as an address; written with zeros at the end it is a prefix.
    const groups = mask
      .split('::')[0]!
      .split(':')
      .filter((group) => group !== '');
    const length = mask.includes('::') ? groups.length * 16 : 128;
    return address & (prefixMask(length, 6) as bigint);
  }
  return address;
};

const connlimit = (test: Test, past: Past): Answer => {
  const { isAbove, limit: most, length, side } = test.given as { isAbove: boolean; limit: number; length: number; side: 'saddr' | 'daddr' };
  const { flight, state } = past;
  const what = 'how many connections there are';
  const own: Tuple | null = flight.connection?.original ?? tupleOf(flight.bytes, flight.headers);
  if (!own) return false;
  if (past.history === 'unknown') return before(what);
  // The original direction's addresses count, those of the packet itself.
  const address = flight.field(side === 'saddr' ? 'source' : 'destination');
  if (address instanceof Unknown) return address;
  const group = `${maskAddress(address as number | bigint, length)}`;
  const held = state.get(test) as Readonly<Record<string, readonly Counted[]>> | typeof disputed | undefined;
  if (held === disputed) return hangs(what);
  const { earliest, latest } = state.clock;
  const zone = flight.connection?.zone ?? 0;
  const others: Counted[] = [];
  let alive = 1;
  let passing = 0;
  for (const counted of held?.[group] ?? []) {
    const isConfirmed = isAlive(state, counted.tuple, zone);
    if (isConfirmed && sameTuple(counted.tuple, own)) continue;
    if (isConfirmed) alive++;
    else if (earliest - counted.latest <= briefly) passing++;
    else continue;
    others.push(counted);
  }
  state.set(test, { ...(held ?? {}), [group]: [...others, { tuple: own, latest }] });
  if (alive > most !== alive + passing > most) return new Unknown('whether a connection that was never confirmed is still counted');
  return alive > most === isAbove;
};

/** A connection on a list of connlimit, and when it was seen last. */
interface Counted {
  readonly tuple: Tuple;
  readonly latest: number;
}

/** Milliseconds for which the kernel keeps what is not confirmed yet on the list: two ticks, of 10 ms at most (nf_conncount.c, find_or_evict). */
const briefly = 20;

const sameTuple = (a: Tuple, b: Tuple): boolean =>
  a.source === b.source &&
  a.destination === b.destination &&
  a.protocol === b.protocol &&
  a.sourcePort === b.sourcePort &&
  a.destinationPort === b.destinationPort;

/** By extension: what its memory answers. */
export const simulators: Readonly<Record<string, (test: Test, past: Past) => Answer>> = {
  limit,
  hashlimit,
  statistic,
  quota,
  recent,
  connlimit,
};
