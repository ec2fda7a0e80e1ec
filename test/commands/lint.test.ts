/** The lint command: what it reads, what it prints where, silence, baseline, configuration. */
import { describe, expect, test } from 'vitest';
import { call, folderWith, table } from './call.js';

const bad = '-A INPUT -m comment --comment bad-rule -j ACCEPT';
const odd = '-A INPUT -m comment --comment odd-rule -j ACCEPT';
const quiet = '-A INPUT -m comment --comment quiet-rule -j ACCEPT';
const concise = (stdout: string): string[] => stdout.split('\n').filter(Boolean);

describe('what is read', () => {
  test('standard input, named or not', async () => {
    expect((await call(['-f', 'concise'], { stdin: table(bad) })).stdout).toBe('<stdin>:2:1: error[bad-rule] this is a bad-rule\n');
    expect((await call(['-f', 'concise', '--stdin-filename', 'web.v4', '-'], { stdin: table(bad) })).stdout).toMatch(/^web\.v4:2:1: /);
  });

  test('no file and a terminal: short help, no waiting', async () => {
    const { stderr, stdout, code } = await call([], { stdin: null });
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toContain('sudo iptables-save | iptlint');
  });

  test('nothing on standard input: told, for iptables-save without rights prints nothing', async () => {
    const { stderr, code } = await call([], { stdin: '' });
    expect(code).toBe(0);
    expect(stderr).toBe('iptlint: <stdin>: holds no table; iptables-save needs root to see the rules\n');
  });

  test('a file that is not there does not hide the others', async () => {
    const { stdout, stderr } = await call(['-f', 'concise', 'gone.v4', 'a.v4'], { files: { 'a.v4': table(bad) } });
    expect(stdout).toBe('a.v4:2:1: error[bad-rule] this is a bad-rule\n');
    expect(stderr).toBe('iptlint: gone.v4: no such file\n');
  });

  test('a bundle: both families together, with what is known of the host', async () => {
    const { wordEngine } = await import('./call.js');
    const seen: { names: string[]; context: string[] }[] = [];
    const engine: typeof wordEngine = {
      ...wordEngine,
      lint: (inputs, options) => {
        seen.push({ names: inputs.map(({ name }) => name), context: Object.keys(options.context ?? {}).sort() });
        return wordEngine.lint(inputs, options);
      },
    };
    const files = {
      'web1/iptables-save': table(bad),
      'web1/ip6tables-save': table(odd),
      'web1/ipset-save': '',
      'web1/sysctl.txt': '',
      'web2/iptables-save': table(bad),
      'lone/rules.v4': table(bad),
      'lone/rules.v6': table(bad),
      'lone/other.rules': table(bad),
      'lone/ipset.rules': '',
      'lone/README.md': '',
      '.hidden/rules.v4': table(bad),
    };
    await call(['web1', '.', 'a.rules', '-'], { files: { ...files, 'a.rules': table(bad) }, engine, stdin: table(bad) });
    expect(seen).toEqual([
      { names: ['web1/iptables-save', 'web1/ip6tables-save'], context: ['ipset', 'sysctl'] },
      { names: ['a.rules'], context: [] },
      { names: ['lone/other.rules'], context: [] },
      { names: ['lone/rules.v4', 'lone/rules.v6'], context: [] },
      { names: ['web1/iptables-save', 'web1/ip6tables-save'], context: ['ipset', 'sysctl'] },
      { names: ['web2/iptables-save'], context: [] },
      { names: ['a.rules'], context: [] },
      { names: ['<stdin>'], context: [] },
    ]);
  });

  test('numbers in names and addresses stay as written', async () => {
    const { stdout } = await call(['-f', 'concise', '1.10'], { files: { '1.10': table(bad) } });
    expect(stdout).toMatch(/^1\.10:2/);
  });

  test('a word that is nearly a command', async () => {
    const { stderr, code } = await call(['ruls']);
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean rules?');
  });
});

