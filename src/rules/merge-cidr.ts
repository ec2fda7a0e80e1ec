/** Rules in a row for networks that together are one network. */
import { type Network, type Ordinal, printNetwork } from '../../grammar/index.js';
import { networksOf, optionNode } from '../explain/parts.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { type Sibling, siblingsIn } from '../model/siblings.js';
import { defineCheck, type RulesetContext } from './define.js';

/** The network that two halves make together; null: they are no halves of one. */
const joined = (a: Network, b: Network): Network | null => {
  if (a.mask !== b.mask || a.address === b.address) return null;
  const mask = typeof a.mask === 'bigint' ? (a.mask << 1n) & ((1n << 128n) - 1n) : ((a.mask as number) << 1) >>> 0;
  const within = (address: Ordinal): Ordinal =>
    typeof address === 'bigint' ? address & (mask as bigint) : ((address as number) & (mask as number)) >>> 0;
  return mask !== 0 && mask !== 0n && within(a.address) === within(b.address)
    ? { kind: 'network', address: within(a.address), mask }
    : null;
};

export default defineCheck({
  id: 'merge-cidr',
  category: 'performance',
  level: 'off',
  summary: 'Two rules in a row for the halves of one network.',
  why: 'Two networks that are the halves of a wider one need one rule, not two. Exact: the wider network holds no address that the two do not hold.',
  advice: 'Write one rule for the wider network.',
  examples: {
    find: [{ title: 'two halves', text: '-A INPUT -s 192.0.2.0/25 -j ACCEPT\n-A INPUT -s 192.0.2.128/25 -j ACCEPT' }],
    leave: [
      { title: 'neighbours, but no halves', text: '-A INPUT -s 192.0.2.64/26 -j ACCEPT\n-A INPUT -s 192.0.2.128/26 -j ACCEPT' },
      { title: 'other verdicts', text: '-A INPUT -s 192.0.2.0/25 -j ACCEPT\n-A INPUT -s 192.0.2.128/25 -j DROP' },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    for (const table of ruleset.tables.values())
      for (const chain of table.chains.values())
        for (const key of ['source', 'destination'] as const)
          for (const siblings of siblingsIn(chain, (rule) => {
            const option = optionNode(rule.node, '', key);
            return option && !option.negated && networksOf(rule, key).length === 1 ? option : null;
          }))
            tellHalves(siblings, key, report);
  },
});

/** One finding for a run: the first pair, the others as its lines. */
const tellHalves = (siblings: readonly Sibling[], key: 'source' | 'destination', report: RulesetContext['report']): void => {
  const pairs: { readonly a: Sibling; readonly b: Sibling; readonly wide: Network }[] = [];
  for (let i = 0; i + 1 < siblings.length; i++) {
    const [a, b] = [siblings[i]!, siblings[i + 1]!];
    const wide = joined(networksOf(a.rule, key)[0]!, networksOf(b.rule, key)[0]!);
    if (!wide) continue;
    pairs.push({ a, b, wide });
    i++;
  }
  const [first, ...others] = pairs;
  if (!first) return;
  report({
    ...placeOfRule(first.a.rule),
    focus: [spanOf(first.a.option)],
    message: `this rule and the next are for the halves of ${printNetwork(first.wide)}${others.length > 0 ? `; ${others.length} more pairs follow` : ''}`,
    help: `one rule does the same: ${key === 'source' ? '-s' : '-d'} ${printNetwork(first.wide)}`,
    related: [
      { at: spanOf(first.b.rule.node), focus: [spanOf(first.b.option)], message: 'the other half' },
      ...others.slice(0, 20).map(({ a, wide }) => ({ at: spanOf(a.rule.node), message: `with the next one ${printNetwork(wide)}` })),
    ],
  });
};
