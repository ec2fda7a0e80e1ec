/** The engine and a slow, obvious checker agree on random rulesets: which rules any packet reaches. */
import { describe, expect, it } from 'vitest';
import { type Hook, parse } from '../../grammar/index.js';
import { Reachability } from '../../src/analysis/reachability.js';
import { resolve } from '../../src/model/resolve.js';
import { random, randomTable, someTopics, worldOf } from './random-rulesets.js';
import { reachedInTable, reachedOnWay } from './slow-checker.js';

const many = Number(process.env.IPTLINT_AGREEMENT ?? 400);

const rulesetOf = (text: string) => {
  const { document, problems } = parse(text, { name: 'random', family: 4 });
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) throw new Error(`${errors[0]!.message}\n${text}`);
  return resolve(document).rulesets[0]!;
};

/** A readable difference: the lines where the two disagree. */
const disagreement = (text: string, reach: Reachability, reached: ReadonlySet<number>, exact: boolean): string => {
  const lines: string[] = [];
  for (const rule of reach.ruleset.rules) {
    const status = reach.status(rule);
    const wanted = reached.has(rule.id) ? 'live' : 'dead';
    if (status === 'unknown' || status === wanted || (!exact && wanted === 'dead')) continue;
    lines.push(`engine says ${status}, the checker ${wanted}: ${reach.ruleset.source.slice(rule.node)}`);
  }
  return lines.length === 0 ? '' : `${text}${lines.join('\n')}`;
};

describe('agreement with the slow checker', () => {
  it(`one table: ${many} random rulesets`, () => {
    for (let seed = 1; seed <= many; seed++) {
      const next = random(seed);
      const chosen = someTopics(next, 700);
      const marks = chosen.some((topic) => topic.field === 'mark') && next() < 0.7;
      const table = marks ? 'mangle' : 'filter';
      const hooks: readonly Hook[] = next() < 0.5 ? ['FORWARD'] : ['FORWARD', 'INPUT', 'OUTPUT'];
      const text = randomTable(next, chosen, { table, hooks, rules: 4 + Math.floor(next() * 14), marks });
      const ruleset = rulesetOf(text);
      const { packets, outs } = worldOf(chosen);
      const worlds = hooks.map((hook) => ({
        hook,
        packets: packets.flatMap((packet) =>
          (hook === 'INPUT' ? [''] : outs).map((out) => ({
            ...packet,
            outInterface: out,
            inInterface: hook === 'OUTPUT' ? '' : packet.inInterface,
          })),
        ),
      }));
      const reached = reachedInTable(ruleset, table, worlds);
      const reach = new Reachability(ruleset);
      expect(disagreement(text, reach, reached, true), `seed ${seed}`).toBe('');
    }
  });

  it(`mangle, then filter: ${many >> 1} random rulesets with marks`, () => {
    for (let seed = 1; seed <= many >> 1; seed++) {
      const next = random(seed * 7919);
      const chosen = someTopics(next, 300, (topic) => topic.field !== 'ttl' && topic.field !== null);
      const mangle = randomTable(next, chosen, {
        table: 'mangle',
        hooks: next() < 0.5 ? ['PREROUTING'] : ['PREROUTING', 'FORWARD', 'INPUT'],
        rules: 2 + Math.floor(next() * 6),
        marks: true,
      });
      const filter = randomTable(next, chosen, { table: 'filter', hooks: ['FORWARD', 'INPUT'], rules: 2 + Math.floor(next() * 8) });
      const text = mangle + filter;
      const ruleset = rulesetOf(text);
      const { packets, outs } = worldOf(chosen);
      const reached = new Set<number>();
      for (const id of reachedOnWay(ruleset, ['PREROUTING', 'INPUT'], packets, [''])) reached.add(id);
      for (const id of reachedOnWay(ruleset, ['PREROUTING', 'FORWARD'], packets, outs)) reached.add(id);
      // POSTROUTING holds no rules; chains that only it could enter are not entered.
      const reach = new Reachability(ruleset);
      expect(disagreement(text, reach, reached, true), `seed ${seed}`).toBe('');
    }
  });
});
