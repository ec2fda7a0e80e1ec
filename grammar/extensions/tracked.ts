/** Whether conntrack knows the packet: targets that change its connection pass over others (nf_ct_get gives nothing for them). */
import { connectionStates } from '../netfilter/conntrack.js';
import { inRange, is, type Predicate } from '../packet/predicate.js';

/** NEW, RELATED or ESTABLISHED: neither INVALID nor UNTRACKED. */
export const isTracked: Predicate = inRange('connectionState', connectionStates.indexOf('NEW'), connectionStates.indexOf('ESTABLISHED'));

/**
 * A packet of which conntrack has said nothing yet, which raw sees as INVALID: NOTRACK and CT pass over all others (measured; xt_CT.c, "previously
 * seen"): what comes by lo was tracked, or not, as it left; after a CT or a NOTRACK the next one does nothing.
 */
export const isUnseen: Predicate = is('connectionState', connectionStates.indexOf('INVALID'));

/** Index of NEW in the field `connectionState`: what raw sees of a packet behind CT, which gives it a template of a connection (measured). */
export const asNew = connectionStates.indexOf('NEW');

/** Index of UNTRACKED in the field `connectionState`. */
export const untracked = connectionStates.indexOf('UNTRACKED');
