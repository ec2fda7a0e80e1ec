/** `-j DSCP`: sets the upper six bits of the TOS byte (libxt_DSCP.c). */
import { dscpClass, dscpValue, printDscp, sayDscp } from '../../values/dscp.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';

export const dscp = defineTarget({
  name: 'DSCP',
  manual: 'iptables-extensions(8) DSCP; net/netfilter/xt_DSCP.c',
  options: {
    value: { flag: '--set-dscp', value: dscpValue, excludes: ['class'] },
    class: { flag: '--set-dscp-class', value: dscpClass, excludes: ['value'] },
  },
  place: { tables: ['mangle'] },
  check: ({ value, class: named }) => (value || named ? undefined : 'it wants --set-dscp or --set-dscp-class'),
  effect: goesOn,
  rewrites: ({ value, class: named }) => [{ kind: 'xor', field: 'tos', mask: 0xfc, value: ((value ?? named)?.value ?? 0) << 2 }],
  save: ({ value, class: named }) => `--set-dscp ${printDscp((value ?? named)?.value ?? 0)}`,
  say: ({ value, class: named }) => `Set the DSCP to ${sayDscp((value ?? named)?.value ?? 0)}`,
  examples: [
    {
      rule: '-j DSCP --set-dscp-class EF',
      saved: '-j DSCP --set-dscp 0x2e',
      table: 'mangle',
      chain: 'FORWARD',
      says: 'Set the DSCP to 46 (EF)',
    },
    { rule: '-j DSCP --set-dscp 64', table: 'mangle', chain: 'FORWARD', refused: '63' },
    { rule: '-j DSCP', table: 'mangle', chain: 'FORWARD', refused: '--set-dscp' },
  ],
});
