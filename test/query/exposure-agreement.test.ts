/** The service matrix against the walk of single packets, on random rulesets with translation, marks, tracking and all tables. */
import { describe, expect, it } from 'vitest';
import { connectionStates, Fault, type FieldName, type Ordinal, parse, type Test } from '../../grammar/index.js';
import { contextResolver } from '../../src/analysis/context.js';
import { Flight } from '../../src/analysis/trace/flight.js';
import { readPacket, type TracePacket, type TraceResult, Tracer, type TraceWay } from '../../src/analysis/trace/index.js';
import { Routing } from '../../src/analysis/trace/routing.js';
import { readAddresses, readRoutes } from '../../src/model/host.js';
import { resolve } from '../../src/model/resolve.js';
import type { Ruleset } from '../../src/model/ruleset.js';
import { packetJson } from '../../src/packets/pick.js';
import { type Exposure, type ExposureRow, exposureOf } from '../../src/query/exposure.js';
import { ownField } from '../../src/query/passage.js';

import { Random, randomPackets, randomRuleset } from '../kernel/random.js';
import { inCube, type SlowPacket } from './world.js';

const must = <T>(value: T | Fault): T => {
  if (value instanceof Fault) throw new Error(value.message);
  return value;
};

/** The host that the random packets are made for. */
const link = (ifname: string, local: string, local6: string) => ({
  ifname,
  link_type: ifname === 'lo' ? 'loopback' : 'ether',
  mtu: 1500,
  group: 'default',
  addr_info: [
    { local, prefixlen: ifname === 'lo' ? 8 : 24 },
    { family: 'inet6', local: local6, prefixlen: ifname === 'lo' ? 128 : 64 },
  ],
});
const addresses = JSON.stringify([
  link('lo', '127.0.0.1', '::1'),
  link('eth0', '10.1.0.1', 'fd00:1::1'),
  link('eth1', '203.0.113.1', '2001:db8:3::1'),
  link('eth2', '192.168.50.1', 'fd00:50::1'),
]);
const host = { interfaces: must(readAddresses(addresses)), routes: must(readRoutes('[{"dst":"default","dev":"eth1"}]')) };

const rulesetOf = (text: string, family: 4 | 6): Ruleset => resolve(parse(text, { name: 'random', family }).document).rulesets[0]!;

const asked: readonly FieldName[] = [
  'protocol',
  'source',
  'destination',
  'sourcePort',
  'destinationPort',
  'laterFragment',
  'tcpFlags',
  'icmp',
  'ttl',
  'tos',
  'length',
  'macSource',
  'packetType',
  'mss',
];

/** A packet as it comes, in the fields that cubes ask; where it leaves is what the walk says. */
const fieldsOf = (packet: TracePacket, way: TraceWay): SlowPacket => {
  const flight = new Flight(packet, new Routing(host));
  const numbers = new Map<FieldName, Ordinal>([['connectionState', connectionStates.indexOf('NEW')]]);
  for (const field of asked) {
    const value = flight.field(field);
    if (typeof value === 'number' || typeof value === 'bigint') numbers.set(field, value);
  }
  for (const [ofConnection, own] of ownField) {
    const value = numbers.get(own);
    if (value !== undefined) numbers.set(ofConnection, value);
  }
  const type = { local: 2, broadcast: 3, anycast: 4, multicast: 5, unicast: 1 } as const;
  const routing = new Routing(host);
  numbers.set('destinationType', type[routing.localType(flight.headers.destination).type]);
  numbers.set('sourceType', type[routing.localType(flight.headers.source).type]);
  const out = way.where === 'forward' && typeof way.seen?.at === 'string' ? way.seen.at : '';
  return { numbers, inInterface: String(flight.inInterface), outInterface: out };
};

const hookOf = { local: 'INPUT', forward: 'FORWARD', out: null } as const;

/** Whether a row tells what a way says: the hook, the line or policy, the lines that translate. */
const tells = (row: ExposureRow, way: TraceWay): boolean =>
  way.verdict === 'delivered' &&
  hookOf[way.where!] === row.hook &&
  (way.by.by === 'rule' ? row.lines.includes(way.by.line) : way.by.by === 'policy' && row.byPolicy) &&
  (row.translatedBy.length === 0 || row.translatedBy.some((line) => way.matched.includes(line)));

