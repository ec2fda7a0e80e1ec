/** Services whose endpoints do not get equal parts. */
import { optionOf } from '../explain/parts.js';
import { callsOf } from '../model/calls.js';
import { makesOf } from '../model/makes.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { serviceChains } from '../model/service-chains.js';
import { defineCheck } from './define.js';

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
    const { services, isEndpoint } = serviceChains(ruleset);
    if (services.length === 0) return;
    const { chains, calleeOf, jumps: all, firstJump } = callsOf(ruleset);
    const { makes, of } = makesOf(ruleset);
    const uses = makes.map(({ outline }) => outline.matches.map(({ name }) => name));
    // Rules of session affinity come first and spread nothing.
    const spreads = makes.map(({ outline }, make) => !outline.target?.goto && !uses[make]!.includes('recent'));
    const isPart = uses.map((names) => names.includes('statistic'));
    const isOdd = uses.map((names) => names.some((name) => !['', 'comment', 'statistic'].includes(name)));
    for (const number of services) {
      const jumps: Rule[] = [];
      let isPlain = true;
      for (let at = firstJump[number]!; at < firstJump[number + 1]!; at++) {
        const id = all[at]!;
        if (!isEndpoint[calleeOf[id]!] || !spreads[of[id]!]) continue;
        jumps.push(ruleset.rules[id]!);
        if (isOdd[of[id]!]) isPlain = false;
      }
      const chain = chains[number]!;
      if (jumps.length === 0 || !isPlain || !chain.whole) continue;
      const parts: number[] = [];
      let left = 1;
      for (const rule of jumps) {
        const taken = left * ((isPart[of[rule.id]!] ? probability(rule) : null) ?? 1);
        parts.push(taken);
        left -= taken;
      }
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
