/** `-j NOTRACK`: the old name of `CT --notrack` (libxt_CT.c). */
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';
import { isUnseen, untracked } from '../tracked.js';

export const notrack = defineTarget({
  name: 'NOTRACK',
  manual: 'iptables-extensions(8) NOTRACK; net/netfilter/xt_CT.c',
  options: {},
  place: { tables: ['raw'] },
  effect: goesOn,
  actsOn: () => isUnseen,
  rewrites: () => [{ kind: 'to', field: 'connectionState', ranges: [[untracked, untracked]] }],
  hasSideEffect: true,
  say: () => 'Do not track the connection',
  examples: [{ rule: '-j NOTRACK', table: 'raw', chain: 'OUTPUT', says: 'Do not track' }],
});