describe('what is printed where', () => {
  test('findings to standard output; more reports into files; one run', async () => {
    const outcome = await call(['-f', 'concise', '-o', 'json=out/a.json', '-o', 'sarif=b.sarif', 'a.v4'], {
      files: { 'a.v4': table(bad) },
    });
    expect(concise(outcome.stdout)).toHaveLength(1);
    expect(JSON.parse(outcome.file('out/a.json')).findings).toHaveLength(1);
    expect(JSON.parse(outcome.file('b.sarif')).runs[0].results).toHaveLength(1);
    expect(outcome.stderr).toBe('');
  });

  test('on GitHub the annotations stand behind the full text', async () => {
    const { stdout } = await call(['a.v4'], { files: { 'a.v4': table(bad) }, env: { GITHUB_ACTIONS: 'true' } });
    expect(stdout).toMatch(/^error\[bad-rule\]: this is a bad-rule\n {2}--> a\.v4:2/);
    expect(stdout).toContain('\n::error file=a.v4,line=2,');
  });

  test('annotations name files from the root of the checkout', async () => {
    const folder = folderWith({ 'hosts/a.v4': table(bad) });
    const { stdout } = await call(['-f', 'github', 'a.v4'], { env: { GITHUB_WORKSPACE: folder } }, `${folder}/hosts`);
    expect(stdout).toMatch(/^::error file=hosts\/a\.v4,/);
  });

  test.each<[what: string, words: string[], env: Record<string, string>, terminal: number | undefined, color: boolean]>([
    ['a terminal', [], {}, 80, true],
    ['a pipe', [], {}, undefined, false],
    ['a pipe in CI', [], { CI: 'true' }, undefined, false],
    ['NO_COLOR', [], { NO_COLOR: '1' }, 80, false],
    ['FORCE_COLOR into a pipe', [], { FORCE_COLOR: '1' }, undefined, true],
    ['FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, 80, false],
    ['a dumb terminal', [], { TERM: 'dumb' }, 80, false],
    ['--color always', ['--color', 'always'], { NO_COLOR: '1' }, undefined, true],
    ['--color=never', ['--color=never'], { FORCE_COLOR: '1' }, 80, false],
  ])('colour: %s', async (_what, words, env, terminal, color) => {
    const { stdout } = await call([...words, 'a.v4'], { files: { 'a.v4': table(bad) }, env, ...(terminal && { terminal }) });
    expect(stdout.includes('\x1b[')).toBe(color);
  });

  test('time is told on a terminal only, so that a file is the same each time', async () => {
    const files = { 'a.v4': table(bad) };
    expect((await call(['a.v4'], { files, terminal: 80 })).stdout).toMatch(/\(\d\.\d\d s\)/);
    expect((await call(['a.v4'], { files })).stdout).not.toMatch(/\d s\)/);
  });

  test('hyperlinks only where the terminal is known to show them', async () => {
    const setting = { files: { 'a.v4': table(bad) }, terminal: 80 };
    expect((await call(['a.v4'], { ...setting, env: { TERM_PROGRAM: 'WezTerm' } })).stdout).toContain('\x1b]8;;file://');
    expect((await call(['a.v4'], setting)).stdout).not.toContain('\x1b]8;;');
    expect((await call(['a.v4'], { ...setting, env: { TERM_PROGRAM: 'WezTerm', TMUX: 'x' } })).stdout).not.toContain('\x1b]8;;');
  });
});

