/** Random rulesets and packets for the kernel to judge: the same seed gives the same ones. Loadable by construction, and dense: small pools of values that meet often. */
import type { Family } from '../../grammar/index.js';
import type { KernelPacket } from './harness.js';

/** A generator of random choices (mulberry32). */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed >>> 0;
  }
  /** A number from 0 up to below 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  /** A whole number from 0 up to below n. */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  chance(share: number): boolean {
    return this.next() < share;
  }
}

interface Pools {
  readonly inside: readonly string[];
  readonly outside: readonly string[];
  readonly own: readonly string[];
  readonly networks: readonly string[];
  readonly natTo: readonly string[];
}

const pools: Readonly<Record<Family, Pools>> = {
  4: {
    inside: ['10.1.0.5', '10.1.0.6', '10.1.0.130', '192.168.50.9'],
    outside: ['198.51.100.7', '198.51.100.80', '203.0.113.9'],
    own: ['10.1.0.1', '203.0.113.1', '192.168.50.1'],
    networks: [
      '10.1.0.0/24',
      '10.1.0.128/25',
      '10.1.0.5/32',
      '10.0.0.0/8',
      '198.51.100.0/24',
      '198.51.100.7/32',
      '203.0.113.0/24',
      '192.168.50.0/24',
      '0.0.0.5/0.0.0.255',
    ],
    natTo: ['192.168.50.9', '10.1.0.6', '203.0.113.1', '198.51.100.80'],
  },
  6: {
    inside: ['fd00:1::5', 'fd00:1::6', 'fd00:1::8005', 'fd00:50::9'],
    outside: ['2001:db8:9::7', '2001:db8:9::80', '2001:db8:3::9'],
    own: ['fd00:1::1', '2001:db8:3::1', 'fd00:50::1'],
    networks: [
      'fd00:1::/64',
      'fd00:1::8000/113',
      'fd00:1::5/128',
      'fd00::/8',
      '2001:db8:9::/64',
      '2001:db8:9::7/128',
      '2001:db8:3::/64',
      'fd00:50::/64',
      '::5/::ffff',
    ],
    natTo: ['fd00:50::9', 'fd00:1::6', '2001:db8:3::1', '2001:db8:9::80'],
  },
};

const ports = [22, 53, 80, 443, 1024, 40000];
const interfaces = ['eth0', 'eth1', 'eth2'];

const hooksOf: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** Names of the sets that random rules ask, and their text for `ipset restore`. */
export const randomSets = (family: Family): string => {
  const { inside, outside, networks } = pools[family];
  const inet = family === 4 ? 'inet' : 'inet6';
  return [
    `create hosts hash:ip family ${inet}`,
    `add hosts ${inside[0]}`,
    `add hosts ${outside[1]}`,
    `create nets hash:net family ${inet}`,
    `add nets ${networks[0]}`,
    `add nets ${networks[1]} nomatch`,
    `create services hash:ip,port family ${inet}`,
    `add services ${outside[0]},tcp:80`,
    `add services ${outside[0]},udp:53`,
    `create seen hash:ip family ${inet}`,
    'create all list:set',
    'add all hosts',
    'add all nets',
    '',
  ].join('\n');
};

/** One rule's options, given what the place allows. */
class RuleWriter {
  private readonly random: Random;
  private readonly family: Family;
  private readonly plain: boolean;
  constructor(random: Random, family: Family, plain: boolean) {
    this.random = random;
    this.family = family;
    this.plain = plain;
  }

  private not(): string {
    return this.random.chance(0.2) ? '! ' : '';
  }

