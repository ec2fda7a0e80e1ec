/** The catalogue of extensions is whole: nothing that stands in its folders, in iptables or in its own tables is missing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { arityOf, findMatch, findTarget, flagsOf, matchSpecs, targetSpecs } from '../../grammar/extensions/catalogue.js';
import type { MatchSpec, TargetSpec } from '../../grammar/extensions/define.js';
import { builtIn } from '../../grammar/extensions/matches/built-in.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe.each([
  ['matches', [builtIn, ...matchSpecs]],
  ['targets', targetSpecs],
] as const)('grammar/extensions/%s', (folder, specs) => {
  const files = readdirSync(`${root}grammar/extensions/${folder}`).map((file) => file.replace(/\.ts$/, ''));

  test('holds a file for each extension, and nothing else', () => {
    const fileOf = ({ name }: { readonly name: string }): string => (name === builtIn.name ? 'built-in' : name.toLowerCase());
    expect(specs.map(fileOf).sort()).toEqual(files.sort());
  });

  test.each(files)('%s.ts stands in the catalogue', async (file) => {
    const exported = Object.values(await import(`../../grammar/extensions/${folder}/${file}.ts`));
    expect(specs.filter((spec) => exported.includes(spec))).toHaveLength(1);
  });

  test('is listed by name', () => {
    const names = specs.filter((spec) => spec !== builtIn).map(({ name }) => name.toLowerCase());
    expect(names).toEqual([...names].sort());
  });
});

const all: readonly (MatchSpec | TargetSpec)[] = [builtIn, ...matchSpecs, ...targetSpecs];

test('names and aliases are of one extension each', () => {
  for (const [specs, find] of [
    [matchSpecs, findMatch],
    [targetSpecs, findTarget],
  ] as const) {
    const names = specs.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    for (const spec of specs) for (const name of [spec.name, ...(spec.aliases ?? [])]) expect(find(name)).toBe(spec);
  }
});

describe.each(all.map((spec) => [`${spec.kind} ${spec.name}`, spec] as const))('%s', (_name, spec) => {
  test('spells each flag once, with its dashes', () => {
    const flags = Object.values(spec.options).flatMap(({ flag, aliases = [] }) => [flag, ...aliases]);
    expect(new Set(flags).size).toBe(flags.length);
    for (const flag of flags) expect(flag).toMatch(/^--[a-z0-9][a-z0-9-]*$|^-[a-z46]$/);
  });

  test('names only its own options where options exclude or need one another', () => {
    const keys = Object.keys(spec.options);
    for (const { excludes = [], needs = [] } of Object.values(spec.options))
      expect(keys).toEqual(expect.arrayContaining([...excludes, ...needs]));
  });

  test('says where its facts come from', () => {
    expect(spec.manual).toMatch(/\S/);
    expect(spec.examples.length).toBeGreaterThan(0);
  });
});

/** Flags with the extensions that have them, where more than one has. */
const shared = (() => {
  const owners = new Map<string, { extension: string; arity: number; optional: boolean }[]>();
  for (const spec of all)
    for (const [flag, { spec: option }] of flagsOf(spec)) {
      const { arity, optional = false } = option.value;
      owners.set(flag, [...(owners.get(flag) ?? []), { extension: `${spec.kind} ${spec.name}`, arity, optional }]);
    }
  return [...owners].filter(([, list]) => list.length > 1);
})();

test('specs, options and value types have one shape each, whatever a definition leaves out', () => {
  const shapes = (objects: readonly object[]): number => new Set(objects.map((object) => Object.keys(object).join())).size;
  const options = all.flatMap((spec) => Object.values(spec.options));
  expect(all.length).toBeGreaterThan(100);
  expect(shapes(all)).toBe(1);
  expect(shapes(options)).toBe(1);
  expect(shapes(options.map(({ value }) => value))).toBe(1);
});

describe('a flag that several extensions have', () => {
  test('there are such flags', () => {
    expect(shared.map(([flag]) => flag)).toEqual(expect.arrayContaining(['--dport', '--set', '--ttl']));
  });

  // The lexer knows no context: what it takes for the words of a flag must be right for each extension that has it.
  test.each(shared)('%s takes words that suit them all', (flag, list) => {
    const { min, max } = arityOf(flag);
    for (const { arity, optional } of list) {
      expect(min).toBeLessThanOrEqual(optional ? 0 : arity);
      expect(max).toBeGreaterThanOrEqual(arity);
    }
    // Words beyond the least are taken only where they do not look like options; a value that begins with a dash needs the count to be certain.
    const counts = new Set(list.map(({ arity }) => arity));
    if (counts.size === 1 && list.every(({ optional }) => !optional))
      expect({ min, max }).toEqual({ min: list[0]!.arity, max: list[0]!.arity });
  });
});

interface Listed {
  readonly kind: 'match' | 'target';
  readonly help: readonly string[];
  readonly man: readonly string[];
}

const path = `${root}../shared/conformance/extensions.json`;
const isThere = existsSync(path);
const listed: readonly (readonly [string, Listed])[] = isThere ? Object.entries(JSON.parse(readFileSync(path, 'utf8'))) : [];

/** What the list names and what is not an extension that can be written in a rule: the library that DNAT, SNAT, MASQUERADE and REDIRECT share. */
const libraries: ReadonlySet<string> = new Set(['NAT']);
/** Targets that are for TCP alone: iptables prints the help of tcp beside theirs. */
const besideTcp: ReadonlySet<string> = new Set(['SYNPROXY', 'TCPMSS', 'TCPOPTSTRIP']);

describe.skipIf(!isThere)(`every match and target of iptables 1.8.9${isThere ? '' : ' (skipped: ../shared is not there)'}`, () => {
  const cases = listed.filter(([name]) => !libraries.has(name));

  test.each(cases)('%s', (name, { kind, help }) => {
    const spec = kind === 'match' ? findMatch(name) : findTarget(name);
    expect(spec?.name).toBe(name);
    const known = [...flagsOf(spec!).keys(), ...(besideTcp.has(name) ? flagsOf(findMatch('tcp')!).keys() : [])];
    expect(help.filter((flag) => !known.includes(flag))).toEqual([]);
  });
});
