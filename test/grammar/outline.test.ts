/** A rule read by the outline of one before it is the rule that its words alone make, and what is wrong with it is told all the same. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchSpecs, targetSpecs } from '../../grammar/extensions/catalogue.js';
import { outlined, parse, type RuleNode } from '../../grammar/index.js';
import { LazyRule } from '../../grammar/syntax/lazy-rule.js';
import { type Outlined, optionsIn, outlineAlone, targetName } from '../../grammar/syntax/outline.js';
import { corpus } from '../helpers/corpus.js';

/** All that an outline and its values say, apart from how they share it. */
const said = (made: Outlined) => {
  const { matches, target, whole, passedOverBy } = made.outline;
  const usesOf = (use: (typeof matches)[number]) => ({ name: use.name, spec: use.spec, options: optionsIn(use, made.values) });
  const plain = (options: ReturnType<typeof optionsIn>) => options.map(({ key, spec, negated, value }) => ({ key, spec, negated, value }));
  return {
    whole,
    passedOverBy,
    matches: matches.map(usesOf).map((use) => ({ ...use, options: plain(use.options) })),
    target: target && { name: targetName(made), spec: target.spec, goto: target.goto, options: plain(optionsIn(target, made.values)) },
  };
};

const rulesOf = (text: string, family: 4 | 6): LazyRule[] =>
  parse(text, { family }).document.items.flatMap((item) =>
    item.kind === 'table' ? item.items.filter((line) => line instanceof LazyRule) : [],
  );

/** By outline as by nodes. */
const check = (rules: readonly RuleNode[]): void => {
  for (const rule of rules) expect(said(outlined(rule))).toEqual(said(outlineAlone(rule)));
};

const folder = new URL('../../fixtures/ok/', import.meta.url);
const fixtures = readdirSync(folder)
  .filter((name) => name.endsWith('.rules'))
  .map((name) => ({ name, family: name.includes('v6') ? (6 as const) : (4 as const), text: readFileSync(new URL(name, folder), 'utf8') }));

test.each(fixtures)('$name', ({ text, family }) => check(rulesOf(text, family)));

test('the examples of every extension, each line three times', () => {
  for (const family of [4, 6] as const) {
    const lines = [...matchSpecs, ...targetSpecs].flatMap(({ kind, examples }) =>
      examples.map(({ rule, table }) => ({ table: table ?? 'filter', line: `-A INPUT ${rule}${kind === 'match' ? ' -j ACCEPT' : ''}` })),
    );
    for (const table of new Set(lines.map((line) => line.table)))
      check(
        rulesOf(
          `*${table}\n${lines
            .filter((line) => line.table === table)
            .map(({ line }) => `${line}\n`.repeat(3))
            .join('')}COMMIT\n`,
          family,
        ),
      );
  }
});

test('rules that differ in values alone share their outline', () => {
  const rules = rulesOf(
    '*filter\n:A - [0:0]\n:B - [0:0]\n-A INPUT -s 192.0.2.1 -p tcp -m tcp --dport 80 -j A\n-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 443 -j B\n-A INPUT -s 192.0.2.1 -p tcp -m tcp --dport 80 -j DROP\n-A INPUT -s 192.0.2.1 -p udp -m udp --dport 80 -j A\nCOMMIT\n',
    4,
  ).map(outlined);
  expect(rules[0]!.outline).toBe(rules[1]!.outline);
  expect(new Set(rules.map(({ outline }) => outline)).size).toBe(3);
  expect(rules.map(targetName)).toEqual(['A', 'B', 'DROP', 'A']);
});

describe('what is wrong with a rule is told whatever stands before it', () => {
  const good = [
    '-A INPUT -s 192.0.2.1/32 ! -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT',
    '-A INPUT -p udp -m udp --sport 53 -m limit --limit 5/sec --limit-burst 7 -j LOG --log-prefix "a b "',
    '-A INPUT -p tcp -m multiport --dports 80,443 -m conntrack --ctstate NEW -j web',
    '-A INPUT -m set ! --match-set banned src -g web',
    '-A INPUT -p icmp -j DNAT --to-destination 192.0.2.5',
    '-A INPUT ! -s 192.0.2.1/32 -d 198.51.100.0/24 -j ACCEPT',
    '-A INPUT -m statistic --mode nth --every 3 --packet 1 -j ACCEPT',
    '-A INPUT -p icmp -m icmp --icmp-type 8 -j REJECT --reject-with icmp-port-unreachable',
  ];
  const words = [
    '!',
    '-s',
    '-p',
    'tcp',
    '0',
    '99999',
    '"',
    '"x y"',
    '-m',
    '--dport',
    '-j',
    'ACCEPT',
    'LOG',
    'web',
    '192.0.2.300',
    '192.0.2.5:80',
    '0/0',
    '192.0.2.1,192.0.2.2',
    '+1',
    '--limit',
    '-c',
    '1',
  ];
  const line = fc
    .tuple(
      fc.constantFrom(...good),
      fc.array(fc.tuple(fc.nat(20), fc.constantFrom('put', 'drop', 'swap'), fc.constantFrom(...words)), { maxLength: 3 }),
    )
    .map(([text, edits]) => {
      const list = text.split(' ');
      for (const [at, how, word] of edits)
        list.splice(2 + (at % (list.length - 1)), how === 'put' ? 0 : 1, ...(how === 'drop' ? [] : [word]));
      return list.join(' ');
    });
  const problemsOf = (lines: readonly string[]): string[][] => {
    const text = `*filter\n${lines.join('\n')}\nCOMMIT\n`;
    const { document, problems } = parse(text, { family: 4 });
    const found: string[][] = lines.map(() => []);
    for (const { code, severity, message, start } of problems)
      found[document.source.position(start).line - 2]?.push(`${severity} ${code} ${message}`);
    return found;
  };

  test('alone, or behind good rules of every kind', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), (lines) => {
        const among = problemsOf([...good, ...good, ...lines]).slice(2 * good.length);
        expect(among).toEqual(lines.map((one) => problemsOf([one])[0]));
      }),
      { numRuns: 300 },
    );
  });
});

describe.skipIf(corpus.length === 0)('real rulesets (../shared/corpus)', () => {
  test('every rule', () => {
    for (const entry of corpus.filter(({ rules }) => rules < 3000)) check(rulesOf(entry.text(), entry.family));
  }, 120_000);
});
