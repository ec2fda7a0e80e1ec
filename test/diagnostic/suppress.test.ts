/** Silence: what each form covers, and what is told of the silences themselves. */
import { describe, expect, test, vi } from 'vitest';
import { Source } from '../../grammar/index.js';
import type { Diagnostic } from '../../src/diagnostic/diagnostic.js';
import { applySilences } from '../../src/diagnostic/suppress.js';
import { shadowedRule } from '../reporters/sample.js';

vi.setConfig({ testTimeout: 60_000 });

const checks = [shadowedRule, { ...shadowedRule, id: 'duplicate-rule' }];

/** Lints `lines` as if every line with `-s` in it were shadowed, and tells what is left, by line. */
const left = (
  lines: string[],
  {
    runs = () => true,
    change = (found: Diagnostic) => found,
  }: { runs?: (id: string) => boolean; change?: (found: Diagnostic) => Diagnostic } = {},
) => {
  const source = new Source('rules.v4', lines.join('\n'));
  const found = [...source.text.matchAll(/^-A.*-s .*$/gm)].map(
    ({ 0: line, index }): Diagnostic =>
      change({
        check: 'shadowed-rule',
        category: 'reachability',
        level: 'error',
        certainty: 'proved',
        message: 'dead',
        source,
        at: { start: index, end: index + line.length },
        related: [],
      }),
  );
  const { kept, suppressed } = applySilences([{ name: source.name, text: source.text }], found, { checks, runs });
  return {
    kept: kept.map(({ check, level, at, message }) => `${source.position(at.start).line} ${level}[${check}] ${message}`),
    suppressed,
  };
};

const rule = '-A INPUT -s 192.0.2.1 -j DROP';

describe('ignore-next-line', () => {
  test('the next rule, over blank lines and comments, and no other', () => {
    expect(left(['# iptlint: ignore-next-line[shadowed-rule] -- why', '', '# more words', rule, rule])).toEqual({
      kept: ['5 error[shadowed-rule] dead'],
      suppressed: 1,
    });
  });
  test('several ids, blanks as you like; one that finds nothing is told', () => {
    expect(left(['  #iptlint:  ignore-next-line [ shadowed-rule , duplicate-rule ]', rule])).toEqual({
      kept: ['1 info[useless-silence] duplicate-rule has nothing to say here; this silences nothing'],
      suppressed: 1,
    });
  });
  test('a check that did not run is not called useless', () => {
    expect(
      left(['# iptlint: ignore-next-line[duplicate-rule]', '-A INPUT -j DROP'], { runs: (id) => id !== 'duplicate-rule' }).kept,
    ).toEqual([]);
  });
  test('at the very end it has no line', () => {
    expect(left([rule, '# iptlint: ignore-next-line[shadowed-rule] -- why']).kept).toHaveLength(2);
  });
});

test('ignore-file: every line, before it and after', () => {
  expect(left([rule, '# iptlint: ignore-file[shadowed-rule] -- a lab', rule])).toEqual({ kept: [], suppressed: 2 });
});

test('two silences over one rule both count; many silences are quick', () => {
  expect(left(['# iptlint: ignore-next-line[duplicate-rule]', '# iptlint: ignore-next-line[shadowed-rule]', rule, rule]).kept).toEqual([
    '4 error[shadowed-rule] dead',
    '1 info[useless-silence] duplicate-rule has nothing to say here; this silences nothing',
  ]);
  const start = performance.now();
  const many = Array.from({ length: 20_000 }, () => ['# iptlint: ignore-next-line[shadowed-rule] -- why', rule]).flat();
  expect(left(many)).toEqual({ kept: [], suppressed: 20_000 });
  expect(performance.now() - start).toBeLessThan(20_000);
});

describe('in a rule', () => {
  test.each([
    '-m comment --comment "iptlint:ignore=shadowed-rule ticket 4711"',
    '-m comment --comment iptlint:ignore=shadowed-rule',
    "-m comment --comment 'iptlint:ignore=shadowed-rule why'",
    '-m comment --comment "allow web \\"iptlint\\" iptlint:ignore=shadowed-rule why"',
  ])('%s', (comment) => {
    expect(left([`${rule} ${comment}`, rule])).toEqual({ kept: ['2 error[shadowed-rule] dead'], suppressed: 1 });
  });
  test('not where it is no comment', () => {
    expect(left([`${rule} -m string --string "iptlint:ignore=shadowed-rule" --algo bm`]).kept).toHaveLength(1);
  });
});

