/**
 * The engine and a slow, obvious checker agree on random rulesets that use every match and every rewriting target: a rule that the engine calls dead is met
 * by no packet of a small, complete world, and the packet that it tells of a live one is among those that meet the rule.
 * `IPTLINT_AGREEMENT=5000 IPTLINT_AGREEMENT_SEED=7` asks for more, and others.
 */
import { describe, expect, it } from 'vitest';
import { matchSpecs, targetSpecs } from '../../grammar/extensions/catalogue.js';
import { builtIn } from '../../grammar/extensions/matches/built-in.js';
import { type Family, parse, type TableName } from '../../grammar/index.js';
import { Reachability } from '../../src/analysis/reachability.js';
import { resolve } from '../../src/model/resolve.js';
import type { Ruleset } from '../../src/model/ruleset.js';
import { random, randomRuleset, randomWayOut, wordsBeside } from './random-rulesets.js';
import { SlowChecker, TooMany } from './slow-checker.js';
import { deeds, one, sayings } from './vocabulary.js';

const usual = 750;
const many = Number(process.env.IPTLINT_AGREEMENT ?? usual);
const third = Math.floor(many / 3);
const firstSeed = Number(process.env.IPTLINT_AGREEMENT_SEED ?? 1);

/** Packets at one place that the checker may enumerate. */
const most = 2000;

const rulesetOf = (text: string, family: Family): Ruleset => {
  const { document, problems } = parse(text, { name: 'random', family });
  const errors = problems.filter((problem) => problem.severity === 'error' && !problem.backend);
  if (errors.length > 0) throw new Error(`${errors[0]!.message}\n${text}`);
  return resolve(document).rulesets[0]!;
};

const tally = { rulesets: 0, loose: 0, rules: 0, dead: 0, passedOver: 0 };

/** A readable difference: the lines where the two disagree. */
const disagreement = (text: string, ruleset: Ruleset, checker: SlowChecker): string => {
  const reach = new Reachability(ruleset);
  const lines: string[] = [];
  for (const rule of ruleset.rules) {
    const status = reach.status(rule);
    const isMet = checker.isMet(rule);
    tally.rules++;
    if (status === 'dead') tally.dead++;
    if (status === 'unknown') continue;
    const line = ruleset.source.slice(rule.node);
    if ((checker.isLoose && status === 'live') || (checker.isUnheard(rule) && status === 'dead')) continue;
    if (status !== (isMet ? 'live' : 'dead')) lines.push(`the engine says ${status}, the checker ${isMet ? 'live' : 'dead'}: ${line}`);
    else if (status === 'live') {
      const { packet } = reach.verdict(rule);
      if (packet && !checker.isAmong(rule, packet, !reach.table(rule).rewrites))
        lines.push(
          `no such packet meets it: ${line}\n  ${packet.hook} ${[...packet.numbers, ...packet.names].map(([field, value]) => `${field}=${value}`).join(' ')} ${JSON.stringify(packet.tests)}`,
        );
    }
  }
  return lines.length === 0 ? '' : `${text}${lines.join('\n')}`;
};

/** How many rulesets were judged: each puts the next thing that can be said first. */
let turn = firstSeed - 1;

/** A random ruleset small enough to be enumerated, by seed. */
const enumerable = (
  seed: number,
  tables: readonly TableName[],
  rules: number,
): { readonly text: string; readonly ruleset: Ruleset; readonly checker: SlowChecker } => {
  const next = random(seed * 7919);
  const first = sayings[turn % sayings.length]!;
  const family: Family = first.families?.[0] ?? (Math.floor(turn / sayings.length) % 2 === 0 ? 4 : 6);
  const fitting = deeds.filter((deed) => (deed.families?.includes(family) ?? true) && tables.some((table) => deed.tables.includes(table)));
  const deed = fitting[turn % fitting.length]!;
  turn++;
  // The more tables, the fewer words: what one table does is then asked by the next.
  for (let count = tables.length === 1 ? 4 : 2 - (turn % 3); ; count = Math.max(0, count - 1)) {
    const words = wordsBeside(next, first, family, count);
    const text = randomRuleset(next, { family, tables, rules: 3 + Math.floor(next() * rules), words, deed });
    const ruleset = rulesetOf(text, family);
    try {
      const checker = new SlowChecker(ruleset, most);
      checker.run();
      note(ruleset);
      return { text, ruleset, checker };
    } catch (error) {
      if (!(error instanceof TooMany)) throw error;
      tally.passedOver++;
    }
  }
};

