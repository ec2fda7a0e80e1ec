/** Random tables of plain conditions, with the small world of packets that tells them apart. */
import type { FieldName, Hook, Ordinal } from '../../grammar/index.js';
import type { SlowPacket } from './world.js';

const ip = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

/** One thing that rules may ask: words for it, and values that stand for everything that the words tell apart. */
interface Topic {
  readonly words: readonly string[];
  readonly field: FieldName | 'in' | 'out' | null;
  readonly values: readonly (Ordinal | string)[];
}

const addresses = (flag: string): readonly string[] =>
  ['10.0.0.0/8', '10.0.0.0/16', '10.0.1.0/24', '10.0.1.7', '192.0.2.0/24'].flatMap((net) => [`${flag} ${net}`, `! ${flag} ${net}`]);
const addressValues = ['10.9.0.1', '10.0.9.1', '10.0.1.1', '10.0.1.7', '192.0.2.1', '203.0.113.1'].map(ip);

const topics: readonly Topic[] = [
  { field: 'source', words: addresses('-s'), values: addressValues },
  { field: 'destination', words: addresses('-d'), values: addressValues },
  {
    field: 'source',
    words: [
      '-s 0.0.0.1/0.0.0.1',
      '! -s 0.0.0.1/0.0.0.3',
      '-s 10.0.0.0/8',
      '-m iprange --src-range 10.0.0.1-10.0.0.3',
      '-m iprange ! --src-range 10.0.0.2-10.0.0.2',
    ],
    values: [
      '10.0.0.0',
      '10.0.0.1',
      '10.0.0.2',
      '10.0.0.3',
      '10.0.0.4',
      '10.0.0.5',
      '10.0.0.6',
      '10.0.0.7',
      '11.0.0.0',
      '11.0.0.1',
      '11.0.0.2',
      '11.0.0.3',
    ].map(ip),
  },
  { field: 'protocol', words: ['-p tcp', '-p udp', '! -p tcp', '! -p udp', '-p icmp'], values: [6, 17, 1, 47] },
  {
    field: 'destinationPort',
    words: [
      '--dport 22',
      '--dport 20:30',
      '! --dport 22',
      '--dport 1024:',
      '-m multiport --dports 22,80,1000:2000',
      '-m multiport ! --dports 22,80',
      '! --dport 1000:2000',
    ],
    values: [19, 20, 22, 80, 1000, 1024, 2001],
  },
  {
    field: 'tcpFlags',
    words: ['--syn', '! --syn', '--tcp-flags SYN,ACK ACK', '--tcp-flags ALL NONE', '! --tcp-flags SYN SYN'],
    values: [0, 1, 2, 4, 8, 16, 18, 32],
  },
  {
    field: 'in',
    words: ['-i eth0', '-i eth+', '! -i eth0', '! -i eth+', '-i +', '-i eth0.1'],
    values: ['eth0', 'eth1', 'eth0.1', 'wlan0', 'lo'],
  },
  { field: 'out', words: ['-o eth0', '-o eth+', '! -o eth0', '-o ppp0'], values: ['eth0', 'eth1', 'ppp0', 'wlan0'] },
  {
    field: 'connectionState',
    words: [
      '-m conntrack --ctstate NEW',
      '-m conntrack --ctstate RELATED,ESTABLISHED',
      '-m state --state INVALID',
      '-m conntrack ! --ctstate NEW,INVALID',
    ],
    values: [0, 1, 2, 3, 4],
  },
  {
    field: 'mark',
    words: ['-m mark --mark 1', '-m mark --mark 2/2', '-m mark ! --mark 1/1', '-m mark --mark 0/3', '-m mark ! --mark 4/4'],
    values: [0, 1, 2, 3, 4, 5, 6, 7, 8],
  },
  { field: 'ttl', words: ['-m ttl --ttl-eq 64', '-m ttl --ttl-lt 10', '-m ttl --ttl-gt 64'], values: [1, 9, 10, 63, 64, 65, 255] },
  { field: 'tos', words: ['-m dscp --dscp 1', '-m dscp ! --dscp 1', '-m tos --tos 4/4'], values: [0, 4, 5, 8, 12] },
  { field: 'length', words: ['-m length --length 0:100', '-m length ! --length 50:150'], values: [40, 60, 120, 200] },
  { field: null, words: ['-m limit --limit 1/sec', '-m statistic --mode random --probability 0.5'], values: [] },
  { field: null, words: ['-m set --match-set one src', '-m set ! --match-set one src', '-m set --match-set two src,dst'], values: [] },
];