test.each([
  ['# iptlint: ignore-next-line[shadowd-rule] -- typo', 'warning', 'there is no check named shadowd-rule, so this silences nothing'],
  ['# iptlint: ignore-next-line[] -- none', 'warning', 'this silence names no check'],
  ['# iptlint: ignore-next-line', 'warning', 'this silence cannot be read'],
  ['# iptlint: disable[shadowed-rule]', 'warning', 'this silence cannot be read'],
])('%s', (comment, level, message) => {
  expect(left([comment, '-A INPUT -j DROP']).kept).toEqual([`1 ${level}[useless-silence] ${message}`]);
});

test('prose about iptlint: is no silence', () => {
  expect(left(['# see the manual of iptlint: it tells', '-A INPUT -j DROP']).kept).toEqual([]);
});

test('useless silences can be silenced, once', () => {
  expect(
    left(['# iptlint: ignore-file[useless-silence] -- shared header', '# iptlint: ignore-file[duplicate-rule]', '-A INPUT -j DROP']).kept,
  ).toEqual([]);
  expect(left(['# iptlint: ignore-file[useless-silence]', '-A INPUT -j DROP']).kept).toEqual([
    '1 info[useless-silence] useless-silence has nothing to say here; this silences nothing',
  ]);
});

describe('a finding over several dead rules', () => {
  const lines = [rule, rule, rule];
  const joined = (silenced: number[]) =>
    left(
      lines.map((line, index) => (silenced.includes(index) ? `${line} -m comment --comment iptlint:ignore=shadowed-rule` : line)),
      {
        change: (found) => {
          // The first rule's finding tells of all three; the others are folded into it.
          const spans = [...found.source.text.matchAll(/.+/g)].map(({ 0: line, index }) => ({ start: index, end: index + line.length }));
          return { ...found, at: spans[0]!, related: spans.slice(1).map((at) => ({ at, message: 'dead too', dead: true })) };
        },
      },
    );
  test('loses the silenced line, keeps the others', () => {
    expect(joined([1]).kept[0]).toBe('1 error[shadowed-rule] dead');
    expect(joined([0]).kept[0]).toMatch(/^2 error\[shadowed-rule\] dead/);
    expect(joined([0, 1, 2]).kept).toEqual([]);
  });
});

describe('of a chain as a whole', () => {
  const text = [
    '*filter',
    ':INPUT ACCEPT [0:0]',
    ':FORWARD ACCEPT [0:0]',
    '-A INPUT -p tcp -m tcp --dport 25 -m comment --comment "iptlint:ignore=open-policy a test host" -j DROP',
    '-A FORWARD -p tcp -m tcp --dport 25 -j DROP',
    'COMMIT',
    '*mangle',
    ':INPUT ACCEPT [0:0]',
    'COMMIT',
  ].join('\n');
  const source = new Source('rules.v4', text);
  const lines = text.split('\n');
  const spanOf = (line: number) => {
    const start = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
    return { start, end: start + lines[line - 1]!.length };
  };
  const openPolicy = { ...shadowedRule, id: 'open-policy' };
  const of = (table: string, chain: string, line: number, rule?: Diagnostic['rule']): Diagnostic => ({
    check: 'open-policy',
    category: 'security',
    level: 'info',
    certainty: 'proved',
    message: `${table} ${chain}`,
    source,
    at: spanOf(line),
    table,
    chain,
    ...(rule && { rule }),
    related: [],
  });
  const kept = (...found: readonly Diagnostic[]) =>
    applySilences([{ name: source.name, text }], found, { checks: [openPolicy], runs: () => true }).kept.map(({ message }) => message);

  test('a rule of the chain silences it, and none of another chain or table', () => {
    expect(kept(of('filter', 'INPUT', 2), of('filter', 'FORWARD', 3), of('mangle', 'INPUT', 8))).toEqual([
      'filter FORWARD',
      'mangle INPUT',
    ]);
  });
  test('what is told of other rules of the chain stays', () => {
    expect(kept(of('filter', 'INPUT', 5, { number: 2, of: 2 }))[0]).toBe('filter INPUT');
  });
});
