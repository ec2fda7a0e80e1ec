/** Connection tracking's vocabulary (uapi/linux/netfilter/nf_conntrack_common.h, xt_conntrack.h). Order is that of iptables-save. */

export const connectionStates = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED'] as const;

/** A packet is in exactly one of these; the index is the value of the field `connectionState`. */
export type ConnectionState = (typeof connectionStates)[number];

/** Bits of the field `connectionStatus`: enum ip_conntrack_status. SNAT and DNAT are what --ctstate SNAT|DNAT ask. */
export const connectionStatusBits = { EXPECTED: 1, SEEN_REPLY: 2, ASSURED: 4, CONFIRMED: 8, SNAT: 16, DNAT: 32 } as const;
