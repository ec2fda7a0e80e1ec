/** `-j SNPT`: gives the source another IPv6 prefix, without connection tracking (libip6t_SNPT.c, net/ipv6/netfilter/ip6t_NPT.c). */
import { hostMask } from '../../values/host-mask.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';
import { checkPrefixes, rewritePrefix, savePrefixes, sayPrefix } from '../prefix-translation.js';

export const snpt = defineTarget({
  name: 'SNPT',
  manual: 'iptables-extensions(8) SNPT; net/ipv6/netfilter/ip6t_NPT.c',
  families: [6],
  options: {
    from: { flag: '--src-pfx', value: hostMask, required: true },
    to: { flag: '--dst-pfx', value: hostMask, required: true },
  },
  place: { tables: ['mangle'], hooks: ['INPUT', 'POSTROUTING'] },
  check: ({ from, to }) => checkPrefixes(from.value, to.value),
  effect: goesOn,
  rewrites: ({ from, to }) => rewritePrefix('source', from.value, to.value),
  save: ({ from, to }) => savePrefixes(from.value, to.value),
  say: ({ from, to }) => `Translate the source's prefix ${sayPrefix(from.value)} to ${sayPrefix(to.value)}`,
  examples: [
    {
      rule: '-j SNPT --src-pfx 2001:db8:1::/48 --dst-pfx fd00:1::/48',
      family: 6,
      table: 'mangle',
      chain: 'POSTROUTING',
      says: "Translate the source's prefix 2001:db8:1::/48 to fd00:1::/48",
    },
    { rule: '-j SNPT --src-pfx 2001:db8::/64', family: 6, table: 'mangle', chain: 'POSTROUTING', refused: '--dst-pfx' },
    {
      rule: '-j SNPT --src-pfx 2001:db8::/65 --dst-pfx fd00::/64',
      family: 6,
      table: 'mangle',
      chain: 'POSTROUTING',
      refused: 'longer than 64',
    },
    {
      rule: '-j SNPT --src-pfx 2001:db8::1/64 --dst-pfx fd00::/64',
      family: 6,
      table: 'mangle',
      chain: 'POSTROUTING',
      refused: 'bits behind',
    },
  ],
});
