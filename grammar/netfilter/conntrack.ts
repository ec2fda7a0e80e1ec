/** Connection tracking's vocabulary (uapi/linux/netfilter/nf_conntrack_common.h, xt_conntrack.h). Order is that of iptables-save. */

export const connectionStates = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED'] as const;

/** A packet is in exactly one of these; the index is the value of the field `connectionState`. */
export type ConnectionState = (typeof connectionStates)[number];

/** Bits of the field `connectionStatus`: enum ip_conntrack_status. SNAT and DNAT are what --ctstate SNAT|DNAT ask. */
export const connectionStatusBits = { EXPECTED: 1, SEEN_REPLY: 2, ASSURED: 4, CONFIRMED: 8, SNAT: 16, DNAT: 32 } as const;

/** TCP flags that conntrack looks at: FIN, SYN, RST, ACK and URG. */
const looked = 1 | 2 | 4 | 16 | 32;

/** Sets of flags that are no nonsense (tcp_valid_flags): SYN, SYN,ACK, RST, RST,ACK, FIN,ACK and ACK, some with URG. */
const sound: ReadonlySet<number> = new Set([2, 2 | 32, 2 | 16, 4, 4 | 16, 1 | 16, 1 | 16 | 32, 16, 16 | 32]);

/**
 * Whether a TCP packet with these flags may have a state; what is nonsense is INVALID. A SYN,ACK is never NEW; a RST or a FIN,ACK is where it follows a packet that
 * nobody answered (measured, Linux 6.18; net/netfilter/nf_conntrack_proto_tcp.c).
 */
export const tcpMayBe = (flags: number, state: ConnectionState): boolean => {
  if (state === 'INVALID' || state === 'UNTRACKED') return true;
  return sound.has(flags & looked) && (state !== 'NEW' || (flags & (2 | 16)) !== (2 | 16));
};

/** Types that ask for an answer: echo, timestamp, information and address mask; echo and node information of ICMPv6. */
const asking: Readonly<Record<4 | 6, readonly number[]>> = { 4: [8, 13, 15, 17], 6: [128, 139] };

/** Whether an ICMP packet of this type may have a state: those that ask for no answer are never NEW (nf_conntrack_proto_icmp.c, _icmpv6.c). */
export const icmpMayBe = (family: 4 | 6, type: number, state: ConnectionState): boolean => state !== 'NEW' || asking[family].includes(type);
