/** `-j DNAT`: sends the connection to another destination (libxt_NAT.c, net/netfilter/xt_nat.c). */
import { natRange, protocolsWithNatPorts, sayNatRange } from '../../values/nat-range.js';
import { none } from '../../values/value.js';
import { defineTarget } from '../define.js';
import { endsIn } from '../effects.js';
import { mapDestination, sayNatFlags } from '../nat.js';

export const dnat = defineTarget({
  name: 'DNAT',
  manual: 'iptables-extensions(8) DNAT; net/netfilter/xt_nat.c',
  options: {
    to: { flag: '--to-destination', value: natRange, required: true },
    random: { flag: '--random', value: none },
    persistent: { flag: '--persistent', value: none },
  },
  place: { tables: ['nat'], hooks: ['PREROUTING', 'OUTPUT'] },
  protocolBefore: ['to'],
  protocolsFor: ({ to }) => (to.value.ports ? protocolsWithNatPorts : undefined),
  effect: endsIn('accept'),
  translates: ['destination', 'destinationPort', 'replySource', 'replySourcePort'],
  rewrites: ({ to }) => mapDestination(to.value.addresses, to.value.ports),
  say: ({ to, random, persistent }) => `Rewrite the destination to ${sayNatRange(to.value)}${sayNatFlags({ random, persistent })}`,
  examples: [
    {
      rule: '-p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.0.2.5:80',
      table: 'nat',
      chain: 'PREROUTING',
      says: 'Rewrite the destination to 192.0.2.5 port 80 (http)',
    },
    {
      rule: '-p tcp -j DNAT --to-destination 192.0.2.1-192.0.2.9:1000-1009/2000 --persistent --random',
      saved: '-p tcp -j DNAT --to-destination 192.0.2.1-192.0.2.9:1000-1009/2000 --random --persistent',
      table: 'nat',
      chain: 'PREROUTING',
      says: 'an address from 192.0.2.1 to 192.0.2.9 and the ports 1000 to 1009 in order (2000 becomes 1000)',
    },
    { rule: '-p tcp -j DNAT --to-destination [2001:db8::5]:80', family: 6, table: 'nat', chain: 'PREROUTING', says: '2001:db8::5 port 80' },
    { rule: '-j DNAT --to-destination 192.0.2.5:80', table: 'nat', chain: 'PREROUTING', refused: '-p tcp' },
  ],
});
