/**
 * `--reject-with`: the answer that REJECT sends (libipt_REJECT.c, libip6t_REJECT.c). Names are read in any case and cut short: the first type whose
 * name or alias begins with the word is meant, so `icmp-` is icmp-net-unreachable. The two families have types of their own.
 */
import type { Family } from '../netfilter/families.js';
import { defineValue, Fault } from './value.js';

/** One kind of answer. */
export interface RejectType {
  /** As iptables-save prints it. */
  readonly name: string;
  /** What else begins so. */
  readonly alias: string;
  /** "an ICMP port-unreachable", for a sentence. */
  readonly words: string;
}

const type = (name: string, alias: string, words: string): RejectType => ({ name, alias, words });

/** The reset, which only `-p tcp` may be answered with. */
export const tcpReset: RejectType = type('tcp-reset', 'tcp-rst', 'a TCP reset');
const tcpReset6: RejectType = { ...tcpReset, alias: 'tcp-reset' };

/** The types of a family in the order in which they are searched. */
export const rejectTypes: Readonly<Record<Family, readonly RejectType[]>> = {
  4: [
    type('icmp-net-unreachable', 'net-unreach', 'an ICMP network-unreachable'),
    type('icmp-host-unreachable', 'host-unreach', 'an ICMP host-unreachable'),
    type('icmp-proto-unreachable', 'proto-unreach', 'an ICMP protocol-unreachable'),
    type('icmp-port-unreachable', 'port-unreach', 'an ICMP port-unreachable'),
    type('icmp-net-prohibited', 'net-prohib', 'an ICMP network-prohibited'),
    type('icmp-host-prohibited', 'host-prohib', 'an ICMP host-prohibited'),
    tcpReset,
    type('icmp-admin-prohibited', 'admin-prohib', 'an ICMP administratively-prohibited'),
  ],
  6: [
    type('icmp6-no-route', 'no-route', 'an ICMPv6 no-route'),
    type('icmp6-adm-prohibited', 'adm-prohibited', 'an ICMPv6 administratively-prohibited'),
    type('icmp6-addr-unreachable', 'addr-unreach', 'an ICMPv6 address-unreachable'),
    type('icmp6-port-unreachable', 'port-unreach', 'an ICMPv6 port-unreachable'),
    tcpReset6,
    type('icmp6-policy-fail', 'policy-fail', 'an ICMPv6 policy-failed'),
    type('icmp6-reject-route', 'reject-route', 'an ICMPv6 reject-route'),
  ],
};

/** What REJECT answers where nothing is told. */
export const defaultRejectType = (family: Family): RejectType => rejectTypes[family][3]!;

export const rejectType = defineValue<RejectType>({
  arity: 1,
  isFew: true,
  expects: 'a kind of answer such as icmp-port-unreachable, icmp6-adm-prohibited or tcp-reset',
  parse: ({ 0: word }, { family }) => {
    const wanted = word!.toLowerCase();
    return (
      rejectTypes[family].find(({ name, alias }) => name.startsWith(wanted) || alias.startsWith(wanted)) ??
      new Fault(`"${word}" is not a kind of answer (${rejectTypes[family].map(({ name }) => name).join(' ')})`, {
        word: word!,
        among: rejectTypes[family].map(({ name }) => name),
      })
    );
  },
  print: ({ name }) => name,
  say: ({ words }) => words,
});
