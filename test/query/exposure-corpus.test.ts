/** The service matrix of real rulesets, row by row against the walk of one packet. */
import { describe, expect, it } from 'vitest';
import { Fault, parse, type Test } from '../../grammar/index.js';
import { readPacket, Tracer } from '../../src/analysis/trace/index.js';
import { resolve } from '../../src/model/resolve.js';
import { packetJson } from '../../src/packets/pick.js';
import { exposureOf } from '../../src/query/exposure.js';
import { corpus } from '../helpers/corpus.js';

const chosen = corpus.filter(({ rules, loads }) => loads && rules <= 1500);

describe.skipIf(chosen.length === 0)(`real rulesets${chosen.length === 0 ? ' (skipped: there is no ../shared/corpus)' : ''}`, () => {
  it('what a row says gets there, gets there by its lines', { timeout: 300_000 }, () => {
    let asked = 0;
    let published = 0;
    for (const { path, family, text } of chosen)
      for (const ruleset of resolve(parse(text(), { name: path, family }).document).rulesets)
        for (const { rows, isExact } of exposureOf(ruleset, { most: 30 }))
          for (const row of isExact ? rows : []) {
            const { tests, names } = row.packet;
            // A packet in JSON tells no bridge ports; a test that has to fall both ways cannot be assumed.
            if (names.has('physicalIn') || names.has('physicalOut')) continue;
            const assume = (test: Test): boolean | undefined => tests.find((one) => one.text === test.text)?.holds;
            if (tests.some((one) => assume(one as unknown as Test) !== one.holds)) continue;
            const json = packetJson(row.packet);
            const packet = readPacket({ ...json, ...(json.proto === 'gre' ? { payload: 'eight bytes' } : {}) } as never);
            if (packet instanceof Fault) throw new Error(`${path}: ${packet.message}`);
            const { ways, truncated } = new Tracer(ruleset, { assume, history: 'unknown' }).trace(packet);
            const isBorneOut = ways.some(
              ({ verdict, where, by, matched }) =>
                verdict === 'delivered' &&
                (where === 'local') === (row.hook === 'INPUT') &&
                (by.by === 'rule' ? row.lines.includes(by.line) : by.by === 'policy' ? row.byPolicy : row.lines.length === 0) &&
                (row.translatedBy.length === 0 || row.translatedBy.some((line) => matched.includes(line))),
            );
            asked++;
            if (row.translatedBy.length > 0) published++;
            const told = JSON.stringify({
              json,
              row: { ...row, packet: 0, cubes: 0 },
              ways: ways.map(({ verdict, by }) => ({ verdict, by })),
            });
            expect(isBorneOut || truncated, `${path} ${told}`).toBe(true);
          }
    expect(asked).toBeGreaterThan(500);
    expect(published).toBeGreaterThan(50);
  });
});
