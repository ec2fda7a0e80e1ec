/** What the engine takes for granted of the way through hooks and tables, asked of the kernel: the rule in question is met, and not called dead. */
import { describe, expect, it } from 'vitest';
import { parse } from '../../grammar/index.js';
import { factsOf } from '../../src/analysis/facts.js';
import { Reachability } from '../../src/analysis/reachability.js';
import { resolve } from '../../src/model/resolve.js';
import { type KernelPacket, unavailable, withKernel } from './harness.js';

interface Case {
  readonly what: string;
  readonly rules: readonly string[];
  /** Commands run before. */
  readonly before?: readonly string[];
  readonly packets: readonly KernelPacket[];
  /** Lines that the packets meet; the other rules' lines are not met. */
  readonly met: readonly number[];
}

const syn = { in: 'eth0', src: '10.1.0.5', dst: '203.0.113.7', proto: 'tcp', sport: 40000, dport: 22, flags: 'SYN' };
const datagram = { in: 'eth0', src: '10.1.0.5', dst: '203.0.113.7', proto: 'udp', sport: 40000, dport: 53 };

const cases: readonly Case[] = [
  {
    what: 'what DNAT changes in OUTPUT is routed anew: filter sees the old way out, POSTROUTING the new one',
    rules: [
      '*filter',
      '-A OUTPUT ! -o eth1 -j DROP',
      'COMMIT',
      '*nat',
      '-A OUTPUT -d 203.0.113.7 -j DNAT --to-destination 10.1.0.9',
      '-A POSTROUTING -o eth0 -j LOG',
      'COMMIT',
    ],
    packets: [{ ...datagram, in: 'local', src: '203.0.113.1' }],
    met: [5, 6],
  },
  {
    what: 'answers in a connection that nat INPUT gave another source are routed anew in OUTPUT',
    rules: [
      '*filter',
      '-A OUTPUT ! -o eth1 -j DROP',
      'COMMIT',
      '*nat',
      '-A INPUT -s 10.1.0.5 -j SNAT --to-source 203.0.113.77',
      'COMMIT',
      '*mangle',
      ':FORWARD DROP [0:0]',
      '-A POSTROUTING -o eth0',
      '-A POSTROUTING -o eth1',
      'COMMIT',
    ],
    packets: [
      { ...datagram, dst: '10.1.0.1' },
      { ...datagram, in: 'local', src: '10.1.0.1', dst: '203.0.113.77', sport: 53, dport: 40000, keep: true },
    ],
    met: [5, 9],
  },
  {
    what: 'a mark of mangle is routed anew, and none else',
    rules: [
      '*raw',
      '-A OUTPUT -p udp --dport 1 -j MARK --set-mark 7',
      'COMMIT',
      '*mangle',
      '-A OUTPUT -p udp --dport 2 -j MARK --set-mark 7',
      '-A POSTROUTING -p udp --dport 1 -o eth0',
      '-A POSTROUTING -p udp --dport 2 -o eth0',
      '-A POSTROUTING -p udp --dport 3 -o eth0',
      '-A POSTROUTING -p udp --dport 4 -o eth0',
      'COMMIT',
      '*nat',
      '-A OUTPUT -p udp --dport 3 -j MARK --set-mark 7',
      'COMMIT',
      '*filter',
      '-A OUTPUT -o eth0 -j DROP',
      '-A OUTPUT -p udp --dport 4 -m conntrack --ctstate NEW -j MARK --set-mark 7',
      'COMMIT',
    ],
    // With the mark of raw set, the route was found already.
    before: ['ip rule add fwmark 7 lookup 77', 'ip route add default dev eth0 table 77'],
    packets: [1, 2, 3, 4].map((dport) => ({ ...datagram, in: 'local', src: '203.0.113.1', dport })),
    met: [2, 5, 7, 12, 16],
  },
  {
    what: 'what a program writes to lo comes in by it, whatever OUTPUT lets pass',
    rules: [
      '*filter',
      ':OUTPUT DROP [0:0]',
      '-A INPUT -i lo -m conntrack --ctstate NEW',
      '-A OUTPUT -o lo',
      'COMMIT',
      '*mangle',
      '-A PREROUTING -i lo',
      '-A POSTROUTING -o lo',
      'COMMIT',
    ],
    packets: [{ ...datagram, in: 'lo', src: '198.51.100.9', dst: '10.1.0.1' }],
    met: [3, 7],
  },
  {
    what: 'behind CT a packet looks NEW in raw, and a NOTRACK comes too late',
    rules: [
      '*raw',
      '-A PREROUTING -j CT --zone 1',
      '-A PREROUTING -m conntrack --ctstate NEW',
      '-A PREROUTING -m conntrack --ctstate INVALID',
      '-A PREROUTING -j NOTRACK',
      'COMMIT',
      '*filter',
      '-A FORWARD -m conntrack --ctstate UNTRACKED',
      '-A FORWARD -m conntrack --ctstate NEW',
      'COMMIT',
    ],
    packets: [syn],
    met: [2, 3, 5, 9],
  },
  {
    what: 'SYNPROXY lets pass what is no part of the handshake that it takes over',
    rules: ['*filter', '-A FORWARD -p tcp -j SYNPROXY', '-A FORWARD -p tcp -m conntrack --ctstate INVALID -j DROP', 'COMMIT'],
    packets: [{ ...syn, flags: 'FIN,ACK' }],
    met: [2, 3],
  },
  {
    what: 'new packets that follow the first one are translated as it was, or not, whatever they look like',
    rules: [
      '*mangle',
      '-A PREROUTING -d 203.0.113.9 -j DROP',
      'COMMIT',
      '*nat',
      '-A PREROUTING -p udp -m length --length 0:100 -j DNAT --to-destination 203.0.113.9',
      'COMMIT',
      '*filter',
      '-A FORWARD -d 203.0.113.9 -p udp -m conntrack --ctstate NEW -m length --length 101: -j ACCEPT',
      '-A FORWARD -d 203.0.113.7 -p udp -m conntrack --ctstate NEW -m length --length 0:100 -j ACCEPT',
      'COMMIT',
    ],
    packets: [
      { ...datagram, len: 60 },
      { ...datagram, len: 200, keep: true },
      { ...datagram, sport: 40001, len: 200, keep: true },
      { ...datagram, sport: 40001, len: 60, keep: true },
    ],
    met: [5, 8, 9],
  },
];

