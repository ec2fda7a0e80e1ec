/** `-j NFQUEUE`: lets a program decide; where none listens the packet is dropped, or with --queue-bypass accepted (libxt_NFQUEUE.c). */
import { integer } from '../../values/integer.js';
import { queueRange } from '../../values/queue-range.js';
import { none } from '../../values/value.js';
import { defineTarget } from '../define.js';
import { endsIn } from '../effects.js';
import { join } from '../spell.js';

export const nfqueue = defineTarget({
  name: 'NFQUEUE',
  manual: 'iptables-extensions(8) NFQUEUE; net/netfilter/xt_NFQUEUE.c',
  options: {
    number: { flag: '--queue-num', value: integer(0, 0xffff), excludes: ['balance'] },
    balance: { flag: '--queue-balance', value: queueRange, excludes: ['number'] },
    bypass: { flag: '--queue-bypass', value: none },
    cpuFanout: { flag: '--queue-cpu-fanout', value: none, needs: ['balance'] },
  },
  effect: endsIn('queue'),
  save: ({ number, balance, bypass, cpuFanout }) =>
    join(
      balance ? `--queue-balance ${balance.value.first}:${balance.value.last}` : `--queue-num ${number?.value ?? 0}`,
      bypass && '--queue-bypass',
      cpuFanout && '--queue-cpu-fanout',
    ),
  say: ({ number, balance, bypass, cpuFanout }) =>
    `Queue to userspace (${balance ? `queues ${balance.value.first} to ${balance.value.last}${cpuFanout ? ', by CPU' : ''}` : `queue ${number?.value ?? 0}`})${bypass ? ', accept if nobody listens' : ''}`,
  examples: [
    { rule: '-j NFQUEUE', saved: '-j NFQUEUE --queue-num 0', says: 'Queue every packet to userspace (queue 0)' },
    {
      rule: '-j NFQUEUE --queue-cpu-fanout --queue-bypass --queue-balance 1:4',
      saved: '-j NFQUEUE --queue-balance 1:4 --queue-bypass --queue-cpu-fanout',
      says: 'queues 1 to 4, by CPU), accept if nobody listens',
    },
    { rule: '-j NFQUEUE --queue-num 1 --queue-balance 1:4', refused: 'cannot stand together' },
    { rule: '-j NFQUEUE --queue-cpu-fanout', refused: '--queue-balance' },
    { rule: '-j NFQUEUE --queue-balance 4:1', refused: 'not below' },
  ],
});
