/** Exit codes: every code, for every command, and the same in every form of the report. */
import { describe, expect, test } from 'vitest';
import { formats } from '../../src/reporters/index.js';
import { call, type Setting, table } from './call.js';

const clean = table('-A INPUT -j ACCEPT');
const bad = table('-A INPUT -m comment --comment bad-rule -j ACCEPT');
const odd = table('-A INPUT -m comment --comment odd-rule -j ACCEPT');
const long = table('-A INPUT -m comment --comment long-rule -j ACCEPT');
const unread = table('-A INPUT -m comment --comment bad-rule -j ACCEPT', 'GARBAGE');
const puzzle = table('-A INPUT -m comment --comment PUZZLE -j ACCEPT');
const badPuzzle = table('-A INPUT -m comment --comment "bad-rule PUZZLE" -j ACCEPT');

describe.each(['auto', ...formats])('lint --format %s', (format) => {
  const cases: [what: string, text: string, flags: string[], code: number][] = [
    ['nothing found', clean, [], 0],
    ['an empty text', '', [], 0],
    ['an error', bad, [], 1],
    ['a warning', odd, [], 1],
    ['a warning below --fail-on', odd, ['--fail-on', 'error'], 0],
    ['info', long, [], 0],
    ['info and --fail-on info', long, ['--fail-on', 'info'], 1],
    ['an error and --fail-on never', bad, ['--fail-on', 'never'], 0],
    ['an error that is ignored', bad, ['--ignore', 'bad-rule'], 0],
    ['an error made info', bad, ['--level', 'bad-rule=info'], 0],
    ['a part unread goes before findings', unread, [], 3],
    ['a part unread, whatever fails', unread, ['--fail-on', 'never'], 3],
    ['not everything decided', puzzle, [], 4],
    ['findings go before questions left open', badPuzzle, [], 1],
  ];
  test.each(cases)('%s', async (_what, text, flags, code) => {
    expect((await call(['lint', '-f', format, ...flags], { stdin: text })).code).toBe(code);
  });
  test('a file that is not there', async () => {
    expect((await call(['-f', format, 'clean.v4', 'gone.v4'], { files: { 'clean.v4': clean } })).code).toBe(3);
  });
});

const files = { 'clean.v4': clean, 'wordy.v4': table('-A INPUT --jump ACCEPT'), 'unread.v4': unread };

test.each<[words: string, code: number, setting?: Setting]>([
  ['fmt clean.v4', 0],
  ['fmt wordy.v4', 0],
  ['fmt --check clean.v4', 0],
  ['fmt --check wordy.v4', 1],
  ['fmt --diff wordy.v4', 1],
  ['fmt --check clean.v4 wordy.v4', 1],
  ['fmt unread.v4', 3],
  ['fmt --check unread.v4 wordy.v4', 3],
  ['fmt gone.v4', 3],
  ['fmt --chek clean.v4', 2],
  ['fmt', 2, { stdin: null }],
  ['rules', 0],
  ['rules -f json', 0],
  ['rules -f markdown', 0],
  ['rules bad-rule', 0],
  ['rules bad-rule -f json', 0],
  ['rules bad-rule -f markdown', 0],
  ['rules useless-silence', 0],
  ['rules bad-rul', 2],
  ['rules bad-rule odd-rule', 2],
  ['rules -f sarif', 2],
  ['config', 2],
  ['config init', 0],
  ['config init', 2, { files: { '.iptlint.yml': '' } }],
  ['config show', 0],
  ['config show', 2, { files: { '.iptlint.yaml': 'selct: []' } }],
  ['config schema', 0],
  ['config scheme', 2],
  ['completion bash', 0],
  ['completion zsh', 0],
  ['completion fish', 0],
  ['completion', 2],
  ['completion powershell', 2],
  ['--version', 0],
  ['-V', 0],
  ['--help', 0],
  ['-h', 0],
  ['lint --help', 0],
  ['fmt --help', 0],
  ['', 2, { stdin: null }],
  ['lint', 2, { stdin: null }],
  ['-', 0, { stdin: clean }],
  ['--frmat json clean.v4', 2],
  ['-x clean.v4', 2],
  ['--format yaml clean.v4', 2],
  ['--format', 2],
  ['--check=yes clean.v4', 2],
  ['--no-config=1 clean.v4', 2],
  ['--family 5 clean.v4', 2],
  ['--level bad-rule clean.v4', 2],
  ['--level bad-rule=loud clean.v4', 2],
  ['--select nothing-such clean.v4', 2],
  ['--ignore nothing-such clean.v4', 2],
  ['--level nothing-such=error clean.v4', 2],
  ['-o sarif clean.v4', 2],
  ['-o word=x clean.v4', 2],
  ['-o json=clean.v4/x clean.v4', 2],
  ['--baseline gone.json clean.v4', 2],
  ['--baseline clean.v4 clean.v4', 2],
  ['--update-baseline clean.v4', 2],
  ['--config gone.yaml clean.v4', 2],
  ['clean.v4', 2, { files: { ...files, '.iptlint.yaml': 'fail-on: sometimes' } }],
  ['clean.v4 --no-config', 0, { files: { ...files, '.iptlint.yaml': 'fail-on: sometimes' } }],
  ['--ipset gone.txt clean.v4', 3],
  ['lnit', 2],
])('iptlint %s: %i', async (words, code, setting) => {
  const outcome = await call(words.split(' ').filter(Boolean), { files, ...setting });
  expect(`${outcome.code} ${outcome.code === code ? '' : outcome.stderr}`.trim()).toBe(String(code));
  expect(outcome.stderr).not.toMatch(/^\s+at /m);
  if (code === 2) expect(outcome.stderr).toMatch(/^(?:iptlint: |Usage: )/);
});