/** Every set of flags that conntrack looks at, in every state, behind another packet that nobody answered. */
const byState = (state: 'NEW' | 'ESTABLISHED'): readonly string[] => [
  '*filter',
  ...flagSets.map((flags) => `-A FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK,URG ${flags} -m conntrack --ctstate ${state}`),
  'COMMIT',
];
const flagSets = Array.from(
  { length: 32 },
  (_, i) => ['FIN', 'SYN', 'RST', 'ACK', 'URG'].filter((_, bit) => i & (1 << bit)).join(',') || 'NONE',
);

/** A rule for each address, at each hook where routing has been. */
const byAddress = [
  '*nat',
  '-A PREROUTING -d 198.51.100.3 -j DNAT --to-destination 10.1.0.1',
  '-A PREROUTING -d 10.1.0.200 -j DNAT --to-destination 198.51.100.4',
  'COMMIT',
  '*filter',
  ...['INPUT', 'FORWARD'].flatMap((chain) =>
    [
      '10.1.0.1',
      '203.0.113.1',
      '10.1.0.7',
      '203.0.113.7',
      '198.51.100.3',
      '198.51.100.4',
      '10.1.0.255',
      '10.1.0.0',
      '127.0.0.1',
      '224.0.0.1',
    ].map((address) => `-A ${chain} -d ${address}`),
  ),
  'COMMIT',
];

