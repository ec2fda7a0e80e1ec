/**
 * Real rulesets made ready for the kernel: which interfaces they name, which sets they ask, packets after the conditions of a rule and of those
 * that lead to it, and what has to be arranged (routes, own addresses) so that a packet takes the way that was told.
 */
import { execFileSync } from 'node:child_process';
import {
  connectionStates,
  type Family,
  type FieldName,
  fields,
  type Hook,
  hooks,
  isAddressField,
  type Ordinal,
  type Predicate,
  parse,
  parseAddress,
  printAddress,
} from '../../grammar/index.js';
import { factsOf } from '../../src/analysis/facts.js';
import { resolve } from '../../src/model/resolve.js';
import type { Rule, Ruleset } from '../../src/model/ruleset.js';
import { type Packet, packetJson } from '../../src/packets/pick.js';
import { type Answer, type Backend, type Kernel, type KernelPacket, withKernel } from './harness.js';
import type { Random } from './random.js';

/** A packet and the way that it is to take. */
export interface Passage {
  readonly packet: KernelPacket;
  readonly hook: Hook;
  /** What it leaves by; null: it is for the host. */
  readonly out: string | null;
  /** The kind of its addresses in the routes. */
  readonly destination: 'local' | 'broadcast' | 'unicast';
  readonly source: 'local' | 'unicast';
}

/** A rule's conditions and its target's, leaf by leaf. */
const eachLeaf = (predicate: Predicate, visit: (leaf: Predicate) => void): void => {
  if (predicate.kind === 'not') eachLeaf(predicate.of, visit);
  else if (predicate.kind === 'all' || predicate.kind === 'some') for (const part of predicate.of) eachLeaf(part, visit);
  else visit(predicate);
};

const isDeviceName = (name: string): boolean => /^[^/\s:%]{1,15}$/.test(name) && !/^(?:lo|all|default|\.+)$/.test(name);

