/**
 * Nothing of a rule is lost in its words: an option that iptables-save prints is said. Each option of each match and target is taken away in turn; where
 * the printed text changes by that, the sentence must change, too.
 */
import { describe, expect, test } from 'vitest';
import { matchSpecs, targetSpecs } from '../../grammar/extensions/catalogue.js';
import type { Example } from '../../grammar/extensions/define.js';
import {
  type Family,
  givenOf,
  type MatchNode,
  meaningContext,
  parse,
  printMatch,
  printTarget,
  type RuleNode,
  type TargetNode,
} from '../../grammar/index.js';
import { sayRule } from '../../src/explain/sentence.js';
import { acceptedRules } from '../helpers/conformance.js';

/** Options that are kept out of the sentence on purpose. */
const unsaid: Readonly<Record<string, string>> = {
  'NFLOG --nflog-range': 'it never had an effect',
};

/** `0:65535`. */
const isEveryPort = (value: unknown): boolean => {
  const { first, last } = (value ?? {}) as { readonly first?: unknown; readonly last?: unknown };
  return first === 0 && last === 65535;
};

interface Case {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  readonly rule: string;
}

const placed = ({ rule, family = 4, table = 'filter', chain = 'INPUT' }: Example): Case => ({ rule, family, table, chain });

/** The options that the examples of the catalogue leave out. */
const further: readonly (Example & { readonly says: string })[] = [
  { rule: '-m addrtype --dst-type LOCAL --limit-iface-out -j ACCEPT', says: "Accept packets to the outgoing interface's own addresses." },
  { rule: '-m bpf --object-pinned /sys/fs/bpf/x -j DROP', says: 'Drop packets that the BPF program /sys/fs/bpf/x accepts.' },
  {
    rule: '-m connlimit --connlimit-above 5 --connlimit-saddr -j DROP',
    says: 'Drop packets whose source address has more than 5 connections.',
  },
  {
    rule: '-m conntrack --ctreplsrc 192.0.2.1 --ctorigsrcport 1024: --ctreplsrcport 80 --ctrepldstport 9:5 -j ACCEPT',
    says: 'Accept packets of connections begun from ports 1024 to 65535, answered from 192.0.2.1 port 80 (http) and answered to ports 9 to 5 (an empty range).',
  },
  {
    rule: '-m frag --fraglen 8 --fragres -j DROP',
    says: 'Drop fragmented packets with fragment length 8 (the kernel does not look) and the reserved bits of the Fragment header zero.',
    family: 6,
  },
  {
    rule: '-m hashlimit --hashlimit-upto 5/sec --hashlimit-name web --hashlimit-mode dstip --hashlimit-dstmask 24 --hashlimit-htable-size 256 --hashlimit-htable-max 1000 --hashlimit-htable-gcinterval 500 --hashlimit-htable-expire 30000 -j ACCEPT',
    says: 'Accept packets, at most 5 a second for each destination /24 network (table web, idle entries forgotten after 30 s, swept every 500 ms, 256 buckets, at most 1000 entries).',
  },
  {
    rule: '-m hashlimit --hashlimit-above 5/sec --hashlimit-name web --hashlimit-rate-match --hashlimit-rate-interval 10 -j DROP',
    says: 'Drop packets, beyond 5 in 10 seconds (table web, by measured rate).',
  },
  { rule: '-m hl --hl-lt 5 -j DROP', says: 'Drop packets with a hop limit below 5.', family: 6 },
  {
    rule: '-m ipvs --vaddr 192.0.2.1 --vportctl 21 -j ACCEPT',
    says: 'Accept packets belonging to an IPVS connection (of virtual address 192.0.2.1, controlled by a connection to virtual port 21).',
  },
  { rule: '-m physdev --physdev-is-out -j ACCEPT', says: 'Accept packets leaving by a bridge port.', chain: 'FORWARD' },
  { rule: '-m policy --dir in --pol ipsec --reqid 7 -j ACCEPT', says: 'Accept packets that came through IPsec (reqid 7).' },
  {
    rule: '-m rateest --rateest-delta --rateest1 wan --rateest-bps1 8mbit --rateest-eq --rateest2 dsl --rateest-bps2 2mbit -j ACCEPT',
    says: 'Accept packets, while what wan leaves of 8000Kbit a second is equal to what dsl leaves of 2000Kbit a second.',
  },
  {
    rule: '-m rateest --rateest-delta --rateest wan --rateest-pps1 100 --rateest-gt --rateest-pps2 10 -j ACCEPT',
    says: 'Accept packets, while what wan leaves of 100 packets a second is above 10 packets a second.',
  },
  {
    rule: '-m recent --rcheck --seconds 60 --reap --rttl --mask 255.255.255.0 --name ssh -j DROP',
    says: 'Drop packets whose source (mask 255.255.255.0) was seen in list ssh with the same TTL within the last 60 seconds, dropping older entries.',
  },
  {
    rule: '-m rpfilter --validmark -j DROP',
    says: "Drop packets passing the reverse path test (with the packet's mark).",
    table: 'raw',
    chain: 'PREROUTING',
  },
  {
    rule: '-m rt --rt-type 0 --rt-0-res -j DROP',
    says: 'Drop packets with a routing header of type 0 (its reserved field zero).',
    family: 6,
  },
  {
    rule: '-m set --match-set seen src ! --update-subcounters ! --packets-eq 5 --bytes-gt 1000 -j DROP',
    says: 'Drop packets whose source is in set seen (counted there: any number of packets but 5 and more than 1000 bytes, counters of its members left alone).',
  },
  {
    rule: '-m set --match-set seen src,dst,dst --packets-lt 5 ! --bytes-eq 0 -j DROP',
    says: 'Drop packets whose src,dst,dst triple is in set seen (counted there: fewer than 5 packets and any number of bytes but 0).',
  },
  {
    rule: '-m set --match-set seen src --bytes-lt 100 -j DROP',
    says: 'Drop packets whose source is in set seen (counted there: fewer than 100 bytes).',
  },
  {
    rule: '-m socket --nowildcard -j ACCEPT',
    says: 'Accept packets for which this host has an open socket (one listening on any address counts).',
  },
  {
    rule: '-m srh --srh-next-hdr 6 ! --srh-hdr-len-eq 8 --srh-segs-left-gt 1 ! --srh-last-entry-lt 2 -j DROP',
    says: 'Drop packets with a segment routing header (next header 6, any length but 8, segments left: more than 1, a last entry of at least 2).',
    family: 6,
  },
  {
    rule: '-m srh --srh-hdr-len-gt 2 --srh-segs-left-lt 3 --srh-last-entry-gt 1 -j DROP',
    says: 'Drop packets with a segment routing header (a length above 2, segments left: fewer than 3, a last entry above 1).',
    family: 6,
  },
  {
    rule: '-m srh --srh-hdr-len-lt 9 --srh-last-entry-eq 1 --srh-psid 2001:db8::1 ! --srh-nsid 2001:db8:1::/48 -j DROP',
    says: 'Drop packets with a segment routing header (a length below 9, last entry 1, the previous segment in 2001:db8::1/128, the next segment outside 2001:db8:1::/48).',
    family: 6,
  },
  { rule: '-m string --algo bm --string x --to 100 -j DROP', says: 'Drop packets holding "x" between bytes 0 and 100.' },
  { rule: '-m time --monthdays 1,2,3,10 --utc -j ACCEPT', says: 'Accept packets, on day 1 to 3 or 10 of the month (UTC).' },
  { rule: '-m time --monthdays 1 --localtz -j ACCEPT', says: "Accept packets, on day 1 of the month (the kernel's time zone)." },
  { rule: '-m ttl --ttl-gt 200 -j DROP', says: 'Drop packets with a TTL above 200.' },
  {
    rule: '-d 192.0.2.1 -j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5e:00:00:01 --total-nodes 2 --local-node 1 --hash-init 7',
    says: 'Packets to 192.0.2.1: serve the cluster address as node 1 of 2 (MAC address 01:00:5e:00:00:01, clients told apart by sourceip, hash seed 7).',
  },
  {
    rule: '-j CONNMARK --set-xmark 0x1/0xff',
    says: 'Every packet: mark the connection with 0x1 in the bits 0xff.',
    table: 'mangle',
    chain: 'PREROUTING',
  },
  {
    rule: '-j CONNMARK --and-mark 0xff',
    says: "Every packet: clear the bits 0xffffff00 of the connection's mark.",
    table: 'mangle',
    chain: 'PREROUTING',
  },
  { rule: '-j CONNMARK --or-mark 0x4', says: 'Every packet: mark the connection with the bit 0x4.', table: 'mangle', chain: 'PREROUTING' },
  {
    rule: '-j CONNMARK --xor-mark 0x4',
    says: "Every packet: flip the bit 0x4 of the connection's mark.",
    table: 'mangle',
    chain: 'PREROUTING',
  },
  {
    rule: '-j CONNMARK --set-mark 0x4 --left-shift-mark 8',
    says: 'Every packet: mark the connection with 0x4, then shift it 8 bits to the left.',
    table: 'mangle',
    chain: 'PREROUTING',
  },
  {
    rule: '-j CONNMARK --set-mark 0x400 --right-shift-mark 8',
    says: 'Every packet: mark the connection with 0x400, then shift it 8 bits to the right.',
    table: 'mangle',
    chain: 'PREROUTING',
  },
  {
    rule: '-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff00',
    says: "Every packet: save the packet's mark to its connection (bits 0xff of the packet's, 0xff00 of the connection's).",
    table: 'mangle',
    chain: 'PREROUTING',
  },
  {
    rule: '-j CONNSECMARK --restore',
    says: "Every packet: restore the packet's security mark from its connection.",
    table: 'mangle',
    chain: 'PREROUTING',
  },
  {
    rule: '-p tcp -j CT --timeout slow --expevents new --zone 5',
    says: 'TCP packets: track the connection in zone 5, with the timeouts slow, telling of expectations only when new.',
    table: 'raw',
    chain: 'PREROUTING',
  },
  {
    rule: '-j CT --zone-reply mark',
    says: 'Every packet: track the connection in the zone of its mark for the reply direction.',
    table: 'raw',
    chain: 'PREROUTING',
  },
  { rule: '-j DSCP --set-dscp 8', says: 'Every packet: set the DSCP to 8 (CS1).', table: 'mangle', chain: 'PREROUTING' },
  { rule: '-j HL --hl-set 64', says: 'Every packet: set the hop limit to 64.', family: 6, table: 'mangle', chain: 'PREROUTING' },
  { rule: '-j HL --hl-inc 1', says: 'Every packet: raise the hop limit by 1.', family: 6, table: 'mangle', chain: 'PREROUTING' },
  {
    rule: '-j HMARK --hmark-src-prefix 24 --hmark-dst-prefix 32 --hmark-sport-mask 0xff00 --hmark-dport-mask 0xffff --hmark-sport 0x1 --hmark-dport 0x2 --hmark-proto-mask 0xff --hmark-rnd 1 --hmark-mod 8',
    says: 'Mark every packet with a hash of source /24, destination, source port (mask 0xff00), destination port, source port with 0x0001 set, destination port with 0x0002 set and protocol (mask 0xff) (seed 0x00000001), from 0 to 7.',
  },
  {
    rule: '-j HMARK --hmark-spi-mask 0xff --hmark-spi 0x100 --hmark-rnd 1 --hmark-mod 8',
    says: 'Mark every packet with a hash of SPI (mask 0x000000ff) and SPI with 0x00000100 set (seed 0x00000001), from 0 to 7.',
  },
  {
    rule: '-j IDLETIMER --timeout 60 --label wlan --alarm',
    says: 'Every packet: restart the idle timer wlan (60 s, counted while the host sleeps, too).',
  },
  {
    rule: '-j LOG --log-tcp-sequence --log-tcp-options --log-ip-options --log-macdecode',
    says: 'Log every packet with TCP sequence numbers, TCP options, IP options and the hardware header.',
  },
  {
    rule: '-j MARK --set-xmark 0x3/0x1',
    says: 'Mark every packet with the bit 0x1 and flip the bit 0x2 of the mark.',
    table: 'mangle',
    chain: 'PREROUTING',
  },
  { rule: '-j MARK --xor-mark 0x8', says: 'Every packet: flip the bit 0x8 of the mark.', table: 'mangle', chain: 'PREROUTING' },
  {
    rule: '-p tcp -j MASQUERADE --random',
    says: "TCP packets: rewrite the source to the outgoing interface's address, with ports chosen at random.",
    table: 'nat',
    chain: 'POSTROUTING',
  },
  {
    rule: '-j MASQUERADE --random-fully',
    says: "Every packet: rewrite the source to the outgoing interface's address, with ports chosen fully at random.",
    table: 'nat',
    chain: 'POSTROUTING',
  },
  { rule: '-j NFLOG --nflog-range 100 --nflog-threshold 10', says: 'Log every packet to group 0 (handed on in batches of 10).' },
  { rule: '-j NFQUEUE --queue-num 3', says: 'Queue every packet to userspace (queue 3).' },
  {
    rule: '-p tcp -j REDIRECT --to-ports 80 --random',
    says: 'TCP packets: redirect to this host, port 80 (http), with ports chosen at random.',
    table: 'nat',
    chain: 'PREROUTING',
  },
  {
    rule: '-j SET --map-set classes src --map-prio --map-queue',
    says: 'Every packet: take the priority and queue that set classes has for the source.',
    table: 'mangle',
    chain: 'FORWARD',
  },
  {
    rule: '-p tcp -j SNAT --to-source 192.0.2.1 --random',
    says: 'TCP packets: rewrite the source to 192.0.2.1, with ports chosen at random.',
    table: 'nat',
    chain: 'POSTROUTING',
  },
  { rule: '-p tcp -j SYNPROXY --ecn', says: "TCP packets: shake hands in the server's place (ECN)." },
  { rule: '-j TOS --or-tos 0x10', says: 'Every packet: set the TOS to 0x10 in the bits 0x10.', table: 'mangle', chain: 'PREROUTING' },
  { rule: '-j TTL --ttl-dec 1', says: 'Every packet: lower the TTL by 1.', table: 'mangle', chain: 'PREROUTING' },
  { rule: '-j ULOG --ulog-cprange 100', says: 'Log every packet to netlink group 1 (the first 100 bytes of it).' },
];

