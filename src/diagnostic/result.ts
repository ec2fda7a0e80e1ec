/**
 * What linting is asked and what it answers: the types between src/lint.ts, which computes, and the outside (commands, reporters), which
 * asks and prints. Plain data throughout, so that a run can be handed to a worker and its answer handed back.
 */
import type { Category, Diagnostic, Level } from './diagnostic.js';
import type { Selection } from './selection.js';

/** A named text. The name is what reports call it: a path as the user would write it. */
export interface TextInput {
  readonly name: string;
  readonly text: string;
  /** The family where neither the text nor an option tells one: of a file's name, such as rules.v6. */
  readonly likelyFamily?: 4 | 6;
}

/** What is known of the host beside its rules; each makes unknowns known. */
export interface HostContext {
  /** `ipset save`. */
  readonly ipset?: TextInput;
  /** `ip -j addr`. */
  readonly addresses?: TextInput;
  /** `ip -j route`. */
  readonly routes?: TextInput;
  /** `sysctl -a`. */
  readonly sysctl?: TextInput;
}

/** How hard to try before saying "not decided". */
export const efforts = ['low', 'normal', 'high'] as const;
export type Effort = (typeof efforts)[number];

/** What a run of the linter may be told; `select`, `ignore` and `levels` are read by `levelOf` (selection.ts). */
export interface LintOptions extends Selection {
  /** Overrules what the text tells. */
  readonly family?: 4 | 6;
  /** The back end that the rules will meet; absent: what the dump's header tells, or either. */
  readonly backend?: 'legacy' | 'nft';
  readonly effort?: Effort;
  readonly context?: HostContext;
}

/** One ruleset that was read: a text that holds v4 and v6 dumps gives two. */
export interface InputSummary {
  readonly path: string;
  readonly family: 4 | 6;
  readonly tables: readonly string[];
  readonly chains: number;
  readonly rules: number;
}

/** What linting one host's inputs found, before silences, baseline and managed chains are applied (settle.ts). */
export interface LintResult {
  readonly inputs: readonly InputSummary[];
  /** In file order, inputs in the order given. */
  readonly diagnostics: readonly Diagnostic[];
  /** A line of an input, or of its context, could not be read. */
  readonly partlyUnread: boolean;
  /** A budget ran out before every question was decided. */
  readonly inconclusive: boolean;
}

/** What reporters and silences need of a check: plain data, a part of the check's own description (src/rules/define.ts). */
export interface CheckDescriptor {
  readonly id: string;
  readonly category: Category;
  /** Default level; `off` where the user has to ask for it. */
  readonly level: Level | 'off';
  /** A sentence with its full stop, as are the next two. */
  readonly summary: string;
  readonly why: string;
  readonly advice: string;
}