  /** `hook` null: a user chain that any hook may call. */
  matches(table: string, hook: string | null): { readonly words: string; readonly protocol: string | null } {
    const { random, family } = this;
    const pool = pools[family];
    const parts: string[] = [];
    const addresses = random.chance(0.15) ? `${random.pick(pool.networks.slice(0, 4))},${random.pick(pool.networks.slice(4, 8))}` : null;
    if (random.chance(0.3)) parts.push(addresses ? `-s ${addresses}` : `${this.not()}-s ${random.pick(pool.networks)}`);
    if (random.chance(0.3)) parts.push(`${addresses ? '' : this.not()}-d ${random.pick(pool.networks)}`);
    const hasIn = hook === 'PREROUTING' || hook === 'INPUT' || hook === 'FORWARD';
    const hasOut = hook === 'FORWARD' || hook === 'OUTPUT' || hook === 'POSTROUTING';
    const device = () => random.pick(['eth0', 'eth1', 'eth2', 'eth+', 'lo']);
    if ((hasIn || hook === null) && random.chance(0.2)) parts.push(`${this.not()}-i ${device()}`);
    if ((hasOut || hook === null) && random.chance(0.2)) parts.push(`${this.not()}-o ${device()}`);
    const icmp = family === 4 ? 'icmp' : 'icmpv6';
    const protocol = random.chance(0.7) ? random.pick(['tcp', 'tcp', 'udp', 'udp', icmp, 'sctp']) : null;
    const isNegated = protocol !== null && random.chance(0.08);
    if (protocol) parts.push(`${isNegated ? '! ' : ''}-p ${protocol}`);
    const usable = isNegated ? null : protocol;
    if (usable && random.chance(0.6)) parts.push(...this.transport(usable));
    for (let n = random.below(3); n > 0; n--) parts.push(this.extra(table, hook, usable));
    return { words: parts.join(' '), protocol: usable };
  }

  private portRange(): string {
    const { random } = this;
    const [a, b] = [random.pick(ports), random.pick(ports)];
    return a === b || random.chance(0.6) ? String(a) : `${Math.min(a, b)}:${Math.max(a, b)}`;
  }

  private transport(protocol: string): string[] {
    const { random } = this;
    if (protocol === 'icmp') return [`-m icmp ${this.not()}--icmp-type ${random.pick(['8', '0', '3', '3/1', '11', 'any'])}`];
    if (protocol === 'icmpv6') return [`-m icmp6 ${this.not()}--icmpv6-type ${random.pick(['128', '129', '1', '1/4', '3'])}`];
    if (random.chance(0.3)) {
      const list = `${random.pick(ports)},${this.portRange()}`;
      return [`-m multiport ${this.not()}--${random.pick(['dports', 'sports', 'ports'])} ${list}`];
    }
    const words = [`-m ${protocol} ${this.not()}--${random.chance(0.8) ? 'dport' : 'sport'} ${this.portRange()}`];
    if (protocol === 'tcp' && random.chance(0.4)) {
      words.push(
        random.pick([
          `${this.not()}--syn`,
          `--tcp-flags SYN,ACK,FIN,RST ${random.pick(['SYN', 'ACK', 'SYN,ACK', 'RST', 'FIN,ACK'])}`,
          `${this.not()}--tcp-option 2`,
        ]),
      );
    }
    return words;
  }

