/** Rules that say what an earlier rule of the chain says already. */
import { doing, sayLinesToMend, tellingWords } from '../explain/death.js';
import { isDuplicate } from '../explain/deaths.js';
import { verbFor } from '../model/owners.js';
import { lineOf, placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { packetJson } from '../packets/pick.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'duplicate-rule',
  category: 'reachability',
  level: 'warning',
  summary: 'An equal rule stands before it in the same chain, so it decides nothing.',
  why: 'The first of two equal rules takes every packet that the second asks for. The second is harmless until somebody edits or deletes the first and wonders why nothing changes. Rules with a state of their own (limit, recent, statistic, quota, hashlimit) are not duplicates, equal as they look; comments and the order of matches make no difference.',
  advice:
    'Delete one of the two. Scripts that add a rule each time they run should ask first: iptables -C CHAIN RULE || iptables -A CHAIN RULE.',
  examples: {
    find: [
      {
        title: 'the same rule twice',
        text: '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -p udp -j DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      },
      {
        title: 'the same in other words',
        text: '-A INPUT -s 192.0.2.7/24 -p tcp --dport ssh -j ACCEPT\n-A INPUT -p tcp -s 192.0.2.0/24 -m tcp --dport 22 -m comment --comment ssh -j ACCEPT',
      },
    ],
    leave: [
      {
        title: 'two limits count apart',
        text: '-A INPUT -p icmp -m limit --limit 1/second -j ACCEPT\n-A INPUT -p icmp -m limit --limit 1/second -j ACCEPT',
      },
      { title: 'logging twice is not deciding twice', text: '-A INPUT -p tcp -j LOG\n-A INPUT -p tcp -j LOG' },
    ],
  },
  checkRuleset: ({ graph, facts, report }) => {
    const firsts = new Map<Rule, Rule[]>();
    for (const rule of facts.dead()) {
      if (graph.hooksOf(rule.chain).size === 0) continue;
      const verdict = facts.verdict(rule);
      if (!isDuplicate(rule, verdict)) continue;
      const first = verdict.by[0]!;
      const copies = firsts.get(first);
      if (copies) copies.push(rule);
      else firsts.set(first, [rule]);
    }
    for (const [first, copies] of firsts) {
      const [rule, ...others] = copies as [Rule, ...Rule[]];
      const { shows, leansOn } = facts.verdict(rule);
      const place = placeOfRule(rule);
      report({
        ...place,
        certainty: leansOn.length > 0 ? 'possible' : 'proved',
        ...(leansOn.length > 0 ? { leansOn } : {}),
        focus: tellingWords(rule),
        label: 'the same again',
        message: `line ${lineOf(first)} says the same already${others.length > 0 ? `, and so do ${others.length} more after it` : ''}`,
        related: [
          { at: spanOf(first.node), focus: tellingWords(first), message: `${doing(first)}: the first of them` },
          ...others.map((other) => ({ at: spanOf(other.node), message: 'the same again', dead: true })),
        ],
        ...(shows ? { witness: packetJson(shows) } : {}),
        help:
          'owner' in place
            ? `leave it: ${place.owner} ${verbFor(place.owner!, 'writes', 'write')} it again`
            : `remove ${sayLinesToMend(copies)}`,
        ...('owner' in place ? {} : { fix: { safe: true, edits: copies.map((copy) => ({ at: wholeLine(copy), text: '' })) } }),
      });
    }
  },
});

/** The rule's line with its line end, to take it out. */
const wholeLine = (rule: Rule) => {
  const { text } = rule.chain.table.ruleset.source;
  const end = text.indexOf('\n', rule.node.end);
  return { start: text.lastIndexOf('\n', rule.node.start - 1) + 1, end: end < 0 ? text.length : end + 1 };
};
