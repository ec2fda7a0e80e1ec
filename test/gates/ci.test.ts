/** .ci/run sums up and fails where something failed, held with npm and the tests played by stand-ins. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { root } from '../helpers/program.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Play {
  /** What vitest reports; null: it dies before it does. */
  readonly report: object | null;
  readonly vitest: number;
  /** The step of npm that fails. */
  readonly broken?: string;
}

const run = ({ report, vitest, broken = 'none' }: Play) => {
  const folder = mkdtempSync(join(tmpdir(), 'iptlint-ci-'));
  folders.push(folder);
  const bin = join(folder, 'bin');
  const project = join(folder, 'main');
  for (const path of [bin, join(project, '.ci')]) mkdirSync(path, { recursive: true });
  cpSync(join(root, '.ci/run'), join(project, '.ci/run'));
  writeFileSync(join(folder, 'report.json'), JSON.stringify(report));
  const write = (name: string, text: string) => writeFileSync(join(bin, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  write('npm', `[[ "$*" == *${broken}* ]] && exit 1\nmkdir -p dist; echo > dist/cli.cjs`);
  write(
    'npx',
    `for word; do case $word in --outputFile=*) ${report ? `cp ${folder}/report.json "\${word#*=}"` : ':'}; exit ${vitest} ;; esac; done`,
  );
  write('apt-get', 'exit 0');
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const { status, stdout } = spawnSync('bash', ['.ci/run'], { cwd: project, env, encoding: 'utf8' });
  return { status, closing: stdout.trimEnd().split('\n').at(-1) };
};

const passing = { numPassedTests: 10, numFailedTests: 0, numPendingTests: 2, numTodoTests: 0, testResults: [] };

// Five steps beside the tests: install, types, style, package, start. Without ../shared the acceptance counts as skipped.
test.each<[string, Play, number, string]>([
  ['all is well', { report: passing, vitest: 0 }, 0, '15 passed, 0 failed, 3 skipped'],
  ['a test failed', { report: { ...passing, numFailedTests: 1 }, vitest: 1 }, 1, '15 passed, 1 failed, 3 skipped'],
  [
    'a test file could not be loaded',
    { report: { ...passing, testResults: [{ status: 'failed', assertionResults: [] }] }, vitest: 1 },
    1,
    '15 passed, 1 failed, 3 skipped',
  ],
  ['an error outside of the tests', { report: passing, vitest: 1 }, 1, '15 passed, 1 failed, 3 skipped'],
  ['the tests died', { report: null, vitest: 137 }, 1, '5 passed, 1 failed, 1 skipped'],
  ['the types are wrong', { report: passing, vitest: 0, broken: 'typecheck' }, 1, '14 passed, 1 failed, 3 skipped'],
  ['the packages do not install', { report: passing, vitest: 0, broken: 'ci' }, 1, '14 passed, 1 failed, 3 skipped'],
])('%s', (_name, play, status, closing) => {
  expect(run(play)).toEqual({ status, closing });
});
