/** `-j TTL`: sets, raises or lowers the time to live of IPv4 packets (libipt_TTL.c, net/netfilter/xt_HL.c). */
import { byte, integer } from '../../values/integer.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';
import { rewriteHops, sayHops } from '../hops.js';

export const ttl = defineTarget({
  name: 'TTL',
  manual: 'iptables-extensions(8) TTL; net/netfilter/xt_HL.c',
  families: [4],
  options: {
    set: { flag: '--ttl-set', value: byte, excludes: ['decrement', 'increment'] },
    decrement: { flag: '--ttl-dec', value: integer(1, 255), excludes: ['set', 'increment'] },
    increment: { flag: '--ttl-inc', value: integer(1, 255), excludes: ['set', 'decrement'] },
  },
  place: { tables: ['mangle'] },
  check: ({ set, decrement, increment }) => (set || decrement || increment ? undefined : 'it wants --ttl-set, --ttl-dec or --ttl-inc'),
  effect: goesOn,
  rewrites: rewriteHops,
  say: (given) => sayHops('TTL', given),
  examples: [
    { rule: '-j TTL --ttl-set 64', table: 'mangle', chain: 'PREROUTING', says: 'Set the TTL to 64' },
    { rule: '-j TTL --ttl-inc 1', table: 'mangle', chain: 'PREROUTING', says: 'Raise the TTL by 1' },
    { rule: '-j TTL --ttl-dec 0', table: 'mangle', chain: 'PREROUTING', refused: '1 to 255' },
    { rule: '-j TTL --ttl-dec 1 --ttl-inc 1', table: 'mangle', chain: 'PREROUTING', refused: 'cannot stand together' },
  ],
});