/** Commands that look into rulesets themselves, whatever the checks are. */
const rules = {
  'r.v4': [
    '*filter',
    ':INPUT DROP [0:0]',
    ':FORWARD DROP [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ':WEB - [0:0]',
    '-A INPUT -p tcp -m tcp --dport 80 -j WEB',
    '-A INPUT -m set --match-set friends src -j ACCEPT',
    '-A WEB -j ACCEPT',
    'COMMIT',
    '',
  ].join('\n'),
  'unread.v4': table('-A INPUT -p tcp --dport 80 -j ACCEPT', 'GARBAGE (('),
  'p.jsonl': '{"in":"eth0","src":"192.0.2.1","dst":"198.51.100.1","proto":"tcp","sport":9,"dport":80}\n',
  'bad.jsonl': '{"in":\n',
  'addr.json': '[{"ifname":"eth0","addr_info":[{"family":"inet","local":"198.51.100.1","prefixlen":24}]}]',
  'route.json': '[{"dst":"198.51.100.0/24","dev":"eth0"}]',
};
const packet = (port: number): string => `tcp 192.0.2.1:9 > 198.51.100.1:${port} in eth0`;
const host = ['--addresses', 'addr.json', '--routes', 'route.json'];

test.each<[words: string[], code: number, formats: readonly string[]]>([
  [['trace', 'r.v4', packet(80), ...host], 0, ['full', 'json', 'jsonl']],
  [['trace', 'r.v4', '--packets', 'p.jsonl', ...host], 0, ['full', 'json', 'jsonl']],
  [['trace', 'r.v4', packet(22), ...host], 4, ['full', 'json', 'jsonl']],
  [['trace', 'r.v4', 'tcp nonsense'], 2, ['full', 'json', 'jsonl']],
  [['trace', 'r.v4'], 2, ['full']],
  [['trace', 'gone.v4', packet(80)], 3, ['full', 'json']],
  [['trace', 'r.v4', packet(80), '-f', 'sarif'], 2, ['']],
  [['explain', 'r.v4'], 0, ['full', 'markdown', 'json']],
  [['explain', 'r.v4', '--chain', 'filter/WEB'], 0, ['full', 'markdown', 'json']],
  [['explain', 'r.v4', '--chain', 'filter/WEBB'], 2, ['']],
  [['explain', 'r.v4', '--line', '6'], 0, ['full', 'markdown', 'json']],
  [['explain', 'unread.v4'], 3, ['full', 'markdown', 'json']],
  [['explain', 'gone.v4'], 3, ['full', 'markdown', 'json']],
  [['explain', 'r.v4', '--chian', 'WEB'], 2, ['']],
  [['query', 'r.v4', 'tcp to port 80 in INPUT'], 0, ['full', 'markdown', 'json']],
  [['query', 'r.v4', '--per-rule'], 0, ['full', 'json', 'jsonl']],
  [['query', 'r.v4', '--exposure'], 0, ['full', 'markdown', 'json']],
  [['query', 'r.v4', 'nonsense ((('], 2, ['']],
  [['query', 'gone.v4', 'to port 22 in INPUT'], 3, ['full', 'markdown', 'json']],
])('iptlint %j: %i', async (words, code, forms) => {
  for (const form of forms) {
    const outcome = await call(form === '' ? words : [...words, '-f', form], { files: rules, engine: 'real' });
    expect(`${form} ${outcome.code} ${outcome.code === code ? '' : outcome.stderr}`.trim()).toBe(`${form} ${code}`.trim());
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
    if (code === 2 || code === 3) expect(outcome.stderr).toMatch(/^iptlint: /);
  }
});

test('a fault of ours: 70, what to report, no stack trace', async () => {
  const broken = {
    checks: [],
    lint: () => {
      throw new Error('the sky fell');
    },
    format: () => ({ text: '', partlyUnread: false }),
  };
  const quiet = await call(['x.v4'], { files: { 'x.v4': clean }, engine: broken });
  expect(quiet.code).toBe(70);
  expect(quiet.stdout).toBe('');
  expect(quiet.stderr).toContain('a fault of iptlint itself, not of your ruleset: Error: the sky fell');
  expect(quiet.stderr).not.toMatch(/^\s+at /m);
  const loud = await call(['x.v4'], { files: { 'x.v4': clean }, engine: broken, env: { IPTLINT_DEBUG: '1' } });
  expect(loud.code).toBe(70);
  expect(loud.stderr).toMatch(/^\s+at /m);
});
