/** Help, the catalogue and completion: made from the commands' own data, and whole. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test, vi } from 'vitest';
import { commands } from '../../src/commands/index.js';
import { call, folderWith } from './call.js';

vi.setConfig({ testTimeout: 60_000 });

describe('help', () => {
  test('names every command, every flag of lint, the exit codes; fits into 100 columns', async () => {
    const { stdout } = await call(['--help']);
    const { flags } = await commands.lint!();
    for (const name of Object.keys(commands)) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    for (const name of Object.keys(flags)) expect(stdout).toContain(` --${name}`);
    for (const code of ['0', '1', '2', '3', '4', '70']) expect(stdout).toMatch(new RegExp(`^ {2}${code} `, 'm'));
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test.each(Object.keys(commands))('of %s: what it is about, its flags, an example', async (name) => {
    const command = await commands[name]!();
    const { stdout } = await call([name, '--help'], { terminal: 60, env: { NO_COLOR: '1' } });
    expect(command.name).toBe(name);
    expect(stdout).toContain(command.summary);
    for (const flag of Object.keys(command.flags)) expect(stdout).toContain(` --${flag}`);
    for (const [line] of command.examples) expect(stdout).toContain(line);
  });

  test('every example is a call that the flags take', async () => {
    const { readGiven } = await import('../../src/commands/given.js');
    for (const load of Object.values(commands)) {
      const command = await load();
      for (const [line] of command.examples) {
        const words = ((/iptlint(.*?)(?:[>)]|$)/.exec(line)?.[1] ?? '').match(/'[^']*'?|[^\s']+/g) ?? []).map((word) =>
          word.replaceAll("'", ''),
        );
        const named = words[0] !== undefined && Object.hasOwn(commands, words[0]) ? await commands[words.shift()!]!() : command;
        expect(() => readGiven(words, named), line).not.toThrow();
      }
    }
  });
});

describe('flags', () => {
  test.each([
    [['-fconcise']],
    [['-f', 'concise']],
    [['-f=concise']],
    [['--format=concise']],
    [['--format', 'json', '--format', 'concise']],
  ])('%j', async (words) => {
    const text = '-A INPUT -m comment --comment bad-rule\n';
    expect((await call([...words, 'a.v4'], { files: { 'a.v4': text } })).stdout).toMatch(/^a\.v4:1:1: /);
    expect((await call(['a.v4', ...words], { files: { 'a.v4': text } })).stdout).toMatch(/^a\.v4:1:1: /);
  });
  test('behind -- stand files, whatever they are called', async () => {
    const { stderr } = await call(['--', '--format', 'rules']);
    expect(stderr).toBe('iptlint: --format: no such file\niptlint: rules: no such file\n');
  });
  test('a flag before the command', async () => {
    expect((await call(['--color', 'never', 'rules'])).stdout).toContain('bad-rule');
  });
  test('a slip is told with the nearest', async () => {
    expect((await call(['--fail-om', 'error'])).stderr).toBe(
      'iptlint: lint has no flag --fail-om; did you mean --fail-on?\nTry: iptlint --help\n',
    );
  });
});

describe('rules', () => {
  test('the list, by category, with levels', async () => {
    expect((await call(['rules'])).stdout).toBe(`\
reachability
  bad-rule         error    Finds the word bad-rule.

nat
  odd-rule         warning  Finds the word odd-rule.

style
  long-rule        info     Finds the word long-rule.
  quiet-rule       off      Finds the word quiet-rule.

meta
  useless-silence  info     A comment asks iptlint to be silent where it has nothing to say, or
                            cannot be read.

5 checks; 1 is off until asked for (--select ID, or a level). iptlint rules ID explains one.
`);
  });
  test('one of them', async () => {
    expect((await call(['rules', 'bad-rule'])).stdout).toBe(`\
bad-rule
Finds the word bad-rule.

category reachability, level error

Why
A line with bad-rule in it is error.

What to do
Take it out.

Told
  # the word
  -A INPUT -m comment --comment bad-rule
  > line 1, error: this is a bad-rule

To switch it off
  iptlint --ignore bad-rule
  # iptlint: ignore-next-line[bad-rule] -- reason
  -m comment --comment "iptlint:ignore=bad-rule reason"
`);
  });
});

describe('completion', () => {
  const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;
  const script = async (shell: string): Promise<string> => (await call(['completion', shell])).stdout;

  test.each(['bash', 'zsh', 'fish'])('%s: every command and every flag is in it', async (shell) => {
    const text = await script(shell);
    for (const load of Object.values(commands)) {
      const { name, flags } = await load();
      expect(text).toContain(name);
      for (const flag of Object.keys(flags)) expect(text).toContain(shell === 'fish' ? `-l ${flag}` : `--${flag}`);
    }
  });

  test.skipIf(!has('zsh'))('zsh takes it', async () => {
    expect(spawnSync('zsh', ['-n'], { input: await script('zsh'), encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });
  test.skipIf(!has('fish'))('fish takes it', async () => {
    expect(spawnSync('fish', ['-n'], { input: await script('fish'), encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  const complete = async (...words: string[]): Promise<string[]> => {
    const line = `${await script('bash')}
COMP_WORDS=(iptlint ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
_iptlint; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', line], {
      encoding: 'utf8',
      cwd: folderWith({ 'rules.v4': '', 'fmt.txt': '' }),
    });
    expect(stderr).toBe('');
    return stdout.split('\n').filter(Boolean).sort();
  };
  test.each<[words: string[], replies: string[]]>([
    [['ru'], ['rules', 'rules.v4']],
    [['--fail'], ['--fail-on']],
    [
      ['--fail-on', ''],
      ['error', 'info', 'never', 'warning'],
    ],
    [
      ['lint', '-f', 'js'],
      ['json', 'jsonl'],
    ],
    [['fmt', '--d'], ['--diff']],
    [['fmt', 'f'], ['fmt.txt']],
    [
      ['config', 's'],
      ['schema', 'show'],
    ],
    [['completion', 'z'], ['zsh']],
  ])('bash completes %j', async (words, replies) => {
    expect(await complete(...words)).toEqual(replies);
  });
});
