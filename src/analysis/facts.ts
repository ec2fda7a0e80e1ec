/** The facts' desk: what checks may ask of one ruleset, computed once, on first use. */
import type { LintOptions } from '../diagnostic/result.js';
import type { Ruleset } from '../model/ruleset.js';

export interface Facts {
  readonly ruleset: Ruleset;
  /** A budget ran out before a question that somebody asked was decided. */
  readonly inconclusive: boolean;
}

export const factsOf = (ruleset: Ruleset, _options: LintOptions): Facts => ({ ruleset, inconclusive: false });
