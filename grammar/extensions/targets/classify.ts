/** `-j CLASSIFY`: puts the packet into a queueing class of tc (libxt_CLASSIFY.c). */
import { trafficClass } from '../../values/traffic-class.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';

export const classify = defineTarget({
  name: 'CLASSIFY',
  manual: 'iptables-extensions(8) CLASSIFY; net/netfilter/xt_CLASSIFY.c',
  options: { class: { flag: '--set-class', value: trafficClass, required: true } },
  place: { hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'] },
  effect: goesOn,
  hasSideEffect: true,
  say: ({ class: to }, context) => `Put into the traffic class ${trafficClass.say(to.value, { ...context, negated: false })}`,
  examples: [
    { rule: '-j CLASSIFY --set-class 1:20', saved: '-j CLASSIFY --set-class 0001:0020', chain: 'OUTPUT', says: 'class 0001:0020' },
    { rule: '-j CLASSIFY --set-class 10', chain: 'OUTPUT', refused: 'major:minor' },
  ],
});
