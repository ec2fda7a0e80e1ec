/** Whether conntrack knows the packet: targets that change its connection pass over others (nf_ct_get gives nothing for them). */
import { connectionStates } from '../netfilter/conntrack.js';
import { inRange, named, not, type Predicate } from '../packet/predicate.js';

/** NEW, RELATED or ESTABLISHED: neither INVALID nor UNTRACKED. */
export const isTracked: Predicate = inRange('connectionState', connectionStates.indexOf('NEW'), connectionStates.indexOf('ESTABLISHED'));

/** A packet that comes by lo was tracked, or not, as it left: NOTRACK and CT in PREROUTING pass over it (measured; xt_CT.c, "previously seen"). */
export const isNotLooped: Predicate = not(named('inInterface', 'lo', false));

/** Index of UNTRACKED in the field `connectionState`. */
export const untracked = connectionStates.indexOf('UNTRACKED');