export interface RandomOptions {
  readonly table: 'filter' | 'mangle';
  /** Chains that hold rules. */
  readonly hooks: readonly Hook[];
  readonly rules: number;
  readonly marks?: boolean;
}

/** A world of packets for some topics: the product of their values. */
const worldOf = (chosen: readonly Topic[]): { packets: SlowPacket[]; outs: string[] } => {
  let packets: { numbers: Map<FieldName, Ordinal>; inInterface: string }[] = [
    {
      numbers: new Map<FieldName, Ordinal>([
        ['protocol', 6],
        ['connectionState', 1],
        ['tcpFlags', 2],
        ['ttl', 64],
        ['length', 60],
        ['source', ip('203.0.113.1')],
        ['destination', ip('203.0.113.1')],
      ]),
      inInterface: 'eth9',
    },
  ];
  let outs = ['eth9'];
  // Words that imply TCP tell other protocols apart.
  if (!chosen.some((topic) => topic.field === 'protocol'))
    packets = [6, 17].map((protocol) => ({ ...packets[0]!, numbers: new Map(packets[0]!.numbers).set('protocol', protocol) }));
  for (const topic of chosen) {
    if (topic.field === null) continue;
    if (topic.field === 'out') outs = [...(topic.values as string[])];
    else
      packets = packets.flatMap((packet) =>
        topic.values.map((value) =>
          topic.field === 'in'
            ? { ...packet, inInterface: value as string }
            : { ...packet, numbers: new Map(packet.numbers).set(topic.field as FieldName, value as Ordinal) },
        ),
      );
  }
  return { packets: packets.map((packet) => ({ ...packet, outInterface: '' })), outs };
};

const needsTcp = (words: string): boolean => /--dport|--syn|--tcp-flags/.test(words);

/** One table of random rules. Returns its text without header and COMMIT lines of others. */
export const randomTable = (next: () => number, chosen: readonly Topic[], options: RandomOptions): string => {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
  const users = ['A', 'B', 'C'].slice(0, Math.floor(next() * 4));
  const built =
    options.table === 'filter'
      ? (['INPUT', 'FORWARD', 'OUTPUT'] as const)
      : (['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const);
  const lines = [
    `*${options.table}`,
    ...built.map((chain) => `:${chain} ${options.table === 'filter' && next() < 0.5 ? 'DROP' : 'ACCEPT'} [0:0]`),
    ...users.map((chain) => `:${chain} - [0:0]`),
  ];
  for (let i = 0; i < options.rules; i++) {
    const chain = pick([...options.hooks, ...options.hooks, ...users]);
    const user = users.indexOf(chain);
    let words = '';
    let fixed = false;
    for (const topic of chosen) {
      if (next() > 0.55) continue;
      const word = pick(topic.words);
      if (topic.field === 'in' && (chain === 'OUTPUT' || chain === 'POSTROUTING')) continue;
      if (topic.field === 'out' && (chain === 'INPUT' || chain === 'PREROUTING')) continue;
      if (needsTcp(word) && topic.field !== 'protocol') {
        if (fixed) continue;
        words = `-p tcp ${words}`;
        fixed = true;
      }
      if (topic.field === 'protocol') {
        if (fixed) continue;
        fixed = true;
      }
      words += `${word} `;
    }
    const later = users.slice(user + 1);
    const targets = ['ACCEPT', 'DROP', 'DROP', 'ACCEPT', 'RETURN', 'LOG', ''];
    if (options.marks)
      targets.push(
        'MARK --set-xmark 0x1/0x1',
        'MARK --set-xmark 0x2/0xffffffff',
        'MARK --set-xmark 0x0/0x3',
        'MARK --xor-mark 0x4',
        'MARK --or-mark 0x2',
      );
    for (const to of later) targets.push(to, to, `goto ${to}`);
    const target = pick(targets);
    lines.push(
      `-A ${chain} ${words}${target === '' ? '' : target.startsWith('goto ') ? `-g ${target.slice(5)}` : `-j ${target}`}`.trimEnd(),
    );
  }
  return `${lines.join('\n')}\nCOMMIT\n`;
};

/** Some topics, few enough that all packets can be walked. */
export const someTopics = (next: () => number, most: number, with_: (topic: Topic) => boolean = () => true): Topic[] => {
  const chosen: Topic[] = [];
  let size = 1;
  for (const topic of topics
    .filter(with_)
    .map((t) => ({ t, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ t }) => t)) {
    if (topic.field !== null && chosen.some((other) => other.field === topic.field)) continue;
    const grown = size * Math.max(1, topic.values.length);
    if (grown > most || chosen.length >= 5) continue;
    size = grown;
    chosen.push(topic);
  }
  return chosen;
};

export { worldOf };