describe('choice of checks', () => {
  const files = { 'a.v4': table(bad, odd, quiet) };
  test.each([
    ['', ['bad-rule', 'odd-rule']],
    ['--select bad-rule', ['bad-rule']],
    ['--select nat,quiet-rule', ['odd-rule', 'quiet-rule']],
    ['--select all --ignore bad-rule', ['odd-rule', 'quiet-rule']],
    ['--ignore nat --ignore reachability', []],
    ['--level quiet-rule=info', ['bad-rule', 'odd-rule', 'quiet-rule']],
    ['--level bad-rule=off', ['odd-rule']],
  ])('%s', async (words, ids) => {
    const { stdout } = await call([...words.split(' ').filter(Boolean), '-f', 'concise', 'a.v4'], { files });
    expect(concise(stdout).map((line) => /\[(.*?)\]/.exec(line)?.[1])).toEqual(ids);
  });

  test('a name that is none: did you mean', async () => {
    expect((await call(['--select', 'bad-rul', 'a.v4'], { files })).stderr).toContain(
      'there is no check or category bad-rul; did you mean bad-rule?',
    );
  });

  test('--min-certainty proved leaves out what is only possible, and says how many', async () => {
    const text = table(bad, bad.replace('bad-rule', '"bad-rule perhaps"'));
    const { stdout } = await call(['--min-certainty', 'proved'], { stdin: text });
    expect(stdout).toContain('1 error in 2 rules of <stdin>; not shown: 1 only possible');
  });

  test('chains that a program manages: told at info under its name', async () => {
    const text = table(bad.replace('INPUT', 'KUBE-SERVICES'));
    const calm = await call([], { stdin: text });
    expect(calm.code).toBe(0);
    expect(calm.stdout).toMatch(/^info\[bad-rule\]/);
    expect(calm.stdout).toContain('kube-proxy manages this chain');
    expect((await call(['--managed=full'], { stdin: text })).code).toBe(1);
    expect((await call(['--level', 'bad-rule=error'], { stdin: text })).code).toBe(1);
  });
});

describe('silence', () => {
  test('with a reason, in a comment or in the rule', async () => {
    const text = table(
      '# iptlint: ignore-next-line[bad-rule] -- ticket 4711',
      bad,
      odd.replace('odd-rule', '"iptlint:ignore=odd-rule known" -m comment --comment odd-rule'),
    );
    const { stdout, code } = await call([], { stdin: text });
    expect(code).toBe(0);
    expect(stdout).toBe('No findings in 2 rules of <stdin>; not shown: 2 silenced\n');
    expect((await call(['--no-inline-silence'], { stdin: text })).code).toBe(1);
  });

  test('one that silences nothing is told', async () => {
    const { stdout } = await call(['-f', 'concise'], {
      stdin: table('# iptlint: ignore-next-line[bad-rule] -- gone', '-A INPUT -j ACCEPT'),
    });
    expect(stdout).toBe('<stdin>:2:3: info[useless-silence] bad-rule has nothing to say here; this silences nothing\n');
  });
});

describe('baseline', () => {
  test('what is known is not told, whatever its line and counters; what is new is', async () => {
    const folder = folderWith({ 'a.v4': table(bad, odd) });
    const written = await call(['--baseline', 'known.json', '--update-baseline', 'a.v4'], {}, folder);
    expect(written.code).toBe(0);
    expect(written.stderr).toBe('iptlint: known.json holds 2 findings now\n');
    expect(JSON.parse(written.file('known.json')).findings[0]).toMatchObject({
      rule: 'bad-rule',
      path: 'a.v4',
      chain: 'filter/INPUT',
      text: bad,
    });

    const { writeFileSync } = await import('node:fs');
    writeFileSync(`${folder}/a.v4`, table('# a new line', '', `[12:840] ${bad}`, odd));
    const later = await call(['--baseline', 'known.json', 'a.v4'], {}, folder);
    expect(later.code).toBe(0);
    expect(later.stdout).toContain('No findings in 1 rule of a.v4; not shown: 2 in the baseline');

    writeFileSync(`${folder}/a.v4`, table(bad, odd, bad, odd.replace('INPUT', 'FORWARD')));
    const new_ = await call(['-f', 'concise', '--baseline', 'known.json', 'a.v4'], {}, folder);
    expect(concise(new_.stdout).map((line) => line.split(':')[1])).toEqual(['4', '5']);
  });

  test('renewing it keeps what is known of files that were not looked at', async () => {
    const folder = folderWith({ 'a.v4': table(bad), 'b.v4': table(odd) });
    await call(['--baseline', 'k.json', '--update-baseline', 'a.v4', 'b.v4'], {}, folder);
    const { file } = await call(['--baseline', 'k.json', '--update-baseline', 'b.v4'], {}, folder);
    expect(JSON.parse(file('k.json')).findings.map(({ path }: { path: string }) => path)).toEqual(['a.v4', 'b.v4']);
  });
});

