/** `-j HL`: sets, raises or lowers the hop limit of IPv6 packets (libip6t_HL.c, net/netfilter/xt_HL.c). */
import { byte, integer } from '../../values/integer.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';
import { rewriteHops, sayHops } from '../hops.js';

export const hl = defineTarget({
  name: 'HL',
  manual: 'iptables-extensions(8) HL; net/netfilter/xt_HL.c',
  families: [6],
  options: {
    set: { flag: '--hl-set', value: byte, excludes: ['decrement', 'increment'] },
    decrement: { flag: '--hl-dec', value: integer(1, 255), excludes: ['set', 'increment'] },
    increment: { flag: '--hl-inc', value: integer(1, 255), excludes: ['set', 'decrement'] },
  },
  place: { tables: ['mangle'] },
  check: ({ set, decrement, increment }) => (set || decrement || increment ? undefined : 'it wants --hl-set, --hl-dec or --hl-inc'),
  effect: goesOn,
  rewrites: rewriteHops,
  say: (given) => sayHops('hop limit', given),
  examples: [
    { rule: '-j HL --hl-dec 2', family: 6, table: 'mangle', chain: 'PREROUTING', says: 'Lower the hop limit by 2' },
    { rule: '-j HL --hl-set 256', family: 6, table: 'mangle', chain: 'PREROUTING', refused: '0 to 255' },
    { rule: '-j HL --hl-set 5', table: 'mangle', chain: 'PREROUTING', refused: 'HL' },
  ],
});
