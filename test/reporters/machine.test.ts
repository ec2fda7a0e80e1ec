/** The forms for machines: their shape, and that each says the same. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { Source } from '../../grammar/index.js';
import { formats, reporters } from '../../src/reporters/index.js';
import { finding, plain, related, report, span, ssh } from './sample.js';

const { concise, json, jsonl, sarif, github, gitlab, junit, markdown } = reporters;
const one = report([ssh().diagnostic]);
const clean = report([]);

test('concise', () => {
  expect(concise(one, plain)).toBe('rules.v4:7:1: error[shadowed-rule] this rule can never match; line 5 decides its packets first\n');
  expect(concise(clean, plain)).toBe('');
});

describe('json', () => {
  test('the whole of it', () => {
    expect(JSON.parse(json(one, plain))).toEqual({
      version: 1,
      tool: { name: 'iptlint', version: '1.2.3' },
      inputs: [{ path: 'rules.v4', family: 4, tables: ['filter'], chains: 3, rules: 31 }],
      findings: [
        {
          rule: 'shadowed-rule',
          category: 'reachability',
          level: 'error',
          certainty: 'proved',
          message: 'this rule can never match; line 5 decides its packets first',
          path: 'rules.v4',
          line: 7,
          column: 1,
          endLine: 7,
          endColumn: 58,
          family: 4,
          table: 'filter',
          chain: 'INPUT',
          related: [{ line: 5, column: 1, message: 'accepts all of them' }],
          witness: { in: 'eth0', src: '192.0.2.7', dst: '198.51.100.1', proto: 'tcp', sport: 40000, dport: 22, state: 'NEW' },
          shows: 'line 5 ACCEPT decides here; line 7 DROP would have applied',
          effect: 'SSH from 192.0.2.7 is accepted although line 7 says DROP',
          help: 'move line 7 above line 5, or remove it',
          leansOn: [],
          owner: null,
          fix: null,
          fingerprint: one.findings[0]!.fingerprint,
        },
      ],
      summary: { error: 1, warning: 0, info: 0, suppressed: 0, baseline: 0, uncertain: 0 },
      unreadable: [],
      partlyUnread: false,
      inconclusive: false,
    });
  });

  test('keys without an answer are there, null; a fix tells places and offsets; dead lines are marked', () => {
    const { source } = ssh();
    const other = new Source('other.v4', 'x\n');
    const bare = finding(source, 'COMMIT', {
      fix: { safe: true, edits: [{ at: span(source, 'COMMIT'), text: '' }] },
      related: [related(source, '*filter', 'dead', { dead: true }), related(other, 'x', 'there', { source: other })],
    });
    const [read] = JSON.parse(json(report([bare]), plain)).findings;
    expect(read).toMatchObject({ family: null, table: null, chain: null, witness: null, help: null });
    const at = span(source, 'COMMIT');
    expect(read.fix).toEqual({
      safe: true,
      edits: [{ line: 8, column: 1, endLine: 8, endColumn: 7, start: at.start, end: at.end, text: '' }],
    });
    expect(read.related).toEqual([
      { line: 1, column: 1, message: 'dead', dead: true },
      { path: 'other.v4', line: 1, column: 1, message: 'there' },
    ]);
  });
});

test('jsonl: a finding a line, the summary last', () => {
  const lines = jsonl(one, plain)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ type }) => type)).toEqual(['finding', 'summary']);
  expect(lines[0]).toEqual({ type: 'finding', ...JSON.parse(json(one, plain)).findings[0] });
  expect(lines[1]).toMatchObject({ version: 1, summary: { error: 1 } });
});

describe('sarif', () => {
  // The package's own matcher fetches schemas; its copy of the schema is what is wanted here.
  const path = createRequire(import.meta.url)
    .resolve('@microsoft/jest-sarif')
    .replace(/index\.js$/, 'schemas/sarif-2.1.0-rtm.5.json');
  const { $schema: _draft, id: _id, ...schema } = JSON.parse(readFileSync(path, 'utf8'));
  const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);

  const { source, diagnostic } = ssh('hosts/web ä/rules.v4');
  const everything = report(
    [
      {
        ...diagnostic,
        certainty: 'possible',
        leansOn: ['-m set'],
        owner: 'Docker',
        fix: { safe: false, edits: [{ at: span(source, 'COMMIT'), text: 'x' }] },
      },
      finding(source, 'COMMIT', { level: 'info', check: 'not-in-the-list' }),
    ],
    { unreadable: [{ path: 'gone.v4', message: 'no such file' }], partlyUnread: true, inconclusive: true },
  );

  test.each([
    ['clean', clean],
    ['one finding', one],
    ['everything at once', everything],
  ])('valid by the schema of the standard: %s', (_what, sample) => {
    validate(JSON.parse(sarif(sample, plain)));
    expect(validate.errors).toBeNull();
  });

  test('the schema does refuse', () => {
    expect(validate({ version: '2.1.0', runs: [{ tool: {} }] })).toBe(false);
    const log = JSON.parse(sarif(one, plain));
    log.runs[0].results[0].level = 'info';
    expect(validate(log)).toBe(false);
  });

  test('results are there and empty when clean', () => {
    expect(JSON.parse(sarif(clean, plain)).runs[0].results).toEqual([]);
  });

  test('level, place, causes, fingerprint', () => {
    const [result, note] = JSON.parse(sarif(everything, plain)).runs[0].results;
    expect(result).toMatchObject({
      ruleId: 'shadowed-rule',
      ruleIndex: 0,
      level: 'error',
      partialFingerprints: { 'iptlint/v1': everything.findings[0]!.fingerprint },
    });
    expect(result.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'hosts/web%20%C3%A4/rules.v4' },
      region: { startLine: 7, startColumn: 1, endLine: 7, endColumn: 58 },
    });
    expect(result.relatedLocations[0]).toMatchObject({
      message: { text: 'accepts all of them' },
      physicalLocation: { region: { startLine: 5 } },
    });
    expect(note.level).toBe('note');
    expect(note).not.toHaveProperty('ruleIndex');
  });
});

describe('github', () => {
  test('an annotation', () => {
    expect(github(one, plain)).toBe(
      '::error file=rules.v4,line=7,endLine=7,col=1,endColumn=58,title=iptlint[shadowed-rule]::this rule can never match; line 5 decides its packets first%0ASSH from 192.0.2.7 is accepted although line 7 says DROP%0Ahelp: move line 7 above line 5, or remove it\n',
    );
  });

  test('errors first, ten of a level, and how many more', () => {
    const { source } = ssh();
    const of = (level: 'error' | 'warning' | 'info', times: number) =>
      Array.from({ length: times }, () => finding(source, 'COMMIT', { level }));
    const lines = github(report([...of('info', 1), ...of('warning', 12), ...of('error', 11)]), plain)
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => line.slice(0, 6))).toEqual([...Array(10).fill('::erro'), ...Array(10).fill('::warn'), '::noti', 'iptlin']);
    expect(lines.at(-1)).toBe('iptlint: 1 more error, 2 more warnings without an annotation: GitHub shows 10 of a level for each step');
  });

  test('what would end a command early is escaped', () => {
    const source = new Source('a:b,c.v4', 'x\n');
    expect(github(report([finding(source, 'x', { message: '100%\n::error::owned' })]), plain)).toBe(
      '::error file=a%3Ab%2Cc.v4,line=1,endLine=1,col=1,endColumn=2,title=iptlint[shadowed-rule]::100%25%0A::error::owned\n',
    );
  });
});

test('gitlab: each finding its own fingerprint, also equal ones', () => {
  const { source } = ssh();
  const entries = JSON.parse(gitlab(report([finding(source, 'COMMIT'), finding(source, 'COMMIT', { level: 'warning' })]), plain));
  expect(entries).toHaveLength(2);
  expect(entries[0].fingerprint).not.toBe(entries[1].fingerprint);
  expect(entries[1]).toMatchObject({
    check_name: 'shadowed-rule',
    severity: 'minor',
    location: { path: 'rules.v4', lines: { begin: 8, end: 8 } },
  });
  expect(gitlab(clean, plain)).toBe('[]\n');
});

test('junit: red exactly where the run fails', () => {
  const { source } = ssh();
  const two = report([finding(source, 'COMMIT', { message: 'a < b & "c"' }), finding(source, '*filter', { level: 'info' })], {
    unreadable: [{ path: 'gone.v4', message: 'no such file' }],
  });
  expect(junit(two, plain)).toBe(`\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="iptlint" tests="3" failures="1" errors="1">
  <testsuite name="rules.v4" tests="2" failures="1" errors="0">
    <testcase classname="rules.v4" name="shadowed-rule, line 8" line="8">
      <failure type="error" message="a &lt; b &amp; &quot;c&quot;">rules.v4:8:1: error[shadowed-rule] a &lt; b &amp; &quot;c&quot;
COMMIT</failure>
    </testcase>
    <testcase classname="rules.v4" name="shadowed-rule, line 1" line="1">
      <system-out>rules.v4:1:1: info[shadowed-rule] this rule can never match
*filter</system-out>
    </testcase>
  </testsuite>
  <testsuite name="gone.v4" tests="1" failures="0" errors="1">
    <testcase classname="gone.v4" name="read">
      <error message="no such file"/>
    </testcase>
  </testsuite>
</testsuites>
`);
  expect(junit(clean, plain)).toContain('<testcase classname="rules.v4" name="no findings"/>');
});

test('markdown', () => {
  expect(markdown(one, plain)).toBe(`\
## iptlint: 1 error

31 rules read.

### Errors

- **error** \`shadowed-rule\` \`rules.v4:7\` in \`filter/INPUT\`: this rule can never match; line 5 decides its packets first
  - \`-A INPUT -s 192.0.2.7/32 -p tcp -m tcp --dport 22 -j DROP\`
  - line 5: accepts all of them \`-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 1:1024 -j ACCEPT\`
  - SSH from 192.0.2.7 is accepted although line 7 says DROP
  - **Help:** move line 7 above line 5, or remove it
`);
  const source = new Source('a`b.v4', '@someone <b> `x`\n');
  expect(markdown(report([finding(source, '@someone <b> `x`', { message: '@all *look* <img>' })]), plain)).toContain(
    '`` a`b.v4:1 ``: \\@all \\*look\\* \\<img\\>\n  - `` @someone <b> `x` ``\n',
  );
});

test('every form has its name, and prints the same twice', () => {
  expect(Object.keys(reporters)).toEqual([...formats]);
  for (const format of formats) expect(reporters[format](one, plain)).toBe(reporters[format](one, plain));
});