/** It begins a connection, and TCP with a SYN. */
const isNew = (packet: TracePacket, result: TraceResult): boolean =>
  (packet.headers.protocol !== 6 || ((packet.headers.tcpFlags ?? 0) & 23) === 2) &&
  result.events.every((event) => event.kind !== 'tracking' || event.state === 'NEW') &&
  result.trace.every(({ target }) => target !== 'NOTRACK' && target !== 'CT');

const rowsOf = (exposures: readonly Exposure[]) => exposures.flatMap(({ rows, space }) => rows.map((row) => ({ row, space })));

describe.each([4, 6] as const)('the service matrix and the walk, IPv%i', (family) => {
  const many = Number(process.env.IPTLINT_AGREEMENT ?? 120);
  const counts = { rows: 0, certain: 0, delivered: 0, exact: 0, unmade: 0 };

  it(`${many} random rulesets: every row's packet gets there, every delivered packet has its row`, () => {
    for (let seed = 1; seed <= many; seed++) {
      const random = new Random(seed * 7919 + family);
      const text = randomRuleset(random, family);
      const ruleset = rulesetOf(text, family);
      const context = { addresses: { name: 'addr.json', text: addresses } };
      const exposures = exposureOf(ruleset, {
        most: 10_000,
        interfaces: host.interfaces,
        resolver: contextResolver(ruleset, context, null),
      });
      const say = (more: unknown): string => `seed ${seed}\n${JSON.stringify(more)}\n${text}`;
      for (const { rows, isExact } of exposures) {
        counts.exact += Number(isExact);
        for (const row of rows) {
          counts.rows++;
          if (!isExact) continue;
          const json = packetJson(row.packet);
          if (!host.interfaces.some(({ name }) => name === json.in)) continue;
          // Tests come out as the row has it.
          const told = row.packet.tests;
          const assume = ({ text }: Test): boolean | undefined => told.find((one) => one.text === text)?.holds;
          if (told.some(({ text, holds }) => assume({ text } as Test) !== holds)) continue;
          // GRE is translated where its header is there.
          const packet = must(readPacket({ ...json, ...(json.proto === 'gre' ? { payload: 'eight bytes' } : {}) } as never));
          const result = new Tracer(ruleset, { host, assume, history: 'unknown' }).trace(packet);
          // Some packets that a set holds cannot be made: 40 bytes that hold a TCP option.
          const { numbers } = fieldsOf(packet, result);
          if (
            [...row.packet.numbers].some(([field, value]) => asked.includes(field) && numbers.has(field) && numbers.get(field) !== value)
          ) {
            counts.unmade++;
            continue;
          }
          counts.certain += Number(result.certain);
          expect(
            result.ways.some((way) => tells(row, way)) || result.truncated,
            say({
              json,
              row: { ...row, packet: 0, cubes: 0 },
              ways: result.ways.map(({ verdict, by, where, matched }) => ({ verdict, by, where, matched })),
            }),
          ).toBe(true);
        }
      }
      const rows = rowsOf(exposures);
      for (const json of randomPackets(random, family, 60)) {
        if (json.keep || json.in === 'local') continue;
        const packet = must(readPacket(json as never));
        const result = new Tracer(ruleset, { host }).trace(packet);
        if (!result.certain || result.verdict !== 'delivered' || !isNew(packet, result)) continue;
        counts.delivered++;
        const here = fieldsOf(packet, result);
        // The hook that decides sees what routing left of the TTL.
        if (result.where === 'forward') (here.numbers as Map<FieldName, Ordinal>).set('ttl', Number(here.numbers.get('ttl')) - 1);
        const holding = rows.filter(({ row, space }) => row.cubes.some((cube) => inCube(space, cube, here)));
        expect(
          holding.some(({ row }) => tells(row, result)),
          say({
            json,
            by: result.by,
            where: result.where,
            matched: result.matched,
            holding: holding.map(({ row }) => ({ ...row, packet: 0, cubes: 0 })),
          }),
        ).toBe(true);
      }
    }
    // Few packets cannot be made, and most rulesets are told exactly.
    expect(counts.unmade * 5).toBeLessThan(counts.rows);
    expect(counts.delivered).toBeGreaterThan(many);
  });
});
