/** Rules without a comment. */
import { targetOf } from '../../grammar/index.js';
import { commentOf, ownerOfRule } from '../model/owners.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

/** What explains itself: rules for lo, for states alone, for everything. */
const isPlain = ({ node }: Rule): boolean => {
  if (targetOf(node) === 'LOG' || targetOf(node) === 'RETURN') return true;
  const asks = node.matches.flatMap(({ name, options }) => (name === '' ? options.map(({ key }) => key) : [name]));
  return asks.every((ask) => ['inInterface', 'outInterface', 'conntrack', 'state', 'limit'].includes(ask));
};

export default defineCheck({
  id: 'uncommented-rule',
  category: 'style',
  level: 'off',
  summary: 'Rules that do not say what they are for.',
  why: 'In a year nobody knows why 203.0.113.7 may reach port 9100. -m comment --comment "..." stays with the rule through saving and loading, where a # line in a file does not. Told once for a chain, for rules of an administrator that name addresses or ports, where neither a comment match nor a # line right before tells; rules for loopback, states or everything explain themselves.',
  advice: 'Add -m comment --comment "what for, for whom, ticket".',
  examples: {
    find: [{ title: 'who is this', text: '-A INPUT -s 203.0.113.7/32 -p tcp -m tcp --dport 9100 -j ACCEPT' }],
    leave: [
      { title: 'it tells', text: '-A INPUT -s 203.0.113.7/32 -p tcp -m tcp --dport 9100 -m comment --comment "monitoring" -j ACCEPT' },
      { title: 'a line before tells', text: '# monitoring\n-A INPUT -s 203.0.113.7/32 -p tcp -m tcp --dport 9100 -j ACCEPT' },
      { title: 'explains itself', text: '-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT' },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    for (const table of ruleset.tables.values()) {
      const explained = new Set<unknown>();
      for (const [i, item] of table.node.items.entries())
        if (item.kind === 'rule' && table.node.items[i - 1]?.kind === 'comment') explained.add(item);
      for (const chain of table.chains.values()) {
        const bare = chain.rules.filter(
          (rule) => commentOf(rule) === null && !explained.has(rule.node) && !isPlain(rule) && !ownerOfRule(rule),
        );
        const [first, ...others] = bare;
        if (!first) continue;
        report({
          ...placeOfRule(first),
          message: `${others.length === 0 ? 'this rule does' : `${bare.length} rules of ${chain.name} do`} not say what ${others.length === 0 ? 'it is' : 'they are'} for`,
          help: 'add -m comment --comment "..."',
          related: others.slice(0, 20).map((rule) => ({ at: spanOf(rule.node), message: 'nor does this one' })),
        });
      }
    }
  },
});
