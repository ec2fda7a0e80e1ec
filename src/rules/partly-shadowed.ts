/** Rules of which earlier ones take a part with another verdict, being narrower: exceptions, or mistakes. */
import { doing, tellingWords } from '../explain/death.js';
import { lineOf, placeOfRule, spanOf } from '../model/place.js';
import { packetJson } from '../packets/pick.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'partly-shadowed',
  category: 'reachability',
  level: 'off',
  summary: 'Earlier, narrower rules take some of its packets with another verdict.',
  why: 'An exception before a general rule is how rulesets are written, so this is no fault by itself. Asked for, it lists every rule with the exceptions that stand before it: useful when a rule does not do for some packets what it says.',
  advice: 'Read the exceptions; where one is not meant, move it behind the rule or delete it.',
  examples: {
    find: [{ title: 'an exception', text: '-A INPUT -s 192.0.2.7/32 -j ACCEPT\n-A INPUT -s 192.0.2.0/24 -j DROP' }],
    leave: [{ title: 'the same verdict', text: '-A INPUT -s 192.0.2.7/32 -j DROP\n-A INPUT -s 192.0.2.0/24 -j DROP' }],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    for (const rule of ruleset.rules) {
      const narrower = facts.overlaps(rule).filter((overlap) => !overlap.crossing);
      const [first] = narrower;
      if (!first) continue;
      report({
        ...placeOfRule(rule),
        focus: tellingWords(rule),
        message: `${narrower.length === 1 ? `line ${lineOf(first.with)} takes` : `${narrower.length} earlier rules take`} some of its packets with another verdict`,
        related: narrower.map(({ with: other }) => ({ at: spanOf(other.node), focus: tellingWords(other), message: doing(other) })),
        witness: packetJson(first.packet),
        shows: `both lines ask for it; line ${lineOf(first.with)} (${doing(first.with)}) has it`,
        help: 'see that the exceptions are meant',
      });
    }
  },
});
