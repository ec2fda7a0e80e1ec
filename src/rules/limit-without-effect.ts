/** Limits that make no difference: what is beyond them gets the same from later rules, or from the policy. */
import { givenOf, optionsIn, outlined } from '../../grammar/index.js';
import { doing, pointTo, sayLines, tellingWords } from '../explain/death.js';
import { censusOf } from '../model/census.js';
import { mostLimits, onlyLimits, ownLimits } from '../model/limits.js';
import { ownerOfRule } from '../model/owners.js';
import { lineOf, placeOfRule } from '../model/place.js';
import type { Rule, Ruleset } from '../model/ruleset.js';
import { defineCheck } from './define.js';

/** The names of the lists that hashlimit counts in: rules that share one count for each other. */
const hashlimitNameOf = ({ node }: Rule): string => {
  const { outline, values } = outlined(node);
  const use = outline.matches.find(({ name }) => name === 'hashlimit');
  const given = use?.spec && givenOf(use.spec, optionsIn(use, values));
  return given ? String((given as { readonly name?: { readonly value: unknown } }).name?.value) : '';
};

const rulesWithLimit = (ruleset: Ruleset): readonly Rule[] => {
  const census = censusOf(ruleset);
  const byName = new Map<string, Rule[]>();
  for (const rule of census.withMatch('hashlimit')) {
    const name = hashlimitNameOf(rule);
    const sharing = byName.get(name);
    if (sharing) sharing.push(rule);
    else byName.set(name, [rule]);
  }
  const alone = [...byName.values()].filter(({ length }) => length === 1).flat();
  return [...new Set([...ownLimits.flatMap((name) => census.withMatch(name)), ...alone])].sort((a, b) => a.id - b.id);
};

export default defineCheck({
  id: 'limit-without-effect',
  category: 'reachability',
  level: 'warning',
  summary: 'A limit that limits nothing: packets beyond it get the same verdict from what follows.',
  why: 'A rule with -m limit, hashlimit, connlimit or quota matches up to its limit only (or beyond it only). The other packets are not refused by it: they go on to the next rule. Where the rules behind it, or the policy, give them the same verdict, the limit makes no difference, and whoever wrote it counts on a brake that is not there. The usual case is a limited ACCEPT with no DROP behind it. Told where it is proved that every packet of the rule gets the same verdict without it.',
  advice: 'Refuse what is beyond the limit: the same rule without the limit and with -j DROP right behind it. Or remove the rule.',
  examples: {
    find: [
      {
        title: 'accepted within the limit, and beyond it',
        text: ':INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -m limit --limit 3/min -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      },
      {
        title: 'the policy accepts the rest',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -p icmp -m icmp --icmp-type 8 -m limit --limit 1/sec -j ACCEPT',
      },
      {
        title: 'a list of its own for each source',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -p udp -m udp --dport 53 -m hashlimit --hashlimit-upto 10/sec --hashlimit-mode srcip --hashlimit-name dns -j ACCEPT',
      },
    ],
    leave: [
      {
        title: 'what is beyond the limit is dropped',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -p icmp -m icmp --icmp-type 8 -m limit --limit 1/sec -j ACCEPT\n-A INPUT -p icmp -m icmp --icmp-type 8 -j DROP',
      },
      {
        title: 'the policy drops it',
        text: ':INPUT DROP [0:0]\n-A INPUT -p icmp -m icmp --icmp-type 8 -m limit --limit 1/sec -j ACCEPT',
      },
      {
        title: 'logged before it is accepted',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --syn -m limit --limit 10/sec -j ACCEPT\n-A INPUT -p tcp -m tcp --syn -j LOG',
      },
      {
        title: 'a limit for the log alone',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -m limit --limit 3/min -j LOG',
      },
      {
        title: 'two rules count in one list',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m hashlimit --hashlimit-upto 10/sec --hashlimit-mode srcip --hashlimit-name all -j ACCEPT\n-A INPUT -p udp -m hashlimit --hashlimit-above 10/sec --hashlimit-mode srcip --hashlimit-name all -j DROP',
      },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    for (const rule of rulesWithLimit(ruleset).slice(0, mostLimits)) {
      if (!onlyLimits(rule) || ownerOfRule(rule)) continue;
      const found = facts.limitsNothing(rule);
      if (!found) continue;
      const { because, atEnd } = found;
      // A script that sets no policy leaves the one that is there.
      if (atEnd && rule.chain.hook !== null && !rule.chain.node) continue;
      if (because.some((later) => facts.status(later) === 'dead')) continue;
      const end = rule.chain.hook ? `the policy ${rule.chain.policy}` : 'the end of the chain';
      const givers = [...(because.length > 0 ? [sayLines(because)] : []), ...(atEnd ? [end] : [])].join(' and ');
      const verdict = doing(rule);
      report({
        ...placeOfRule(rule),
        focus: tellingWords(rule),
        label: 'makes no difference',
        message: `the limit limits nothing: without this rule its packets would get ${verdict === 'RETURN' ? 'the same' : verdict} as well, from ${givers}`,
        related: pointTo(because),
        help:
          verdict === 'ACCEPT'
            ? `refuse what is beyond the limit: behind line ${lineOf(rule)} the same rule without the limit and with -j DROP`
            : `remove line ${lineOf(rule)}, or let what follows it do something else`,
      });
    }
  },
});
