/** Rules proved dead that counted packets all the same: then the proof, or what it rests on, is in doubt. Needs counters (iptables-save -c). */
import { lineOf, placeOfRule, spanOf } from '../model/place.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'counted-though-dead',
  category: 'meta',
  level: 'info',
  summary: 'A rule that is proved dead has counted packets: doubt the proof, not the rule.',
  why: 'A rule that no packet reaches counts none. Where the dump tells of packets for a rule that iptlint proves dead, one of the two is not what it seems: the rules before it were added later, while it counted (counters stay when other rules change), or part of the ruleset was left out of the dump, or iptlint is wrong. The finding doubts us, not the administrator.',
  advice:
    'Zero the counters (iptables -Z), wait, and look again. If the rule still counts, please report it with the ruleset: the proof is wrong.',
  examples: {
    find: [
      {
        title: 'counters from before',
        text: '[400:24000] -A INPUT -s 10.0.0.0/8 -j ACCEPT\n[7:420] -A INPUT -s 10.2.3.0/24 -p tcp -m tcp --dport 22 -j DROP',
      },
    ],
    leave: [
      {
        title: 'dead, and counts nothing',
        text: '[400:24000] -A INPUT -s 10.0.0.0/8 -j ACCEPT\n[0:0] -A INPUT -s 10.2.3.0/24 -p tcp -m tcp --dport 22 -j DROP',
      },
      {
        title: 'alive',
        text: '[7:420] -A INPUT -s 10.2.3.0/24 -p tcp -m tcp --dport 22 -j DROP\n[400:24000] -A INPUT -s 10.0.0.0/8 -j ACCEPT',
      },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    if (!ruleset.rules.some(({ node }) => node.counters !== null && node.counters.packets > 0n)) return;
    const found = facts.dead().filter(({ node }) => node.counters !== null && node.counters.packets > 0n);
    const [first, ...others] = found;
    if (!first) return;
    const by = facts.verdict(first).by[0];
    report({
      ...placeOfRule(first),
      ...(first.node.counters ? { focus: [spanOf(first.node.counters)] } : {}),
      label: 'counted',
      certainty: 'possible',
      leansOn: ['whether the rules before it were there while it counted'],
      message: `${others.length === 0 ? 'this rule is' : `this rule and ${others.length} more are`} proved dead and yet counted packets: the rules changed since, or the proof is wrong`,
      help: 'zero the counters (iptables -Z), wait and look again; if it still counts, report it to iptlint with the ruleset',
      related: [
        ...(by ? [{ at: spanOf(by.node), message: `line ${lineOf(by)} takes its packets, by our proof` }] : []),
        ...others.slice(0, 20).map((rule) => ({ at: spanOf(rule.node), message: 'counted too' })),
      ],
    });
  },
});
