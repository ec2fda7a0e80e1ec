/** The two address families that iptables and ip6tables serve. */

/** 4 for IPv4 (iptables), 6 for IPv6 (ip6tables). */
export type Family = 4 | 6;

/** Bits in an address of the family. */
export const addressWidth = (family: Family): number => (family === 4 ? 32 : 128);

/** The program that writes rules of the family. */
export const programName = (family: Family): string => (family === 4 ? 'iptables' : 'ip6tables');
