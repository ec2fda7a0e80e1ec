/** `-j CONNSECMARK`: copies a security mark between packet and connection (libxt_CONNSECMARK.c). */
import { none } from '../../values/value.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';
import { isTracked } from '../tracked.js';

export const connsecmark = defineTarget({
  name: 'CONNSECMARK',
  manual: 'iptables-extensions(8) CONNSECMARK; net/netfilter/xt_CONNSECMARK.c',
  options: {
    save: { flag: '--save', value: none, excludes: ['restore'] },
    restore: { flag: '--restore', value: none, excludes: ['save'] },
  },
  place: { tables: ['mangle', 'security'] },
  check: ({ save, restore }) => (save || restore ? undefined : 'it wants --save or --restore'),
  effect: goesOn,
  actsOn: () => isTracked,
  hasSideEffect: true,
  say: ({ save }) =>
    save ? "Save the packet's security mark to its connection" : "Restore the packet's security mark from its connection",
  examples: [
    { rule: '-j CONNSECMARK --save', table: 'security', chain: 'INPUT', says: 'Save' },
    { rule: '-j CONNSECMARK', table: 'security', chain: 'INPUT', refused: '--save or --restore' },
  ],
});
