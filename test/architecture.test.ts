/**
 * The map of the house, held: which room may import from which, which package may be used where, what is named after what. The lists below
 * are the one place where this is said as code; src/README.md says it in words.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

interface Import {
  readonly from: string;
  /** A path from the root, or the name of a package as it is written. */
  readonly to: string;
  readonly isPackage: boolean;
  /** Types alone: nothing of it is left at run time. */
  readonly isType: boolean;
}

const filesUnder = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .sort();

/** Static imports, re-exports and import() calls, from the text: comments are taken out first, so that examples in them do not count. */
const importsOf = (from: string): Import[] => {
  const code = readFileSync(join(root, from), 'utf8').replaceAll(/^\s*(?:\/\*[\s\S]*?\*\/|\/\/.*)$/gm, '');
  const pattern = /^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm;
  return [...code.matchAll(pattern)].map(([, type, named, called]) => {
    const to = (named ?? called)!;
    const isPackage = !to.startsWith('.');
    return { from, to: isPackage ? to : join(dirname(from), to).replace(/\.js$/, '.ts'), isPackage, isType: type !== undefined };
  });
};

const files = [...filesUnder('grammar'), ...filesUnder('src')];
const imports = files.flatMap(importsOf);
const local = imports.filter(({ isPackage }) => !isPackage);
const packages = imports.filter(({ isPackage }) => isPackage);
const show = ({ from, to }: Import): string => `${from} imports ${to}`;

/** Each room with the rooms that it may import from; itself always. A room is a folder, or a file that stands alone; the longest name wins. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'grammar/source.ts': [],
  'grammar/problem.ts': ['grammar/source.ts'],
  'grammar/suggest.ts': [],
  'grammar/netfilter': [],
  'grammar/packet': ['grammar/netfilter'],
  'grammar/values': ['grammar/packet', 'grammar/netfilter'],
  'grammar/extensions': [
    'grammar/values',
    'grammar/packet',
    'grammar/netfilter',
    'grammar/extensions/matches',
    'grammar/extensions/targets',
  ],
  'grammar/extensions/matches': ['grammar/extensions', 'grammar/values', 'grammar/packet', 'grammar/netfilter'],
  'grammar/extensions/targets': ['grammar/extensions', 'grammar/values', 'grammar/packet', 'grammar/netfilter'],
  'grammar/syntax': [
    'grammar/extensions',
    'grammar/extensions/matches',
    'grammar/values',
    'grammar/packet',
    'grammar/netfilter',
    'grammar/problem.ts',
    'grammar/source.ts',
    'grammar/suggest.ts',
  ],
  'grammar/index.ts': [
    'grammar/syntax',
    'grammar/extensions',
    'grammar/values',
    'grammar/packet',
    'grammar/netfilter',
    'grammar/problem.ts',
    'grammar/source.ts',
  ],

  'src/util': [],
  'src/diagnostic': ['grammar/index.ts', 'src/util'],
  'src/config': ['src/diagnostic', 'src/util'],
  'src/packets': ['grammar/index.ts', 'src/util'],
  'src/model': ['grammar/index.ts', 'src/util'],
  'src/analysis': ['grammar/index.ts', 'src/model', 'src/packets', 'src/diagnostic', 'src/util'],
  'src/explain': ['grammar/index.ts', 'src/analysis', 'src/model', 'src/packets', 'src/diagnostic', 'src/util'],
  'src/query': ['grammar/index.ts', 'src/explain', 'src/analysis', 'src/model', 'src/packets', 'src/diagnostic', 'src/util'],
  'src/rules': ['grammar/index.ts', 'src/explain', 'src/analysis', 'src/model', 'src/packets', 'src/diagnostic', 'src/util'],
  'src/reporters': ['grammar/index.ts', 'src/diagnostic', 'src/util'],
  'src/lint.ts': ['grammar/index.ts', 'src/rules', 'src/analysis', 'src/model', 'src/diagnostic', 'src/util'],
  'src/index.ts': [
    'grammar/index.ts',
    'grammar/syntax',
    'src/lint.ts',
    'src/rules',
    'src/explain',
    'src/analysis',
    'src/model',
    'src/diagnostic',
  ],
  'src/commands': [
    'grammar/index.ts',
    'src/lint.ts',
    'src/rules',
    'src/query',
    'src/explain',
    'src/analysis',
    'src/model',
    'src/packets',
    'src/reporters',
    'src/config',
    'src/diagnostic',
    'src/util',
  ],
  'src/cli.ts': ['src/commands', 'src/diagnostic'],
};

/** The room of a file: the longest name that the file is, or stands under. */
const roomOf = (file: string): string | undefined =>
  Object.keys(rooms)
    .filter((room) => file === room || file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];

