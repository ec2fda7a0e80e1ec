/** Rules whose packets overlap an earlier rule's with another verdict, neither containing the other: only the order decides. */
import { doing, tellingWords } from '../explain/death.js';
import { lineOf, placeOfRule, spanOf } from '../model/place.js';
import { packetJson } from '../packets/pick.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'conflicting-rules',
  category: 'reachability',
  level: 'off',
  summary: 'Two rules ask for some of the same packets with other verdicts, and only their order decides.',
  why: 'Where a narrow rule stands before a wide one the order is plain. Where two rules cross, each with packets of its own, swapping them changes what becomes of the packets that both ask for, and the text does not say which was meant. Many rulesets hold hundreds of such pairs by design, so this check is off until asked for.',
  advice: 'Read the packet that both ask for and see that the first of the two is meant to have it; a comment helps the next reader.',
  examples: {
    find: [
      { title: 'a source and a port that cross', text: '-A INPUT -s 192.0.2.0/24 -j DROP\n-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT' },
    ],
    leave: [{ title: 'an exception before the rule', text: '-A INPUT -s 192.0.2.7/32 -j ACCEPT\n-A INPUT -s 192.0.2.0/24 -j DROP' }],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    for (const rule of ruleset.rules) {
      const crossing = facts.overlaps(rule).filter((overlap) => overlap.crossing);
      const [first] = crossing;
      if (!first) continue;
      report({
        ...placeOfRule(rule),
        focus: tellingWords(rule),
        message: `${crossing.length === 1 ? `line ${lineOf(first.with)} takes` : `${crossing.length} earlier rules take`} some of its packets with another verdict, and the order alone decides`,
        related: crossing.map(({ with: other }) => ({ at: spanOf(other.node), focus: tellingWords(other), message: doing(other) })),
        witness: packetJson(first.packet),
        shows: `both lines ask for it; line ${lineOf(first.with)} (${doing(first.with)}) has it`,
        help: 'see that the order is meant',
      });
    }
  },
});
