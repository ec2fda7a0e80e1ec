/** Empty chains that nothing jumps to. */
import { isHook } from '../../grammar/index.js';
import { ownerOf, verbFor } from '../model/owners.js';
import { placeOfChain } from '../model/place.js';
import { defineCheck, gatherByCause } from './define.js';
import { hedge, isFragment, strandedChains } from './unreachable-chain.js';

export default defineCheck({
  id: 'unreferenced-chain',
  category: 'reachability',
  level: 'info',
  summary: 'An empty chain that nothing jumps to.',
  why: 'The chain holds no rule and no rule leads to it, so it does nothing: most often a leftover of a program that is gone, or of rules that were deleted one by one. It costs nothing, but whoever adds a rule to it will wait in vain for packets. Chains that a known program makes ahead of need, such as KUBE-PROXY-CANARY or DOCKER-USER, are left alone. A chain with rules is told by unreachable-chain.',
  advice: 'Delete it (iptables -X NAME), or add the jump that is missing.',
  examples: {
    find: [{ title: 'a leftover', text: ':OLDWEB - [0:0]\n-A INPUT -i lo -j ACCEPT' }],
    leave: [
      { title: 'an empty chain that is jumped to', text: ':LOCAL - [0:0]\n-A INPUT -j LOCAL' },
      {
        title: 'empty on purpose',
        text: '*mangle\n:PREROUTING ACCEPT [0:0]\n:KUBE-KUBELET-CANARY - [0:0]\n:KUBE-IPTABLES-HINT - [0:0]\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, graph, report }) => {
    for (const table of ruleset.tables.values()) {
      if (isFragment(table)) continue;
      const findings = gatherByCause();
      for (const { root, isUnreferenced } of strandedChains(table, graph)) {
        const owner = ownerOf(root);
        if (!isUnreferenced || root.rules.length > 0 || owner?.isMadeAhead || owner?.isForUser) continue;
        // Leftovers of one program have one cause.
        findings.add(
          owner ? owner.name : root.name,
          placeOfChain(root).at,
          () => ({
            ...placeOfChain(root),
            ...hedge(ruleset),
            label: 'empty, and nothing jumps to it',
            message: `the chain ${root.name} is empty and no rule jumps to it${isHook(root.name) ? `: the table ${table.name} has no such built-in chain` : ''}`,
            help: owner
              ? `leave it where ${owner.name} ${verbFor(owner.name, 'is', 'are')} at work; elsewhere it is a leftover: delete it`
              : `delete it, or add the jump to ${root.name} that is missing`,
          }),
          'empty as well',
        );
      }
      findings.tell(report);
    }
  },
});
