/** `-p`: a protocol name or number (xtables.c, xtables_parse_protocol). 0 is every protocol. */
import { mptcp, protocolName, protocolNames, protocolNumber } from '../netfilter/protocols.js';
import { readInteger } from './integer.js';
import { defineValue, Fault } from './value.js';

const spoken: Readonly<Record<string, string>> = {
  tcp: 'TCP',
  udp: 'UDP',
  icmp: 'ICMP',
  'ipv6-icmp': 'ICMPv6',
  sctp: 'SCTP',
  gre: 'GRE',
  esp: 'ESP',
  ah: 'AH',
  igmp: 'IGMP',
  dccp: 'DCCP',
  vrrp: 'VRRP',
  ospf: 'OSPF',
  udplite: 'UDP-Lite',
  ipcomp: 'IPComp',
  'mobility-header': 'Mobile IPv6',
  ipencap: 'IP-in-IP',
  ipv6: 'IPv6-in-IP',
  mptcp: 'MPTCP',
  l2tp: 'L2TP',
  pim: 'PIM',
};

/** A protocol number in plain words: "TCP", "ICMPv6", "protocol 250". */
export const sayProtocol = (number: number): string => {
  const name = protocolName(number);
  return spoken[name] ?? (/^\d/.test(name) ? `protocol ${name}` : name.toUpperCase().replace(/^IPV6/, 'IPv6'));
};

/** Several protocols where one is wanted. */
const insteadOf = (word: string): string | undefined =>
  /\w[,/|+](\w|$)/.test(word) ? 'a rule has one protocol: write one rule for each' : undefined;

export const protocol = defineValue<number>({
  arity: 1,
  expects: 'a protocol name or a number from 0 to 255',
  parse: ({ 0: word }, { negated }) => {
    const digits = readInteger(word!);
    const number = digits ?? protocolNumber(word!);
    if (number === 0 && negated) return new Fault('"!" before every protocol leaves none');
    return number !== undefined && (number <= 255 || (number === mptcp && digits === undefined))
      ? number
      : new Fault(`"${word}" is not a known protocol`, { word: word!, among: protocolNames }, insteadOf(word!));
  },
  print: protocolName,
  say: sayProtocol,
});
