/** The library's door, used as its own documentation shows. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checks, lint, parse, print, resolve, settle } from '../src/index.js';

const text = `*filter
:INPUT DROP [0:0]
:WEB - [0:0]
-A INPUT -p tcp --dport 80 -j WEB
-A WEB -s 192.0.2.7/24 -j ACCEPT
-A WEB -j SSH
COMMIT
`;

test('parse tells trouble and never throws', () => {
  const { problems } = parse(text.replace('80', '80000'), { name: 'rules.v4' });
  expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['bad-value', 'error']]);
});

test('print writes the tree of a text as iptables-save would', () => {
  const { document } = parse(text);
  expect(print(document)).toContain('-A INPUT -p tcp -m tcp --dport 80 -j WEB\n-A WEB -s 192.0.2.0/24 -j ACCEPT\n');
});

test('resolve gives one ruleset a family, jumps pointing at their chains', () => {
  const { rulesets } = resolve(parse(text).document);
  const filter = rulesets[0]!.tables.get('filter')!;
  const jump = filter.chains.get('INPUT')!.rules[0]!.action;
  expect(jump.kind === 'jump' && jump.chain).toBe(filter.chains.get('WEB'));
});

test('lint tells what is wrong, with the place of each finding', () => {
  const { diagnostics, inputs } = lint([{ name: 'rules.v4', text }], { select: ['load'] });
  expect(inputs).toEqual([{ path: 'rules.v4', family: 4, tables: ['filter'], chains: 4, rules: 3 }]);
  expect(diagnostics.map(({ check, source, at }) => `${source.name}:${source.position(at.start).line} ${check}`)).toEqual([
    'rules.v4:5 host-bits-set',
    'rules.v4:6 undefined-chain',
  ]);
});

test('settle heeds silences and a baseline', () => {
  const silenced = text.replace('-A WEB -j SSH', '# iptlint: ignore-next-line[undefined-chain] -- made by hand later\n-A WEB -j SSH');
  const inputs = [{ name: 'rules.v4', text: silenced }];
  const selection = { select: ['load'] };
  const options = {
    selection,
    overrides: [],
    inlineSilence: true,
    managed: 'info',
    minCertainty: 'possible',
    baseline: null,
    checks,
  } as const;
  const first = settle(inputs, lint(inputs, selection), options);
  expect(first.findings.map(({ check }) => check)).toEqual(['host-bits-set']);
  expect(first.counts.suppressed).toBe(1);
  const again = settle(inputs, lint(inputs, selection), { ...options, baseline: new Set(first.fingerprints) });
  expect(again.findings).toEqual([]);
});

test('the checks are there as data', () => {
  expect(checks.find(({ id }) => id === 'undefined-chain')).toMatchObject({ category: 'load', level: 'error' });
});

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const built = new URL(`../${manifest.exports['.'].default}`, import.meta.url);

// `import 'iptlint'` inside the package goes by its own exports, as it does where the package is installed.
test.skipIf(!existsSync(built))('the built package opens at the same door (skipped where it is not built)', async () => {
  const name = 'iptlint';
  const library = await import(name);
  expect(library.lint([{ name: 'rules.v4', text }], { select: ['undefined-chain'] }).diagnostics).toHaveLength(1);
  expect(existsSync(new URL(`../${manifest.exports['.'].types}`, import.meta.url))).toBe(true);
});
