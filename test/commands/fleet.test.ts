/** Many hosts in threads: the built program says the same bytes as without, in every form, whatever thread was quicker. */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Source } from '../../grammar/index.js';
import { pack, unpack } from '../../src/commands/fleet-parcel.js';
import type { HostAnswer } from '../../src/commands/host-lint.js';
import { formats } from '../../src/reporters/formats.js';
import { buildProgram, type Program, plainEnv } from '../helpers/program.js';
import { call, folderWith, table } from './call.js';

vi.setConfig({ testTimeout: 120_000 });

let program: Program;
beforeAll(async () => {
  program = await buildProgram();
}, 120_000);
afterAll(() => program.remove());

/** Hosts of different sizes, the large ones first, so that threads end in another order than they began. */
const fleet = (hosts: number): Record<string, string> => {
  const files: Record<string, string> = {};
  for (let host = 0; host < hosts; host++) {
    const rules = Array.from(
      { length: host % 3 === 0 ? 200 : 3 },
      (_, rule) => `-A INPUT -s 192.0.2.${rule % 250}/32 -p tcp --dport ${1 + rule} -j ACCEPT`,
    );
    files[`site/host${String(host).padStart(2, '0')}.rules`] = [
      '*filter',
      ':INPUT DROP [0:0]',
      '-A INPUT -i lo -j ACCEPT',
      ...rules,
      '-A INPUT -s 192.0.2.1/32 -p tcp --dport 2 -j DROP',
      '-A INPUT -s 192.0.2.0/24 -j ACCEPT',
      `-A INPUT -s 192.0.2.${host}/32 -j DROP`,
      'COMMIT',
      '',
    ].join('\n');
  }
  return files;
};

const run = (folder: string, words: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program.cli, ...words], {
    cwd: folder,
    input,
    encoding: 'utf8',
    env: plainEnv(program),
  });
  return { status, stdout, stderr };
};

test('every form is the same with threads and without: baseline, configuration, silence, standard input, a file that is gone', () => {
  const folder = folderWith({
    ...fleet(12),
    'site/pair.v4': table('-A INPUT -p tcp --dport 22 -j DROP'),
    'site/pair.v6': table('-A INPUT -p tcp --dport 22 -j ACCEPT'),
    'site/silent.rules': `# iptlint: ignore-file[shadowed-rule] -- known\n${fleet(1)['site/host00.rules']}`,
    'site/useless.rules': `# iptlint: ignore-file[chain-loop] -- none here\n${table('-A INPUT -j ACCEPT')}`,
    'other/unread.rules': table('-A INPUT -j ACCEPT', 'GARBAGE (('),
    '.iptlint.yaml': 'overrides:\n  - files: ["site/host01.rules"]\n    ignore: [shadowed-rule]\n',
  });
  expect(
    run(folder, ['--baseline', 'known.json', '--update-baseline', '--jobs', '1', 'site/host02.rules', 'site/host03.rules']).status,
  ).toBe(0);
  const outputs = formats.flatMap((format) => ['-o', `${format}=out/${format}`]);
  const words = ['--baseline', 'known.json', '-f', 'json', ...outputs, 'site', '-', 'gone.rules', 'other'];
  const results = ['1', '2', '3'].map((jobs) => {
    const { status, stdout, stderr } = run(folder, ['--jobs', jobs, ...words], table('-A INPUT -j ACCEPT', '-A INPUT -j DROP'));
    const texts = formats.map((format) => readFileSync(join(folder, 'out', format), 'utf8'));
    rmSync(join(folder, 'out'), { recursive: true });
    return { status, stdout, stderr, texts };
  });
  expect(results[0]!.status).toBe(3);
  expect(JSON.parse(results[0]!.stdout).findings.length).toBeGreaterThan(15);
  expect(results[0]!.stderr).toContain('gone.rules: no such file');
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

test('a baseline is written the same', () => {
  const folder = folderWith(fleet(6));
  for (const jobs of ['1', '2']) run(folder, ['--jobs', jobs, '--baseline', `${jobs}.json`, '--update-baseline', 'site']);
  const [alone, threads] = ['1', '2'].map((jobs) => readFileSync(join(folder, `${jobs}.json`), 'utf8'));
  expect(alone).toContain('shadowed-rule');
  expect(threads).toBe(alone);
});

test('the built program carries its threads: it needs no package beside it', () => {
  const folder = folderWith(fleet(4));
  cpSync(join(program.bin, 'dist'), join(folder, 'bare/dist'), { recursive: true });
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [join(folder, 'bare/dist/cli.cjs'), '--jobs', '2', '-f', 'concise', 'site'],
    {
      cwd: folder,
      encoding: 'utf8',
      env: plainEnv(program),
    },
  );
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  expect(stdout).toContain('site/host03.rules');
});

test.each(['0', 'many', '-1', '1.5'])('--jobs %s: told, 2', async (jobs) => {
  const { code, stderr } = await call(['--jobs', jobs, 'a.v4', 'b.v4'], { files: { 'a.v4': table(), 'b.v4': table() } });
  expect(code).toBe(2);
  expect(stderr).toContain('--jobs takes a number from 1 to 999');
});

test('an answer that travelled is the answer', () => {
  const source = new Source('a.v4', '*filter\n-A INPUT -j DROP\n-A INPUT -j ACCEPT\nCOMMIT\n');
  const other = new Source('b.v4', 'text');
  const span = (start: number) => ({ start, end: start + 4 });
  const answer: HostAnswer = {
    names: ['a.v4', 'b.v4'],
    inputs: [],
    counts: { error: 1, warning: 0, info: 0, suppressed: 0, baseline: 0, uncertain: 0 },
    unreadable: [],
    partlyUnread: false,
    inconclusive: false,
    findings: [
      {
        check: 'shadowed-rule',
        category: 'reachability',
        level: 'error',
        certainty: 'proved',
        message: 'never',
        source,
        // A node of the tree has more than a span, and functions among it.
        at: { ...span(8), parent: () => source } as { start: number; end: number },
        focus: [span(9)],
        related: [
          { at: span(1), message: 'in another text', source: other },
          { at: span(2), message: 'here', focus: [span(3)], dead: true },
        ],
        witness: { src: '192.0.2.1', dst: '192.0.2.2', proto: 'tcp' },
        fix: { safe: true, edits: [{ at: span(8), text: '' }] },
        fingerprint: 'f',
      },
    ],
  };
  const arrived = unpack(structuredClone(pack(answer)));
  const [finding] = answer.findings;
  expect(arrived).toEqual({ ...answer, findings: [{ ...finding, at: span(8) }] });
  expect(arrived.findings[0]!.source.position(8).line).toBe(2);
});
