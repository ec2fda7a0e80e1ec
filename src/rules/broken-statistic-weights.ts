/** Services whose endpoints do not get equal parts. */
import { outlined } from '../../grammar/index.js';
import { optionOf, usesMatch } from '../explain/parts.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Chain, Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

/** The jumps to endpoints that new connections are spread over; those of session affinity come first and are others. */
const spread = ({ rules }: Chain): readonly Rule[] =>
  rules.filter((rule) => rule.action.kind === 'jump' && rule.action.chain.name.startsWith('KUBE-SEP-') && !usesMatch(rule, 'recent'));

const probability = (rule: Rule): number | null => {
  const option = optionOf(rule.node, 'statistic', 'probability');
  if (!option) return null;
  // Kept in 2^31ths, as the kernel keeps it.
  const read = Number(option.value) / 2 ** 31;
  return Number.isFinite(read) ? (option.negated ? 1 - read : read) : null;
};

const percent = (part: number): string => `${Math.round(part * 1000) / 10} %`;

export default defineCheck({
  id: 'broken-statistic-weights',
  category: 'platform',
  level: 'warning',
  summary: 'The endpoints of a service do not get equal parts of its connections.',
  why: 'kube-proxy spreads connections by a chain of dice: of n endpoints the first is taken with probability 1/n, the next with 1/(n-1) of what is left, the last without a condition. Where a line is missing or was added by hand, the parts are unequal, or some connections find no endpoint at all. Told where the parts differ by more than a tenth, or where the last endpoint has a condition.',
  advice: 'Let kube-proxy write its chains again (restart it), and keep other programs out of them.',
  examples: {
    find: [
      {
        title: 'an endpoint was taken out by hand',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n:KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]\n:KUBE-SEP-CCCCCCCCCCCCCCCC - [0:0]\n-A PREROUTING -j KUBE-SVC-AAAAAAAAAAAAAAAA\n-A KUBE-SVC-AAAAAAAAAAAAAAAA -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-BBBBBBBBBBBBBBBB\n-A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-SEP-CCCCCCCCCCCCCCCC\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'three endpoints, a third each',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n:KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]\n:KUBE-SEP-CCCCCCCCCCCCCCCC - [0:0]\n:KUBE-SEP-DDDDDDDDDDDDDDDD - [0:0]\n-A PREROUTING -j KUBE-SVC-AAAAAAAAAAAAAAAA\n-A KUBE-SVC-AAAAAAAAAAAAAAAA -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-BBBBBBBBBBBBBBBB\n-A KUBE-SVC-AAAAAAAAAAAAAAAA -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-CCCCCCCCCCCCCCCC\n-A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-SEP-DDDDDDDDDDDDDDDD\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    const nat = ruleset.tables.get('nat');
    if (!nat) return;
    for (const chain of nat.chains.values()) {
      if (!/^KUBE-(SVC|SVL|XLB)-/.test(chain.name)) continue;
      const jumps = spread(chain);
      if (jumps.length === 0 || !chain.whole) continue;
      const parts: number[] = [];
      let left = 1;
      let isOdd = false;
      for (const rule of jumps) {
        if (outlined(rule.node).outline.matches.some(({ name }) => !['', 'comment', 'statistic'].includes(name))) isOdd = true;
        const taken = left * (probability(rule) ?? 1);
        parts.push(taken);
        left -= taken;
      }
      if (isOdd) continue;
      const even = 1 / jumps.length;
      const isUneven = parts.some((part) => Math.abs(part - even) > even / 10);
      if (!isUneven && left < 0.001) continue;
      const first = jumps[0]!;
      report({
        ...placeOfRule(first),
        message:
          left >= 0.001
            ? `${percent(left)} of the connections of ${chain.name} find no endpoint`
            : `the endpoints of ${chain.name} get unequal parts: ${parts.slice(0, 6).map(percent).join(', ')}${parts.length > 6 ? ' ...' : ''}`,
        help: 'let kube-proxy write its chains again',
        related: jumps.slice(1, 20).map((rule) => ({ at: spanOf(rule.node), message: 'another endpoint' })),
      });
    }
  },
});
