/**
 * Reads the words of a call by a command's flags. yargs's parser does the reading; strictness, messages and --help are ours, for the whole
 * of yargs takes 40 ms to load (its measure of emoji widths), a quarter of a run over a small ruleset.
 */
import { Parser } from 'yargs/helpers';
import { closest } from '../util/closest.js';
import { listed } from '../util/text.js';
import { type Command, type Flag, type Given, UsageError } from './command.js';
import { commonFlags } from './common-flags.js';

/** Reads `words` (what stands behind the command's name). Values stay texts: `1.10` and `010` are what was written. */
export const readGiven = (words: readonly string[], command: Command): Given => {
  const flags: Record<string, Flag> = { ...command.flags, ...commonFlags };
  refuseUnknown(words, flags, command.name);
  const named = (test: (flag: Flag) => boolean): string[] => Object.keys(flags).filter((name) => test(flags[name]!));
  const { argv: parsed, error } = Parser.detailed(joinValues(separateShort(words, flags), flags), {
    alias: Object.fromEntries(Object.entries(flags).flatMap(([name, { short }]) => (short ? [[name, [short]]] : []))),
    boolean: named(({ value }) => value === undefined),
    array: named(({ value }) => value !== undefined),
    string: named(({ value }) => value !== undefined),
    configuration: {
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'strip-aliased': true,
    },
  });
  if (error) throw new UsageError(error.message);

  const values = (name: string): string[] | null => {
    const flag = flags[name]!;
    const raw = parsed[name] as string[] | undefined;
    if (!raw || raw.length === 0) return null;
    const list = flag.many && flag.split !== false ? raw.flatMap((word) => word.split(',')).flatMap((word) => word.trim() || []) : raw;
    for (const word of list) {
      if (flag.choices && !flag.choices.includes(word)) {
        const near = closest(word, flag.choices);
        throw new UsageError(`--${name} takes ${listed(flag.choices, 'or')}, not ${word}${near ? `; did you mean ${near}?` : ''}`);
      }
    }
    return list;
  };
  const given: Given = {
    words: parsed._.map(String),
    has: (name) => parsed[name] === true || (Array.isArray(parsed[name]) && (parsed[name] as unknown[]).length > 0),
    value: (name) => values(name)?.at(-1) ?? null,
    values,
  };
  if (given.words.length > command.words) throw new UsageError(`${command.name} takes no word ${given.words[command.words]}`);
  for (const name of Object.keys(flags)) if (flags[name]!.value) values(name);
  return given;
};

/** `-fjson` is `-f json`: a short flag's value may stand right behind it. */
const separateShort = (words: readonly string[], flags: Readonly<Record<string, Flag>>): string[] => {
  const withValue = Object.values(flags).flatMap(({ short, value }) => (short && value ? [short] : []));
  const end = words.indexOf('--');
  return words.flatMap((word, index) => {
    const read = (end < 0 || index < end) && /^-([A-Za-z])([^=][\s\S]*)$/.exec(word);
    return read && withValue.includes(read[1]!) ? [`-${read[1]}`, read[2]!] : [word];
  });
};

/** `--rule '-A INPUT ...'` is `--rule='-A INPUT ...'`: what stands behind a flag with a value is its value, even with a dash in front. */
const joinValues = (words: readonly string[], flags: Readonly<Record<string, Flag>>): string[] => {
  const joined: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === '--') return [...joined, ...words.slice(index)];
    const next = words[index + 1];
    const takesNext = /^--[^=]+$/.test(word) && flags[word.slice(2)]?.value !== undefined && next?.startsWith('-');
    joined.push(takesNext ? `${word}=${next}` : word);
    if (takesNext) index++;
  }
  return joined;
};

/** yargs refuses unknown flags too, but all in one message without a suggestion. */
const refuseUnknown = (words: readonly string[], flags: Readonly<Record<string, Flag>>, command: string): void => {
  for (let index = 0; index < words.length && words[index] !== '--'; index++) {
    const word = words[index]!;
    const long = /^--([^=]+)(=?)/.exec(word);
    const flag = long ? flags[long[1]!] : Object.values(flags).find(({ short }) => short && word.startsWith(`-${short}`));
    if (long && !flag) {
      const near = closest(long[1]!, Object.keys(flags));
      throw new UsageError(`${command} has no flag --${long[1]}${near ? `; did you mean --${near}?` : ''}`);
    }
    if (!flag && /^-[A-Za-z]/.test(word)) throw new UsageError(`${command} has no flag ${word}`);
    if (long && flag && !flag.value && long[2]) throw new UsageError(`--${long[1]} takes no value`);
    const standsAlone = long ? !long[2] : word.length === 2;
    if (flag?.value && standsAlone) {
      if (words[index + 1] === undefined) throw new UsageError(`${word} needs a value: ${flag.value}`);
      index++;
    }
  }
};
