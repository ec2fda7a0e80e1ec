/** What is proved of rules, held against the kernel: no dead rule's counter ever rises, and the packet told of a live rule raises that rule's. */
import { describe, expect, it } from 'vitest';
import { type Family, parse } from '../../grammar/index.js';
import { Reachability } from '../../src/analysis/reachability.js';
import { resolve } from '../../src/model/resolve.js';
import type { Rule } from '../../src/model/ruleset.js';
import { packetJson } from '../../src/packets/pick.js';
import { type Backend, type KernelPacket, unavailable, withKernel } from './harness.js';
import { Random, randomPackets, randomRuleset, randomSets } from './random.js';

const rounds = Number(process.env.IPTLINT_KERNEL_ROUNDS ?? 3);
const firstSeed = Number(process.env.IPTLINT_KERNEL_SEED ?? 1);

const lineOf = (rule: Rule): number => rule.chain.table.ruleset.source.position(rule.node.start).line;

const cases: readonly (readonly [Backend, Family])[] = [
  ['legacy', 4],
  ['legacy', 6],
  ['nft', 4],
  ['nft', 6],
];

/** The witness of a rule of filter as it must arrive; null where it is a fragment, goes by lo, or is one that routing refuses. */
const asItArrives = (
  reach: Reachability,
  rule: Rule,
): { readonly packet: KernelPacket; readonly hook: string; readonly out: string } | null => {
  const { packet } = reach.verdict(rule);
  if (!packet?.hook || packet.tests.length > 0) return null;
  const json = packetJson(packet) as KernelPacket & { readonly out?: string; readonly state?: string };
  if (json.in === 'lo' || json.out === 'lo' || json.frag) return null;
  // From the host's own address to itself nothing arrives: routing refuses it.
  if (packet.hook === 'INPUT' && json.src === json.dst) return null;
  const ttl = packet.numbers.get('ttl');
  const isForwarded = packet.hook === 'FORWARD';
  // Only bridges forward to the link's own groups, and the route alone does not steer what the host sends to them.
  if (packet.hook !== 'INPUT' && /^(?:22[4-9]|23\d)\.|^ff/i.test(json.dst)) return null;
  const { out = 'eth1', state: _state, ...rest } = json;
  return { packet: { ...rest, ...(ttl !== undefined && isForwarded ? { ttl: Number(ttl) + 1 } : {}) }, hook: packet.hook, out };
};

for (const [backend, family] of cases) {
  const reason = unavailable(backend, family);
  describe.skipIf(reason)(`proofs and the kernel, ${backend}, IPv${family}${reason ? ` (skipped: ${reason})` : ''}`, () => {
    it(`no dead rule of ${rounds} random rulesets is ever met`, { timeout: rounds * 20_000 }, async () => {
      const wrong: string[] = [];
      let dead = 0;
      for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
        const random = new Random(seed * 8 + 3);
        const rules = randomRuleset(random, family, { dense: true });
        const ruleset = resolve(parse(rules, { family }).document).rulesets[0]!;
        const reach = new Reachability(ruleset);
        const deadLines = new Set(ruleset.rules.filter((rule) => reach.status(rule) === 'dead').map(lineOf));
        dead += deadLines.size;
        await withKernel({ family, backend, rules, ipset: randomSets(family) }, async (kernel) => {
          const met = await kernel.flood(randomPackets(random, family, 200));
          for (const line of met.keys()) if (deadLines.has(line)) wrong.push(`seed ${seed}, line ${line}\n${rules}`);
        });
      }
      expect(wrong.join('\n')).toBe('');
      expect(dead).toBeGreaterThan(0);
    });

    it(`the packet of each live rule of ${rounds} random filters meets it`, { timeout: rounds * 20_000 }, async () => {
      const wrong: string[] = [];
      let asked = 0;
      for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
        const rules = randomRuleset(new Random(seed * 8 + 5), family, { dense: true, plain: true });
        const ruleset = resolve(parse(rules, { family }).document).rulesets[0]!;
        const reach = new Reachability(ruleset);
        const witnesses = ruleset.rules.flatMap((rule) => {
          const found = reach.status(rule) === 'live' ? asItArrives(reach, rule) : null;
          return found ? [{ rule, ...found }] : [];
        });
        const names = [...new Set(['eth0', 'eth1', ...witnesses.flatMap(({ packet, out }) => [packet.in!, out])])].filter(
          (name) => name !== 'local',
        );
        const addresses = family === 4 ? ['169.254.7.1/32'] : ['fd07::1/128'];
        await withKernel(
          { family, backend, rules, ipset: randomSets(family), interfaces: names.map((name) => ({ name, addresses })) },
          async (kernel) => {
            for (const { rule, packet, hook, out } of witnesses) {
              const width = family === 4 ? 32 : 128;
              const host = `${packet.dst}/${width}`;
              // What comes from one of the host's own addresses is refused by routing: the source may be one that an earlier packet was sent to.
              await kernel.run(
                `ip addr del ${packet.src}/${width} dev lo 2>/dev/null; ip route del local ${packet.src}/${width} table local 2>/dev/null; ip route flush table all ${host} 2>/dev/null; ${hook === 'INPUT' ? `ip addr add ${host} dev lo nodad 2>/dev/null || ip route replace local ${host} dev lo table local` : `ip addr del ${host} dev lo 2>/dev/null; ip route replace ${host} dev ${out}`}; true`,
              );
              const [answer] = await kernel.send([{ ...packet, reload: true }]);
              asked++;
              if (!answer!.matched.includes(lineOf(rule))) {
                wrong.push(
                  `seed ${seed}, line ${lineOf(rule)}, ${JSON.stringify(packet)} ${hook} out ${out}\n  met ${answer!.matched} ${answer!.became}\n${rules}`,
                );
              }
            }
          },
        );
      }
      expect(wrong.join('\n')).toBe('');
      expect(asked).toBeGreaterThan(0);
    });
  });
}
