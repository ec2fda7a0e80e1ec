/** REJECT of packets that connection tracking calls INVALID. */

import { optionOf, printed, targetOption } from '../explain/parts.js';
import { censusOf } from '../model/census.js';
import { ownerOfRule } from '../model/owners.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

const statesAsked = (rule: Rule): { readonly value: unknown; readonly negated: boolean } | null =>
  optionOf(rule.node, 'conntrack', 'states') ?? optionOf(rule.node, 'state', 'state');

export default defineCheck({
  id: 'invalid-rejected',
  category: 'security',
  level: 'info',
  summary: 'Packets of state INVALID are answered by REJECT.',
  why: "INVALID are packets that fit no connection: late or reordered ones of a connection that is still in use, among others. A REJECT with tcp-reset that answers them tears such connections down, which shows as downloads that break under load. The manual says to DROP packets in state INVALID. Told for rules that ask for INVALID and REJECT it, and for REJECT --reject-with tcp-reset rules that INVALID packets can reach; other REJECT rules at a chain's end answer with an ICMP error, which does less harm.",
  advice: 'Drop INVALID packets before any rule that rejects: -m conntrack --ctstate INVALID -j DROP.',
  examples: {
    find: [
      { title: 'rejects INVALID by name', text: '-A INPUT -m conntrack --ctstate INVALID -j REJECT' },
      {
        title: 'a reset for whatever is left',
        text: '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -p tcp -j REJECT --reject-with tcp-reset',
      },
    ],
    leave: [
      {
        title: 'INVALID is dropped first',
        text: '-A INPUT -m conntrack --ctstate INVALID -j DROP\n-A INPUT -p tcp -j REJECT --reject-with tcp-reset',
      },
      { title: 'only new connections are reset', text: '-A INPUT -p tcp -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset' },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    const rejects = censusOf(ruleset)
      .withTarget('REJECT')
      .filter((rule) => {
        const states = statesAsked(rule);
        const named = states !== null && (states.value as readonly string[]).includes('INVALID') !== states.negated;
        const answer = targetOption(rule.node, 'with');
        const reset = answer !== null && /tcp-rst|tcp-reset/.test(printed(answer, rule));
        return named || (reset && states === null);
      });
    if (rejects.length === 0 || rejects.length > 500) return;
    const found = rejects.filter((rule) => !ownerOfRule(rule) && reachedByInvalid(facts, rule));
    const [first, ...others] = found;
    if (!first) return;
    report({
      ...placeOfRule(first),
      focus: [spanOf(first.node.target!)],
      label: 'answers INVALID too',
      message: 'REJECT answers packets of state INVALID: a late packet can tear down the connection that it belongs to',
      help: 'put -m conntrack --ctstate INVALID -j DROP before it',
      related: others.map((rule) => ({ at: spanOf(rule.node), message: 'here too' })),
    });
  },
});

const reachedByInvalid = (
  facts: Parameters<NonNullable<ReturnType<typeof defineCheck>['checkRuleset']>>[0]['facts'],
  rule: Rule,
): boolean => {
  if (facts.status(rule) !== 'live') return false;
  const { reachability: reach } = facts;
  const state = reach.program.space.dimension('connectionState');
  if (!state) return true;
  const table = reach.table(rule);
  if (table.rewrites) return true;
  try {
    return reach.within(100_000, () => {
      const invalid = reach.diagram.of(state.interval(0, 0));
      const set = reach
        .flow(table)
        .reaching(reach.chain(rule), reach.step(rule), (chain) => reach.diagram.and(reach.flow(table).entry(chain), invalid));
      return set !== 0;
    });
  } catch {
    return false;
  }
};
