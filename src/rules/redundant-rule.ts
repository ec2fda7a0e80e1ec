/** Rules that packets reach, and that could go without changing what becomes of any packet. */
import { pointTo, sayLines, tellingWords } from '../explain/death.js';
import { ownerNameOf } from '../model/owners.js';
import { lineOf, placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

/** Rules of one ruleset beyond which forward looks are not made: on 100,000 rules they would cost more than all else. */
const mostRules = 20_000;

export default defineCheck({
  id: 'redundant-rule',
  category: 'reachability',
  level: 'info',
  summary: 'The rule works, but taking it away changes no packet: what follows gives its packets the same verdict.',
  why: 'Without the rule its packets would meet later rules, or the end of the chain, and get the same verdict there. Often that is meant: a rule stands before a policy to be counted or read, or guards against later edits. Where it is not meant, each such rule is one more to keep in mind. Rules that log, count in sets, mark or rewrite are never called redundant.',
  advice: 'Delete it, or keep it for its counter or as a note to the reader.',
  examples: {
    find: [
      {
        title: 'a narrow DROP before the wide one',
        text: '-A INPUT -s 192.0.2.7/32 -p tcp -j DROP\n-A INPUT -s 192.0.2.0/24 -j DROP\n-A INPUT -p udp -j DROP',
      },
    ],
    leave: [
      {
        title: 'a rule between gives another verdict',
        text: '-A INPUT -s 192.0.2.7/32 -p tcp -j DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -s 192.0.2.0/24 -j DROP',
      },
      {
        title: 'the rule that gives the same is the one to go',
        text: '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -p udp -j DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -p tcp -j DROP',
      },
      {
        title: 'the log sees different packets',
        text: '-A INPUT -s 192.0.2.7/32 -j DROP\n-A INPUT -s 192.0.2.0/24 -j LOG\n-A INPUT -s 192.0.2.0/24 -j DROP',
      },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    if (ruleset.rules.length > mostRules) return;
    const ofPrograms = new Map<string, Rule[]>();
    for (const rule of ruleset.rules) {
      const found = facts.redundancy(rule);
      if (!found || (found.because.length === 0 && found.atEnd)) continue; // a rule that says what the policy does is a matter of taste
      // A script that sets no policy leaves the one that is there.
      if (found.atEnd && rule.chain.hook !== null && !rule.chain.node) continue;
      // A later rule that is dead is told to go: not both can.
      if (found.because.some((later) => facts.status(later) === 'dead')) continue;
      const { owner } = ownerNameOf(rule);
      if (owner) {
        const key = `${owner} ${rule.chain.table.name}`;
        ofPrograms.set(key, [...(ofPrograms.get(key) ?? []), rule]);
        continue;
      }
      const { because } = found;
      report({
        ...placeOfRule(rule),
        focus: tellingWords(rule),
        label: 'could go',
        message: `taking this rule away changes no packet: ${sayLines(because)}${found.atEnd ? ` and the ${rule.chain.hook ? `policy ${rule.chain.policy}` : 'end of the chain'}` : ''} ${because.length > 1 || found.atEnd ? 'give' : 'gives'} its packets the same`,
        related: pointTo(because),
        help: `remove line ${lineOf(rule)}, or keep it for its counter`,
      });
    }
    // What a program writes so is not the reader's to mend: one finding for each program and table.
    for (const rules of ofPrograms.values()) {
      const [first, ...others] = rules as [Rule, ...Rule[]];
      report({
        ...placeOfRule(first),
        focus: tellingWords(first),
        label: 'could go',
        message: `${others.length === 0 ? 'a rule' : `${rules.length} rules`} of ${ownerNameOf(first).owner} could go without changing a packet`,
        related: others.map((other) => ({ at: spanOf(other.node), message: 'so could this one' })),
        help: 'leave it: the program writes it again',
      });
    }
  },
});
