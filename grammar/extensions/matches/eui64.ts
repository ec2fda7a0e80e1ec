/** `-m eui64`: the lower half of the IPv6 source address is made from the source MAC address. */
import { test } from '../../packet/predicate.js';
import { defineMatch, phrase } from '../define.js';

export const eui64 = defineMatch({
  name: 'eui64',
  manual: 'iptables-extensions(8) eui64; net/ipv6/netfilter/ip6t_eui64.c',
  decidedBy: 'packet',
  families: [6],
  place: { hooks: ['PREROUTING', 'INPUT', 'FORWARD'] },
  options: {},
  matches: () => test({ extension: 'eui64', text: '-m eui64', decidedBy: 'packet', reads: ['source', 'macSource'], given: {} }),
  say: () => [phrase('from', 'from an address made from their MAC address')],
  examples: [
    { rule: '-m eui64', family: 6, chain: 'INPUT', says: 'from an address made from their MAC address' },
    { rule: '-m eui64', refused: 'no match' },
  ],
});