/** All that the rules of the judged rulesets said. */
const said = new Set<string>();

const note = ({ rules, family }: Ruleset): void => {
  for (const { node } of rules) {
    for (const { spec, options } of node.matches) {
      if (!spec) continue;
      said.add(`-m ${spec.name} ${family}`);
      for (const { key, negated } of options) said.add(`-m ${spec.name} ${negated ? '! ' : ''}${spec.options[key]?.flag} ${family}`);
    }
    if (node.target) said.add(`-j ${node.target.name} ${family}`);
  }
};

const judge = (name: string, count: number, tablesOf: (next: () => number) => readonly TableName[], rules: number): void => {
  it(`${name}: ${count} random rulesets`, { timeout: 60_000 + count * 1000 }, () => {
    const wrong: string[] = [];
    for (let seed = firstSeed; seed < firstSeed + count && wrong.length < 5; seed++) {
      const { text, ruleset, checker } = enumerable(seed, tablesOf(random(seed * 31)), rules);
      tally.rulesets++;
      if (checker.isLoose) tally.loose++;
      const found = disagreement(text, ruleset, checker);
      if (found !== '') wrong.push(`seed ${seed}, IPv${ruleset.family}\n${found}`);
    }
    if (process.env.IPTLINT_AGREEMENT) console.log(JSON.stringify(tally));
    expect(wrong.join('\n\n')).toBe('');
  });
};

describe('the engine agrees with the slow checker', () => {
  judge('one table', third, (next) => [one(next, ['filter', 'filter', 'mangle', 'nat', 'raw', 'security'])], 12);
  judge(
    'two tables',
    third,
    (next) =>
      one(next, [
        ['mangle', 'filter'],
        ['nat', 'filter'],
        ['mangle', 'nat'],
        ['raw', 'filter'],
      ]),
    6,
  );
  judge('all tables', third, () => ['raw', 'mangle', 'nat', 'filter'], 4);

  it(`the way out: ${third} random rulesets`, { timeout: 60_000 + third * 1000 }, () => {
    const wrong: string[] = [];
    for (let seed = firstSeed; seed < firstSeed + third && wrong.length < 5; seed++) {
      const text = randomWayOut(random(seed * 7919 + 5), 3);
      const ruleset = rulesetOf(text, 4);
      const checker = new SlowChecker(ruleset, 20 * most);
      try {
        checker.run();
      } catch (error) {
        if (!(error instanceof TooMany)) throw error;
        tally.passedOver++;
        continue;
      }
      tally.rulesets++;
      const found = disagreement(text, ruleset, checker);
      if (found !== '') wrong.push(`seed ${seed}\n${found}`);
    }
    if (process.env.IPTLINT_AGREEMENT) console.log(JSON.stringify(tally));
    expect(wrong.join('\n\n')).toBe('');
  });

  it.skipIf(many < usual)('on every option of every match, with and without `!`, in both families, and every target that rewrites', () => {
    const missing: string[] = [];
    const want = (what: string): void => {
      if (!said.has(what)) missing.push(what);
    };
    for (const family of [4, 6] as const) {
      for (const spec of [builtIn, ...matchSpecs]) {
        if (!(spec.families?.includes(family) ?? true)) continue;
        want(`-m ${spec.name} ${family}`);
        for (const { flag, families, negatable } of Object.values(spec.options)) {
          // -4 and -6 choose the program and ask nothing.
          if (!(families?.includes(family) ?? true) || flag === '-4' || flag === '-6') continue;
          want(`-m ${spec.name} ${flag} ${family}`);
          if (negatable) want(`-m ${spec.name} ! ${flag} ${family}`);
        }
      }
      for (const spec of targetSpecs) if (spec.rewrites && (spec.families?.includes(family) ?? true)) want(`-j ${spec.name} ${family}`);
    }
    expect(missing).toEqual([]);
  });
});
