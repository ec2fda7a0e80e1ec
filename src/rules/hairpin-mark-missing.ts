/** Endpoints of services that cannot call their own service. */
import { targetOf } from '../../grammar/index.js';
import { networksOf } from '../explain/parts.js';
import { callsOf } from '../model/calls.js';
import { censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { serviceChains } from '../model/service-chains.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'hairpin-mark-missing',
  category: 'platform',
  level: 'warning',
  summary: 'A service endpoint lacks the mark for connections to itself.',
  why: 'When a pod calls its own service and is chosen as the endpoint, the packet comes back to the pod with its own source address, and the pod drops it or answers itself past the translation. kube-proxy therefore begins each KUBE-SEP chain with a rule that marks packets from the endpoint (-s POD -j KUBE-MARK-MASQ), and marked packets leave with the address of the node. Told for KUBE-SEP chains that translate without that rule before it.',
  advice: 'Somebody has changed the chains of kube-proxy: let it write them again (restart it), and keep other programs out of them.',
  examples: {
    find: [
      {
        title: 'no mark before DNAT',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-MARK-MASQ - [0:0]\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n:KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]\n-A PREROUTING -j KUBE-SVC-AAAAAAAAAAAAAAAA\n-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n-A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-SEP-BBBBBBBBBBBBBBBB\n-A KUBE-SEP-BBBBBBBBBBBBBBBB -p tcp -m tcp -j DNAT --to-destination 10.244.1.7:8080\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'as kube-proxy writes it',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-MARK-MASQ - [0:0]\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n:KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]\n-A PREROUTING -j KUBE-SVC-AAAAAAAAAAAAAAAA\n-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n-A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-SEP-BBBBBBBBBBBBBBBB\n-A KUBE-SEP-BBBBBBBBBBBBBBBB -s 10.244.1.7/32 -j KUBE-MARK-MASQ\n-A KUBE-SEP-BBBBBBBBBBBBBBBB -p tcp -m tcp -j DNAT --to-destination 10.244.1.7:8080\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    const nat = ruleset.tables.get('nat');
    if (!nat?.chains.has('KUBE-MARK-MASQ')) return;
    const { chains, numberOf, chainOf, calleeOf, jumps, firstJump } = callsOf(ruleset);
    const firstDnats = new Int32Array(chains.length).fill(-1);
    for (const { id } of censusOf(ruleset).withTarget('DNAT').toReversed()) firstDnats[chainOf[id]!] = id;
    const marking = numberOf(nat.chains.get('KUBE-MARK-MASQ')!);
    const found: Rule[] = [];
    for (const endpoint of serviceChains(ruleset).endpoints) {
      const dnat = firstDnats[endpoint]!;
      if (dnat < 0) continue;
      const isMarking = (rule: Rule): boolean => rule.id < dnat && networksOf(rule, 'source').length > 0;
      const isMarked =
        jumps
          .subarray(firstJump[endpoint], firstJump[endpoint + 1])
          .some((id) => calleeOf[id] === marking && isMarking(ruleset.rules[id]!)) ||
        chains[endpoint]!.rules.some((rule) => targetOf(rule.node) === 'MARK' && isMarking(rule));
      if (!isMarked) found.push(ruleset.rules[dnat]!);
    }
    const [first, ...others] = found;
    if (!first) return;
    report({
      ...placeOfRule(first),
      message: `${others.length === 0 ? 'this endpoint' : `this endpoint and ${others.length} more`} cannot call the service that it stands behind: no rule marks its own packets before DNAT`,
      effect: 'connections of the pod to its own service hang, whenever it is chosen itself',
      help: 'let kube-proxy write its chains again',
      related: others.slice(0, 20).map((rule) => ({ at: spanOf(rule.node), message: 'the same' })),
    });
  },
});