  private extra(table: string, hook: string | null, protocol: string | null): string {
    const { random, family } = this;
    const pool = pools[family];
    const four = family === 4;
    if (this.plain) return this.plainExtra();
    const choices: (() => string)[] = [
      () =>
        `-m conntrack ${this.not()}--ctstate ${random.pick(['NEW', 'ESTABLISHED', 'RELATED,ESTABLISHED', 'INVALID', 'UNTRACKED', 'NEW,INVALID', 'DNAT', 'SNAT'])}`,
      () => `-m conntrack --ctdir ${random.pick(['ORIGINAL', 'REPLY'])}`,
      () => `-m conntrack ${this.not()}--ctorigdst ${random.pick(pool.networks.slice(0, 8))}`,
      () => `-m conntrack ${this.not()}--ctstatus ${random.pick(['SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'NONE'])}`,
      () => `-m mark ${this.not()}--mark ${random.pick(['0x0', '0x1', '0x10/0xf0', '0x3/0x3'])}`,
      () => `-m connmark ${this.not()}--mark ${random.pick(['0x0', '0x1', '0x10/0xf0'])}`,
      () => `-m dscp ${this.not()}--dscp ${random.pick(['0x00', '0x10', '0x2e'])}`,
      () => `-m tos ${this.not()}--tos ${random.pick(['0x10', '0x08/0x3f', '0x00'])}`,
      () =>
        four
          ? `-m ttl ${random.pick(['--ttl-eq 63', '--ttl-lt 10', '--ttl-gt 63'])}`
          : `-m hl ${random.pick(['--hl-eq 63', '--hl-lt 10', '--hl-gt 63'])}`,
      () => `-m length ${this.not()}--length ${random.pick(['0:60', '40', '61:', '28:80'])}`,
      () => `-m iprange ${this.not()}--src-range ${pool.inside[0]}-${pool.inside[1]}`,
      () =>
        `-m addrtype ${this.not()}--dst-type ${random.pick(four ? ['LOCAL', 'UNICAST', 'BROADCAST', 'MULTICAST'] : ['LOCAL', 'UNICAST', 'MULTICAST'])}`,
      () => `-m addrtype ${this.not()}--src-type LOCAL`,
      () => `-m limit --limit 1/hour --limit-burst ${1 + random.below(4)}`,
      () => `-m statistic --mode nth --every ${2 + random.below(2)} --packet ${random.below(2)}`,
      () => `-m quota ${this.not()}--quota ${random.pick([100, 400])}`,
      () =>
        `-m recent --name r${random.below(2)} --${random.pick(['set', 'rcheck --hitcount 2', 'update --seconds 3000', 'remove', 'rcheck'])} --${random.pick(['rsource', 'rdest'])}`,
      () =>
        `-m hashlimit --hashlimit-${random.pick(['upto', 'above'])} 1/hour --hashlimit-burst 2 --hashlimit-mode ${random.pick(['srcip', 'dstip', 'srcip,dstip'])} --hashlimit-name h${random.below(1000000)}`,
      () =>
        `-m set ${this.not()}--match-set ${random.pick(['hosts src', 'hosts dst', 'nets src', 'services dst,dst', 'seen src', 'all src', 'all dst'])}`,
      () => `-m string --string ${random.pick(['GET', 'evil'])} --algo ${random.pick(['bm', 'kmp'])}`,
      () =>
        `-m u32 --u32 ${random.pick(four ? ['0&0xFFFF=0:60', '"6&0xFF=6,17"', '"12=0x0a010005"'] : ['"4&0xFFFF0000=0:1310720"', '"6&0xFF=17"'])}`,
      () => `-m comment --comment "${random.pick(['a b', '-j DROP'])}"`,
      () =>
        `-m connbytes ${this.not()}--connbytes ${random.pick(['2:', '0:1', '50:100'])} --connbytes-mode ${random.pick(['packets', 'bytes', 'avgpkt'])} --connbytes-dir ${random.pick(['original', 'reply', 'both'])}`,
      () => `-m ecn ${this.not()}--ecn-ip-ect ${random.pick(['0', '2'])}`,
      () => `-m state ${this.not()}--state ${random.pick(['NEW', 'ESTABLISHED', 'INVALID'])}`,
      () => `-m pkttype ${this.not()}--pkt-type ${random.pick(['unicast', 'broadcast', 'multicast'])}`,
    ];
    if (four) choices.push(() => `-m u32 --u32 "0>>22&0x3C@0>>16=53,40000"`);
    if (hook === 'PREROUTING' || hook === 'INPUT' || hook === 'FORWARD')
      choices.push(() => `-m mac ${this.not()}--mac-source 02:00:00:00:00:aa`);
    if (hook === 'PREROUTING' && (table === 'raw' || table === 'mangle'))
      choices.push(() => `-m rpfilter${random.pick(['', ' --loose', ' --invert', ' --accept-local'])}`);
    if (hook === 'OUTPUT' || hook === 'POSTROUTING')
      choices.push(
        () => `-m owner ${this.not()}--uid-owner ${random.pick(['0', '1000'])}`,
        () => `-m owner ${this.not()}--socket-exists`,
      );
    if (protocol === 'tcp')
      choices.push(
        () => `-m ecn ${this.not()}--ecn-tcp-ece`,
        () => `-m tcpmss ${this.not()}--mss 1000:1460`,
      );
    if (!four)
      choices.push(
        () => `-m frag --frag${random.pick(['first', 'more', 'last'])}`,
        () => `-m ipv6header ${this.not()}--header ${random.pick(['frag', 'hop', 'dst'])} --soft`,
      );
    return random.pick(choices)();
  }

