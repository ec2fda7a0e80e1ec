/** Random rulesets and packets: the walk of src/analysis/trace tells what the kernel does. `IPTLINT_KERNEL_ROUNDS=100` asks for more of them. */
import { describe, expect, it } from 'vitest';
import { type Family, Fault, parse } from '../../grammar/index.js';
import { readPacket, Tracer, traceJson } from '../../src/analysis/trace/index.js';
import type { PacketJson } from '../../src/diagnostic/diagnostic.js';
import { readAddresses, readRoutes } from '../../src/model/host.js';
import { readIpsets } from '../../src/model/ipset.js';
import { resolve } from '../../src/model/resolve.js';
import { type Backend, type Kernel, unavailable, withKernel } from './harness.js';
import { Random, randomPackets, randomRuleset, randomSets } from './random.js';

const rounds = Number(process.env.IPTLINT_KERNEL_ROUNDS ?? 6);
const firstSeed = Number(process.env.IPTLINT_KERNEL_SEED ?? 1);
const packetsEach = 60;

const must = <T>(value: T | Fault): T => {
  if (value instanceof Fault) throw new Error(value.message);
  return value;
};

/** The host as its own programs tell it. */
const hostOf = async (kernel: Kernel) => ({
  interfaces: must(readAddresses(await kernel.run('ip -j addr'))),
  routes: must(readRoutes(`${await kernel.run('ip -j -4 route')}\n${await kernel.run('ip -j -6 route')}`)),
});

const cases: readonly (readonly [Backend, Family])[] = [
  ['legacy', 4],
  ['legacy', 6],
  ['nft', 4],
  ['nft', 6],
];

for (const [backend, family] of cases) {
  const reason = unavailable(backend, family);
  describe.skipIf(reason)(`the walk and the kernel, ${backend}, IPv${family}${reason ? ` (skipped: ${reason})` : ''}`, () => {
    it(`agree on ${rounds} random rulesets`, { timeout: rounds * 20_000 }, async () => {
      const disagreements: string[] = [];
      let [certain, asked] = [0, 0];
      for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
        const random = new Random(seed * 4 + (family === 6 ? 1 : 0));
        const rules = randomRuleset(random, family);
        const ipset = randomSets(family);
        const packets = randomPackets(random, family, packetsEach);
        await withKernel({ family, backend, rules, ipset }, async (kernel) => {
          const ruleset = resolve(parse(rules, { family }).document).rulesets[0]!;
          const tracer = new Tracer(ruleset, { host: await hostOf(kernel), sets: readIpsets(ipset), backend });
          for (const [i, answer] of (await kernel.send(packets)).entries()) {
            const told = traceJson(tracer.trace(must(readPacket(packets[i] as unknown as PacketJson))));
            asked++;
            if (!told.certain) continue;
            certain++;
            const mine = [...told.matched].sort((a, b) => a - b);
            const became = told.verdict !== 'delivered' ? 'gone' : told.where === 'local' ? 'local' : 'out';
            if (mine.join() === answer.matched.join() && became === answer.became) continue;
            disagreements.push(
              `seed ${seed}, ${JSON.stringify(packets[i])}\n  the walk: ${mine} ${told.verdict} ${JSON.stringify(told.by)}\n  the kernel: ${answer.matched} ${answer.became}\n${rules}`,
            );
            break; // what follows may hang on it
          }
        });
      }
      expect(disagreements.join('\n')).toBe('');
      expect(certain / asked).toBeGreaterThan(0.9);
    });
  });
}
