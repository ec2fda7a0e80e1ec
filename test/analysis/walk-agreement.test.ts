/**
 * The walk of single packets (src/analysis/trace, held against the kernel in test/kernel) against the sets: no packet whose way is certain meets a rule that is
 * called dead. `IPTLINT_AGREEMENT=2000` asks for more rulesets.
 */
import { describe, expect, it } from 'vitest';
import { type Family, Fault, parse } from '../../grammar/index.js';
import { Reachability } from '../../src/analysis/reachability.js';
import { readPacket, Tracer, traceJson } from '../../src/analysis/trace/index.js';
import type { PacketJson } from '../../src/diagnostic/diagnostic.js';
import { readAddresses, readRoutes } from '../../src/model/host.js';
import { readIpsets } from '../../src/model/ipset.js';
import { resolve } from '../../src/model/resolve.js';
import { Random, randomPackets, randomRuleset, randomSets } from '../kernel/random.js';

const many = Number(process.env.IPTLINT_AGREEMENT ?? 40);
const packetsEach = 80;

const must = <T>(value: T | Fault): T => {
  if (value instanceof Fault) throw new Error(value.message);
  return value;
};

/** The router of test/kernel. */
const links = [
  { name: 'eth0', four: '10.1.0.1', six: 'fd00:1::1' },
  { name: 'eth1', four: '203.0.113.1', six: '2001:db8:3::1' },
  { name: 'eth2', four: '192.168.50.1', six: 'fd00:50::1' },
];
const host = {
  interfaces: must(
    readAddresses(
      JSON.stringify(
        links.map(({ name, four, six }) => ({
          ifname: name,
          link_type: 'ether',
          mtu: 1500,
          addr_info: [
            { family: 'inet', local: four, prefixlen: 24 },
            { family: 'inet6', local: six, prefixlen: 64 },
          ],
        })),
      ),
    ),
  ),
  routes: must(
    readRoutes(
      JSON.stringify([
        { dst: 'default', gateway: '203.0.113.2', dev: 'eth1' },
        { dst: 'default', gateway: '2001:db8:3::2', dev: 'eth1' },
        ...links.flatMap(({ name, four, six }) => [
          { dst: four.replace(/\d+$/, '0/24'), dev: name },
          { dst: six.replace(/1$/, '/64'), dev: name },
        ]),
      ]),
    ),
  ),
};

describe('the walk of single packets agrees with the sets', () => {
  it.each([4, 6] as const)(`IPv%i, ${many >> 1} random rulesets`, { timeout: 60_000 + many * 1000 }, (family: Family) => {
    const wrong: string[] = [];
    let [dead, asked, certain] = [0, 0, 0];
    for (let seed = 1; seed <= many >> 1 && wrong.length < 3; seed++) {
      const random = new Random(seed * 16 + family);
      const rules = randomRuleset(random, family, { dense: seed % 2 === 0 });
      const ruleset = resolve(parse(rules, { family }).document).rulesets[0]!;
      const reach = new Reachability(ruleset);
      const lines = new Set(
        ruleset.rules.filter((rule) => reach.status(rule) === 'dead').map((rule) => ruleset.source.position(rule.node.start).line),
      );
      dead += lines.size;
      const tracer = new Tracer(ruleset, { host, sets: readIpsets(randomSets(family)), backend: 'legacy' });
      for (const packet of randomPackets(random, family, packetsEach)) {
        const told = traceJson(tracer.trace(must(readPacket(packet as unknown as PacketJson))));
        asked++;
        if (!told.certain) continue;
        certain++;
        for (const line of told.matched)
          if (lines.has(line)) wrong.push(`seed ${seed}, line ${line} is met by ${JSON.stringify(packet)}\n${rules}`);
      }
    }
    expect(wrong.join('\n')).toBe('');
    expect(dead).toBeGreaterThan(0);
    expect(certain / asked).toBeGreaterThan(0.8);
  });
});
