/** `-m icmp6`: type and code of an ICMPv6 packet. */
import { all, inRange, notIf } from '../../packet/predicate.js';
import { icmpRange, icmpType } from '../../values/icmp-type.js';
import { defineMatch, phrase } from '../define.js';
import { headerOf } from '../transport.js';

export const icmp6 = defineMatch({
  name: 'icmp6',
  aliases: ['icmpv6'],
  manual: 'iptables-extensions(8) icmp6; net/netfilter/xt_tcpudp.c, icmp6_match',
  decidedBy: 'packet',
  families: [6],
  protocols: ['ipv6-icmp'],
  options: { type: { flag: '--icmpv6-type', value: icmpType, negatable: true, required: true } },
  matches: ({ type: { value, negated } }) => all(headerOf(58), notIf(negated, inRange('icmp', ...icmpRange(value)))),
  say: ({ type: { value, negated } }, context) => {
    const words = icmpType.say(value, { ...context, negated: false });
    return [phrase('noun', negated ? `ICMPv6 packets other than ${words}` : `ICMPv6 ${words} packets`)];
  },
  examples: [
    {
      rule: '-p icmpv6 --icmpv6-type ping',
      saved: '-p ipv6-icmp -m icmp6 --icmpv6-type 128',
      family: 6,
      says: 'ICMPv6 echo-request packets',
    },
    {
      rule: '-p ipv6-icmp -m icmpv6 --icmpv6-type 1/4',
      saved: '-p ipv6-icmp -m icmp6 --icmpv6-type 1/4',
      family: 6,
      says: 'port-unreachable',
    },
    { rule: '-p ipv6-icmp -m icmp6 ! --icmpv6-type 255', family: 6, says: 'ICMPv6 packets other than type 255' },
    { rule: '-p ipv6-icmp -m icmp6 --icmpv6-type any', family: 6, refused: 'any' },
    { rule: '-p ipv6-icmp -m icmp6 --icmpv6-type nei', family: 6, refused: 'neighbour-solicitation' },
    { rule: '-m icmp6 --icmpv6-type 128', family: 6, refused: '-p ipv6-icmp' },
  ],
});
