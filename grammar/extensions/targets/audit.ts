/** `-j AUDIT`: writes an audit record (libxt_AUDIT.c, net/netfilter/xt_AUDIT.c). */
import { oneName } from '../../values/names.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';

const past: Readonly<Record<string, string>> = { accept: 'accepted', drop: 'dropped', reject: 'rejected' };

export const audit = defineTarget({
  name: 'AUDIT',
  manual: 'iptables-extensions(8) AUDIT; net/netfilter/xt_AUDIT.c',
  options: {
    type: {
      flag: '--type',
      value: oneName({ names: ['accept', 'drop', 'reject'], what: 'type of record', anyCase: true }),
      required: true,
    },
  },
  effect: goesOn,
  hasSideEffect: true,
  say: ({ type }) => `Audit as ${past[type.value]}`,
  examples: [
    { rule: '-j AUDIT --type DROP', saved: '-j AUDIT --type drop', says: 'Audit every packet as dropped' },
    { rule: '-j AUDIT --type acc', refused: 'type of record' },
    { rule: '-j AUDIT', refused: '--type' },
  ],
});
