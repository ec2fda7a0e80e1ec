/** Pods that see each other with the address of a node. */
import { type Network, type Ordinal, targetOf } from '../../grammar/index.js';
import { elsewhere, newTcp, probe } from '../analysis/probe.js';
import { commentsOf, networksOf, optionOf } from '../explain/parts.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule, Ruleset } from '../model/ruleset.js';
import { defineCheck } from './define.js';

/** The network of all pods, as kube-proxy knows it: sources outside it are marked for masquerading. */
const podNetwork = (ruleset: Ruleset): { readonly network: Network; readonly rule: Rule } | null => {
  for (const rule of ruleset.tables.get('nat')?.chains.get('KUBE-SERVICES')?.rules ?? []) {
    const source = optionOf(rule.node, '', 'source');
    const [network] = networksOf(rule, 'source');
    if (
      source?.negated &&
      network &&
      targetOf(rule.node) === 'KUBE-MARK-MASQ' &&
      commentsOf(rule).some((comment) => /cluster IP$/.test(comment))
    )
      return { network, rule };
  }
  return null;
};

/** Two addresses far apart in the network: on two nodes, most likely. */
const twoPods = ({ address, mask }: Network): readonly [Ordinal, Ordinal] =>
  typeof address === 'bigint'
    ? [address + 10n, (address | (((1n << 128n) - 1n) ^ (mask as bigint))) - 10n]
    : [address + 10, ((address | ~(mask as number)) >>> 0) - 10];

export default defineCheck({
  id: 'pod-to-pod-masqueraded',
  category: 'nat',
  level: 'warning',
  summary: 'Connections between pods get the address of a node.',
  why: 'Kubernetes asks of its network that pods reach each other without address translation: network policies, logs and access lists look at the source address. A MASQUERADE rule for the pod network without an exception for destinations within it breaks that. Told where kube-proxy tells the network of the pods, and a new connection from one pod to another is proved to be masqueraded in POSTROUTING whatever marks and sets say.',
  advice: 'Add ! -d POD-NETWORK to the rule, or a RETURN for that destination before it.',
  examples: {
    find: [
      {
        title: 'no exception',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n:KUBE-MARK-MASQ - [0:0]\n-A PREROUTING -j KUBE-SERVICES\n-A POSTROUTING -s 10.244.0.0/16 ! -o cni0 -j MASQUERADE --random-fully\n-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n-A KUBE-SERVICES ! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j KUBE-MARK-MASQ\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'destinations within are left out',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n:KUBE-MARK-MASQ - [0:0]\n-A PREROUTING -j KUBE-SERVICES\n-A POSTROUTING -s 10.244.0.0/16 ! -d 10.244.0.0/16 -j MASQUERADE --random-fully\n-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n-A KUBE-SERVICES ! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j KUBE-MARK-MASQ\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    const pods = podNetwork(ruleset);
    const chain = ruleset.tables.get('nat')?.chains.get('POSTROUTING');
    if (!pods || !chain) return;
    const [source, destination] = twoPods(pods.network);
    const fates = probe(facts, chain, {
      numbers: { ...newTcp, source, destination, sourcePort: 40000, destinationPort: 8080, mark: 0 },
      in: elsewhere,
      out: elsewhere,
    });
    const by = fates?.decided.find(({ rule }) => rule !== null && /^(MASQUERADE|SNAT)$/.test(targetOf(rule.node) ?? ''));
    if (!fates || !by?.rule || fates.decided.length !== 1 || fates.open !== 0) return;
    report({
      ...placeOfRule(by.rule),
      message:
        'connections from pod to pod get the address of the node: this rule makes no exception for destinations within the pod network',
      witness: fates.packet(by.set),
      effect: 'the other pod, its logs and network policies see a node instead of the pod',
      help: 'add ! -d with the pod network',
      related: [{ at: spanOf(pods.rule.node), message: 'kube-proxy tells the network of the pods' }],
    });
  },
});