const own: readonly Case[] = [
  ...[...matchSpecs, ...targetSpecs].flatMap(({ examples }) => examples.filter(({ refused }) => refused === undefined)),
  ...further,
].map(placed);

const read = ({ family, table, chain, rule }: Case): RuleNode | undefined =>
  parse(`*${table}\n-A ${chain} ${rule}\nCOMMIT\n`, { family }).document.items.flatMap((item) =>
    item.kind === 'table' ? item.items.filter((line) => line.kind === 'rule') : [],
  )[0];

const say = (node: RuleNode, family: Family): string => {
  const { sentence, comments } = sayRule(node, { family, hook: null, policy: null, isChain: () => false });
  return [sentence, ...comments].join(' ');
};

/** The options of a rule that its words do not tell: "limit --limit-burst". */
const lostIn = (it: Case): readonly string[] => {
  const node = read(it);
  if (!node) return [];
  const { family } = it;
  const whole = say(node, family);
  const lost: string[] = [];
  const { target } = node;
  // What sentences are made of; the node itself binds its words when it is asked.
  const rebuilt = (parts: Pick<RuleNode, 'matches' | 'target'>): RuleNode => ({ ...node, ...parts, whole: node.whole });
  const tryWithout = <N extends MatchNode | TargetNode>(part: N, print: (part: N) => string, inRule: (part: N) => RuleNode): void => {
    if (!part.spec) return;
    for (const option of part.options) {
      if (option.spec === null) continue;
      const key = `${part.name} ${option.spec.flag}`;
      // A match of its own says the protocol, too: "UDP packets".
      if (key === ' -p' && whole.includes(option.spec.value.say(option.value, { family, negated: false }))) continue;
      const less = { ...part, options: part.options.filter((other) => other !== option) };
      const given = givenOf(part.spec, less.options as never);
      // Without it iptables would refuse the rule, or save would print the same.
      if (!given || part.spec.check?.(given, meaningContext(family, less.options)) !== undefined || print(part) === print(less)) continue;
      if (key in unsaid || isEveryPort(option.value)) continue;
      if (say(inRule(less), family) === whole) lost.push(key);
    }
  };
  for (const match of node.matches)
    tryWithout(
      match,
      (part) => printMatch(part, { family, backend: 'legacy' }),
      (part) => rebuilt({ matches: node.matches.map((other) => (other === match ? part : other)), target }),
    );
  if (target)
    tryWithout(
      target,
      (part) => printTarget(part, { family, backend: 'legacy' }),
      (part) => rebuilt({ matches: node.matches, target: part }),
    );
  return lost;
};

const lostOf = (cases: readonly Case[]): readonly string[] => [
  ...new Set(cases.flatMap((it) => lostIn(it).map((key) => `${key} is not said: ${it.rule}`))),
];

test('every option of the catalogue stands in a rule here', () => {
  const met = new Set(
    own.flatMap((it) => {
      const node = read(it);
      const parts = node ? [...node.matches, ...(node.target ? [node.target] : [])] : [];
      return parts.flatMap(({ name, options }) => options.map(({ spec }) => `${name} ${spec?.flag}`));
    }),
  );
  const known = [...matchSpecs, ...targetSpecs].flatMap(({ name, options }) => Object.values(options).map(({ flag }) => `${name} ${flag}`));
  expect(known.filter((key) => !met.has(key))).toEqual([]);
});

test.each(further)('$rule', (example) => {
  const it = placed(example);
  const node = read(it)!;
  expect(sayRule(node, { family: it.family, hook: null, policy: null, isChain: () => false }).sentence).toBe(example.says);
});

test('every option is said', () => {
  expect(lostOf(own)).toEqual([]);
});

describe.skipIf(acceptedRules.length === 0)('rules that the real iptables takes', () => {
  test('every option', () => {
    expect(lostOf(acceptedRules)).toEqual([]);
  });
});
