/** `-j ACCEPT`: ends the table at this hook; the packet goes on to the next table (iptables(8), TARGETS). */
import { defineTarget } from '../define.js';
import { endsIn } from '../effects.js';

export const accept = defineTarget({
  name: 'ACCEPT',
  manual: 'iptables(8), TARGETS',
  options: {},
  effect: endsIn('accept'),
  say: () => 'Accept',
  examples: [{ rule: '-j ACCEPT', says: 'Accept' }],
});