describe('configuration', () => {
  test('the nearest one upward, up to the root of the repository', async () => {
    const files = {
      '.iptlint.yaml': 'ignore: [bad-rule]\n',
      'hosts/.iptlint.json': '{ "levels": { "bad-rule": "info" } }',
      'a.v4': table(bad),
      'hosts/web/b.v4': table(bad),
    };
    const { stdout, code } = await call(['-f', 'concise', 'a.v4', 'hosts/web/b.v4'], { files });
    expect(stdout).toBe('hosts/web/b.v4:2:1: info[bad-rule] this is a bad-rule\n');
    expect(code).toBe(0);
  });

  test('unknown keys and values: where, and did you mean', async () => {
    const { stderr, code } = await call(['a.v4'], {
      files: { '.iptlint.yaml': 'selct: [nat]\nfail-on: eror\noverrides:\n  - file: [x]\nbaseline: 1\n', 'a.v4': table(bad) },
    });
    expect(code).toBe(2);
    expect(stderr.split('\n').slice(0, 4)).toEqual([
      'iptlint: .iptlint.yaml:1:1: unknown key selct; did you mean select?',
      'iptlint: .iptlint.yaml:2:10: fail-on is error, warning, info or never, not "eror"; did you mean error?',
      'iptlint: .iptlint.yaml:4:5: unknown key overrides.file; did you mean files?',
      'iptlint: .iptlint.yaml:5:11: baseline has to be a text',
    ]);
  });

  test('an unknown check in it', async () => {
    const { stderr } = await call(['a.v4'], { files: { '.iptlint.yaml': 'levels: { od-rule: error }', 'a.v4': '' } });
    expect(stderr).toContain('.iptlint.yaml: there is no check od-rule; did you mean odd-rule?');
  });

  test('overrides by file and by chain', async () => {
    const config = `
overrides:
  - files: ['lab/**']
    ignore: [reachability]
  - chains: ['DOCKER*', 'nat/INPUT']
    levels: { odd-rule: 'off' }
  - files: [loud.v4]
    select: [quiet-rule]
`;
    const docker = odd.replace('INPUT', 'DOCKER-USER');
    const files = {
      '.iptlint.yaml': config,
      'a.v4': table(bad, odd, docker, quiet),
      'lab/b.v4': table(bad, odd),
      'loud.v4': table(bad, quiet),
    };
    const { stdout } = await call(['-f', 'concise', 'a.v4', 'lab/b.v4', 'loud.v4'], { files });
    expect(concise(stdout).map((line) => line.replace(/:1: /, ' ').replace(/\].*/, ']'))).toEqual([
      'a.v4:2 error[bad-rule]',
      'a.v4:3 warning[odd-rule]',
      'lab/b.v4:3 warning[odd-rule]',
      'loud.v4:3 warning[quiet-rule]',
    ]);
  });

  test('the command line goes first; --select asks again for what the file ignores', async () => {
    const files = { '.iptlint.yaml': 'ignore: [bad-rule]\nfail-on: never\n', 'a.v4': table(bad) };
    expect((await call(['--select', 'bad-rule', '--fail-on', 'error', 'a.v4'], { files })).code).toBe(1);
  });

  test('a baseline and a context in it start from its folder', async () => {
    const folder = folderWith({ '.iptlint.yaml': 'baseline: known.json\n', 'hosts/a.v4': table(bad) });
    const { file } = await call(['--update-baseline', 'a.v4'], {}, `${folder}/hosts`);
    expect(JSON.parse(file('../known.json')).findings).toHaveLength(1);
  });

  test('what init writes is read back, and says the defaults', async () => {
    const { folder } = await call(['config', 'init']);
    const { stdout } = await call(['config', 'show'], {}, folder);
    expect(JSON.parse(stdout)).toEqual({
      ignore: [],
      levels: {},
      'fail-on': 'warning',
      'min-certainty': 'possible',
      managed: 'info',
      overrides: [],
    });
  });
});
