/**
 * Whether a packet is in an IP set (net/netfilter/ipset/ip_set_*.c): the narrowest network decides, `nomatch` excepts, and what the SET target
 * adds or removes on the way counts.
 */
import type { Hook } from '../../../grammar/index.js';
import { type EntryPart, entryPrefix, type Ipset, type IpsetEntry, type Ipsets } from '../../model/ipset.js';
import type { Flight } from './flight.js';
import { disputed, type State } from './state.js';
import { type Answer, Unknown } from './unknown.js';

export type Side = 'src' | 'dst';

/** Entries of a set as they are now: those read, and those that targets changed. */
const entriesOf = (set: Ipset, state: State): readonly IpsetEntry[] | typeof disputed =>
  (state.get(`set:${set.name}`) as readonly IpsetEntry[] | typeof disputed | undefined) ?? set.entries;

const addressOf = (flight: Flight, side: Side): number | bigint | Unknown => {
  const value = flight.field(side === 'src' ? 'source' : 'destination');
  return value instanceof Unknown || typeof value === 'number' || typeof value === 'bigint'
    ? value
    : new Unknown('the address is not known');
};

/** What `ip,port` sets look at: the protocol and its port or ICMP type; null: the packet has none to look at. */
const portOf = (flight: Flight, side: Side): { readonly protocol: number; readonly port: number } | Unknown | null => {
  const { headers } = flight;
  const { protocol } = headers;
  if (protocol === 6 || protocol === 17 || protocol === 132 || protocol === 136) {
    const value = flight.field(side === 'src' ? 'sourcePort' : 'destinationPort');
    if (value instanceof Unknown) return value;
    return typeof value === 'number' ? { protocol, port: value } : null;
  }
  if (protocol === 1 || protocol === 58) {
    return headers.icmpType === undefined ? null : { protocol, port: headers.icmpType * 256 + (headers.icmpCode ?? 0) };
  }
  return { protocol, port: 0 };
};

const masked = (set: Ipset, address: number | bigint): number | bigint => {
  if (set.mask === null) return address;
  return typeof address === 'bigint' ? address & BigInt(set.mask) : (address & Number(set.mask)) >>> 0;
};

/** Whether the packet meets one part of an entry. */
const meets = (set: Ipset, part: EntryPart, side: Side, flight: Flight): Answer => {
  switch (part.kind) {
    case 'address': {
      const address = addressOf(flight, side);
      if (address instanceof Unknown) return address;
      if (typeof address !== typeof part.low) return false;
      const value = masked(set, address);
      return part.low <= value && value <= part.high;
    }
    case 'port': {
      const port = portOf(flight, side);
      if (port instanceof Unknown) return port;
      if (port === null) return false;
      if (part.protocol === null) return (port.protocol === 6 || port.protocol === 17) && part.low <= port.port && port.port <= part.high;
      return port.protocol === part.protocol && part.low <= port.port && port.port <= part.high;
    }
    case 'mac': {
      if (side === 'dst') return new Unknown('its destination MAC address is not told');
      const mac = flight.field('macSource');
      if (mac instanceof Unknown) return mac;
      return mac === part.mac;
    }
    case 'mark': {
      const mark = flight.field('mark');
      if (mark instanceof Unknown) return mark;
      return typeof mark === 'number' && (mark & set.markMask) >>> 0 === part.mark;
    }
    case 'iface': {
      const device = flight.field(
        side === 'src' ? (part.physical ? 'physicalIn' : 'inInterface') : part.physical ? 'physicalOut' : 'outInterface',
      );
      if (device instanceof Unknown) return device;
      if (typeof device !== 'string' || device === '') return false;
      return part.prefix ? device.startsWith(part.name) : device === part.name;
    }
    case 'set':
      return false;
  }
};

/** The narrower an entry, the earlier it is asked: by the first network's length, then the second's. */
const narrowness = ({ parts }: IpsetEntry): readonly number[] =>
  parts.flatMap((part) => (part.kind === 'address' ? [entryPrefix(part.low, part.high) ?? -1] : []));

const compareNarrowness = (a: IpsetEntry, b: IpsetEntry): number => {
  const [x, y] = [narrowness(a), narrowness(b)];
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return (y[i] ?? 0) - (x[i] ?? 0);
  return 0;
};

