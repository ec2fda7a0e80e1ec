/** `-j REDIRECT`: sends the connection to this host itself (libxt_NAT.c, net/netfilter/nf_nat_redirect.c). */
import { natPorts, protocolsWithNatPorts, sayNatPorts } from '../../values/nat-range.js';
import { none } from '../../values/value.js';
import { defineTarget } from '../define.js';
import { endsIn } from '../effects.js';
import { mapDestination, sayNatFlags } from '../nat.js';

export const redirect = defineTarget({
  name: 'REDIRECT',
  manual: 'iptables-extensions(8) REDIRECT; net/netfilter/nf_nat_redirect.c',
  options: { ports: { flag: '--to-ports', value: natPorts }, random: { flag: '--random', value: none } },
  place: { tables: ['nat'], hooks: ['PREROUTING', 'OUTPUT'] },
  protocolBefore: ['ports'],
  protocolsFor: ({ ports }) => (ports ? protocolsWithNatPorts : undefined),
  check: ({ ports }) => (ports && ports.value.base !== null ? 'a range of ports cannot have a base here' : undefined),
  effect: endsIn('accept'),
  // The first address of the incoming interface, or 127.0.0.1 or ::1 from OUTPUT.
  rewrites: ({ ports }, { family, hook }) => {
    const loopback = family === 4 ? 0x7f000001 : 1n;
    return mapDestination(hook === 'OUTPUT' ? { first: loopback, last: loopback } : 'unknown', ports?.value ?? null);
  },
  say: ({ ports, random }) => `Redirect to this host${ports ? `, ${sayNatPorts(ports.value)}` : ''}${sayNatFlags({ random })}`,
  examples: [
    {
      rule: '-p tcp -m tcp --dport 80 -j REDIRECT --to-ports 3128',
      table: 'nat',
      chain: 'PREROUTING',
      says: 'Redirect to this host, port 3128',
    },
    { rule: '-j REDIRECT --to-ports 3128', table: 'nat', chain: 'PREROUTING', refused: '-p tcp' },
    { rule: '-p tcp -j REDIRECT --to-ports 1000-1009/2000', table: 'nat', chain: 'PREROUTING', refused: 'base' },
    { rule: '-p tcp -j REDIRECT --to-ports 10:20', table: 'nat', chain: 'PREROUTING', refused: '"-"' },
  ],
});