  /** What a packet alone decides. */
  private plainExtra(): string {
    const { random, family } = this;
    const { inside } = pools[family];
    const hops = family === 4 ? '-m ttl --ttl' : '-m hl --hl';
    return random.pick([
      `-m dscp ${this.not()}--dscp ${random.pick(['0x00', '0x10', '0x2e'])}`,
      `-m tos ${this.not()}--tos ${random.pick(['0x10', '0x08/0x3f'])}`,
      `${hops}-${random.pick(['eq 60', 'lt 10', 'gt 63'])}`,
      `-m length ${this.not()}--length ${random.pick(['100:200', '150', '80:'])}`,
      `-m iprange ${this.not()}--src-range ${inside[0]}-${inside[1]}`,
      `-m comment --comment "a b"`,
    ]);
  }

  /** The target's words; `chains`: user chains that may be called from here. */
  target(table: string, hook: string | null, protocol: string | null, chains: readonly string[]): string {
    const { random, family } = this;
    const pool = pools[family];
    if (chains.length > 0 && random.chance(0.25)) return `-${random.chance(0.2) ? 'g' : 'j'} ${random.pick(chains)}`;
    if (random.chance(0.2)) return '';
    if (this.plain) return random.pick(['-j ACCEPT', '-j ACCEPT', '-j DROP', '-j RETURN', '-j REJECT', '-j LOG']);
    const choices = [
      '-j ACCEPT',
      '-j RETURN',
      '-j MARK --set-mark 0x1',
      '-j MARK --set-xmark 0x10/0xf0',
      '-j MARK --or-mark 0x2',
      '-j CONNMARK --save-mark',
      '-j CONNMARK --restore-mark',
      '-j CONNMARK --set-mark 0x1',
      '-j SET --add-set seen src --exist',
    ];
    if (table !== 'nat') choices.push('-j DROP');
    if (table === 'filter') choices.push('-j REJECT', '-j DROP', '-j ACCEPT');
    if (table === 'filter' && protocol === 'tcp') choices.push('-j REJECT --reject-with tcp-reset');
    if (table === 'raw') choices.push('-j CT --notrack', '-j NOTRACK');
    if (table === 'mangle') {
      choices.push(
        '-j DSCP --set-dscp 0x10',
        '-j TOS --set-tos 0x10',
        family === 4 ? '-j TTL --ttl-set 9' : '-j HL --hl-set 9',
        family === 4 ? '-j TTL --ttl-inc 1' : '-j HL --hl-dec 1',
      );
    }
    if (table === 'nat' && hook !== null) {
      const port = protocol === 'tcp' || protocol === 'udp' ? random.pick(['', '8080']) : '';
      const bracket = (address: string) => (port === '' ? address : family === 6 ? `[${address}]:${port}` : `${address}:${port}`);
      if (hook === 'PREROUTING' || hook === 'OUTPUT') {
        choices.push(
          `-j DNAT --to-destination ${bracket(random.pick(pool.natTo))}`,
          `-j DNAT --to-destination ${bracket(random.pick(pool.natTo))}`,
        );
        choices.push(port === '' ? '-j REDIRECT' : `-j REDIRECT --to-ports ${port}`);
      } else choices.push(`-j SNAT --to-source ${random.pick(pool.natTo)}`, `-j SNAT --to-source ${random.pick(pool.natTo)}`);
      if (hook === 'POSTROUTING') choices.push('-j MASQUERADE');
      const network = family === 4 ? '192.168.50.0/24' : 'fd00:50::/64';
      choices.push(`-j NETMAP --to ${network}`);
    }
    return random.pick(choices);
  }
}

