/** What a command is: its words for --help and completion as data, and what it does. One command, one file; index.ts is the list. */
import type { Engine } from './engine.js';
import type { Streams } from './io.js';

/** A flag of a command. */
export interface Flag {
  /** Letter of the short form. */
  readonly short?: string;
  /** What stands for its value: `FILE`; absent: it takes none. */
  readonly value?: string;
  /** It may be given several times, each with one value or several between commas (`split: false`: commas are part of the value). */
  readonly many?: boolean;
  readonly split?: boolean;
  /** The only values that it takes. */
  readonly choices?: readonly string[];
  /** What --help says. */
  readonly says: string;
  /** Heading under which --help lists it. */
  readonly group: string;
}

export interface Command {
  readonly name: string;
  /** What stands behind the name: `[FILE...]`. */
  readonly usage: string;
  /** Most words that may stand without a flag. */
  readonly words: number;
  /** One line for the list of commands. */
  readonly summary: string;
  /** A paragraph for the command's own --help. */
  readonly about: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /** Values of the first word, for completion; absent: files. */
  readonly firstWords?: readonly string[];
  readonly examples: readonly (readonly [line: string, says: string])[];
  /** Does it; returns the exit code. Throws UsageError where the call or the configuration is wrong. */
  readonly run: (given: Given, outside: Outside) => Promise<number>;
}

/** What a command is handed beside its own words. */
export interface Outside {
  readonly streams: Streams;
  /** The working part, loaded on first use. */
  readonly engine: () => Promise<Engine>;
  /** The working part was handed in: threads, which load their own, would know nothing of it. */
  readonly hasOwnEngine: boolean;
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
}

/** The words of a call, read by the command's flags. */
export interface Given {
  readonly words: readonly string[];
  /** Whether a flag stands there. */
  readonly has: (flag: string) => boolean;
  /** Its value, the last one where it stands twice; null: not there. */
  readonly value: (flag: string) => string | null;
  /** Its values; null: not there. */
  readonly values: (flag: string) => readonly string[] | null;
}

/** The call or the configuration is wrong: exit 2 with this message. */
export class UsageError extends Error {}
