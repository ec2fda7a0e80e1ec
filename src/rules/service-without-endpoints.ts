/** Kubernetes services that nobody answers for. */
import { targetOf } from '../../grammar/index.js';
import { commentsOf } from '../explain/parts.js';
import { callsOf } from '../model/calls.js';
import { censusOf } from '../model/census.js';
import { placeOfChain, placeOfRule, spanOf } from '../model/place.js';
import { serviceChains } from '../model/service-chains.js';
import { listed } from '../util/text.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'service-without-endpoints',
  category: 'platform',
  level: 'info',
  summary: 'A service has no endpoints: connections to it are refused, or lead nowhere.',
  why: 'kube-proxy refuses connections to a service that has no ready pod, with a rule whose comment says "has no endpoints". That is a state, not a fault: a deployment scaled to zero looks the same. It is told as info, one line for a ruleset with the names. A service chain that packets are sent to and that leads to no endpoint is a warning: kube-proxy does not write that, and the packets leave for the service address itself.',
  advice: 'Look at kubectl get endpointslices for the service, whether its selector finds pods, and whether they are ready.',
  examples: {
    find: [
      {
        title: 'no pod is ready: info',
        text: '*filter\n:INPUT ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n-A INPUT -j KUBE-SERVICES\n-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "default/web has no endpoints" -m tcp --dport 80 -j REJECT\nCOMMIT\n',
      },
      {
        title: 'a chain that leads nowhere',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n-A PREROUTING -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-AAAAAAAAAAAAAAAA\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'an endpoint answers',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n:KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]\n-A PREROUTING -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-AAAAAAAAAAAAAAAA\n-A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-SEP-BBBBBBBBBBBBBBBB\n-A KUBE-SEP-BBBBBBBBBBBBBBBB -p tcp -m tcp -j DNAT --to-destination 10.244.1.7:8080\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    const { services, isEndpoint } = serviceChains(ruleset);
    const { chains, calleeOf, jumps, firstJump } = callsOf(ruleset);
    for (const number of services) {
      const own = jumps.subarray(firstJump[number], firstJump[number + 1]);
      if (own.some((id) => isEndpoint[calleeOf[id]!])) continue; // as nearly all
      const chain = chains[number]!;
      if (!chain.name.startsWith('KUBE-SVC-') || chain.callers.length === 0 || !chain.whole) continue;
      if (
        chain.rules.some(
          ({ action, node }) =>
            (action.kind === 'jump' && !/^KUBE-MARK-/.test(action.chain.name)) || action.kind === 'goto' || targetOf(node) === 'DNAT',
        )
      )
        continue;
      report({
        ...placeOfChain(chain),
        level: 'warning',
        message: `packets are sent to ${chain.name}, and it leads to no endpoint`,
        effect: 'they leave for the address of the service, which no host has',
        help: 'let kube-proxy write its chains again',
        related: chain.callers.slice(0, 8).map((rule) => ({ at: spanOf(rule.node), message: 'sends packets there' })),
      });
    }
    const refused = ['REJECT', 'DROP']
      .flatMap((target) => censusOf(ruleset).withTarget(target))
      .filter(
        (rule) => rule.chain.name.startsWith('KUBE-') && commentsOf(rule).some((comment) => /has no (local )?endpoints/.test(comment)),
      );
    const [first, ...others] = refused;
    if (!first) return;
    const names = [
      ...new Set(
        refused.map((rule) =>
          commentsOf(rule)
            .join(' ')
            .replace(/ has no .*/, ''),
        ),
      ),
    ];
    report({
      ...placeOfRule(first),
      message: `${names.length === 1 ? 'a service has' : `${names.length} services have`} no endpoints: ${listed(names.slice(0, 8))}${names.length > 8 ? ' and more' : ''}`,
      help: 'kubectl get endpointslices tells whether pods are found and ready',
      related: others.slice(0, 20).map((rule) => ({ at: spanOf(rule.node), message: 'here too' })),
    });
  },
});
