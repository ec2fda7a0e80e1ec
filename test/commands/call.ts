/** Calls the program as a shell would, in a folder of its own, with what it prints caught. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import { Source } from '../../grammar/index.js';
import type { Engine } from '../../src/commands/engine.js';
import { encode, type Streams } from '../../src/commands/io.js';
import { main } from '../../src/commands/main.js';
import type { Diagnostic, Level } from '../../src/diagnostic/diagnostic.js';
import { levelOf } from '../../src/diagnostic/selection.js';
import type { CheckInfo } from '../../src/rules/define.js';

export interface Setting {
  /** Files to be there, by path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** What stands on standard input; absent: nothing; null: a terminal. */
  readonly stdin?: string | Uint8Array | null;
  readonly env?: Streams['env'];
  /** Standard output and standard error are terminals of this width. */
  readonly terminal?: number;
  readonly engine?: Engine | 'real';
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly folder: string;
  /** The text of a file afterwards. */
  readonly file: (path: string) => string;
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own, a repository's root, with files in it. */
export const folderWith = (files: Setting['files'] = {}): string => {
  const folder = mkdtempSync(join(tmpdir(), 'iptlint-test-'));
  folders.push(folder);
  mkdirSync(join(folder, '.git'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
};

/** `iptlint WORDS` in a folder of its own, or in one that is there. */
export const call = async (words: readonly string[], setting: Setting = {}, folder = folderWith(setting.files)): Promise<Outcome> => {
  const { stdin = '', env = {}, terminal, engine = wordEngine } = setting;
  const caught = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    isTerminal: terminal !== undefined,
    columns: terminal ?? null,
    write: (text: string) => {
      const bytes = encode(text);
      caught[name] += typeof bytes === 'string' ? bytes : bytes.toString('latin1');
    },
  });
  const streams: Streams = {
    stdin: {
      isTerminal: stdin === null,
      read: async () => (typeof stdin === 'string' ? new TextEncoder().encode(stdin) : (stdin ?? new Uint8Array())),
    },
    stdout: output('stdout'),
    stderr: output('stderr'),
    env,
    cwd: folder,
  };
  const code = engine === 'real' ? await main(words, streams) : await main(words, streams, async () => engine);
  return { code, ...caught, folder, file: (path) => readFileSync(join(folder, path), 'utf8') };
};

const check = (id: string, category: CheckInfo['category'], level: CheckInfo['level']): CheckInfo => ({
  id,
  category,
  level,
  summary: `Finds the word ${id}.`,
  why: `A line with ${id} in it is ${level}.`,
  advice: 'Take it out.',
  examples: { find: [{ title: 'the word', text: `-A INPUT -m comment --comment ${id}` }], leave: [] },
});

/**
 * An engine whose checks find their own id in a line, so that these tests hold whatever the real checks are: `bad-rule` is an error,
 * `odd-rule` a warning, `long-rule` info, `quiet-rule` off. `GARBAGE` is a line that cannot be read, `PUZZLE` one that is not decided.
 */
export const wordEngine: Engine = {
  checks: [
    check('bad-rule', 'reachability', 'error'),
    check('odd-rule', 'nat', 'warning'),
    check('long-rule', 'style', 'info'),
    check('quiet-rule', 'style', 'off'),
  ],
  lint: (inputs, options) => {
    const diagnostics = inputs.flatMap(({ name, text }) => {
      const source = new Source(name, text);
      const found: Diagnostic[] = [];
      for (const { 0: line, index: start } of text.matchAll(/.+/g)) {
        if (line.startsWith('#')) continue;
        for (const check of wordEngine.checks) {
          const level = levelOf(check, options);
          if (level === 'off' || !line.replace(/iptlint:ignore=\S+/, '').includes(check.id)) continue;
          found.push({
            check: check.id,
            category: check.category,
            level: level as Level,
            certainty: line.includes('perhaps') ? 'possible' : 'proved',
            message: `this is a ${check.id}`,
            source,
            at: { start, end: start + line.length },
            family: options.family ?? 4,
            table: 'filter',
            chain: /-A (\S+)/.exec(line)?.[1] ?? 'INPUT',
            related: [],
            help: 'take it out',
            ...(line.includes('KUBE-') && { owner: 'kube-proxy' }),
          });
        }
      }
      return found;
    });
    const all = inputs.map(({ text }) => text).join('\n');
    return {
      inputs: inputs.map(({ name, text }) => ({
        path: name,
        family: options.family ?? 4,
        tables: text.includes('*filter') ? ['filter'] : [],
        chains: 3,
        rules: text.match(/^-A/gm)?.length ?? 0,
      })),
      diagnostics,
      partlyUnread: all.includes('GARBAGE'),
      inconclusive: all.includes('PUZZLE'),
    };
  },
  format: ({ text }) => ({ text: text.replaceAll('--jump', '-j'), partlyUnread: text.includes('GARBAGE') }),
};

/** A filter table with these lines in it. */
export const table = (...lines: string[]): string => ['*filter', ...lines, 'COMMIT', ''].join('\n');
