/** `-j SNAT`: lets the connection come from another source (libxt_NAT.c, net/netfilter/xt_nat.c). */
import { natRange, printNatRange, protocolsWithNatPorts, sayNatRange } from '../../values/nat-range.js';
import { none } from '../../values/value.js';
import { defineTarget } from '../define.js';
import { endsIn } from '../effects.js';
import { mapSource, sayNatFlags } from '../nat.js';
import { join } from '../spell.js';

export const snat = defineTarget({
  name: 'SNAT',
  manual: 'iptables-extensions(8) SNAT; net/netfilter/xt_nat.c',
  options: {
    to: { flag: '--to-source', value: natRange, required: true },
    random: { flag: '--random', value: none },
    randomFully: { flag: '--random-fully', value: none },
    persistent: { flag: '--persistent', value: none },
  },
  place: { tables: ['nat'], hooks: ['INPUT', 'POSTROUTING'] },
  protocolBefore: ['to'],
  protocolsFor: ({ to }) => (to.value.ports ? protocolsWithNatPorts : undefined),
  effect: endsIn('accept'),
  translates: ['source', 'sourcePort', 'replyDestination', 'replyDestinationPort'],
  rewrites: ({ to }) => mapSource(to.value.addresses, to.value.ports),
  save: ({ to: { value }, random, randomFully, persistent }, { family }) =>
    join(
      // 1.8.9 reads the base of a range and loses it: it prints 0.
      `--to-source ${printNatRange(value.ports?.base == null ? value : { ...value, ports: { ...value.ports, base: 0 } }, family)}`,
      random && '--random',
      randomFully && '--random-fully',
      persistent && '--persistent',
    ),
  say: ({ to, random, randomFully, persistent }) =>
    `Rewrite the source to ${sayNatRange(to.value)}${sayNatFlags({ random, randomFully, persistent })}`,
  examples: [
    { rule: '-o eth0 -j SNAT --to-source 192.0.2.1', table: 'nat', chain: 'POSTROUTING', says: 'Rewrite the source to 192.0.2.1' },
    {
      rule: '-j SNAT --to-source 192.0.2.1 --persistent --random-fully',
      saved: '-j SNAT --to-source 192.0.2.1 --random-fully --persistent',
      table: 'nat',
      chain: 'POSTROUTING',
    },
    { rule: '-j SNAT --to-source 192.0.2.1/24', table: 'nat', chain: 'POSTROUTING', refused: 'not an address' },
  ],
});
