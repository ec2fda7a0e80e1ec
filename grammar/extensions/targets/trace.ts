/** `-j TRACE`: the kernel tells of every rule that the packet then meets (xt_TRACE.c). */
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';

export const trace = defineTarget({
  name: 'TRACE',
  manual: 'iptables-extensions(8) TRACE; net/netfilter/xt_TRACE.c; measured with 1.8.9',
  options: {},
  place: { tables: ['raw'], backends: ['nft'] },
  effect: goesOn,
  hasSideEffect: true,
  say: () => 'Trace the packet through the rules',
  examples: [{ rule: '-j TRACE', table: 'raw', chain: 'PREROUTING', says: 'Trace the packet' }],
});
