/** The walk against recorded answers of the kernel, where the folder with them stands beside the project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Family, Fault, parse } from '../../grammar/index.js';
import { readNotation, readPacket, Tracer, traceJson } from '../../src/analysis/trace/index.js';
import { readAddresses, readRoutes } from '../../src/model/host.js';
import { readIpsets } from '../../src/model/ipset.js';
import { resolve } from '../../src/model/resolve.js';

const root = new URL('../../../shared/conformance/semantic/', import.meta.url);
const isThere = existsSync(root);

interface Topology {
  readonly family?: Family;
  readonly interfaces: readonly {
    readonly name: string;
    readonly addrs?: readonly string[];
    readonly routes?: readonly string[];
    readonly mtu?: number;
  }[];
  readonly default_route?: string;
}

const must = <T>(value: T | Fault): T => {
  if (value instanceof Fault) throw new Error(value.message);
  return value;
};

const hostOf = ({ interfaces, default_route }: Topology) => {
  const addresses = interfaces.map(({ name, addrs = [], mtu = 1500 }) => ({
    ifname: name,
    mtu,
    addr_info: addrs.map((text) => ({ local: text.split('/')[0], prefixlen: Number(text.split('/')[1]) })),
  }));
  const routes = interfaces.flatMap(({ name, routes = [] }) => routes.map((dst) => ({ dst, dev: name })));
  const all = default_route ? [...routes, { dst: 'default', dev: default_route }] : routes;
  return { interfaces: must(readAddresses(JSON.stringify(addresses))), routes: must(readRoutes(JSON.stringify(all))) };
};

describe.skipIf(!isThere)(`recorded answers of the kernel${isThere ? '' : ' (skipped: not beside the project)'}`, () => {
  for (const folder of isThere ? readdirSync(root).sort() : []) {
    it(folder, () => {
      const read = (name: string) => readFileSync(new URL(`${folder}/${name}`, root), 'utf8');
      const lines = (name: string) =>
        read(name)
          .split('\n')
          .filter((line) => line.startsWith('{'));
      const topology = JSON.parse(read('topology.json')) as Topology;
      const { document } = parse(read('rules.save'), { family: topology.family ?? 4 });
      const sets = existsSync(new URL(`${folder}/ipset.save`, root)) ? readIpsets(read('ipset.save')) : null;
      const tracer = new Tracer(resolve(document).rulesets[0]!, { host: hostOf(topology), sets });
      const recorded = new Map(lines('result.jsonl').map((line) => [JSON.parse(line).id, JSON.parse(line)]));
      const wrong: object[] = [];
      for (const line of lines('packets.jsonl')) {
        const told = traceJson(tracer.trace(must(readPacket(must(readNotation(line))))));
        const kernel = recorded.get(told.id);
        if (!told.certain || !kernel || kernel.by?.by === 'kernel') continue;
        if (told.matched.join() !== kernel.matched.join() || told.verdict !== kernel.verdict)
          wrong.push({ line, told: told.matched, kernel: kernel.matched });
      }
      expect(wrong).toEqual([]);
    });
  }
});
