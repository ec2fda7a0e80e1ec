/** The harness itself: rulesets so small that what the kernel does with them is plain. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Family } from '../../grammar/index.js';
import { type Backend, unavailable, withKernel } from './harness.js';

const filter = (...lines: string[]) =>
  ['*filter', ':INPUT DROP [0:0]', ':FORWARD DROP [0:0]', ':OUTPUT ACCEPT [0:0]', ...lines, 'COMMIT', ''].join('\n');

const cases: readonly (readonly [Backend, Family])[] = [
  ['legacy', 4],
  ['legacy', 6],
  ['nft', 4],
  ['nft', 6],
];

for (const [backend, family] of cases) {
  const reason = unavailable(backend, family);
  const [inside, outside, own] = family === 4 ? ['10.1.0.5', '198.51.100.7', '10.1.0.1'] : ['fd00:1::5', '2001:db8:9::7', 'fd00:1::1'];

  describe.skipIf(reason)(`the kernel, ${backend}, IPv${family}${reason ? ` (skipped: ${reason})` : ''}`, () => {
    it('tells the rules that a packet met, and where it went', () =>
      withKernel(
        {
          family,
          backend,
          rules: filter(
            '-A FORWARD -p tcp -m tcp --dport 22 -j ACCEPT', // 5
            '-A FORWARD -p tcp', // 6
            `-A FORWARD -s ${inside},${outside} -p udp -j ACCEPT`, // 7
            '-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT', // 8
          ),
        },
        async (kernel) => {
          const flow = { in: 'eth0', src: inside!, dst: outside! };
          const answers = await kernel.send([
            { ...flow, proto: 'tcp', sport: 40000, dport: 22 },
            { ...flow, proto: 'tcp', sport: 40000, dport: 23 },
            { ...flow, proto: 'udp', sport: 40000, dport: 53, ttl: 9 },
            { ...flow, dst: own!, proto: 'tcp', sport: 40000, dport: 80 },
            { ...flow, dst: own!, proto: 'tcp', sport: 40000, dport: 81 },
          ]);
          expect(answers.map(({ matched, became, policies }) => ({ matched, became, policies }))).toEqual([
            { matched: [5], became: 'out', policies: [] },
            { matched: [6], became: 'gone', policies: ['filter/FORWARD'] },
            { matched: [7], became: 'out', policies: [] },
            { matched: [8], became: 'local', policies: [] },
            { matched: [], became: 'gone', policies: ['filter/INPUT'] },
          ]);
          expect(answers[2]!.seen).toMatchObject([{ at: 'eth1', protocol: 17, sourcePort: 40000, destinationPort: 53, ttl: 8 }]);
        },
      ));

    it('keeps connections only when told to', () =>
      withKernel(
        {
          family,
          backend,
          rules: filter(
            '-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT',
            '-A FORWARD -i eth0 -m conntrack --ctstate NEW -j ACCEPT',
          ),
        },
        async (kernel) => {
          const request = { in: 'eth0', src: inside!, dst: outside!, proto: 'udp', sport: 40000, dport: 53 };
          const reply = { in: 'eth1', src: outside!, dst: inside!, proto: 'udp', sport: 53, dport: 40000 };
          const answers = await kernel.send([request, { ...reply, keep: true }, { ...request, keep: true }, reply]);
          expect(answers.map(({ matched }) => matched)).toEqual([[6], [5], [5], []]);
        },
      ));

    it('sends packets of the host itself', () =>
      withKernel(
        { family, backend, rules: filter('-A OUTPUT -p udp -m udp --dport 53 -j DROP', '-A OUTPUT -o eth1 -j ACCEPT') },
        async (kernel) => {
          const packet = { in: 'local', src: family === 4 ? '203.0.113.1' : '2001:db8:3::1', dst: outside!, proto: 'udp', sport: 40000 };
          const answers = await kernel.send([
            { ...packet, dport: 53 },
            { ...packet, dport: 123 },
          ]);
          expect(answers.map(({ matched, became }) => [matched, became])).toEqual([
            [[5], 'gone'],
            [[6], 'out'],
          ]);
        },
      ));

    it('counts thousands of packets at once', () =>
      withKernel(
        { family, backend, rules: filter('-A FORWARD -p udp -m udp --dport 1000:1999 -j ACCEPT', '-A FORWARD -p sctp') },
        async (kernel) => {
          const packets = Array.from({ length: 3000 }, (_, i) => ({
            in: 'eth0',
            src: inside!,
            dst: outside!,
            proto: i % 3 ? 'udp' : 'sctp',
            sport: 9,
            dport: i,
          }));
          expect(await kernel.flood(packets)).toEqual(
            new Map([
              [5, 667],
              [6, 1000],
            ]),
          );
        },
      ));
  });
}

describe.skipIf(unavailable())('the kernel, packets', () => {
  it('builds packets whose checksums the kernel finds right', () =>
    withKernel(
      { family: 4, rules: filter('-A FORWARD -m conntrack --ctstate INVALID -j DROP', '-A FORWARD -m conntrack --ctstate NEW -j ACCEPT') },
      async (kernel) => {
        const flow = { in: 'eth0', src: '10.1.0.5', dst: '198.51.100.7', sport: 1, dport: 2 };
        const protocols = ['tcp', 'udp', 'icmp', 'sctp', 'gre', 'esp'];
        expect((await kernel.send(protocols.map((proto) => ({ ...flow, proto })))).map(({ matched }) => matched)).toEqual(
          protocols.map(() => [6]),
        );
        expect(
          (await kernel.send(['tcp', 'udp', 'icmp', 'sctp'].map((proto) => ({ ...flow, proto, badsum: true })))).map(
            ({ matched }) => matched,
          ),
        ).toEqual(Array.from({ length: 4 }, () => [5]));
      },
    ));

  it('builds fragments that the kernel puts together', () =>
    withKernel({ family: 4, rules: filter('-A FORWARD -m conntrack --ctstate NEW -p udp -m udp --dport 7 -j ACCEPT') }, async (kernel) => {
      const packet = {
        in: 'eth0',
        src: '10.1.0.5',
        dst: '198.51.100.7',
        proto: 'udp',
        sport: 1,
        dport: 7,
        payload: 'x'.repeat(100),
        ip_id: 5,
      };
      const answers = await kernel.send([
        { ...packet, frag: { offset: 0, len: 48, mf: true } },
        { ...packet, frag: { offset: 48 }, keep: true },
      ]);
      expect(answers.map(({ matched }) => matched)).toEqual([[], [5]]);
    }));

  it('follows the second of a table given twice', () =>
    withKernel(
      { family: 4, rules: filter('-A FORWARD -p udp -j DROP', '-A FORWARD -p udp -j ACCEPT') + filter('-A FORWARD -p udp') },
      async (kernel) => {
        const [answer] = await kernel.send([{ in: 'eth0', src: '10.1.0.5', dst: '198.51.100.7', proto: 'udp', sport: 1, dport: 2 }]);
        expect(answer!.matched).toEqual([12]);
      },
    ));

  it('knows sets', () =>
    withKernel(
      {
        family: 4,
        ipset: 'create blocked hash:ip family inet\nadd blocked 10.1.0.9\n',
        rules: filter('-A FORWARD -m set --match-set blocked src -j DROP'),
      },
      async (kernel) => {
        const [a, b] = await kernel.send(
          ['10.1.0.9', '10.1.0.8'].map((src) => ({ in: 'eth0', src, dst: '198.51.100.7', proto: 'udp', sport: 1, dport: 2 })),
        );
        expect([a!.matched, b!.matched]).toEqual([[5], []]);
      },
    ));

  it('asks a hundred packets a second at least', () =>
    withKernel({ family: 4, rules: filter('-A FORWARD -p udp -j ACCEPT') }, async (kernel) => {
      const start = performance.now();
      await kernel.send(
        Array.from({ length: 100 }, (_, i) => ({ in: 'eth0', src: '10.1.0.5', dst: '198.51.100.7', proto: 'udp', sport: 1, dport: i })),
      );
      expect(performance.now() - start).toBeLessThan(4000); // measured 0.25 s; the rest is for a busy machine
    }));

  it('leaves no namespace behind, on failure neither', async () => {
    await expect(withKernel({ family: 4, rules: 'nonsense' }, async () => {})).rejects.toThrow();
    await expect(
      withKernel({ family: 4, rules: filter() }, async () => {
        throw new Error('of the test');
      }),
    ).rejects.toThrow('of the test');
    expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).not.toContain(`iptlint-${process.pid}-`);
  });
});
