/** Long runs of rules that differ in one address: an IP set would be one rule. */
import { networksOf, optionNode } from '../explain/parts.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { siblingsIn } from '../model/siblings.js';
import { defineCheck } from './define.js';

const least = 10;
const run = Array.from({ length: 12 }, (_, i) => `-A INPUT -s 192.0.2.${i * 3 + 1}/32 -j DROP`).join('\n');

const addressOption = (rule: Rule, key: 'source' | 'destination') => {
  const option = optionNode(rule.node, '', key);
  return option && !option.negated && networksOf(rule, key).length === 1 ? option : null;
};

export default defineCheck({
  id: 'use-ipset',
  category: 'performance',
  level: 'off',
  summary: 'Many rules that differ in one address alone.',
  why: 'Each packet is compared with one rule after the other; a list of a thousand banned addresses costs a thousand comparisons for every packet that is not on it. An IP set is looked up in one step, whatever its size, and can be changed without loading rules. Told for ten or more rules in a row that differ in their source or destination only.',
  advice: 'Put the addresses into a set (ipset create NAME hash:net) and match it with one rule: -m set --match-set NAME src.',
  examples: {
    find: [{ title: 'a list of bans', text: run }],
    leave: [
      {
        title: 'a few addresses',
        text: '-A INPUT -s 192.0.2.1/32 -j DROP\n-A INPUT -s 192.0.2.9/32 -j DROP\n-A INPUT -s 192.0.2.17/32 -j DROP',
      },
      { title: 'a set', text: '-A INPUT -m set --match-set banned src -j DROP' },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    for (const table of ruleset.tables.values())
      for (const chain of table.chains.values()) {
        if (chain.rules.length < least) continue;
        for (const key of ['source', 'destination'] as const)
          for (const siblings of siblingsIn(chain, (rule) => addressOption(rule, key))) {
            if (siblings.length < least) continue;
            const { rule, option } = siblings[0]!;
            report({
              ...placeOfRule(rule),
              focus: [spanOf(option)],
              label: 'one of many',
              message: `${siblings.length} rules in a row differ in their ${key} alone`,
              effect: `a packet that is not on the list is compared ${siblings.length} times`,
              help: `ipset create NAME hash:net, and one rule with -m set --match-set NAME ${key === 'source' ? 'src' : 'dst'}`,
              related: [{ at: spanOf(siblings.at(-1)!.rule.node), message: 'the last of them' }],
            });
          }
      }
  },
});
