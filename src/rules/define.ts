/** What a check is. One check, one file, named after its id; src/rules/index.ts is the list. */
import type { Category, Diagnostic, Level } from '../diagnostic/diagnostic.js';
import type { Backend, Family } from '../../grammar/index.js';
import type { Facts } from '../analysis/facts.js';

/** A ruleset that shows a check at work; executed by tests. */
export interface CheckExample {
  /** What the example shows, a short phrase. */
  readonly title: string;
  /** A whole ruleset, or rule lines of the filter table (`-A INPUT ...`), whose built-in chains then have policy ACCEPT. */
  readonly text: string;
  readonly family?: Family;
  readonly backend?: Backend;
}

/** What a check is handed: one ruleset and what is known of it. */
export interface CheckContext {
  readonly facts: Facts;
  /** The back end that the user named, or that the dump's header tells; null: either. */
  readonly backend: Backend | null;
  /** Reports one finding; check, category, source and level (unless given) are filled in. */
  readonly report: (finding: Finding) => void;
}

export type Finding = Omit<Diagnostic, 'check' | 'category' | 'source' | 'level' | 'related' | 'certainty' | 'family'> &
  Partial<Pick<Diagnostic, 'level' | 'related' | 'certainty'>>;

/** What reporters and the rules page need of a check: plain data. */
export interface CheckInfo {
  /** kebab-case noun of the fault; the file's name; never reused. */
  readonly id: string;
  readonly category: Category;
  /** Default level; `off` where the user has to ask for it. */
  readonly level: Level | 'off';
  /** One line: what it finds. */
  readonly summary: string;
  /** Why it matters: a paragraph. */
  readonly why: string;
  /** What to do: a paragraph. */
  readonly advice: string;
  readonly examples: { readonly find: readonly CheckExample[]; readonly leave: readonly CheckExample[] };
}

export interface Check extends CheckInfo {
  readonly check: (context: CheckContext) => void;
}

export const defineCheck = (check: Check): Check => check;
