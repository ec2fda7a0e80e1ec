/** Finds, reads and checks the configuration that holds for a folder; what is wrong with it is a usage error with its place. */
import { type Config, configNames, namesIn } from '../config/config.js';
import { categories } from '../diagnostic/diagnostic.js';
import type { CheckDescriptor } from '../diagnostic/result.js';
import type { Selection } from '../diagnostic/selection.js';
import { uselessSilence } from '../diagnostic/useless-silence.js';
import { closest } from '../util/closest.js';
import { UsageError } from './command.js';
import { dirname, join, kindOf, readText, repositoryOf, resolve, type Streams, shownPath, upward } from './io.js';

export interface FoundConfig {
  readonly config: Config;
  /** Null: there is none, all is default. */
  readonly path: string | null;
  /** The folder that paths in it start from. */
  readonly folder: string;
}

/** Where the configuration for a folder stands: the nearest, up to the root of its repository; null: there is none. */
export const configPath = (folder: string): string | null => {
  const root = repositoryOf(folder);
  for (const place of upward(folder)) {
    const found = configNames.map((name) => join(place, name)).find((path) => kindOf(path) === 'file');
    if (found) return found;
    if (place === root) return null;
  }
  return null;
};

/** Reads a configuration file. */
export const loadConfig = async (path: string, { cwd }: Streams): Promise<FoundConfig> => {
  const whole = resolve(cwd, path);
  const shown = shownPath(path, cwd);
  const reading = readText(whole);
  if ('fault' in reading) throw new UsageError(`${shown}: ${reading.fault}`);
  const { readConfig } = await import('../config/read.js');
  const read = readConfig(reading.text);
  if ('problems' in read)
    throw new UsageError(read.problems.map(({ line, column, message }) => `${shown}:${line}:${column}: ${message}`).join('\niptlint: '));
  return { config: read.config, path: whole, folder: dirname(whole) };
};

/** Refuses names in a selection that are neither a check nor a category; `from` says where they stand. */
export const refuseUnknownNames = (selection: Selection, checks: readonly CheckDescriptor[], from: string): void => {
  const ids = [...checks.map(({ id }) => id), uselessSilence.id];
  for (const { name, isIdOnly } of namesIn(selection)) {
    const known: string[] = isIdOnly ? ids : [...ids, ...categories, 'all'];
    if (known.includes(name)) continue;
    const near = closest(name, known);
    const kind = isIdOnly ? 'check' : 'check or category';
    throw new UsageError(`${from}: there is no ${kind} ${name}${near ? `; did you mean ${near}?` : ' (iptlint rules lists them)'}`);
  }
};
