/** The ICMP of the other family. */
import { basicsOf, censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { defineCheck, gatherByCause } from './define.js';

export default defineCheck({
  id: 'wrong-icmp-family',
  category: 'load',
  level: 'warning',
  summary: 'ICMP in an IPv6 rule, or ICMPv6 in an IPv4 rule.',
  why: 'ICMP (protocol 1) is carried in IPv4, ICMPv6 (protocol 58) in IPv6. Either rule loads in the other family and matches nothing that a sound host sends. In IPv6 that is worse than in IPv4: neighbour discovery and path MTU discovery are ICMPv6, and without the rule that was meant they may be blocked.',
  advice: 'Write -p ipv6-icmp in ip6tables rules, -p icmp in iptables rules.',
  examples: {
    find: [{ title: 'copied from the IPv4 rules', text: '-A INPUT -p icmp -j ACCEPT', family: 6 }],
    leave: [{ title: 'ICMPv6 in IPv6', text: '-A INPUT -p icmpv6 -j ACCEPT', family: 6 }],
  },
  checkRuleset: ({ ruleset, report }) => {
    const wrong = ruleset.family === 6 ? 1 : 58;
    const findings = gatherByCause();
    for (const rule of censusOf(ruleset).withProtocol(wrong)) {
      const option = basicsOf(rule)?.options.find(
        ({ key, spec, negated, value }) => key === 'protocol' && spec && !negated && value === wrong,
      );
      if (!option) continue;
      findings.add('', spanOf(rule.node), () => ({
        ...placeOfRule(rule),
        focus: [spanOf(option)],
        label: ruleset.family === 6 ? 'of IPv4' : 'of IPv6',
        message:
          ruleset.family === 6
            ? 'ICMP of IPv4 does not come in IPv6 packets: the rule matches nothing'
            : 'ICMPv6 does not come in IPv4 packets: the rule matches nothing',
        help: ruleset.family === 6 ? 'write -p ipv6-icmp' : 'write -p icmp',
      }));
    }
    findings.tell(report);
  },
});
