/** Conditions on which other conditions rest: without the header or the connection asked about, a match is false whatever is negated. */
import { all, inRange, is, type Predicate } from './predicate.js';

/** The packet belongs to a connection: INVALID and UNTRACKED packets have none (nf_ct_get gives null). */
export const hasConnection: Predicate = inRange('connectionState', 1, 3);

/** The packet is of this protocol and holds its header: later fragments do not (par->fragoff != 0). */
export const hasHeader = (protocol: number): Predicate => all(is('protocol', protocol), is('laterFragment', 0));
