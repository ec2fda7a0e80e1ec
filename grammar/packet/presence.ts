/** Conditions on which other conditions rest: without what they ask for a match is false, whatever is negated. */
import { inRange, type Predicate } from './predicate.js';

/** The packet belongs to a connection: INVALID and UNTRACKED packets have none (nf_ct_get gives null). */
export const hasConnection: Predicate = inRange('connectionState', 1, 3);
