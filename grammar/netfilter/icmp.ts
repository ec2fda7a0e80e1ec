/**
 * Types and codes of ICMP and ICMPv6 with the names that iptables 1.8.9 reads (`iptables -p icmp -h`, `ip6tables -p icmpv6 -h`; numbers of
 * RFC 792, 950, 1122, 1256, 1812, 4443, 4861), and names for types that it has no word for, used in reports only.
 */
import type { Family } from './families.js';

/** A type, or one code of it. */
export interface IcmpName {
  readonly name: string;
  readonly type: number;
  /** Null: every code. */
  readonly code: number | null;
}

const row = (name: string, type: number, code: number | null = null): IcmpName => ({ name, type, code });
const codesOf = (type: number, names: readonly (readonly [code: number, name: string])[]): IcmpName[] =>
  names.map(([code, name]) => row(name, type, code));

/** Type 255 is `any` to iptables: it takes every ICMP packet, and none behind a `!`. */
export const anyIcmpType = 255;

/** Names read by `--icmp-type`; the first of a type and code is the usual one. */
export const icmpNames: readonly IcmpName[] = [
  row('any', anyIcmpType),
  row('echo-reply', 0),
  row('pong', 0),
  row('destination-unreachable', 3),
  ...codesOf(3, [
    [0, 'network-unreachable'],
    [1, 'host-unreachable'],
    [2, 'protocol-unreachable'],
    [3, 'port-unreachable'],
    [4, 'fragmentation-needed'],
    [5, 'source-route-failed'],
    [6, 'network-unknown'],
    [7, 'host-unknown'],
    [9, 'network-prohibited'],
    [10, 'host-prohibited'],
    [11, 'TOS-network-unreachable'],
    [12, 'TOS-host-unreachable'],
    [13, 'communication-prohibited'],
    [14, 'host-precedence-violation'],
    [15, 'precedence-cutoff'],
  ]),
  row('source-quench', 4),
  row('redirect', 5),
  ...codesOf(5, [
    [0, 'network-redirect'],
    [1, 'host-redirect'],
    [2, 'TOS-network-redirect'],
    [3, 'TOS-host-redirect'],
  ]),
  row('echo-request', 8),
  row('ping', 8),
  row('router-advertisement', 9),
  row('router-solicitation', 10),
  row('time-exceeded', 11),
  row('ttl-exceeded', 11),
  ...codesOf(11, [
    [0, 'ttl-zero-during-transit'],
    [1, 'ttl-zero-during-reassembly'],
  ]),
  row('parameter-problem', 12),
  ...codesOf(12, [
    [0, 'ip-header-bad'],
    [1, 'required-option-missing'],
  ]),
  row('timestamp-request', 13),
  row('timestamp-reply', 14),
  row('address-mask-request', 17),
  row('address-mask-reply', 18),
];

/** Names read by `--icmpv6-type`; there is no `any`, and 255 is a type like others. */
const icmpv6Names: readonly IcmpName[] = [
  row('destination-unreachable', 1),
  ...codesOf(1, [
    [0, 'no-route'],
    [1, 'communication-prohibited'],
    [2, 'beyond-scope'],
    [3, 'address-unreachable'],
    [4, 'port-unreachable'],
    [5, 'failed-policy'],
    [6, 'reject-route'],
  ]),
  row('packet-too-big', 2),
  row('time-exceeded', 3),
  row('ttl-exceeded', 3),
  ...codesOf(3, [
    [0, 'ttl-zero-during-transit'],
    [1, 'ttl-zero-during-reassembly'],
  ]),
  row('parameter-problem', 4),
  ...codesOf(4, [
    [0, 'bad-header'],
    [1, 'unknown-header-type'],
    [2, 'unknown-option'],
  ]),
  row('echo-request', 128),
  row('ping', 128),
  row('echo-reply', 129),
  row('pong', 129),
  row('router-solicitation', 133),
  row('router-advertisement', 134),
  row('neighbour-solicitation', 135),
  row('neighbor-solicitation', 135),
  row('neighbour-advertisement', 136),
  row('neighbor-advertisement', 136),
  row('redirect', 137),
];

/** Types without a name in iptables (IANA, ICMPv6 Parameters). */
const furtherNames: readonly IcmpName[] = [
  row('multicast-listener-query', 130),
  row('multicast-listener-report', 131),
  row('multicast-listener-done', 132),
  row('multicast-listener-report-v2', 143),
  row('home-agent-discovery-request', 144),
  row('home-agent-discovery-reply', 145),
  row('mobile-prefix-solicitation', 146),
  row('mobile-prefix-advertisement', 147),
  row('multicast-router-advertisement', 151),
  row('multicast-router-solicitation', 152),
  row('multicast-router-termination', 153),
];

/** The names that the family reads. */
const icmpNamesOf = (family: Family): readonly IcmpName[] => (family === 4 ? icmpNames : icmpv6Names);

/** The entries that a word may mean: names that begin with it, in any case. More than one: the word is ambiguous and refused. */
export const icmpNamesBeginning = (word: string, family: Family): readonly IcmpName[] =>
  icmpNamesOf(family).filter(({ name }) => name.toLowerCase().startsWith(word.toLowerCase()));

/** The usual name of a type (code null), or of one code of it. */
export const icmpName = (type: number, code: number | null, family: Family): string | undefined => {
  const names = family === 4 ? icmpNames : [...icmpv6Names, ...furtherNames];
  return names.find((each) => each.type === type && each.code === code)?.name;
};
