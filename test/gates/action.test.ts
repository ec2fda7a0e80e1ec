/** The shell steps of action.yml, run as GitHub's runner would: inputs in variables, outputs and summary in files. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildProgram, type Program, plainEnv, root } from '../helpers/program.js';

interface Step {
  readonly name: string;
  readonly id?: string;
  readonly shell?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly 'working-directory'?: string;
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string; readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}
const action: Action = parse(readFileSync(join(root, 'action.yml'), 'utf8'));

let program: Program;
const folder = mkdtempSync(join(tmpdir(), 'iptlint-action-'));
beforeAll(async () => {
  program = await buildProgram();
});
afterAll(() => {
  program?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** What `${{ ... }}` stands for: no more of GitHub's language than action.yml uses. */
const filled = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\{\{ ([\w.-]+) \}\}/g, (whole, name: string) => {
    if (values[name] === undefined) throw new Error(`no value for ${whole}`);
    return values[name];
  });

const run = (name: string, files: Readonly<Record<string, string>>, inputs: Readonly<Record<string, string>> = {}) => {
  const workspace = join(folder, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  const temp = join(workspace, '.temp');
  mkdirSync(temp);
  const [output, summary] = [join(temp, 'output'), join(temp, 'summary')];
  for (const file of [output, summary]) writeFileSync(file, '');
  const values: Record<string, string> = { 'github.action_path': program.bin, 'runner.temp': temp };
  for (const [input, { default: usual }] of Object.entries(action.inputs)) values[`inputs.${input}`] = inputs[input] ?? usual;

  const steps = action.runs.steps.filter((step) => step.run !== undefined);
  let code: number | null = 0;
  let stdout = '';
  for (const step of steps) {
    expect(step.shell).toBe('bash');
    // As the runner calls `shell: bash`.
    const result = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run!], {
      cwd: whereOf(step, values, workspace),
      env: plainEnv(program, {
        ...Object.fromEntries(Object.entries(step.env ?? {}).map(([key, value]) => [key, filled(value, values)])),
        GITHUB_ACTIONS: 'true',
        GITHUB_WORKSPACE: workspace,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
      }),
      encoding: 'utf8',
    });
    code = result.status;
    stdout += result.stdout + result.stderr;
    if (code !== 0) break;
  }
  const outputs = Object.fromEntries(
    readFileSync(output, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return { code, stdout, outputs, summary: readFileSync(summary, 'utf8'), workspace };
};

const whereOf = (step: Step, values: Readonly<Record<string, string>>, workspace: string): string => {
  const where = filled(step['working-directory'] ?? '.', values);
  return where.startsWith('/') ? where : join(workspace, where);
};

const broken = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j NOWHERE\nCOMMIT\n';
const select = '--select load';

describe('the action', () => {
  test('fails with findings: annotations, a summary, SARIF, and the exit code kept', () => {
    const { code, stdout, outputs, summary, workspace } = run('findings', { 'etc/rules.v4': broken }, { args: select });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^::error file=etc\/rules\.v4,line=3,.*title=iptlint\[undefined-chain\]::/m);
    expect(outputs).toEqual({ 'exit-code': '1', 'sarif-file': './iptlint.sarif' });
    expect(summary).toContain('undefined-chain');
    const { version, runs } = JSON.parse(readFileSync(join(workspace, outputs['sarif-file']!), 'utf8'));
    expect([version, runs[0].results[0].ruleId]).toEqual(['2.1.0', 'undefined-chain']);
  });

  test('passes where nothing is found, and still writes SARIF', () => {
    const { code, outputs, workspace } = run('clean', { 'rules.v4': broken.replace('NOWHERE', 'ACCEPT') }, { args: select });
    expect(code).toBe(0);
    expect(outputs['exit-code']).toBe('0');
    expect(JSON.parse(readFileSync(join(workspace, 'iptlint.sarif'), 'utf8')).runs[0].results).toEqual([]);
  });

  test('takes files by the line, blanks in their names included, in a folder of the repository', () => {
    const inputs = {
      files: 'web one.v4\n\nmail.v4\n',
      'working-directory': 'hosts',
      'sarif-file': 'all.sarif',
      args: `${select}\n --fail-on never`,
    };
    const { code, outputs, stdout } = run(
      'lines',
      { 'hosts/web one.v4': broken, 'hosts/mail.v4': broken, 'hosts/other.v4': broken },
      inputs,
    );
    expect(code).toBe(0);
    expect(outputs).toEqual({ 'exit-code': '0', 'sarif-file': 'hosts/all.sarif' });
    expect(stdout).toContain('file=hosts/web one.v4');
    expect(stdout).toContain('file=hosts/mail.v4');
    expect(stdout).not.toContain('other.v4');
  });

  test('does not run what an input says', () => {
    const { code, workspace } = run(
      'injection',
      { 'rules.v4': broken },
      { files: '$(touch ran)\n`touch ran`', args: '$(touch ran) ; touch ran' },
    );
    expect(code).not.toBe(0);
    expect(existsSync(join(workspace, 'ran'))).toBe(false);
  });

  test('keeps the code of a usage error, with nothing to upload', () => {
    const { code, outputs } = run('usage', { 'rules.v4': broken }, { args: '--no-such-flag' });
    expect(code).toBe(2);
    expect(outputs).toEqual({ 'exit-code': '2' });
  });

  test('names outputs that its steps set, and inputs that its steps use', () => {
    const text = readFileSync(join(root, 'action.yml'), 'utf8');
    for (const { value } of Object.values(action.outputs))
      expect(value).toMatch(/^\$\{\{ steps\.lint\.outputs\.(?:exit-code|sarif-file) \}\}$/);
    for (const input of Object.keys(action.inputs)) expect(text.split(`inputs.${input}`).length).toBeGreaterThan(1);
    for (const [, input] of text.matchAll(/inputs\.([\w-]+)/g)) expect(Object.keys(action.inputs)).toContain(input);
    expect(action.runs.using).toBe('composite');
  });
});

test('the action is built where it is not', () => {
  // `npm` is one that only tells what it was called with: the build itself is what every test of the program rests on.
  const bin = join(folder, 'npm-bin');
  const place = join(folder, 'unbuilt');
  mkdirSync(bin);
  mkdirSync(place);
  writeFileSync(join(bin, 'npm'), '#!/bin/sh\necho "npm $*"\n', { mode: 0o755 });
  const [build] = action.runs.steps;
  const { status, stdout } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', build!.run!], {
    cwd: place,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  expect(stdout).toContain('npm ci');
});
