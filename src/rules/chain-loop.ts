/** Chains that call each other in a circle. */
import { placeOfRule, spanOf } from '../model/place.js';
import { sayWay } from '../model/way.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'chain-loop',
  category: 'load',
  level: 'error',
  summary: 'Jumps that go round in a circle.',
  why: 'A packet in such a circle would never come out, so the kernel refuses the table as soon as a built-in chain leads into it (iptables-restore names the line of COMMIT, or says "Too many links"). It looks at the jumps alone, not at what their rules match: that no packet could take them all is no excuse. A circle that nothing leads into is loaded, and waits for the first jump to it.',
  advice: 'Take one of the jumps out. Where the second pass was meant to go on with other rules, put those into a chain of their own.',
  examples: {
    find: [
      {
        title: 'two chains that call each other',
        text: ':A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n-A A -p tcp -j B\n-A B -s 192.0.2.0/24 -j A',
      },
      { title: 'a circle that nothing leads into: a warning', text: ':A - [0:0]\n-A A -p tcp -j A' },
    ],
    leave: [
      { title: 'two ways to one chain', text: ':A - [0:0]\n:B - [0:0]\n-A INPUT -p tcp -j A\n-A INPUT -j B\n-A A -j B\n-A B -j DROP' },
    ],
  },
  checkRuleset: ({ graph, report }) => {
    for (const { jumps, reached } of graph.loops) {
      const [first, ...others] = jumps;
      const way = sayWay(jumps, first!.chain);
      report({
        ...placeOfRule(first!),
        focus: [spanOf(first!.node.target!)],
        level: reached ? 'error' : 'warning',
        message: reached
          ? `jumps go round in a circle (${way}): the kernel refuses the table`
          : `jumps go round in a circle (${way}); it loads only because no built-in chain leads there`,
        help: 'take one of the jumps out',
        related: others.map((jump) => ({
          at: spanOf(jump.node),
          focus: [spanOf(jump.node.target!)],
          message: `then to ${jump.node.target!.name}`,
        })),
      });
    }
  },
});
