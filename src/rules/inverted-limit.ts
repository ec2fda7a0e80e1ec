/** Limits the wrong way round: the few packets within the limit are refused, and the flood beyond it is let through. */
import { doing, pointTo, sayLines, tellingWords } from '../explain/death.js';
import { censusOf } from '../model/census.js';
import { limitWithin, mostLimits, onlyLimits, ownLimits } from '../model/limits.js';
import { ownerOfRule } from '../model/owners.js';
import { lineOf, placeOfRule } from '../model/place.js';
import { defineCheck } from './define.js';

/** Options that match what is beyond the limit. */
const beyond: Readonly<Record<string, string>> = {
  hashlimit: '--hashlimit-above in place of --hashlimit-upto',
  connlimit: '--connlimit-above in place of --connlimit-upto',
};

export default defineCheck({
  id: 'inverted-limit',
  category: 'reachability',
  level: 'warning',
  summary: 'A limit the wrong way round: packets within it are refused, and those beyond it are accepted.',
  why: 'A limit matches what is within it: with -j DROP the first packets are dropped, and once too many come the rule matches no more. What is beyond goes on to the next rule. Where that accepts it, or the policy does, a slow client is refused and a flood gets in. Told where it is proved that all packets of the rule are accepted once the limit is exceeded.',
  advice:
    'Accept what is within the limit, and refuse the rest with a rule without a limit right behind it. hashlimit and connlimit can also match what is beyond: --hashlimit-above, --connlimit-above.',
  examples: {
    find: [
      {
        title: 'dropped within the limit, accepted beyond it',
        text: ':INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -m limit --limit 3/min -j DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      },
      {
        title: 'the policy accepts the rest, logged or not',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -p icmp -m icmp --icmp-type 8 -m limit --limit 1/sec -j REJECT\n-A INPUT -p icmp -j LOG',
      },
      {
        title: 'each source is refused until it sends too much',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -p udp -m udp --dport 53 -m hashlimit --hashlimit-upto 10/sec --hashlimit-mode srcip --hashlimit-name dns -j DROP',
      },
    ],
    leave: [
      {
        title: 'an answer for the first packets, nothing for the rest',
        text: ':INPUT DROP [0:0]\n-A INPUT -m limit --limit 100/min -j REJECT\n-A INPUT -j DROP',
      },
      {
        title: 'the right way round',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -m limit --limit 3/min -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j DROP',
      },
      {
        title: 'what is beyond the limit is refused',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 80 -m connlimit --connlimit-above 20 -j REJECT\n-A INPUT -p udp -m hashlimit --hashlimit-above 10/sec --hashlimit-mode srcip --hashlimit-name udp -j DROP',
      },
      {
        title: 'later rules refuse some of it',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m limit --limit 3/min -j REJECT\n-A INPUT -p tcp -m tcp --dport 22 -j DROP',
      },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    const census = censusOf(ruleset);
    const rules = new Set([...ownLimits, 'hashlimit'].flatMap((name) => census.withMatch(name)));
    for (const rule of [...rules].sort((a, b) => a.id - b.id).slice(0, mostLimits)) {
      const limit = limitWithin(rule);
      if (limit === null || !onlyLimits(rule) || ownerOfRule(rule)) continue;
      const found = facts.acceptedBeyond(rule);
      if (!found) continue;
      const { because, atEnd } = found;
      // A script that sets no policy leaves the one that is there.
      if (atEnd && !rule.chain.node) continue;
      if (because.some((later) => facts.status(later) === 'dead')) continue;
      const givers = [...(because.length > 0 ? [sayLines(because)] : []), ...(atEnd ? [`the policy ${rule.chain.policy}`] : [])];
      const above = beyond[limit];
      report({
        ...placeOfRule(rule),
        focus: tellingWords(rule),
        label: 'the wrong way round',
        message: `within the limit its packets get ${doing(rule)}, beyond it ACCEPT from ${givers.join(' and ')}`,
        related: pointTo(because),
        help: `-j ACCEPT in line ${lineOf(rule)}, and behind it the same rule without the limit and with -j DROP${above ? `; or ${above}` : ''}`,
      });
    }
  },
});
