/** A rule that decides most packets and stands behind many others. Needs counters (iptables-save -c). */

import { decisionOf, isForAll } from '../explain/parts.js';
import { ownerOfRule } from '../model/owners.js';
import { lineOf, placeOfRule } from '../model/place.js';
import { defineCheck } from './define.js';

const leastPackets = 10_000n;
const leastBefore = 8;

const before = Array.from({ length: 10 }, (_, i) => `[${i}:400] -A INPUT -p tcp -m tcp --dport ${1000 + i} -j DROP`).join('\n');

export default defineCheck({
  id: 'hot-rule-late',
  category: 'performance',
  level: 'off',
  summary: 'A rule that decides most packets stands behind many others.',
  why: 'Each packet is compared with one rule after the other until one decides. Where the counters tell that one rule decides more than half of all packets of a chain, and it stands behind eight or more rules, nearly every packet pays for those first. Usually it is the rule for ESTABLISHED packets. Told where the dump has counters and enough packets were counted.',
  advice: 'Move the rule up, as far as it takes no packets from rules that decide otherwise.',
  examples: {
    find: [{ title: 'replies come last', text: `${before}\n[900000:90000000] -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT` }],
    leave: [
      { title: 'replies come first', text: `[900000:90000000] -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n${before}` },
      { title: 'hardly any packets yet', text: `${before}\n[90:9000] -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT` },
      { title: 'the last resort', text: `${before}\n[900000:90000000] -A INPUT -j DROP` },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    for (const table of ruleset.tables.values())
      for (const chain of table.chains.values()) {
        if (chain.rules.length <= leastBefore) continue;
        const deciding = chain.rules.filter((rule) => decisionOf(rule) !== null && rule.node.counters);
        let total = 0n;
        for (const rule of deciding) total += rule.node.counters!.packets;
        if (total < leastPackets) continue;
        const hot = deciding.find((rule) => rule.node.counters!.packets * 2n > total);
        if (!hot || hot.index < leastBefore || isForAll(hot) || ownerOfRule(hot)) continue;
        const share = Number((hot.node.counters!.packets * 100n) / total);
        report({
          ...placeOfRule(hot),
          message: `this rule decides ${share} % of the packets of ${chain.name} and stands behind ${hot.index} others`,
          effect: `nearly every packet is compared ${hot.index} times before it gets here`,
          help: `move it up towards line ${lineOf(chain.rules[0]!)}, as far as it takes nothing from rules that decide otherwise`,
        });
      }
  },
});
