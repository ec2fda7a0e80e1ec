/**
 * The list of all extensions, and the look-ups that reading needs. Adding an extension is one file and one line here; test/grammar/catalogue.test.ts
 * fails when a file is missing from the list.
 */
import type { MatchSpec, OptionSpec, TargetSpec } from './define.js';
import { builtIn } from './matches/built-in.js';
import { tcp } from './matches/tcp.js';

/** Every match extension; the built-in options (matches/built-in.ts) stand apart. */
export const matchSpecs: readonly MatchSpec[] = [tcp];

/** Every target extension, ACCEPT, DROP, QUEUE and RETURN included. */
export const targetSpecs: readonly TargetSpec[] = [];

/** An option of an extension with its key in the table. */
export interface KnownOption {
  readonly key: string;
  readonly spec: OptionSpec<unknown>;
}

const byName = <S extends { readonly name: string; readonly aliases?: readonly string[] }>(specs: readonly S[]): ReadonlyMap<string, S> => {
  const map = new Map<string, S>();
  for (const spec of specs) for (const name of [spec.name, ...(spec.aliases ?? [])]) map.set(name, spec);
  return map;
};

const matchesByName = byName(matchSpecs);
const targetsByName = byName(targetSpecs);

/** The match of a name or alias. */
export const findMatch = (name: string): MatchSpec | undefined => matchesByName.get(name);

/** The target of a name. */
export const findTarget = (name: string): TargetSpec | undefined => targetsByName.get(name);

const optionsOf = new WeakMap<MatchSpec | TargetSpec, ReadonlyMap<string, KnownOption>>();

/** The options of an extension by every spelling of their flags. */
export const flagsOf = (spec: MatchSpec | TargetSpec): ReadonlyMap<string, KnownOption> => {
  let flags = optionsOf.get(spec);
  if (!flags) {
    const map = new Map<string, KnownOption>();
    for (const [key, option] of Object.entries(spec.options))
      for (const flag of [option.flag, ...(option.aliases ?? [])]) map.set(flag, { key, spec: option });
    flags = map;
    optionsOf.set(spec, flags);
  }
  return flags;
};

/** How many words an option takes: at least `min`; up to `max` where the further ones do not look like options. */
export interface Arity {
  readonly min: number;
  readonly max: number;
}

const exactly = (count: number): Arity => ({ min: count, max: count });

/** Words of iptables itself that are neither matches nor targets (iptables(8), COMMANDS and OPTIONS). */
const commandArity: readonly (readonly [flags: string, arity: Arity])[] = [
  ['-A --append -N --new-chain --new -j --jump -g --goto -m --match -t --table --modprobe -M', exactly(1)],
  ['-C --check', exactly(1)],
  ['-I --insert -D --delete', { min: 1, max: 2 }],
  ['-R --replace -P --policy -E --rename-chain --rename -c --set-counters', exactly(2)],
  ['-F --flush -X --delete-chain -Z --zero -L --list -S --list-rules', { min: 0, max: 2 }],
  ['-w --wait -W --wait-interval', { min: 0, max: 1 }],
  ['-n --numeric -v --verbose -x --exact --line-numbers -h --help -V --version', exactly(0)],
];

const arities = new Map<string, Arity>();
for (const [flags, arity] of commandArity) for (const flag of flags.split(' ')) arities.set(flag, arity);
for (const spec of [builtIn, ...matchSpecs, ...targetSpecs])
  for (const [flag, option] of flagsOf(spec)) arities.set(flag, exactly(option.spec.value.arity));

/** Unknown options take every word up to the next one that looks like an option. */
const unknownArity: Arity = { min: 0, max: Number.POSITIVE_INFINITY };

/** Long flags, for abbreviations. */
const longFlags: readonly string[] = [...arities.keys()].filter((flag) => flag.startsWith('--'));
const cache = new Map<string, Arity>();

/**
 * How many words stand behind a flag. Flags of different extensions that share a spelling share their arity (a test holds that), so no
 * context is needed; abbreviations are looked up among all long flags; `--flag=value` takes none.
 */
export const arityOf = (flag: string): Arity => {
  const exact = arities.get(flag) ?? cache.get(flag);
  if (exact) return exact;
  const arity = inexactArity(flag);
  if (cache.size < 10_000) cache.set(flag, arity);
  return arity;
};

const inexactArity = (flag: string): Arity => {
  if (!flag.startsWith('--')) {
    // `-ptcp`: a one-letter option with its value glued on.
    const letter = arities.get(flag.slice(0, 2));
    return letter && letter.min === 1 && flag.length > 2 ? { min: 0, max: letter.max - 1 } : unknownArity;
  }
  const equals = flag.indexOf('=');
  const stem = equals < 0 ? flag : flag.slice(0, equals);
  const candidates = arities.has(stem) ? [stem] : longFlags.filter((long) => long.startsWith(stem));
  if (candidates.length === 0) return unknownArity;
  const first = arities.get(candidates[0]!)!;
  if (candidates.some((candidate) => arities.get(candidate)!.min !== first.min)) return unknownArity;
  return equals < 0 ? first : { min: Math.max(0, first.min - 1), max: Math.max(0, first.max - 1) };
};

/** Every long flag of every extension, for did-you-mean. */
export const allFlags = (): readonly string[] => longFlags;
