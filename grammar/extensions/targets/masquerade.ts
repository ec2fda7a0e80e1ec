/** `-j MASQUERADE`: source NAT to whatever address the outgoing interface has (libxt_NAT.c, net/netfilter/nf_nat_masquerade.c). */
import { natPorts, printNatPorts, protocolsWithNatPorts, sayNatPorts } from '../../values/nat-range.js';
import { none } from '../../values/value.js';
import { defineTarget } from '../define.js';
import { endsIn } from '../effects.js';
import { mapSource, sayNatFlags } from '../nat.js';
import { join } from '../spell.js';

export const masquerade = defineTarget({
  name: 'MASQUERADE',
  manual: 'iptables-extensions(8) MASQUERADE; net/netfilter/nf_nat_masquerade.c',
  options: {
    ports: { flag: '--to-ports', value: natPorts },
    random: { flag: '--random', value: none },
    randomFully: { flag: '--random-fully', value: none },
  },
  place: { tables: ['nat'], hooks: ['POSTROUTING'] },
  protocolBefore: ['ports'],
  protocolsFor: ({ ports }) => (ports ? protocolsWithNatPorts : undefined),
  effect: endsIn('accept'),
  rewrites: ({ ports }) => mapSource('unknown', ports?.value ?? null),
  save: ({ ports, random, randomFully }) =>
    join(
      // As with SNAT, the base of a range is lost.
      ports && `--to-ports ${printNatPorts(ports.value.base === null ? ports.value : { ...ports.value, base: 0 })}`,
      random && '--random',
      randomFully && '--random-fully',
    ),
  say: ({ ports, random, randomFully }) =>
    `Rewrite the source to the outgoing interface's address${ports ? ` and ${sayNatPorts(ports.value)}` : ''}${sayNatFlags({ random, randomFully })}`,
  examples: [
    { rule: '-o eth0 -j MASQUERADE', table: 'nat', chain: 'POSTROUTING', says: "Rewrite the source to the outgoing interface's address" },
    { rule: '-p tcp -j MASQUERADE --to-ports 1024-2047', table: 'nat', chain: 'POSTROUTING', says: 'a port from 1024 to 2047' },
    { rule: '-j MASQUERADE --to-ports 1024', table: 'nat', chain: 'POSTROUTING', refused: '-p tcp' },
  ],
});
