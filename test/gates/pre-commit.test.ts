/** The hooks of .pre-commit-hooks.yaml under pre-commit itself, on a repository of their own. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildProgram, type Program, plainEnv, root } from '../helpers/program.js';

const isThere = spawnSync('pre-commit', ['--version']).status === 0;
const missing = isThere ? '' : ' (skipped: pre-commit is not installed)';
// Installs the package with its dependencies from the registry: half a minute that only a CI run, or who asks for it, spends.
const mayInstall = process.env.CI === 'true' || process.env.IPTLINT_TEST_INSTALL === '1';

interface Hook {
  readonly id: string;
  readonly entry: string;
  readonly files: string;
  readonly language: string;
}
const hooks: readonly Hook[] = parse(readFileSync(join(root, '.pre-commit-hooks.yaml'), 'utf8'));

const broken = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j NOWHERE\nCOMMIT\n';
const loose = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport ssh -j ACCEPT\nCOMMIT\n';
const canonical = loose.replace('--dport ssh', '-m tcp --dport 22');

const folder = mkdtempSync(join(tmpdir(), 'iptlint-pre-commit-'));
let program: Program;
beforeAll(async () => {
  program = await buildProgram();
});
afterAll(() => {
  program?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const call = (cwd: string, command: string, ...words: string[]) => {
  const env = plainEnv(program, {
    PRE_COMMIT_HOME: join(folder, 'home'),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'test',
    GIT_AUTHOR_EMAIL: 'test@example.org',
    GIT_COMMITTER_NAME: 'test',
    GIT_COMMITTER_EMAIL: 'test@example.org',
  });
  const { status, stdout, stderr } = spawnSync(command, words, { cwd, env, encoding: 'utf8' });
  return { status, output: stdout + stderr };
};
const git = (cwd: string, ...words: string[]): string => {
  const { status, output } = call(cwd, 'git', ...words);
  if (status !== 0) throw new Error(`git ${words.join(' ')}: ${output}`);
  return output.trim();
};

/** A repository with these files staged. */
const repository = (name: string, files: Readonly<Record<string, string>>): string => {
  const path = join(folder, name);
  mkdirSync(path);
  git(path, 'init', '-q');
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  }
  git(path, 'add', '-A');
  return path;
};

/** The hooks as they are, but for the program on PATH in place of one that pre-commit installs. */
const local = JSON.stringify({ repos: [{ repo: 'local', hooks: hooks.map((hook) => ({ ...hook, language: 'system' })) }] });

describe.skipIf(!isThere)(`the hooks${missing}`, () => {
  test('are a manifest that pre-commit takes', () => {
    expect(call(root, 'pre-commit', 'validate-manifest', '.pre-commit-hooks.yaml')).toEqual({ status: 0, output: '' });
    expect(hooks.map(({ id, language }) => [id, language])).toEqual([
      ['iptlint', 'node'],
      ['iptlint-fmt', 'node'],
    ]);
  });

  test('stop a commit with a chain that is not there', () => {
    const path = repository('broken', { '.pre-commit-config.yaml': local, 'etc/rules.v4': broken });
    const { status, output } = call(path, 'pre-commit', 'run', 'iptlint');
    expect(output).toContain('error[undefined-chain]');
    expect(output).toContain('etc/rules.v4:3');
    expect(status).toBe(1);
  });

  test('stop a commit with a ruleset that is not as iptables-save prints it, and show the difference', () => {
    const path = repository('loose', { '.pre-commit-config.yaml': local, 'rules.v4': loose });
    const { status, output } = call(path, 'pre-commit', 'run', 'iptlint-fmt');
    expect(output).toContain('+-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT');
    expect(status).toBe(1);
  });

  test('let a sound ruleset pass, and look at nothing else', () => {
    const files = { 'rules.v4': canonical, '99-usb.rules': 'SUBSYSTEM=="usb"\n', 'README.md': '# iptables\n' };
    const path = repository('sound', { '.pre-commit-config.yaml': local, ...files });
    const { status, output } = call(path, 'pre-commit', 'run', 'iptlint-fmt');
    expect(output).toMatch(/Passed\n$/);
    expect(status).toBe(0);
    rmSync(join(path, 'rules.v4'));
    git(path, 'add', '-A');
    expect(call(path, 'pre-commit', 'run', '--all-files').output).toMatch(/iptlint\.+\(no files to check\)Skipped/);
  });

  test.skipIf(!mayInstall)(
    'are installed by pre-commit from the repository, as users have them (without CI=true: IPTLINT_TEST_INSTALL=1)',
    () => {
      const tool = repository('tool', {});
      for (const file of git(root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0').filter(Boolean))
        cpSync(join(root, file), join(tool, file));
      git(tool, 'add', '-A');
      git(tool, 'commit', '-q', '-m', 'as it stands');
      const config = {
        repos: [{ repo: `file://${tool}`, rev: git(tool, 'rev-parse', 'HEAD'), hooks: [{ id: 'iptlint' }, { id: 'iptlint-fmt' }] }],
      };
      const path = repository('user', { '.pre-commit-config.yaml': JSON.stringify(config), 'rules.v4': broken });
      const { status, output } = call(path, 'pre-commit', 'run', '--all-files');
      expect(output).toContain('error[undefined-chain]');
      expect(output).toMatch(/iptlint fmt --check\.+Passed/);
      expect(status).toBe(1);
    },
    300_000,
  );
});

describe('the files that the hooks look at', () => {
  const files = new RegExp(hooks[0]!.files.replace('(?x)', '').replaceAll(/\s/g, ''));

  test.each([
    'rules.v4',
    'etc/iptables/rules.v6',
    'web1.iptables',
    'iptables-save',
    'hosts/web1/ip6tables-save',
    'etc/sysconfig/iptables',
    'iptables.rules',
    'roles/fw/files/iptables.conf',
    'etc/ufw/before.rules',
    'etc/ufw/user6.rules',
  ])('%s', (path) => expect(path).toMatch(files));

  test.each(['README.md', 'udev/99-usb.rules', 'ipset-save', 'iptables.yaml', 'roles/iptables/tasks/main.yml', 'audit.rules'])(
    'not %s',
    (path) => expect(path).not.toMatch(files),
  );
});
