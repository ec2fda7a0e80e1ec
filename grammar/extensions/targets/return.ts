/** `-j RETURN`: back to the calling chain; in a built-in chain its policy decides (iptables(8), TARGETS). */
import { defineTarget } from '../define.js';

export const returnTarget = defineTarget({
  name: 'RETURN',
  manual: 'iptables(8), TARGETS',
  options: {},
  effect: { kind: 'return' },
  say: () => 'Return to the calling chain',
  examples: [{ rule: '-j RETURN', says: 'Return' }],
});
