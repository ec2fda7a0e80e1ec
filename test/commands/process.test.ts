/** The program as a process: built as it ships, run by Node, its streams real. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { tool } from '../../src/diagnostic/tool.js';

// Each starts Node once or more, on a machine that may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'iptlint-process-'));
const program = join(folder, 'cli.cjs');

beforeAll(() => {
  const root = join(import.meta.dirname, '../..');
  execFileSync(process.execPath, [join(root, '.ci/build.js'), folder], { stdio: 'inherit' });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (words: string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    input,
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr };
};

test('the version is that of package.json', () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  expect(tool.version).toBe(version);
  expect(run(['--version'])).toEqual({ status: 0, stdout: `iptlint ${version}\n`, stderr: '' });
  expect(run(['fmt', '--version']).stdout).toBe(`iptlint ${version}\n`);
});

describe('compiled code is kept beside the program', () => {
  const kept = join(folder, 'compiled');
  const files = () => readdirSync(kept).sort();
  const changedAt = () => files().map((name) => statSync(join(kept, name)).mtimeMs);
  const part = (name: string) => join(kept, files().find((file) => file.includes(`-${name}-`))!);

  test('the build writes it, for linting and for all, and runs leave it as it is', () => {
    expect(files().map((name) => name.split('-')[1])).toEqual(['all', 'lint']);
    const before = changedAt();
    expect(run(['rules', 'open-policy']).status).toBe(0);
    expect(run(['-f', 'json'], '*filter\nCOMMIT\n').status).toBe(0);
    expect(changedAt()).toEqual(before);
  });

  test('what V8 refuses is no fault, and is written anew', () => {
    const before = files();
    writeFileSync(part('all'), 'not compiled by anybody');
    const { status, stdout, stderr } = run(['rules', 'open-policy']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('open-policy');
    expect(files()).toEqual(before);
    expect(statSync(part('all')).size).toBeGreaterThan(100_000);
  });

  test('what a run over a large text leaves serves the next run', () => {
    const before = files();
    writeFileSync(part('lint'), 'not compiled by anybody');
    const rules = Array.from(
      { length: 90_000 },
      (_, i) => `-A INPUT -s 10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32 -p tcp -m tcp --dport 22 -j DROP\n`,
    );
    expect(run(['-f', 'concise'], `*filter\n:INPUT ACCEPT [0:0]\n${rules.join('')}COMMIT\n`).stderr).toBe('');
    expect(files()).toEqual(before);
    expect(statSync(part('lint')).size).toBeGreaterThan(100_000);
    // V8 would refuse what was kept under other flags than it finds, and this run would write it again.
    const at = changedAt();
    expect(run(['-f', 'json'], '*filter\nCOMMIT\n').status).toBe(0);
    expect(changedAt()).toEqual(at);
  });
});

test('a fault of ours is told by the places of the sources', () => {
  const broken = join(folder, 'broken.cjs');
  writeFileSync(
    broken,
    `process.hrtime.bigint = () => { throw new RangeError('no clock'); };\nrequire(${JSON.stringify(join(folder, 'cli.cjs'))});\n`,
  );
  const env = { ...process.env, IPTLINT_DEBUG: '1' };
  const { status, stderr } = spawnSync(process.execPath, [broken, '-f', 'json'], { cwd: folder, encoding: 'utf8', input: '', env });
  expect(status).toBe(70);
  expect(stderr).toMatch(/^ +at \S*src\/commands\/main\.ts:\d+:\d+$/m);
  expect(stderr).not.toContain('program.cjs');
});

test('a dump on standard input', () => {
  const { status, stdout, stderr } = run(['-f', 'json'], '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 192.0.2.1/32 -j DROP\nCOMMIT\n');
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, inputs: [{ path: '<stdin>', family: 4, tables: ['filter'], rules: 1 }] });
  expect([0, 1]).toContain(status);
});

test('a line that cannot be read: 3, told with its place, the rest is read', () => {
  const { status, stdout } = run(['-f', 'concise'], '*filter\n-A INPUT --no-such-thing x -j DROP x y\n-A INPUT -j ACCEPT\nCOMMIT\n');
  expect(stdout).toMatch(/^<stdin>:2:\d+: error\[syntax-error\] /m);
  expect(status).toBe(3);
});

test('fmt prints what iptables-save would', () => {
  const { status, stdout } = run(['fmt'], '*filter\n:INPUT ACCEPT [0:0]\n# ssh\n-A INPUT -p tcp --dport ssh --jump ACCEPT\nCOMMIT\n');
  expect(stdout).toBe('*filter\n:INPUT ACCEPT [0:0]\n# ssh\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n');
  expect(status).toBe(0);
});

test('much output into a pipe arrives whole', () => {
  const rules = Array.from({ length: 20_000 }, (_, index) => `-A INPUT -p tcp -m tcp --dport ${index + 1} -j ACCEPT\n`).join('');
  const text = `*filter\n:INPUT ACCEPT [0:0]\n${rules}COMMIT\n`;
  expect(run(['fmt'], text).stdout).toBe(text);
});

test('a reader that goes away is no fault', async () => {
  const rules = Array.from({ length: 50_000 }, (_, index) => `-A INPUT -p tcp -m tcp --dport ${index + 1} -j ACCEPT\n`).join('');
  const child = spawn(process.execPath, [program, 'fmt'], { cwd: folder });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(`*filter\n${rules}COMMIT\n`);
  child.stdout.once('data', () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

// A process that shares our pipe can make it non-blocking, and every Node does that opens it: writing and reading must wait.
describe('a pipe that was made non-blocking', () => {
  const shell = (text: string): string =>
    spawnSync('sh', ['-c', text], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, NODE: process.execPath } })
      .stdout;
  const text = `*filter\n:INPUT ACCEPT [0:0]\n${Array.from({ length: 20_000 }, (_, i) => `-A INPUT -p tcp -m tcp --dport ${i + 1} -j ACCEPT\n`).join('')}COMMIT\n`;
  const around = (opened: string): string => {
    const path = join(folder, `${opened}.cjs`);
    writeFileSync(
      path,
      `process.${opened};\nrequire('node:child_process').spawnSync(process.execPath, [${JSON.stringify(program)}, 'fmt'], { stdio: 'inherit' });\n`,
    );
    return `"$NODE" ${opened}.cjs`;
  };
  beforeAll(() => writeFileSync(join(folder, 'many.rules'), text));

  test('standard output, its reader late', () => {
    expect(shell(`${around('stdout')} < many.rules | (sleep 1; cat)`)).toBe(text);
  });

  test('standard input, its writer late', () => {
    expect(shell(`(sleep 1; cat many.rules) | ${around('stdin')}`)).toBe(text);
  });
});

// `script` runs a command in a terminal of its own (util-linux).
describe.skipIf(spawnSync('script', ['--version']).status !== 0)('in a terminal', () => {
  const inTerminal = (columns: number): string => {
    const call = `stty cols ${columns}; "${process.execPath}" "${program}" rules open-policy`;
    return spawnSync('script', ['-qec', call, '/dev/null'], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, TERM: 'xterm' },
    }).stdout;
  };
  const widest = (text: string): number => Math.max(...text.split(/\r?\n/).map((line) => line.replace(/\x1b\[\d+m/g, '').length));

  test.each([
    ['its width', 80, 80],
    ['a width that it does not know', 0, 100],
  ])('%s', (_what, columns, expected) => {
    const text = inTerminal(columns);
    expect(text).toContain('\x1b[1m');
    expect(widest(text)).toBeLessThanOrEqual(expected);
    expect(widest(text)).toBeGreaterThan(expected - 20);
  });
});

test.skipIf(!existsSync('/dev/full'))('a disk that is full is told, not called a fault of ours', () => {
  const { status, stderr } = spawnSync('sh', ['-c', `"${process.execPath}" "${program}" rules > /dev/full`], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 2, stderr: 'iptlint: cannot write standard output: no space left\n' });
});

describe('the answer to --help and --version comes at once', () => {
  const bare = (): number => timed(['-e', '0']);
  const timed = (words: string[]): number => {
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      execFileSync(process.execPath, words, { cwd: folder });
      return performance.now() - start;
    });
    return Math.min(...times);
  };
  // Against Node's own start, so that a slow machine does not fail it; measured 8 and 27 ms.
  test.each([
    ['--version', 120],
    ['--help', 240],
  ])('%s', (word, limit) => {
    expect(timed([program, word]) - bare()).toBeLessThan(limit);
  });
});
