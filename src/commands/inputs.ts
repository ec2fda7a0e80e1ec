/**
 * From the words of a call to hosts: files, folders, bundles, standard input. A host is what is linted together, one ruleset of each family
 * at most where two files name themselves a pair (`rules.v4` and `rules.v6`); hosts know nothing of each other, so that they can be linted
 * in any order and place.
 */

import type { Unreadable } from '../diagnostic/report.js';
import type { HostContext, TextInput } from '../diagnostic/result.js';
import { basename, decode, dirname, join, kindOf, namesIn, type Reading, readText, resolve, type Streams, shownPath } from './io.js';

/** Where one host's texts are; nothing is read yet. */
export interface Host {
  /** Paths as they were given or found; `-` is standard input. */
  readonly paths: readonly string[];
  /** Where its configuration is looked for. */
  readonly folder: string;
  /** Files of a bundle that tell of the host beside its rules. */
  readonly context: Readonly<Partial<Record<keyof HostContext, string>>>;
}

export interface FoundHosts {
  readonly hosts: readonly Host[];
  readonly unreadable: readonly Unreadable[];
}

/** What a bundle folder holds, by the names of the command line contract. */
const bundle = {
  rules: ['iptables-save', 'ip6tables-save'],
  context: { ipset: 'ipset-save', addresses: 'ip-addr.json', routes: 'ip-route.json', sysctl: 'sysctl.txt' },
} as const;

/** Whether a path is the ruleset of a bundle, whose folder then names the host. */
export const isBundlePath = (path: string): boolean => (bundle.rules as readonly string[]).includes(basename(path));

/** File names in a folder that are taken for rulesets. */
const rulesetName = /^(?!ipset).*(?:\.(?:rules|v[46]|iptables|ip6tables|save)|ip6?tables(?:-save)?(?:\.(?:txt|conf|save|rules))?)$/;

/** Finds the hosts that the words of a call name, in their order. */
export const findHosts = (words: readonly string[], { cwd }: Streams): FoundHosts => {
  const unreadable: Unreadable[] = [];
  const hosts: Host[] = [];
  let files: string[] = [];
  const flush = (): void => {
    hosts.push(...pairs(files).map((paths) => ({ paths, folder: dirname(resolve(cwd, paths[0]!)), context: {} })));
    files = [];
  };
  for (const word of [...new Set(words)]) {
    if (word !== '-' && kindOf(resolve(cwd, word)) === 'folder') {
      flush();
      const found = inFolder(word, cwd);
      if (found.length === 0)
        unreadable.push({ path: word, message: 'the folder holds no rulesets (iptables-save, *.rules, *.v4, *.v6 ...)' });
      hosts.push(...found);
    } else if (word === '-') {
      flush();
      hosts.push({ paths: ['-'], folder: cwd, context: {} });
    } else files.push(word);
  }
  flush();
  return { hosts, unreadable };
};

/** A host's texts, read. */
export interface HostTexts {
  readonly inputs: readonly TextInput[];
  readonly context: HostContext;
  readonly unreadable: readonly Unreadable[];
}

/** Reads a host's rulesets and its context; `context` gives paths that go before those of a bundle. */
export const readHost = async (
  host: Host,
  context: Host['context'],
  stdinName: string,
  { cwd, stdin }: Pick<Streams, 'cwd' | 'stdin'>,
): Promise<HostTexts> => {
  const unreadable: Unreadable[] = [];
  const take = (name: string, reading: Reading): TextInput[] => {
    if ('text' in reading) return [{ name, text: reading.text, ...familyInName(name) }];
    unreadable.push({ path: name, message: reading.fault });
    return [];
  };
  const inputs: TextInput[] = [];
  for (const path of host.paths) {
    if (path === '-') inputs.push(...take(stdinName, decode(await stdin.read())));
    else inputs.push(...take(shownPath(path, cwd), readText(resolve(cwd, path))));
  }
  const known: Partial<Record<keyof HostContext, TextInput>> = {};
  for (const [key, path] of Object.entries({ ...host.context, ...context }) as [keyof HostContext, string][]) {
    const [text] = take(shownPath(path, cwd), readText(resolve(cwd, path)));
    if (!text) continue;
    const fault = await faultOfContext(key, text.text);
    if (fault) unreadable.push({ path: text.name, message: fault });
    else known[key] = text;
  }
  return { inputs, context: known, unreadable };
};

/** What is wrong with a text about the host: one that is not what its flag asks for must not pass for one that says nothing. */
const faultOfContext = async (key: keyof HostContext, text: string): Promise<string | null> => {
  if (key !== 'addresses' && key !== 'routes') return null;
  const { readAddresses, readRoutes } = await import('../model/host.js');
  const read = key === 'addresses' ? readAddresses(text) : readRoutes(text);
  return 'message' in read ? `${read.message}; ip -j ${key === 'addresses' ? 'addr' : 'route'} writes it` : null;
};

/** Hosts of a folder: itself where it is a bundle, else its rulesets, then its folders; hidden ones are passed over. */
const inFolder = (folder: string, cwd: string): Host[] => {
  const whole = resolve(cwd, folder);
  const names = namesIn(whole);
  const here = (name: string): string => join(folder, name);
  if (bundle.rules.some((name) => names.includes(name))) {
    const context = Object.fromEntries(
      Object.entries(bundle.context).flatMap(([key, name]) => (names.includes(name) ? [[key, here(name)]] : [])),
    );
    return [{ paths: bundle.rules.filter((name) => names.includes(name)).map(here), folder: whole, context }];
  }
  const files = names.filter((name) => !name.endsWith('/') && !name.startsWith('.') && rulesetName.test(name));
  const folders = names.filter((name) => name.endsWith('/') && !name.startsWith('.') && name !== 'node_modules/');
  return [
    ...pairs(files.map(here)).map((paths) => ({ paths, folder: whole, context: {} })),
    ...folders.flatMap((name) => inFolder(here(name.slice(0, -1)), cwd)),
  ];
};

const isV6 = (path: string): boolean => /ip6tables|\.(?:ip)?v6(?:\.|$)/.test(basename(path));
const isV4 = (path: string): boolean => /iptables|\.(?:ip)?v4(?:\.|$)/.test(basename(path));

/** What a file's name tells of the family of the rules in it. */
export const familyInName = (name: string): Pick<TextInput, 'likelyFamily'> =>
  isV6(name) ? { likelyFamily: 6 } : isV4(name) ? { likelyFamily: 4 } : {};

/** Files that name themselves the v4 and v6 half of one host are put together; the others stand alone. In the order of the first of each. */
const pairs = (paths: readonly string[]): string[][] => {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const key = join(
      dirname(path),
      basename(path)
        .replace(/ip6tables/g, 'iptables')
        .replace(/\.(?:ip)?v[46](?=\.|$)/g, ''),
    );
    groups.set(key, [...(groups.get(key) ?? []), path]);
  }
  return [...groups.values()].flatMap((group) =>
    group.length === 2 && group.filter(isV6).length === 1 ? [group] : group.map((path) => [path]),
  );
};