/** Longer chains, in which rules hide others; only conditions that a packet alone decides, in filter alone. */
export interface RulesetShape {
  readonly dense?: boolean;
  readonly plain?: boolean;
}

/** A ruleset as text for iptables-restore. */
export const randomRuleset = (random: Random, family: Family, { dense = false, plain = false }: RulesetShape = {}): string => {
  const writer = new RuleWriter(random, family, plain);
  const lines: string[] = ['# random'];
  const all = ['raw', 'mangle', 'nat', 'filter', 'security'];
  const tables = all.filter((table) => table === 'filter' || (!plain && random.chance(table === 'security' ? 0.15 : 0.45)));
  for (const table of tables) {
    lines.push(`*${table}`);
    const hooks = hooksOf[table]!;
    for (const hook of hooks) lines.push(`:${hook} ${table === 'filter' && random.chance(0.4) ? 'DROP' : 'ACCEPT'} [0:0]`);
    // A user chain is only called by chains before it, so there are no loops; in nat they are called from one hook's chain only.
    const users = Array.from({ length: random.below(4) }, (_, i) => `user${i}`);
    for (const user of users) lines.push(`:${user} - [0:0]`);
    const names = [...hooks, ...users];
    for (const [i, name] of names.entries()) {
      const hook = hooks.includes(name) ? name : null;
      for (let n = random.below((hook ? 6 : 4) * (dense ? 3 : 1)); n > 0; n--) {
        const { words, protocol } = writer.matches(table, hook);
        const target = writer.target(table, hook, protocol, hook ? users : names.slice(i + 1));
        lines.push(['-A', name, words, target].filter((part) => part !== '').join(' '));
      }
    }
    lines.push('COMMIT');
  }
  return `${lines.join('\n')}\n`;
};

