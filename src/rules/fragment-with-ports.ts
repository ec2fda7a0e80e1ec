/** `-f` together with a match that needs the header that later fragments do not have. */
import { basicsOf, censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'fragment-with-ports',
  category: 'load',
  level: 'warning',
  summary: 'A rule for later fragments that asks for ports, flags or ICMP types.',
  why: '-f matches the second and further fragments of a packet. Ports, TCP flags and ICMP types stand in the first fragment alone, so matches that ask for them fail on later ones: the rule loads and matches nothing. (On a host that uses connection tracking -f itself matches nothing, since packets are put together before the rules see them.)',
  advice: 'Take the ports out of the rule, or the -f.',
  examples: {
    find: [{ title: 'fragments to a port', text: '-A INPUT -f -p tcp -m tcp --dport 80 -j DROP' }],
    leave: [
      { title: 'fragments of a protocol', text: '-A INPUT -f -p udp -j DROP' },
      { title: 'not a later fragment', text: '-A INPUT ! -f -p tcp -m tcp --dport 80 -j ACCEPT' },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    for (const rule of censusOf(ruleset).fragments) {
      const fragment = basicsOf(rule)?.options.find(({ key, spec, negated }) => key === 'fragment' && spec && !negated);
      const match =
        fragment &&
        rule.node.matches.find(({ name, spec }) => name !== '' && spec && (spec.protocols !== undefined || name === 'multiport'));
      if (!match) continue;
      report({
        ...placeOfRule(rule),
        focus: [spanOf(fragment), spanOf(match)],
        label: 'no later fragment has these',
        message: `the rule matches nothing: -f asks for later fragments, and -m ${match.name} for a header that only the first has`,
        help: `take -f out, or -m ${match.name} with its options`,
      });
    }
  },
});
