/** Jumps that no packet takes, to chains that are reached another way. */
import { deathsOf, isOfJumps, tellDeath } from '../explain/deaths.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'jump-never-taken',
  category: 'reachability',
  level: 'warning',
  summary: 'A jump that no packet ever takes, to a chain that is reached by other ways or is empty.',
  why: 'All packets that the jump asks for are decided before it, or none of them can arrive. The chain behind it still works for its other callers, so nothing looks wrong; but the packets of this caller never get its treatment. Where no other way leads to the chain, shadowed-rule tells of the jump with the rules behind it.',
  advice: 'Move the jump above the lines that take its packets, or delete it.',
  examples: {
    find: [
      {
        title: 'the wide ACCEPT stands before the jump of one of two callers',
        text: ':LIMITS - [0:0]\n-A INPUT -p udp -j LIMITS\n-A INPUT -p tcp -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 25 -j LIMITS\n-A LIMITS -m limit --limit 5/second -j RETURN\n-A LIMITS -j DROP',
      },
    ],
    leave: [
      {
        title: 'some packets are left',
        text: ':LIMITS - [0:0]\n-A INPUT -s 192.0.2.0/24 -p tcp -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 25 -j LIMITS\n-A LIMITS -j DROP',
      },
    ],
  },
  checkRuleset: (context) => {
    for (const death of deathsOf(context))
      if (isOfJumps(death)) context.report({ ...tellDeath(death), level: 'warning', label: 'never taken' });
  },
});