/** Whether the packet is in a set, asked by these sides; `exceptions`: whether a nomatch entry holds it instead. */
export const isInSet = (
  name: string,
  sides: readonly Side[],
  exceptions: boolean,
  flight: Flight,
  sets: Ipsets | null,
  state: State,
  hook: Hook,
  seen: ReadonlySet<string> = new Set(),
): Answer => {
  const set = sets?.sets.get(name);
  if (!set) {
    const help = 'give the sets: --ipset FILE';
    return new Unknown(sets ? `the set ${name} is not among those given` : `what the set ${name} holds is not known`, help);
  }
  if (seen.has(name)) return false;
  const entries = entriesOf(set, state);
  if (entries === disputed) return new Unknown(`what the set ${name} holds now hangs on an earlier packet`);
  if (set.method === 'list') {
    let open: Unknown | null = null;
    for (const { parts } of entries) {
      const [member] = parts;
      if (member?.kind !== 'set') continue;
      const answer = isInSet(member.name, sides, exceptions, flight, sets, state, hook, new Set([...seen, name]));
      if (answer === true) return true;
      if (answer instanceof Unknown) open ??= answer;
    }
    return open ?? false;
  }
  // A set of more parts than the rule names sides for never matches.
  if (sides.length < set.dimensions.length) return false;
  const family = flight.headers.family;
  if (set.family !== null && set.family !== family) return false;
  for (const entry of [...entries].sort(compareNarrowness)) {
    let open: Unknown | null = null;
    let fits = true;
    for (const [i, part] of entry.parts.entries()) {
      const answer = meets(set, part, sides[i]!, flight);
      if (answer === false) fits = false;
      else if (answer instanceof Unknown) open ??= answer;
    }
    if (!fits) continue;
    if (open) return open;
    return entry.nomatch === exceptions;
  }
  if (!set.whole) return new Unknown(`part of the set ${name} could not be read`);
  return false;
};

/** What SET adds for a packet, or removes: the entry that the packet itself makes; null: it makes none. */
const entryFor = (set: Ipset, sides: readonly Side[], flight: Flight): IpsetEntry | Unknown | null => {
  if (sides.length < set.dimensions.length) return null;
  const parts: EntryPart[] = [];
  for (const [i, dimension] of set.dimensions.entries()) {
    const side = sides[i]!;
    if (dimension === 'ip' || dimension === 'net') {
      const address = addressOf(flight, side);
      if (address instanceof Unknown) return address;
      const value = masked(set, address);
      parts.push({ kind: 'address', low: value, high: value });
    } else if (dimension === 'port') {
      const port = portOf(flight, side);
      if (port === null || port instanceof Unknown) return port;
      parts.push({ kind: 'port', protocol: set.method === 'bitmap' ? null : port.protocol, low: port.port, high: port.port });
    } else if (dimension === 'mac') {
      const mac = flight.field('macSource');
      if (mac instanceof Unknown) return mac;
      if (typeof mac !== 'number') return null;
      parts.push({ kind: 'mac', mac });
    } else if (dimension === 'mark') {
      const mark = flight.field('mark');
      if (mark instanceof Unknown) return mark;
      parts.push({ kind: 'mark', mark: ((mark as number) & set.markMask) >>> 0 });
    } else if (dimension === 'iface') {
      const device = flight.field(side === 'src' ? 'inInterface' : 'outInterface');
      if (device instanceof Unknown) return device;
      if (typeof device !== 'string' || device === '') return null;
      parts.push({ kind: 'iface', name: device, physical: false, prefix: false });
    } else return null;
  }
  return { parts, nomatch: false, timeout: null };
};

const sameParts = (a: IpsetEntry, b: IpsetEntry): boolean => {
  const text = ({ parts }: IpsetEntry) => JSON.stringify(parts, (_key, value) => (typeof value === 'bigint' ? `${value}` : value));
  return text(a) === text(b);
};

/** `-j SET --add-set`, `--del-set`. */
export const changeSet = (name: string, sides: readonly Side[], adds: boolean, flight: Flight, sets: Ipsets | null, state: State): void => {
  const set = sets?.sets.get(name);
  if (!set) return;
  const entries = entriesOf(set, state);
  if (entries === disputed) return;
  const entry = entryFor(set, sides, flight);
  if (entry === null) return;
  if (entry instanceof Unknown) {
    state.set(`set:${name}`, disputed);
    return;
  }
  const others = entries.filter((one) => !sameParts(one, entry));
  state.set(`set:${name}`, adds ? [...others, entry] : others);
};
