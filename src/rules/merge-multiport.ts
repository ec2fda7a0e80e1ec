/** Rules in a row that differ in the port alone. */
import type { OptionNode } from '../../grammar/index.js';
import { optionNode, printed } from '../explain/parts.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { siblingsIn } from '../model/siblings.js';
import { defineCheck } from './define.js';

const portOption = (rule: Rule): OptionNode | null => {
  for (const match of ['tcp', 'udp', 'sctp', 'dccp', 'udplite']) {
    const option = optionNode(rule.node, match, 'destinationPort');
    if (option && !option.negated) return option;
  }
  return null;
};

export default defineCheck({
  id: 'merge-multiport',
  category: 'performance',
  level: 'off',
  summary: 'Rules in a row that differ in the port alone.',
  why: 'One rule with -m multiport takes up to 15 ports (a range counts as two) and is compared once. It is shorter to read, too. Left alone where each rule may have counters or a comment that somebody wants to keep: the check is off unless asked for.',
  advice: 'Write -m multiport --dports with all ports.',
  examples: {
    find: [
      {
        title: 'three services',
        text: '-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 8443 -j ACCEPT',
      },
    ],
    leave: [
      { title: 'the protocols differ', text: '-A INPUT -p tcp -m tcp --dport 53 -j ACCEPT\n-A INPUT -p udp -m udp --dport 53 -j ACCEPT' },
      {
        title: 'the sources differ',
        text: '-A INPUT -s 192.0.2.1/32 -p tcp -m tcp --dport 80 -j ACCEPT\n-A INPUT -s 192.0.2.2/32 -p tcp -m tcp --dport 443 -j ACCEPT',
      },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    for (const table of ruleset.tables.values())
      for (const chain of table.chains.values())
        for (const siblings of siblingsIn(chain, portOption)) {
          const ports = [...new Set(siblings.map(({ rule, option }) => printed(option, rule)))];
          if (ports.length < 2) continue;
          const slots = ports.reduce((sum, port) => sum + (port.includes(':') ? 2 : 1), 0);
          const { rule, option } = siblings[0]!;
          report({
            ...placeOfRule(rule),
            focus: [spanOf(option)],
            message: `${siblings.length} rules in a row differ in their destination port alone`,
            help:
              slots <= 15
                ? `one rule does the same: -m multiport --dports ${ports.join(',')}`
                : 'a few rules with -m multiport do the same, 15 ports each',
            related: siblings.slice(1, 20).map(({ rule: other }) => ({ at: spanOf(other.node), message: 'differs in the port alone' })),
          });
        }
  },
});
