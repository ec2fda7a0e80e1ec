/**
 * Measures the built program as a user runs it: processor time (user and system, all threads), time on the clock and peak memory of whole processes, the
 * median of three. Beside reading stands `iptables-*-restore --test` on the same file, where it is installed and we are root. Figures vary with the
 * machine: compare those of one run. `npm run bench`
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accessList, kubeRuleset, smallRuleset } from './rulesets.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'iptlint-bench-'));

execFileSync(
  'npx',
  [
    'esbuild',
    'grammar/syntax/parse.ts',
    '--bundle',
    '--format=esm',
    '--platform=node',
    '--outfile=dist/bench/parse.js',
    '--log-level=warning',
  ],
  { cwd: root, stdio: 'inherit' },
);

/** Seconds of a command by bash's own clock, of the processor and on the clock; null where it could not run. */
const timed = (command, args, env = {}) => {
  const done = spawnSync('bash', ['-c', 'TIMEFORMAT="@%U %S %R"; time "$@" >/dev/null', 'bench', command, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  const times = /@([\d.]+) ([\d.]+) ([\d.]+)/.exec(done.stderr);
  return times ? { cpu: Number(times[1]) + Number(times[2]), clock: Number(times[3]) } : null;
};

const median = (measure) => {
  const figures = [measure(), measure(), measure()].filter((figure) => figure !== null).sort((a, b) => a.cpu - b.cpu);
  return figures.length > 0 ? figures[figures.length >> 1] : null;
};

const say = (figure) => (figure === null ? 'not here' : `${figure.cpu.toFixed(2)} s (${figure.clock.toFixed(2)})`);

const measureNode = (args) => {
  const usage = join(folder, 'usage');
  const seconds = median(() => timed(process.execPath, ['--import', join(root, 'test/bench/usage.js'), ...args], { BENCH_USAGE: usage }));
  return { seconds, megabytes: Number(readFileSync(usage, 'utf8')) };
};

const restoreTest = (backend, file) => {
  const name = `iptlint-bench-${process.pid}`;
  if (process.getuid?.() !== 0 || spawnSync('ip', ['netns', 'add', name]).status !== 0) return null;
  try {
    if (spawnSync(`iptables-${backend}-restore`, ['--version']).status !== 0) return null;
    return median(() => timed('ip', ['netns', 'exec', name, `iptables-${backend}-restore`, '--test', file]));
  } finally {
    spawnSync('ip', ['netns', 'del', name]);
  }
};

const files = [
  ['small', 30, smallRuleset()],
  ['kube', 10_000, kubeRuleset(10_000)],
  ['kube', 50_000, kubeRuleset(50_000)],
  ['kube', 100_000, kubeRuleset(100_000)],
  ['acl', 10_000, accessList(10_000)],
  ['acl', 50_000, accessList(50_000)],
  ['acl', 100_000, accessList(100_000)],
];
const chosen = process.argv.slice(2);

try {
  console.log(`Node ${process.version}; seconds of the processor (on the clock) of whole processes, median of 3`);
  for (const [kind, rules, text] of files) {
    if (chosen.length > 0 && !chosen.includes(kind) && !chosen.includes(`${kind}-${rules}`)) continue;
    const file = join(folder, `${kind}-${rules}.rules`);
    writeFileSync(file, text);
    const read = measureNode([join(root, 'test/bench/read.js'), file]);
    const lint = measureNode([join(root, 'dist/cli.cjs'), 'lint', '-f', 'json', '--no-config', file]);
    console.log(
      `${kind.padEnd(6)} ${String(rules).padStart(7)} rules ${(text.length / 1e6).toFixed(1).padStart(5)} MB   read ${say(read.seconds)} ${read.megabytes} MB` +
        `   restore --test: nft ${say(restoreTest('nft', file))}, legacy ${say(restoreTest('legacy', file))}   lint ${say(lint.seconds)} ${lint.megabytes} MB`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
