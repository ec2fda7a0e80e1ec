/** What can become of a packet at the end of a rule (include/uapi/linux/netfilter.h), and the policies of built-in chains. */

/** `accept` ends only the table at that hook; the others end the packet's way. `stolen`: the target keeps the packet (SYNPROXY). */
export type Verdict = 'accept' | 'drop' | 'reject' | 'queue' | 'stolen';

/** Policies that a built-in chain can have. */
export type Policy = 'ACCEPT' | 'DROP' | 'QUEUE';
