/** `-j QUEUE`: hands the packet to the program that listens to queue 0; without one it is dropped. The old form of NFQUEUE. */
import { defineTarget } from '../define.js';
import { endsIn } from '../effects.js';

export const queue = defineTarget({
  name: 'QUEUE',
  manual: 'iptables(8), TARGETS; measured with 1.8.9',
  options: {},
  effect: endsIn('queue'),
  checkRule: () => ({ message: 'the nft back end has no QUEUE; NFQUEUE does the same with both', backends: ['nft'] }),
  deprecated: 'QUEUE is the old form of NFQUEUE, and the nft back end refuses it',
  say: () => 'Queue to userspace (queue 0)',
  examples: [{ rule: '-j QUEUE', says: 'Queue every packet to userspace' }],
});
