/** `-j DROP`: ends the packet's way without a word; iptables refuses it in the nat table (iptables(8), TARGETS). */
import { defineTarget } from '../define.js';
import { endsIn } from '../effects.js';

export const drop = defineTarget({
  name: 'DROP',
  manual: 'iptables(8), TARGETS',
  options: {},
  place: { tables: ['raw', 'mangle', 'filter', 'security'] },
  effect: endsIn('drop'),
  say: () => 'Drop',
  examples: [{ rule: '-j DROP', says: 'Drop' }],
});