/** Where each package may be used. */
const users: Readonly<Record<string, (file: string) => boolean>> = {
  // The language of rulesets, and that of queries: two grammars, one way to write grammars down.
  chevrotain: (file) => file.startsWith('grammar/syntax/') || file === 'src/query/language.ts',
  'fastest-levenshtein': (file) => file === 'grammar/suggest.ts',
  yargs: (file) => file === 'src/cli.ts' || file.startsWith('src/commands/'),
  tinypool: (file) => /^src\/commands\/fleet/.test(file),
  picocolors: (file) => /^src\/(?:reporters|commands)\//.test(file),
  yaml: (file) => /^src\/(?:config|commands)\//.test(file),
};
const mayUseNode = (file: string): boolean => file === 'src/cli.ts' || file.startsWith('src/commands/');

test('the imports are read: far more than one a file, and all of them lead to files', () => {
  expect(local.length).toBeGreaterThan(files.length);
  expect(local.filter(({ to }) => !existsSync(join(root, to))).map(show)).toEqual([]);
});

test('every file stands in a room of the map', () => {
  expect(files.filter((file) => roomOf(file) === undefined)).toEqual([]);
});

describe('a room imports from the rooms below it', () => {
  test.each(Object.keys(rooms))('%s', (room) => {
    const allowed = new Set([room, ...rooms[room]!]);
    const own = local.filter(({ from }) => roomOf(from) === room);
    expect(own.filter(({ to }) => !allowed.has(roomOf(to) ?? to)).map(show)).toEqual([]);
  });
});

test('no room can be reached from itself by way of another, extensions and their two folders apart', () => {
  const together = (room: string): string => (room.startsWith('grammar/extensions') ? 'grammar/extensions' : room);
  const below = new Map<string, Set<string>>();
  for (const [room, list] of Object.entries(rooms)) {
    const set = below.get(together(room)) ?? new Set();
    below.set(together(room), set);
    for (const other of list) if (together(other) !== together(room)) set.add(together(other));
  }
  const reach = (room: string, seen = new Set<string>()): Set<string> => {
    for (const other of below.get(room) ?? [])
      if (!seen.has(other)) {
        seen.add(other);
        reach(other, seen);
      }
    return seen;
  };
  expect([...below.keys()].filter((room) => reach(room).has(room))).toEqual([]);
});

test('the grammar knows nothing of the program', () => {
  expect(local.filter(({ from, to }) => from.startsWith('grammar/') && !to.startsWith('grammar/')).map(show)).toEqual([]);
});

test('the program enters the grammar by its one door; the library may pass the types of its tree on', () => {
  const beside = local.filter(({ from, to }) => from.startsWith('src/') && to.startsWith('grammar/') && to !== 'grammar/index.ts');
  expect(beside.filter(({ from, isType }) => !(from === 'src/index.ts' && isType)).map(show)).toEqual([]);
});

test('extensions do not import one another', () => {
  const isExtension = (file: string): boolean => /^grammar\/extensions\/(?:matches|targets)\//.test(file);
  expect(local.filter(({ from, to }) => isExtension(from) && isExtension(to)).map(show)).toEqual([]);
});

test('a check is named after its file', () => {
  const checks = filesUnder('src/rules').map(
    (file) => [file, /^ {2}id: '([^']+)'/m.exec(readFileSync(join(root, file), 'utf8'))?.[1]] as const,
  );
  expect(checks.filter(([, id]) => id !== undefined).length).toBeGreaterThan(10);
  expect(checks.filter(([file, id]) => id !== undefined && file !== `src/rules/${id}.ts`)).toEqual([]);
});

test('packages are used where the map says', () => {
  const name = (to: string): string => to.split('/')[0]!;
  const own = packages.filter(({ to }) => !isBuiltin(to));
  expect(own.filter(({ from, to }) => !users[name(to)]?.(from)).map(show)).toEqual([]);
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect([...new Set(own.map(({ to }) => name(to)))].sort()).toEqual(Object.keys(dependencies).sort());
});

test('Node is used by the commands alone, under its own name', () => {
  expect(packages.filter(({ from, to }) => isBuiltin(to) && !(mayUseNode(from) && to.startsWith('node:'))).map(show)).toEqual([]);
});

describe('the library', () => {
  const reached = new Set<string>(['src/index.ts']);
  for (const file of reached)
    for (const { from, to, isPackage, isType } of imports) if (from === file && !isPackage && !isType) reached.add(to);

  test('reaches the linter and the whole grammar', () => {
    expect([...reached]).toEqual(expect.arrayContaining(['src/lint.ts', 'grammar/index.ts', 'grammar/syntax/parse.ts']));
  });

  test('needs no Node, no terminal and no configuration', () => {
    const taken = packages.filter(({ from, isType }) => reached.has(from) && !isType).map(({ to }) => to);
    expect([...new Set(taken)].sort()).toEqual(['chevrotain', 'fastest-levenshtein']);
  });
});

test('relative imports end in .js, as Node wants them', () => {
  const wrong = files.filter((file) => /from '\.[^']*(?<!\.js)'/.test(readFileSync(join(root, file), 'utf8')));
  expect(wrong).toEqual([]);
});

test('every file opens with a sentence that says what it is', () => {
  const silent = files.filter((file) => !/^(?:#!.*\n)?\/\*\*[\s\S]*?[.:)]\s*(?:\*\/|\n)/.test(readFileSync(join(root, file), 'utf8')));
  expect(silent).toEqual([]);
});
