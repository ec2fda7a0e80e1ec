/** The facts' desk: what checks may ask of one ruleset, computed once, on first use. */
import type { Ruleset } from '../model/ruleset.js';

export interface Facts {
  readonly ruleset: Ruleset;
}
