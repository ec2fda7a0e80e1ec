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
    '-A INPUT -m comment --comment ok -j LOG --log-prefix ok',
    // Words that are no value are told again of each line.
    '-A INPUT -s 192.0.2.7/32 -m mac --mac-source XX:XX:XX:XX:XX:XX -j ACCEPT',
    '-A INPUT -s 192.0.2.300 -p tcp -m tcp --sport 80 ! --dport htps -j web',
    '[12:3456] -A INPUT -d 192.0.2.1/32 -m comment --comment "a \\"b\\" c" -j RETURN',
  ];
  /** Longer than the first chunk that the grammar reads: what follows is read by what it learned there. */
  const before = Array.from({ length: 5 }, () => good).flat();
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
    '',
    '-A',
    '-I',
    '"!"',
    '"-j"',
    '"-j',
    'a"b c"',
    "'x",
    '\\',
    '"\\\\"',
    '"\\"',
    '[1:2]',
    '--dport=80',
    ';',
  ];
  /** Put between the letters of a line. */
  const signs = ['\t', '  ', ' ', '\0', '\r', '\u00a0', '\f', '"', '\\', '-', '!', ',', ':', '\u00e9', '\u{1f600}', 'x'.repeat(300)];
  const line = fc
    .tuple(
      fc.constantFrom(...good),
      fc.array(fc.tuple(fc.nat(20), fc.constantFrom('put', 'drop', 'swap'), fc.constantFrom(...words)), { maxLength: 3 }),
    )
    .map(([text, edits]) => {
      const list = text.split(' ');
      for (const [at, how, word] of edits) list.splice(at % (list.length + 1), how === 'put' ? 0 : 1, ...(how === 'drop' ? [] : [word]));
      return list.join(' ');
    });
  const bent = fc
    .tuple(line, fc.array(fc.tuple(fc.nat(120), fc.boolean(), fc.constantFrom(...signs)), { maxLength: 2 }))
    .map(([text, edits]) => edits.reduce((was, [at, puts, sign]) => was.slice(0, at) + sign + was.slice(puts ? at : at + 1), text));
  /** Places within their line. */
  type Placed = { start: number; end: number };
  const nodesOf = (
    { name, start, end, options }: Placed & { name: string; options: readonly (Placed & { key: string; words: unknown })[] },
    line: number,
  ) => ({
    name,
    at: [start - line, end - line],
    options: options.map((option) => ({ key: option.key, words: option.words, at: [option.start - line, option.end - line] })),
  });
  /** Of each line what is wrong with it, and what it is: in words, by outline and by nodes, with all places. */
  const saidOf = (lines: readonly string[]) => {
    const text = `*filter\n${lines.join('\n')}\nCOMMIT\n`;
    const { document, problems } = parse(text, { family: 4 });
    const found = lines.map(() => ({ problems: [] as string[], items: [] as unknown[] }));
    const at = (offset: number) => {
      const { line } = document.source.position(offset);
      return { of: found[line - 2], start: text.lastIndexOf('\n', offset - 1) + 1 };
    };
    for (const { code, severity, message, start, end } of problems) {
      const line = at(start);
      line.of?.problems.push(`${severity} ${code} ${message} ${start - line.start} ${end - line.start}`);
    }
    for (const table of document.items)
      for (const item of table.kind === 'table' ? table.items : [table]) {
        const line = at(item.start);
        line.of?.items.push(
          item.kind === 'rule'
            ? {
                chain: item.chain,
                chainAt: item.chain === '' ? null : [item.chainSpan.start - line.start, item.chainSpan.end - line.start],
                end: item.end - line.start,
                counters: item.counters && `${item.counters.packets}:${item.counters.bytes} ${item.counters.end - line.start}`,
                said: said(outlined(item)),
                matches: item.matches.map((match) => nodesOf(match, line.start)),
                target: item.target && nodesOf(item.target, line.start),
                position: item.position,
              }
            : [item.kind, item.end - line.start],
        );
      }
    return found;
  };
  /** What runs over line ends, or is told once, is none of a line alone. */
  const isOneLine = (text: string): boolean =>
    text.trim() !== '' && /^(?:[ \t]*(?:[^" \t\r]*"(?:\\[^\0\r]|[^"\\\r\0])*"|[^" \t\r]+(?=[ \t]|$)))*[ \t]*$/.test(text);

  test.each([
    ['words', line],
    ['letters', bent],
  ])('other %s: alone, or behind known rules of every kind', (_name, lines) => {
    fc.assert(
      fc.property(fc.array(lines.filter(isOneLine), { minLength: 1, maxLength: 12 }), (these) => {
        const among = saidOf([...before, ...these]).slice(before.length);
        expect(among).toEqual(these.map((one) => saidOf([one])[0]));
      }),
      { numRuns: 300 },
    );
  });

  test('each word put for each other one, and before it', () => {
    const these = good.flatMap((text) => {
      const list = text.split(' ');
      return list.flatMap((_, at) => words.flatMap((word) => [0, 1].map((drop) => list.toSpliced(at, drop, word).join(' '))));
    });
    const sound = [...new Set(these)].filter(isOneLine);
    expect(sound.length).toBeGreaterThan(5000);
    const among = saidOf([...before, ...sound]).slice(before.length);
    for (const [i, one] of sound.entries()) expect(among[i], one).toEqual(saidOf([one])[0]);
  });

  test('lines like those before them are read without the grammar, and are rules like them', () => {
    const rules = rulesOf(`*filter\n${[...before, ...before].join('\n')}\nCOMMIT\n`, 4);
    for (const { words } of rules.slice(before.length) as unknown as { words: unknown }[]) expect(words).toBe(null);
    check(rules);
    expect(rules.slice(before.length).map((rule) => said(outlined(rule)))).toEqual(
      rules.slice(0, before.length).map((rule) => said(outlined(rule))),
    );
  });

  test.each([
    ['-A INPUT -j ACCEPT\r', 'carriage-return'],
    ['-A INPUT -j ACCEPT\n-A INPUT -j ACCEPT\r', 'carriage-return'],
    [':web - [0:0]\r', 'carriage-return'],
    ['-A INPUT -m comment --comment "a \\\nb" -j LOG --log-prefix ok', 'unclosed-quote'],
  ])('%j', (text, code) => {
    const { problems } = parse(`*filter\n${before.join('\n')}\n${text}\nCOMMIT\n`, { family: 4 });
    expect(problems.map((problem) => problem.code).filter((one) => one !== 'bad-value')).toEqual([code]);
  });
});

describe.skipIf(corpus.length === 0)('real rulesets (../shared/corpus)', () => {
  test('every rule', () => {
    for (const entry of corpus.filter(({ rules }) => rules < 3000)) check(rulesOf(entry.text(), entry.family));
  }, 120_000);
});