describe.skipIf(unavailable('legacy', 6))('the unspecified address of IPv6', () => {
  it('is one that packets may be for: those of the host whose socket aims elsewhere, and those that a route takes in', async () => {
    const text = [
      '*mangle',
      ...['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'].map((chain) => `-A ${chain} -d ::/128`),
      'COMMIT\n',
    ].join('\n');
    const packet = { src: '2001:db8:3::1', dst: '::', proto: 'udp', sport: 40000, dport: 53 };
    await withKernel({ family: 6, rules: text }, async (kernel) => {
      await kernel.run('ip -6 route add local ::/128 dev lo table local');
      const answers = await kernel.send([
        { ...packet, in: 'local', aim: '2001:db8:3::7' },
        { ...packet, in: 'eth0', src: 'fd00:1::5' },
      ]);
      expect(answers.map(({ matched }) => matched)).toEqual([
        [5, 6],
        [2, 3],
      ]);
    });
  });
});

for (const backend of ['legacy', 'nft'] as const) {
  const reason = unavailable(backend, 4);
  describe.skipIf(reason)(`the whole way and the kernel, ${backend}${reason ? ` (skipped: ${reason})` : ''}`, () => {
    it.each(cases)('$what', async ({ rules, before = [], packets, met }) => {
      const text = `${rules.join('\n')}\n`;
      const answers = await withKernel({ family: 4, backend, rules: text }, async (kernel) => {
        for (const command of before) await kernel.run(command);
        return kernel.send(packets);
      });
      const seen = [...new Set(answers.flatMap(({ matched }) => matched))].sort((a, b) => a - b);
      expect(seen).toEqual(met);
      const reach = new Reachability(resolve(parse(text, { family: 4 }).document).rulesets[0]!);
      const dead = reach.ruleset.rules.filter((rule) => reach.status(rule) === 'dead');
      expect(dead.map((rule) => reach.ruleset.source.position(rule.node.start).line).filter((line) => seen.includes(line))).toEqual([]);
    });

    const answer = { ...syn, in: 'eth1', src: syn.dst, dst: syn.src, sport: syn.dport, dport: syn.sport, flags: 'SYN,ACK', keep: true };
    it.each([
      ['NEW', 24, 8, [[], [syn], [{ ...syn, flags: 'ACK' }]]],
      [
        'ESTABLISHED',
        23,
        7,
        [
          [syn, answer],
          [syn, answer, { ...syn, flags: 'ACK', keep: true }],
        ],
      ],
    ] as const)('no packet is %s that the engine says cannot be', { timeout: 120_000 }, async (state, never, often, before) => {
      const text = `${byState(state).join('\n')}\n`;
      const ruleset = resolve(parse(text, { family: 4 }).document).rulesets[0]!;
      const reach = new Reachability(ruleset);
      const lines = ruleset.rules
        .filter((rule) => reach.status(rule) === 'dead')
        .map((rule) => ruleset.source.position(rule.node.start).line);
      expect(lines.length).toBe(never);
      await withKernel({ family: 4, backend, rules: text }, async (kernel) => {
        const met = new Set<number>();
        for (const first of before)
          for (const flags of flagSets) {
            const answers = await kernel.send([...first, { ...syn, flags, keep: first.length > 0 }]);
            for (const line of answers.at(-1)!.matched) met.add(line);
          }
        expect([...met].filter((line) => lines.includes(line))).toEqual([]);
        expect(met.size).toBeGreaterThanOrEqual(often);
      });
    });

    it('no rule that the addresses given call dead is met', async () => {
      const text = `${byAddress.join('\n')}\n`;
      const ruleset = resolve(parse(text, { family: 4 }).document).rulesets[0]!;
      await withKernel({ family: 4, backend, rules: text }, async (kernel) => {
        const addresses = { name: 'addresses', text: await kernel.run('ip -j addr') };
        const facts = factsOf(ruleset, { context: { addresses } });
        const lines = facts.dead().map((rule) => ruleset.source.position(rule.node.start).line);
        expect(lines.length).toBe(7);
        const targets = [...new Set(byAddress.flatMap((line) => /-d (\S+)/.exec(line)?.[1] ?? []))];
        const packets = targets.flatMap((dst) => ['eth0', 'eth1'].map((name) => ({ ...datagram, in: name, src: '192.0.2.9', dst })));
        const met = await kernel.flood(packets);
        expect([...met.keys()].filter((line) => lines.includes(line))).toEqual([]);
        expect(met.size).toBeGreaterThan(5);
      });
    });
  });
}
