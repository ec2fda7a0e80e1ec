/**
 * What reading can complain about. Trouble is a value: parsing and binding return problems beside the tree and never throw.
 */
import type { Span } from './source.js';

/**
 * One complaint of the language. `code` is the id of the check that reports it (src/rules); `message` is a sentence without a full stop.
 * `severity` is `error` where iptables-restore or the kernel refuses the ruleset, `warning` where it loads but not as written.
 */
export interface Problem extends Span {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  /** What to do, a sentence without a full stop. */
  readonly help?: string;
  /** Where only one back end behaves so. */
  readonly backend?: 'legacy' | 'nft';
  /** Other places that matter, e.g. the first declaration. */
  readonly related?: readonly (Span & { readonly message: string })[];
}
