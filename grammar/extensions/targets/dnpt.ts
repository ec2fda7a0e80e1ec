/** `-j DNPT`: gives the destination another IPv6 prefix, without connection tracking (libip6t_DNPT.c, net/ipv6/netfilter/ip6t_NPT.c). */
import { hostMask } from '../../values/host-mask.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';
import { checkPrefixes, rewritePrefix, savePrefixes, sayPrefix } from '../prefix-translation.js';

export const dnpt = defineTarget({
  name: 'DNPT',
  manual: 'iptables-extensions(8) DNPT; net/ipv6/netfilter/ip6t_NPT.c',
  families: [6],
  options: {
    from: { flag: '--src-pfx', value: hostMask, required: true },
    to: { flag: '--dst-pfx', value: hostMask, required: true },
  },
  place: { tables: ['mangle'], hooks: ['PREROUTING', 'OUTPUT'] },
  check: ({ from, to }) => checkPrefixes(from.value, to.value),
  effect: goesOn,
  rewrites: ({ from, to }) => rewritePrefix('destination', from.value, to.value),
  save: ({ from, to }) => savePrefixes(from.value, to.value),
  say: ({ from, to }) => `Translate the destination's prefix ${sayPrefix(from.value)} to ${sayPrefix(to.value)}`,
  examples: [
    {
      rule: '-j DNPT --src-pfx 2001:db8:1::/48 --dst-pfx fd00:1::/48',
      family: 6,
      table: 'mangle',
      chain: 'PREROUTING',
      says: "Translate the destination's prefix 2001:db8:1::/48 to fd00:1::/48",
    },
    { rule: '-j DNPT --src-pfx 2001:db8::/64', family: 6, table: 'mangle', chain: 'PREROUTING', refused: '--dst-pfx' },
    {
      rule: '-j DNPT --src-pfx 2001:db8::/65 --dst-pfx fd00::/64',
      family: 6,
      table: 'mangle',
      chain: 'PREROUTING',
      refused: 'longer than 64',
    },
    {
      rule: '-j DNPT --src-pfx 2001:db8::1/64 --dst-pfx fd00::/64',
      family: 6,
      table: 'mangle',
      chain: 'PREROUTING',
      refused: 'bits behind',
    },
  ],
});
