/** The working part as commands know it. The real one is real-engine.ts, loaded on first use; tests hand in one of their own. */
import type { LintOptions, LintResult, TextInput } from '../diagnostic/result.js';
import type { CheckInfo } from '../rules/define.js';

export interface FormatOptions {
  readonly family?: 4 | 6;
  readonly backend?: 'legacy' | 'nft';
}

export interface Formatted {
  readonly text: string;
  /** A line could not be read, and stands as it was. */
  readonly partlyUnread: boolean;
}

export interface Engine {
  /** Every check, also those that are off by default. */
  readonly checks: readonly CheckInfo[];
  /** Finds what is wrong with the inputs of one host. */
  readonly lint: (inputs: readonly TextInput[], options: LintOptions) => LintResult;
  /** The text as iptables-save would print it. */
  readonly format: (input: TextInput, options: FormatOptions) => Formatted;
}
