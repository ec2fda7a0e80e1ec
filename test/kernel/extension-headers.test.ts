/** Which protocol the kernel sees behind extension headers of IPv6: rules that the engine calls dead are never met, and the walk meets what the kernel meets. */
import { describe, expect, it } from 'vitest';
import { Fault, parse } from '../../grammar/index.js';
import { Reachability } from '../../src/analysis/reachability.js';
import { readPacket, Tracer, traceJson } from '../../src/analysis/trace/index.js';
import type { PacketJson } from '../../src/diagnostic/diagnostic.js';
import { readAddresses, readRoutes } from '../../src/model/host.js';
import { lineOf } from '../../src/model/place.js';
import { resolve } from '../../src/model/resolve.js';
import { type KernelPacket, unavailable, withKernel } from './harness.js';

const must = <T>(value: T | Fault): T => {
  if (value instanceof Fault) throw new Error(value.message);
  return value;
};

const protocols = ['ipv6-route', 'ipv6-frag', 'esp', 'ah', 'ipv6-nonxt', 'ipv6-opts', 'tcp'];
const chain = (name: string, more: readonly string[]): string[] => [
  `-A ${name}`,
  ...protocols.map((protocol) => `-A ${name} -p ${protocol}`),
  `-A ${name} ! -p tcp`,
  `-A ${name} -d 2001:db8:9::/48 ! -p ipv6-frag`,
  ...more,
  `-A ${name} -m mark --mark 0x0`,
];

const tableOf = (name: string, chains: readonly string[], more: readonly string[] = []): string =>
  [
    `*${name}`,
    ...chains.flatMap((one) =>
      chain(
        one,
        more.map((words) => `-A ${one} ${words}`),
      ),
    ),
    'COMMIT',
    '',
  ].join('\n');

const rulesOf = (tracked: boolean): string =>
  tableOf('raw', ['PREROUTING', 'OUTPUT']) +
  tableOf('filter', ['INPUT', 'FORWARD', 'OUTPUT'], tracked ? ['-p ipv6-nonxt -m conntrack --ctstate NEW,ESTABLISHED,RELATED'] : []);

const tcp = '9c400050000000010000000050020400000000000000'.slice(0, 40);
const options = (next: string): string => `${next}00010400000000`;
const fragment = (next: string, place: string): string => `${next}00${place}00000007`;
/** Headers by name: the first number, then bytes. */
const contents: readonly (readonly [first: string, bytes: string])[] = [
  ['3c', options('06') + tcp],
  ['2b', `06000400${'00000000'}${tcp}`],
  ['3b', ''],
  ['3c', options('3b')],
  ['32', `0000000500000001${'00'.repeat(32)}`],
  ['33', `0604000000000005${'00000001'}${'78'.repeat(12)}${tcp}`],
  ['2c', `${fragment('06', '0001') + tcp}00000000`],
  ['2c', fragment('06', '0018') + '78'.repeat(16)],
  ['2c', fragment('3c', '0018') + '78'.repeat(16)],
  ['2c', fragment('33', '0018') + '78'.repeat(16)],
  ['2c', fragment('2c', '0018') + '78'.repeat(16)],
  ['2c', fragment('3b', '0018') + '78'.repeat(16)],
  ['2c', fragment('3c', '0001')],
  ['3c', ''],
  ['33', ''],
  ['2b', ''],
];

const source = 'fd00000100000000000000000000000a';
const packets: readonly KernelPacket[] = [
  ['20010db8000900000000000000000001', 'eth0'],
  ['fd000001000000000000000000000001', 'eth0'],
].flatMap(([destination, at]) =>
  contents.map(([first, bytes], i) => ({
    id: `${i}`,
    in: at!,
    src: 'fd00:1::a',
    dst: destination!.startsWith('fd') ? 'fd00:1::1' : '2001:db8:9::1',
    raw: `60000000${(bytes.length / 2).toString(16).padStart(4, '0')}${first}40${source}${destination}${bytes}`,
  })),
);

for (const backend of ['legacy', 'nft'] as const) {
  const reason = unavailable(backend, 6);
  describe.skipIf(reason)(`extension headers and the kernel, ${backend}${reason ? ` (skipped: ${reason})` : ''}`, () => {
    it.each([false, true])('are no protocol; with connection tracking: %s', { timeout: 60_000 }, async (tracked) => {
      const rules = rulesOf(tracked);
      const ruleset = resolve(parse(rules, { family: 6 }).document).rulesets[0]!;
      const reach = new Reachability(ruleset);
      const dead = new Set(ruleset.rules.filter((rule) => reach.status(rule) === 'dead').map(lineOf));
      expect(dead.size).toBeGreaterThanOrEqual(15);
      await withKernel({ family: 6, backend, rules }, async (kernel) => {
        const host = {
          interfaces: must(readAddresses(await kernel.run('ip -j addr'))),
          routes: must(readRoutes(await kernel.run('ip -j -6 route'))),
        };
        const tracer = new Tracer(ruleset, { host, backend });
        const wrong: string[] = [];
        let certain = 0;
        for (const [i, { matched }] of (await kernel.send(packets)).entries()) {
          const told = traceJson(tracer.trace(must(readPacket(packets[i] as unknown as PacketJson))));
          for (const line of matched) if (dead.has(line)) wrong.push(`line ${line} is met by ${packets[i]!.raw}`);
          if (told.certain) certain++;
          const mine = [...told.matched].sort((a, b) => a - b);
          if (told.certain && mine.join() !== matched.join())
            wrong.push(`${packets[i]!.raw}: the walk ${mine}, the kernel ${matched}\n  ${JSON.stringify(told.by)}`);
        }
        expect(wrong.join('\n')).toBe('');
        expect(certain).toBe(packets.length);
      });
    });
  });
}