/** Interfaces that a ruleset names, the most often named first; one for each prefix. */
export const interfacesOf = (ruleset: Ruleset): string[] => {
  const counts = new Map<string, number>();
  for (const rule of ruleset.rules)
    eachLeaf(rule.predicate, (leaf) => {
      if (leaf.kind !== 'name' || leaf.field.startsWith('physical')) return;
      const name = leaf.prefix ? `${leaf.name.slice(0, 13)}0` : leaf.name;
      if (isDeviceName(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
    });
  return [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
};

/** Sets that a ruleset asks or fills, empty, as `ipset save` would print them. */
export const emptySets = (ruleset: Ruleset): string => {
  const sides = new Map<string, number>();
  for (const found of ruleset.source.text.matchAll(/--(?:match-set|add-set|del-set|map-set)\s+(\S+)\s+(\S+)/g))
    sides.set(found[1]!, Math.max(sides.get(found[1]!) ?? 1, found[2]!.split(',').length));
  const types = ['hash:net', 'hash:ip,port', 'hash:ip,port,ip'];
  return [...sides].map(([name, count]) => `create ${name} ${types[count - 1]!} family inet${ruleset.family === 6 ? '6' : ''}\n`).join('');
};

/** Values that a ruleset mentions, and their neighbours. */
export interface Mentioned {
  readonly addresses: readonly Ordinal[];
  readonly ports: readonly number[];
  readonly protocols: readonly number[];
}

const top = (family: Family): Ordinal => (family === 4 ? 2 ** 32 - 1 : (1n << 128n) - 1n);
const step = (value: Ordinal, by: 1 | -1): Ordinal => (typeof value === 'bigint' ? value + BigInt(by) : value + by);

export const mentionedBy = (ruleset: Ruleset): Mentioned => {
  const addresses = new Set<Ordinal>();
  const ports = new Set<number>();
  const protocols = new Set<number>([6, 17, ruleset.family === 4 ? 1 : 58]);
  for (const rule of ruleset.rules)
    eachLeaf(rule.predicate, (leaf) => {
      if (leaf.kind === 'bits' && (leaf.field === 'source' || leaf.field === 'destination')) addresses.add(leaf.value);
      if (leaf.kind !== 'in') return;
      for (const [low, high] of leaf.ranges) {
        if (leaf.field === 'source' || leaf.field === 'destination')
          for (const value of [low, high, step(low, -1), step(high, 1), step(low, 1)])
            if (value >= 0 && value <= top(ruleset.family)) addresses.add(value);
        if (leaf.field.endsWith('Port'))
          for (const value of [Number(low), Number(high), Number(low) - 1, Number(high) + 1])
            if (value >= 0 && value < 65536) ports.add(value);
        if (leaf.field === 'protocol' && high > 0 && Number(high) - Number(low) < 8)
          for (let value = Number(low); value <= Number(high); value++) protocols.add(value);
      }
    });
  for (const text of ruleset.family === 4 ? ['192.0.2.10', '198.51.100.20', '10.0.0.10'] : ['2001:db8::10', 'fd00::10'])
    addresses.add(parseAddress(text, ruleset.family) as Ordinal);
  for (const port of [22, 80, 443, 40000]) ports.add(port);
  protocols.delete(0);
  return { addresses: [...addresses], ports: [...ports], protocols: [...protocols] };
};

type Draft = Map<FieldName, Ordinal | string>;

const randomBits = (random: Random, width: number): bigint => {
  let value = 0n;
  for (let done = 0; done < width; done += 16) value = (value << 16n) | BigInt(random.below(65536));
  return value & ((1n << BigInt(width)) - 1n);
};

const between = (random: Random, low: Ordinal, high: Ordinal): Ordinal => {
  if (random.chance(0.25)) return low;
  if (random.chance(0.25)) return high;
  if (typeof low === 'bigint' || typeof high === 'bigint')
    return BigInt(low) + (randomBits(random, 128) % (BigInt(high) - BigInt(low) + 1n));
  return low + Math.floor(random.next() * (high - low + 1));
};

/** Fills a draft so that a predicate holds, or does not; false where this try did not succeed. */
const fill = (draft: Draft, predicate: Predicate, wanted: boolean, random: Random, family: Family): boolean => {
  switch (predicate.kind) {
    case 'any':
      return wanted;
    case 'none':
      return !wanted;
    case 'test':
      return true;
    case 'not':
      return fill(draft, predicate.of, !wanted, random, family);
    case 'all':
    case 'some': {
      if ((predicate.kind === 'all') === wanted) return predicate.of.every((part) => fill(draft, part, wanted, random, family));
      for (let tries = 0; tries < 4; tries++) {
        const trial = new Map(draft);
        if (!fill(trial, random.pick(predicate.of), wanted, random, family)) continue;
        for (const [field, value] of trial) draft.set(field, value);
        return true;
      }
      return false;
    }
    case 'name': {
      const known = draft.get(predicate.field);
      const holds = (name: string): boolean => (predicate.prefix ? name.startsWith(predicate.name) : name === predicate.name);
      if (typeof known === 'string') return holds(known) === wanted;
      draft.set(predicate.field, wanted ? (predicate.prefix ? `${predicate.name.slice(0, 13)}0` : predicate.name) : 'wild0');
      return true;
    }
    default: {
      const known = draft.get(predicate.field);
      const width = isAddressField(predicate.field) ? (family === 4 ? 32 : 128) : fields[predicate.field].width;
      const holds = (value: Ordinal): boolean =>
        predicate.kind === 'in'
          ? predicate.ranges.some(([low, high]) => low <= value && value <= high)
          : (BigInt(value) & BigInt(predicate.mask)) === BigInt(predicate.value);
      if (known !== undefined) return holds(known as Ordinal) === wanted;
      const wide = isAddressField(predicate.field) && family === 6;
      for (let tries = 0; tries < 12; tries++) {
        const any = randomBits(random, width);
        let value: Ordinal = wide ? any : Number(any);
        if (predicate.kind === 'in' && predicate.ranges.length > 0) {
          const [low, high] = random.pick(predicate.ranges);
          if (wanted) value = between(random, low, high);
          else if (random.chance(0.6)) value = step(random.chance(0.5) ? low : high, random.chance(0.5) ? -1 : 1);
        } else if (predicate.kind === 'bits' && wanted) {
          const bits = (any & ~BigInt(predicate.mask)) | BigInt(predicate.value);
          value = wide ? bits : Number(bits);
        }
        if (value < 0 || BigInt(value) >> BigInt(width) > 0n || holds(value) !== wanted) continue;
        draft.set(predicate.field, value);
        return true;
      }
      return false;
    }
  }
};

/** Random packets that a rule asks for, as far as its callers let them, each with the hook by which they come. */
export const packetsOf = (rule: Rule, random: Random, family: Family, count: number): Packet[] => {
  const out: Packet[] = [];
  for (let n = 0; n < count * 3 && out.length < count; n++) {
    const draft: Draft = new Map();
    if (!fill(draft, rule.predicate, true, random, family)) continue;
    let { chain } = rule;
    for (let depth = 0; chain.hook === null && chain.callers.length > 0 && depth < 40; depth++) {
      const caller = random.pick(chain.callers);
      fill(draft, caller.predicate, true, random, family);
      chain = caller.chain;
    }
    const hook = chain.hook ?? random.pick(hooks);
    const numbers = new Map<FieldName, Ordinal>();
    const names = new Map<FieldName, string>();
    for (const [field, value] of draft)
      if (typeof value === 'string') names.set(field, value);
      else numbers.set(field, value);
    if (!numbers.has('sourcePort')) numbers.set('sourcePort', 1024 + random.below(60000));
    out.push({ family, hook, numbers, names, tests: [] });
  }
  return out;
};

/** Where a socket aims so that a packet to the unspecified address goes out: sockets take that address for the host itself. */
const standIn = (family: Family): string => (family === 4 ? '198.18.0.1' : '2001:db8:ffff::1');

const isUnspecified = (address: string): boolean => address === '::' || address === '0.0.0.0';

const isMulticast = (address: string): boolean => /^(?:22[4-9]|23\d)\.|^ff/i.test(address);

/** Why a packet as it stands at a rule is none that a fresh single packet from outside can be; null: it can. */
export const whyNotFresh = (packet: Packet, table: string): string | null => {
  const number = (field: FieldName): number => Number(packet.numbers.get(field) ?? 0);
  const state = packet.numbers.get('connectionState');
  if (!packet.hook) return 'no hook is told';
  if (packet.tests.length > 0) return 'leans on unknown tests';
  if (number('laterFragment') === 1) return 'a later fragment';
  if (number('mark') !== 0 || number('connectionMark') !== 0) return 'marked by a rule before';
  if ((packet.names.get('physicalIn') ?? '') !== '' || (packet.names.get('physicalOut') ?? '') !== '') return 'bridged';
  if (number('uid') !== 0 || number('gid') !== 0) return 'of another user';
  if (number('connectionStatus') !== 0 || number('connectionDirection') !== 0) return 'a continued flow';
  if (state !== undefined && table !== 'raw' && connectionStates[Number(state)] === 'ESTABLISHED') return 'a continued flow';
  return null;
};

/** States that the kernel gives to a first packet (nf_conntrack: which packets open a connection), where they are known for sure. */
const firstState = ({ proto, flags = '', icmp_type: type, badsum }: KernelPacket): string => {
  if (badsum && ['tcp', 'udp', 'icmp', 'icmpv6'].includes(String(proto))) return 'INVALID';
  if (proto === 'tcp' || proto === 6) {
    const set = new Set(flags.split(',').filter((flag) => !['PSH', 'URG', 'ECE', 'CWR'].includes(flag)));
    const words = [...set].sort().join(',');
    return words === 'SYN' || words === 'ACK' ? 'NEW' : 'INVALID';
  }
  if (proto === 'icmp' || proto === 1) return [8, 13, 15, 17].includes(type ?? 8) ? 'NEW' : 'INVALID';
  if (proto === 'icmpv6' || proto === 58)
    return [128, 139].includes(type ?? 128) ? 'NEW' : (type! >= 130 && type! <= 136) || type === 143 ? 'UNTRACKED' : 'INVALID';
  return 'NEW';
};

/** The packet as it must be sent so that it comes to its hook as it is told. */
export const passageOf = (packet: Packet, table: string, names: readonly string[]): Passage => {
  const { out: told, state: _state, ...json } = packetJson(packet) as KernelPacket & { readonly out?: string; readonly state?: string };
  const hook = packet.hook!;
  const inside = packet.names.get('inInterface') ?? '';
  const leaves = hook === 'FORWARD' || hook === 'OUTPUT' || hook === 'POSTROUTING';
  const isOwn = json.in === 'local' || inside === 'lo';
  const type = Number(packet.numbers.get('destinationType') ?? 0);
  const destination =
    type === 3
      ? 'broadcast'
      : hook === 'INPUT' || told === 'lo' || inside === 'lo' || (type === 2 && hook !== 'FORWARD')
        ? 'local'
        : 'unicast';
  const ttl = packet.numbers.get('ttl');
  const length = packet.numbers.get('length');
  const isCounted = hook === 'FORWARD' || (hook === 'POSTROUTING' && !isOwn);
  const aim = isOwn && isUnspecified(json.dst) && destination === 'unicast' ? { aim: standIn(packet.family) } : {};
  const wantsInvalid = table !== 'raw' && connectionStates[Number(packet.numbers.get('connectionState') ?? -1)] === 'INVALID';
  return {
    packet: {
      ...json,
      ...aim,
      in: isOwn ? 'local' : inside === '' ? names[0]! : inside,
      ...(ttl !== undefined && isCounted ? { ttl: Math.min(255, Number(ttl) + 1) } : {}),
      ...(length !== undefined ? { len: Math.max(28, Number(length)) } : {}),
      ...(wantsInvalid && firstState(json) !== 'INVALID' ? (isOwn ? { flags: 'NONE' } : { badsum: true }) : {}),
    },
    hook,
    out: destination === 'local' ? null : leaves ? told || names[1] || names[0]! : (names[1] ?? names[0]!),
    destination,
    source: Number(packet.numbers.get('sourceType') ?? 0) === 2 ? 'local' : 'unicast',
  };
};

/** Lines for `ip -batch` that bring a packet on its way, and those that take them back. */
export const routesOf = (
  { packet, out, destination, source }: Passage,
  family: Family,
): { readonly set: string[]; readonly unset: string[] } => {
  const width = family === 4 ? 32 : 128;
  const set: string[] = [];
  const unset: string[] = [];
  const local = (address: string): void => {
    const linked = isMulticast(address) || /^fe[89ab]/i.test(address);
    const words =
      linked && packet.in !== 'local'
        ? `addr VERB ${address}/${width} dev ${packet.in}`
        : `route VERB local ${address}/${width} dev lo table local`;
    set.push(
      words.replace('VERB', 'add') +
        (isMulticast(address) && words.startsWith('addr') ? ' autojoin' : words.startsWith('addr') && family === 6 ? ' nodad' : ''),
    );
    unset.push(words.replace('VERB', 'del'));
  };
  if (destination === 'local') local(packet.dst);
  else if (destination === 'broadcast') {
    set.push(`route add broadcast ${packet.dst}/${width} dev ${packet.in} table local`);
    unset.push(`route del broadcast ${packet.dst}/${width} dev ${packet.in} table local`);
  } else {
    const to = packet.aim ?? packet.dst;
    set.push(`route add ${to}/${width} dev ${out}`);
    unset.push(`route del ${to}/${width} dev ${out}`);
  }
  if (source === 'local' && packet.src !== packet.dst) local(packet.src);
  return { set, unset };
};

/** Runs `ip` commands, whether they can be done or not. */
export const arrange = async (kernel: Kernel, lines: readonly string[], family: Family): Promise<void> => {
  if (lines.length === 0) return;
  await kernel.run(`ip -${family} -force -batch - >/dev/null 2>&1 <<'END'\n${lines.join('\n')}\nEND\ntrue`);
};

/** Packets around what a ruleset mentions, for the host and for others. */
export const packetsAround = (
  { addresses, ports, protocols }: Mentioned,
  names: readonly string[],
  random: Random,
  count: number,
): Passage[] =>
  Array.from({ length: count }, () => {
    const proto = random.pick(protocols);
    const isLocal = random.chance(0.45);
    const flags = random.pick([
      'SYN',
      'SYN',
      'SYN',
      'ACK',
      'SYN,ACK',
      'RST',
      'FIN,ACK',
      'NONE',
      'FIN,PSH,URG',
      'ALL8',
      'SYN,RST',
      'SYN,FIN',
    ]);
    const [src, dst] = [printAddress(random.pick(addresses)), printAddress(random.pick(addresses))];
    const port = (): number => (random.chance(0.8) ? random.pick(ports) : random.below(65536));
    return {
      packet: {
        in: random.pick(names),
        src,
        dst,
        proto,
        sport: random.chance(0.6) ? 40000 : port(),
        dport: port(),
        ...(proto === 6 ? { flags } : {}),
        ...(proto === 1 ? { icmp_type: random.pick([0, 3, 4, 5, 8, 9, 11, 12, 13, 17]), icmp_code: random.pick([0, 0, 1, 4]) } : {}),
        ...(proto === 58 ? { icmp_type: random.pick([1, 2, 3, 4, 128, 129, 133, 134, 135, 136]), icmp_code: 0 } : {}),
        ...(random.chance(0.05) ? { badsum: true } : {}),
        ...(random.chance(0.1) ? { ttl: random.pick([1, 2, 255]) } : {}),
        ...(random.chance(0.05) ? { dst_mac: random.pick(['broadcast', 'multicast']) } : {}),
      },
      hook: isLocal ? 'INPUT' : 'FORWARD',
      out: isLocal ? null : random.pick(names),
      destination: isLocal ? 'local' : 'unicast',
      source: 'unicast',
    };
  });

/** The answer to a packet, as the other side would send it. */
export const answerTo = (packet: KernelPacket): KernelPacket => ({
  ...packet,
  src: packet.dst,
  dst: packet.src,
  ...(packet.sport === undefined ? {} : { dport: packet.sport }),
  ...(packet.dport === undefined ? {} : { sport: packet.dport }),
  ...(packet.flags === undefined ? {} : { flags: 'SYN,ACK' }),
  ...(packet.icmp_type === 8 ? { icmp_type: 0 } : packet.icmp_type === 128 ? { icmp_type: 129 } : {}),
});

/** Passages in rounds: within one, no address is wanted for two things. */
export const inRounds = <T extends { readonly passage: Passage }>(items: readonly T[], most: number): T[][] => {
  const rounds: { readonly roles: Map<string, string>; readonly items: T[] }[] = [];
  for (const item of items) {
    const { packet, out, destination, source } = item.passage;
    const to =
      destination === 'unicast'
        ? `by ${out}`
        : destination === 'local' && !isMulticast(packet.dst)
          ? 'local'
          : `${destination} ${packet.in}`;
    const from = source === 'local' ? 'local' : 'from';
    const fits = (known: string | undefined, wanted: string): boolean =>
      known === undefined ||
      known === wanted ||
      (known === 'from' && wanted.startsWith('by')) ||
      (wanted === 'from' && known.startsWith('by'));
    let round = rounds.find(({ roles }) => fits(roles.get(packet.dst), to) && fits(roles.get(packet.src), from));
    if (!round) {
      if (rounds.length >= most) continue;
      round = { roles: new Map(), items: [] };
      rounds.push(round);
    }
    if (round.roles.get(packet.src) === undefined) round.roles.set(packet.src, from);
    round.roles.set(packet.dst, to);
    round.items.push(item);
  }
  return rounds.map(({ items: own }) => own);
};

/** A witness that did not do what was told of it, with what the kernel did. */
export interface Missed {
  readonly line: number;
  readonly text: string;
  readonly passage: Passage;
  readonly told: Packet;
  readonly answer: Answer;
  readonly why: string | null;
}

export interface Judgement {
  readonly rules: number;
  readonly dead: number;
  readonly live: number;
  readonly undecided: number;
  /** Packets sent at dead rules. */
  readonly sent: number;
  /** Dead rules that were met all the same. */
  readonly met: readonly { readonly line: number; readonly text: string }[];
  /** Live rules at which packets of the same making were sent, and those of them that were met: what the silence of dead rules is worth. */
  readonly controls: number;
  readonly controlsMet: number;
  /** Witnesses not asked, by reason. */
  readonly passedOver: ReadonlyMap<string, number>;
  readonly asked: number;
  readonly rose: number;
  readonly missed: readonly Missed[];
}

export interface JudgeOptions {
  readonly backend: Backend;
  readonly family: Family;
  readonly seed: Random;
  /** Packets after each dead rule's conditions; random ones; live rules' packets. */
  readonly perDead: number;
  readonly around: number;
  readonly witnesses: number;
  /** Live rules that get packets as dead ones do. */
  readonly controls: number;
  readonly mostInterfaces?: number;
}

export const lineOf = (rule: Rule): number => rule.chain.table.ruleset.source.position(rule.node.start).line;

/** What the routes and the protocol, not the rules, make of a packet before it comes to its hook; null: nothing. */
const stoppedBefore = ({ packet, hook }: Passage, family: Family, told: Packet): string | null => {
  const { src, dst } = packet;
  if (packet.in === 'local' && /^255\.255|\.255$/.test(dst) && family === 4) return 'a broadcast, which needs a socket that may';
  if (family === 4) {
    if (hook !== 'PREROUTING' && packet.in !== 'local' && /^(?:127|0|22[4-9]|23\d|24\d|25[0-5])\./.test(src)) return 'a martian source';
    if (hook !== 'PREROUTING' && packet.in !== 'local' && /^(?:127|0)\./.test(dst)) return 'a martian destination';
    if ((hook === 'FORWARD' || hook === 'POSTROUTING') && /^(?:22[4-9]|23\d|255)\./.test(dst) && packet.in !== 'local')
      return 'multicast is not forwarded';
  } else {
    if (packet.in !== 'local' && (/^ff/i.test(src) || src === '::1' || dst === '::1')) return 'refused by IPv6 itself';
    if (hook === 'FORWARD' && (/^fe[89ab]|^ff/i.test(dst) || /^fe[89ab]/i.test(src) || src === '::'))
      return 'link-local and multicast are not forwarded';
  }
  const type = told.numbers.get('destinationType');
  if (type === 4 || (type === 5 && !isMulticast(dst))) return 'an address of a type that no route here gives it';
  if (Number(told.numbers.get('sourceType') ?? 0) > 2) return 'an address of a type that no route here gives it';
  if (packet.in === 'local' && isMulticast(dst)) return 'multicast of the host, which the route alone does not steer';
  if (/^ff[0-9a-f]0:/i.test(dst) || /^ff[0-9a-f]1:/i.test(dst)) return 'refused by IPv6 itself';
  if (told.names.get('inInterface') === 'lo' && hook === 'FORWARD') return 'nothing is forwarded from lo';
  if (hook === 'FORWARD' && told.names.get('outInterface') === 'lo') return 'nothing is forwarded to lo';
  if (hook === 'INPUT' && told.numbers.get('destinationType') === 1) return 'the destination is not local, but taken';
  return null;
};

let serial = 0;

/** Whether a table is given more than once. */
const repeatsTables = (text: string): boolean => {
  const names = [...text.matchAll(/^\*(\S+)/gm)].map(([, name]) => name);
  return new Set(names).size < names.length;
};

/** The text as the kernel lists it, where it holds other commands than `-A` or a table twice; sets are there, empty. */
const asListed = (text: string, ipset: string, backend: Backend, family: Family): string => {
  if (!/^(?:\[\d+:\d+\]\s*)?-[^-A]/m.test(text) && !/^--/m.test(text) && !repeatsTables(text)) return text;
  const name = `iptlint-list-${process.pid}-${serial++}`;
  const program = `${family === 4 ? 'iptables' : 'ip6tables'}-${backend}`;
  const inside = (words: readonly string[], input: string): string =>
    execFileSync('ip', ['netns', 'exec', name, ...words], { input, encoding: 'utf8', stdio: 'pipe', maxBuffer: 2 ** 28 });
  execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
  try {
    if (ipset !== '') inside(['ipset', 'restore'], ipset);
    inside([`${program}-restore`], text);
    return inside([`${program}-save`], '');
  } finally {
    execFileSync('ip', ['netns', 'delete', name], { stdio: 'pipe' });
  }
};

/** Why the kernel did not do with a witness what was told, where that is not the engine's word against the kernel's; null: it is. */
const whyMissed = (ruleset: Ruleset, rule: Rule, { packet, out }: Passage, told: Packet, answer: Answer): string | null => {
  const state = told.numbers.get('connectionState');
  const name = state === undefined ? undefined : connectionStates[Number(state)];
  if (name !== undefined && rule.chain.table.name !== 'raw' && name !== firstState(packet))
    return name === 'NEW' || name === 'INVALID' ? `the kernel calls it ${firstState(packet)}, not ${name}` : 'a continued flow';
  if (packet.in === 'local' && /^127\.|^::1$/.test(packet.dst) && out !== null) return 'loopback addresses leave by lo';
  const rewrites = (other: Rule): boolean => other.action.kind === 'target' && other.action.rewrites.length > 0;
  if (ruleset.rules.some((other) => answer.matched.includes(lineOf(other)) && rewrites(other))) return 'rewritten by a rule before';
  if (rule.chain.rules.slice(0, rule.index).some(rewrites)) return 'its chain rewrites before it';
  const destination = told.numbers.get('destination');
  const translates = (other: Rule): boolean =>
    other.action.kind === 'target' &&
    other.action.rewrites.some(
      (rewrite) =>
        rewrite.kind === 'to' &&
        rewrite.field === 'destination' &&
        rewrite.ranges.some(([low, high]) => low <= destination! && destination! <= high),
    );
  if (destination !== undefined && ruleset.rules.some(translates)) return 'it gets there by translation only';
  const protocol = told.numbers.get('connectionProtocol');
  if (protocol !== undefined && protocol !== told.numbers.get('protocol'))
    return 'the protocol of the connection is not that of the packet';
  return null;
};

/** Loads a ruleset, sends what may show its dead rules alive, and the witnesses of its live ones. */
export const judge = async (given: string, options: JudgeOptions): Promise<Judgement> => {
  const { family, backend, seed: random } = options;
  const asRuleset = (text: string): Ruleset => resolve(parse(text, { family }).document).rulesets[0]!;
  const ipset = emptySets(asRuleset(given));
  const text = asListed(given, ipset, backend, family);
  const ruleset = asRuleset(text);
  const facts = factsOf(ruleset, ipset === '' ? {} : { context: { ipset: { name: 'sets', text: ipset } } });
  const dead = facts.dead();
  const live = ruleset.rules.filter((rule) => facts.status(rule) === 'live');
  const most = options.mostInterfaces ?? 6;
  const names = interfacesOf(ruleset).slice(0, most);
  for (const name of ['eth0', 'wild0']) if (names.length < 2 || name === 'wild0') if (!names.includes(name)) names.push(name);
  const passedOver = new Map<string, number>();
  const pass = (why: string): void => void passedOver.set(why, (passedOver.get(why) ?? 0) + 1);
  const can = ({ packet, out }: Passage): boolean =>
    (packet.in === 'local' || names.includes(packet.in!)) && (out === null || out === 'lo' || names.includes(out));

  const shots: { passage: Passage; before: KernelPacket[] }[] = [];
  let isLocal = 0;
  const order = live
    .map((rule) => ({ rule, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ rule }) => rule);
  const controls = new Map(order.slice(0, options.controls).map((rule) => [lineOf(rule), rule]));
  for (const rule of [...dead, ...controls.values()]) {
    const { shows } = facts.verdict(rule);
    const told = [...(shows?.hook ? [shows] : []), ...packetsOf(rule, random, family, options.perDead)];
    for (const packet of told) {
      const passage = passageOf(packet, rule.chain.table.name, names);
      const state = packet.numbers.get('connectionState');
      const isKnown = state !== undefined && connectionStates[Number(state)] === 'ESTABLISHED';
      if (passage.packet.in === 'local' && ++isLocal > 60) continue;
      if (!can(passage)) {
        const { in: inside } = passage.packet;
        shots.push({
          passage: {
            ...passage,
            packet: { ...passage.packet, in: inside === 'local' ? inside : random.pick(names) },
            out: passage.out && random.pick(names),
          },
          before: [],
        });
        continue;
      }
      const opening = { ...passage.packet, ...(passage.packet.flags === undefined ? {} : { flags: 'SYN' }) };
      shots.push({ passage, before: isKnown && passage.packet.in !== 'local' ? [answerTo(opening), opening] : [] });
    }
  }
  if (dead.length > 0)
    for (const passage of packetsAround(mentionedBy(ruleset), names, random, options.around))
      shots.push({ passage, before: random.chance(0.15) ? [answerTo(passage.packet)] : [] });

  const chosen: { rule: Rule; passage: Passage; told: Packet }[] = [];
  for (const rule of order) {
    const { packet } = facts.verdict(rule);
    const why = packet ? whyNotFresh(packet, rule.chain.table.name) : 'no packet is told';
    if (why) {
      pass(why);
      continue;
    }
    const passage = passageOf(packet!, rule.chain.table.name, names);
    const stopped = stoppedBefore(passage, family, packet!);
    if (stopped) pass(stopped);
    else if (!can(passage)) pass('an interface that was not made');
    else if (chosen.length < options.witnesses) chosen.push({ rule, passage, told: packet! });
  }

  const metLines = new Set<number>();
  const controlsMet = new Set<number>();
  const missed: Missed[] = [];
  let asked = 0;
  let sent = 0;
  const deadLines = new Map(dead.map((rule) => [lineOf(rule), rule]));
  const note = (lines: Iterable<number>): void => {
    for (const line of lines) if (deadLines.has(line)) metLines.add(line);
  };
  const own = family === 4 ? ['169.254.7.1/32'] : ['fd07::1/128'];
  const sysctl = {
    'net.ipv4.conf.all.accept_local': 1,
    'net.ipv4.conf.default.accept_local': 1,
    'net.ipv4.conf.all.route_localnet': 1,
  };
  await withKernel(
    {
      family,
      backend,
      rules: text,
      ...(ipset === '' ? {} : { ipset }),
      interfaces: names.map((name) => ({ name, addresses: own })),
      defaultRoute: names[0]!,
      sysctl,
    },
    async (kernel) => {
      for (const round of inRounds(shots, 12)) {
        const routes = round.map(({ passage }) => routesOf(passage, family));
        await arrange(
          kernel,
          routes.flatMap(({ set }) => set),
          family,
        );
        const packets = round.flatMap(({ passage, before }) => [...before, passage.packet]);
        const rose = await kernel.flood(packets);
        note(rose.keys());
        for (const line of rose.keys()) if (controls.has(line)) controlsMet.add(line);
        sent += packets.length;
        await arrange(
          kernel,
          routes.flatMap(({ unset }) => unset),
          family,
        );
      }
      // What nat's rules are asked about is tracked only where something wants it so.
      await kernel.run("nft 'table inet iptlint_track { chain c { type filter hook output priority 300; ct state new accept; }; }'");
      for (const round of inRounds(chosen, 200)) {
        const routes = round.map(({ passage }) => routesOf(passage, family));
        await arrange(
          kernel,
          routes.flatMap(({ set }) => set),
          family,
        );
        const answers = await kernel.send(round.map(({ passage }) => passage.packet));
        // What OUTPUT keeps from coming by lo, a program that writes to lo itself brings there.
        for (const [i, { rule, passage, told }] of round.entries())
          if (told.names.get('inInterface') === 'lo' && passage.hook !== 'OUTPUT' && !answers[i]!.matched.includes(lineOf(rule)))
            [answers[i]] = (await kernel.send([{ ...passage.packet, in: 'lo' }])) as [Answer];
        await arrange(
          kernel,
          routes.flatMap(({ unset }) => unset),
          family,
        );
        for (const [i, { rule, passage, told }] of round.entries()) {
          const answer = answers[i]!;
          asked++;
          note(answer.matched);
          if (answer.matched.includes(lineOf(rule))) continue;
          const why = whyMissed(ruleset, rule, passage, told, answer);
          if (why === 'a continued flow') {
            asked--;
            pass(why);
            continue;
          }
          missed.push({ line: lineOf(rule), text: ruleset.source.slice(rule.node), passage, told, answer, why });
        }
      }
    },
  );
  return {
    rules: ruleset.rules.length,
    dead: dead.length,
    live: live.length,
    undecided: ruleset.rules.length - dead.length - live.length,
    sent,
    met: [...metLines].map((line) => ({ line, text: ruleset.source.slice(deadLines.get(line)!.node) })),
    controls: controls.size,
    controlsMet: controlsMet.size,
    passedOver,
    asked,
    rose: asked - missed.length,
    missed,
  };
};
