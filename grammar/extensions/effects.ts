/** What targets do with the packet, as values: the codes that their kernel functions return (XT_CONTINUE, NF_ACCEPT ...). */
import type { Verdict } from '../netfilter/verdicts.js';
import type { Effect } from './define.js';

/** XT_CONTINUE: the next rule sees the packet. */
export const goesOn: Effect = { kind: 'continue' };

/** The packet's way through this table ends here. */
export const endsIn = (verdict: Verdict): Effect => ({ kind: 'verdict', verdict });