/** Packets in order: single ones, and flows of several that go on in both directions. */
export const randomPackets = (random: Random, family: Family, count: number): KernelPacket[] => {
  const { inside, outside, own } = pools[family];
  const icmp = family === 4 ? 'icmp' : 'icmpv6';
  const packets: KernelPacket[] = [];
  const add = (packet: KernelPacket) => packets.push({ ...packet, id: `p${packets.length}` });
  const far = () => random.pick(random.chance(0.25) ? own : outside);
  const looks = () => ({
    ...(random.chance(0.15) ? { ttl: random.pick([1, 2, 9, 64, 65]) } : {}),
    ...(random.chance(0.15) ? { dscp: random.pick([16, 46]) } : {}),
    ...(random.chance(0.2) ? { payload: random.pick(['GET / HTTP/1.1', 'evil things', 'x'.repeat(30)]) } : {}),
    ...(random.chance(0.1) ? { src_mac: '02:00:00:00:00:aa' } : {}),
  });
  while (packets.length < count) {
    const proto = random.pick(['tcp', 'tcp', 'tcp', 'udp', 'udp', icmp, 'sctp', 'gre']);
    const outward = random.chance(0.7);
    const isLocal = random.chance(0.12);
    const [src, dst] = isLocal
      ? [random.pick(own), random.chance(0.2) ? random.pick(own) : random.pick([...inside, ...outside])]
      : outward
        ? [random.pick(inside), far()]
        : [random.pick(outside), random.chance(0.3) ? random.pick(own) : random.pick(inside)];
    const from = isLocal
      ? 'local'
      : random.chance(0.9)
        ? outward
          ? src.includes('50')
            ? 'eth2'
            : 'eth0'
          : 'eth1'
        : random.pick(interfaces);
    const sport = random.pick([40000, 40001, 53]);
    const dport = random.pick(ports);
    const base = { in: from, src, dst, proto, ...looks() };
    const keep = random.chance(0.3);
    if (proto === 'gre') add({ ...base, keep });
    else if (proto === icmp) {
      const types = family === 4 ? [8, 0, 3, 11, 13] : [128, 129, 1, 3, 135];
      add({ ...base, icmp_type: random.pick(types), icmp_id: random.below(3), keep });
    } else if (proto === 'tcp' && random.chance(0.35) && !isLocal) {
      // A connection: handshake, data, end. Answers come from where the packet was sent to, whatever became of it.
      const back = { in: dst.includes('50') ? 'eth2' : outward ? 'eth1' : 'eth0', src: dst, dst: src, proto };
      add({ ...base, sport, dport, flags: 'SYN', seq: 1000 });
      if (random.chance(0.8)) add({ ...back, sport: dport, dport: sport, flags: 'SYN,ACK', seq: 5000, ack: 1001, keep: true });
      if (random.chance(0.8)) add({ ...base, sport, dport, flags: 'ACK', seq: 1001, ack: 5001, keep: true });
      if (random.chance(0.5)) add({ ...base, sport, dport, flags: 'PSH,ACK', seq: 1001, ack: 5001, payload: 'GET /', keep: true });
      if (random.chance(0.3))
        add({
          ...back,
          sport: dport,
          dport: sport,
          flags: random.pick(['RST', 'FIN,ACK', 'ACK', 'RST,ACK']),
          seq: 5001,
          ack: 1001,
          keep: true,
        });
      if (random.chance(0.3))
        add({
          ...base,
          sport,
          dport,
          flags: random.pick(['FIN,ACK', 'SYN', 'ACK', 'RST']),
          seq: random.pick([1001, 1006, 90000]),
          ack: 5001,
          keep: true,
        });
    } else if (proto === 'udp' && random.chance(0.4) && !isLocal) {
      const back = { in: dst.includes('50') ? 'eth2' : outward ? 'eth1' : 'eth0', src: dst, dst: src };
      add({ ...base, sport, dport });
      if (random.chance(0.4)) {
        const inner = { src, dst, proto, sport, dport };
        add({
          ...back,
          src: random.pick(outside),
          proto: icmp,
          icmp_type: family === 4 ? random.pick([3, 11]) : random.pick([1, 3]),
          inner,
          keep: true,
        });
      }
      add({ ...back, proto, sport: dport, dport: sport, keep: true });
      add({ ...base, sport, dport, keep: true });
    } else if ((proto === 'udp' || proto === 'tcp') && random.chance(0.12) && !isLocal) {
      const ip_id = 20000 + packets.length;
      const whole = { ...base, sport, dport, payload: 'y'.repeat(80), ip_id };
      add({ ...whole, frag: { offset: 0, len: 48, mf: true } });
      add({ ...whole, frag: { offset: 48 }, keep: true });
    } else {
      const flags = random.pick(['SYN', 'SYN', 'ACK', 'SYN,ACK', 'RST', 'FIN,ACK', 'NONE', 'PSH,ACK']);
      add({
        ...base,
        sport,
        dport,
        keep,
        ...(proto === 'tcp' ? { flags, ...(random.chance(0.3) ? { mss: random.pick([536, 1400]) } : {}) } : {}),
        ...(random.chance(0.05) ? { badsum: true } : {}),
        ...(random.chance(0.05) && !isLocal ? { dst_mac: random.pick(['broadcast', 'multicast', 'other']) } : {}),
      });
    }
  }
  return packets;
};
