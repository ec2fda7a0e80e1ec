/** `-j CHECKSUM`: computes a checksum that was left to the network card (libxt_CHECKSUM.c). */
import { none } from '../../values/value.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';

export const checksum = defineTarget({
  name: 'CHECKSUM',
  manual: 'iptables-extensions(8) CHECKSUM; net/netfilter/xt_CHECKSUM.c',
  options: { fill: { flag: '--checksum-fill', value: none, required: true } },
  place: { tables: ['mangle'] },
  effect: goesOn,
  hasSideEffect: true,
  say: () => 'Fill in a missing checksum',
  examples: [
    { rule: '-j CHECKSUM --checksum-fill', table: 'mangle', chain: 'POSTROUTING', says: 'Fill in' },
    { rule: '-j CHECKSUM', table: 'mangle', chain: 'POSTROUTING', refused: '--checksum-fill' },
  ],
});
