/** User-defined chains whose rules no packet can get to, for want of jumps. */
import { builtInChains } from '../../grammar/index.js';
import type { ChainGraph } from '../model/chain-graph.js';
import { ownerOf, verbFor } from '../model/owners.js';
import { placeOfChain, spanOf } from '../model/place.js';
import type { Chain, Ruleset, Table } from '../model/ruleset.js';
import { count } from '../util/text.js';
import { defineCheck, gatherByCause } from './define.js';

/** A chain that nothing leads to, with the chains that are out of reach because of it. */
export interface Stranded {
  readonly root: Chain;
  readonly below: readonly Chain[];
  /** Nothing jumps to the root; else only chains jump to it that are out of reach themselves. */
  readonly isUnreferenced: boolean;
}

/** The chains of a table that no way of jumps leads to, by cause, in order of declaration. */
export const strandedChains = (table: Table, graph: ChainGraph): readonly Stranded[] => {
  const out = new Set(graph.unreached.filter((chain) => chain.table === table));
  const found: Stranded[] = [];
  const gather = (root: Chain, isUnreferenced: boolean): void => {
    out.delete(root);
    const below: Chain[] = [];
    const pending = [root];
    for (let chain = pending.pop(); chain; chain = pending.pop())
      for (const { action } of chain.rules) {
        if ((action.kind !== 'jump' && action.kind !== 'goto') || !out.delete(action.chain)) continue;
        below.push(action.chain);
        pending.push(action.chain);
      }
    found.push({ root, below: below.sort((a, b) => startOf(a) - startOf(b)), isUnreferenced });
  };
  for (const chain of [...out]) if (out.has(chain) && chain.callers.length === 0) gather(chain, true);
  for (const chain of [...out]) if (out.has(chain)) gather(chain, false);
  return found.sort((a, b) => startOf(a.root) - startOf(b.root));
};

const startOf = ({ node, rules }: Chain): number => node?.start ?? rules[0]?.node.start ?? 0;

/** Neither declares nor fills a built-in chain: text to be loaded with --noflush beside what the kernel holds. */
export const isFragment = (table: Table): boolean =>
  builtInChains[table.name].every((hook) => !table.chains.get(hook)?.node && table.chains.get(hook)?.rules.length === 0);

/** A line that was lost may hold the jump. */
export const hedge = ({ whole }: Ruleset) =>
  whole ? {} : { certainty: 'possible' as const, leansOn: ['lines that could not be read and may jump there'] };

export default defineCheck({
  id: 'unreachable-chain',
  category: 'reachability',
  level: 'warning',
  summary: 'A chain with rules, to which no way of jumps leads from a built-in chain.',
  why: 'Packets enter the built-in chains and get to others only by -j and -g. Rules of a chain that no such way leads to are never asked: what they allow is not allowed by them, what they block is not blocked. Chains that are out of reach only because of this one are told with it. Chains that a known program makes ahead of need are left alone; other managed chains are told with the name of their owner. Empty chains are told by unreferenced-chain.',
  advice: 'Add the jump that is missing, or delete the chain. On a running host: iptables -F NAME, then iptables -X NAME.',
  examples: {
    find: [
      { title: 'the jump was forgotten', text: ':WEB - [0:0]\n-A WEB -p tcp -m tcp --dport 80 -j ACCEPT' },
      {
        title: 'two chains, one cause',
        text: ':WEB - [0:0]\n:LIMITS - [0:0]\n-A WEB -p tcp -m tcp --dport 80 -j LIMITS\n-A LIMITS -m limit --limit 5/second -j ACCEPT',
      },
      {
        title: 'a service that kube-proxy no longer leads to',
        text: ':KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n-A KUBE-SVC-AAAAAAAAAAAAAAAA -j ACCEPT',
      },
    ],
    leave: [
      {
        title: 'reached by goto, through another chain',
        text: ':WEB - [0:0]\n:LIMITS - [0:0]\n-A INPUT -p tcp -j WEB\n-A WEB -g LIMITS\n-A LIMITS -j ACCEPT',
      },
      {
        title: 'a chain of kubelet that waits for users',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-MARK-DROP - [0:0]\n-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, graph, report }) => {
    for (const table of ruleset.tables.values()) {
      const stranded = strandedChains(table, graph).filter(({ root }) => root.rules.length > 0 && !ownerOf(root)?.isMadeAhead);
      const [first] = stranded;
      if (!first) continue;
      if (isFragment(table)) {
        const others = stranded.slice(1);
        report({
          ...placeOfChain(first.root),
          level: 'info',
          ...hedge(ruleset),
          message: `the text leads to ${others.length === 0 ? `the chain ${first.root.name}` : `none of ${count(stranded.length, 'chain')} of the table ${table.name}, such as ${first.root.name},`} from no built-in chain: whether the kernel already holds the jumps is not known`,
          help: 'lint the output of iptables-save on the host, which holds both',
          related: others.map(({ root }) => ({ at: placeOfChain(root).at, message: 'the same', dead: true })),
        });
        continue;
      }
      const findings = gatherByCause();
      for (const { root, below, isUnreferenced } of stranded) {
        const rules = [root, ...below].reduce((sum, chain) => sum + chain.rules.length, 0);
        const owner = ownerOf(root);
        const name = owner && !owner.isForUser ? owner.name : null;
        // Leftovers of one program have one cause.
        findings.add(
          name ?? `chain ${root.name}`,
          placeOfChain(root).at,
          () => ({
            ...placeOfChain(root),
            ...hedge(ruleset),
            label: isUnreferenced ? 'nothing jumps to it' : 'out of reach',
            message: `${isUnreferenced ? `no rule jumps to the chain ${root.name}` : `only chains that are out of reach themselves jump to ${root.name}`}: ${rules === 1 ? 'its rule is' : `${below.length > 0 ? `${count(rules, 'rule')} of ${count(below.length + 1, 'chain')}` : `its ${count(rules, 'rule')}`} are`} never asked`,
            help: name
              ? `restart ${name}, which then ${verbFor(name, 'writes', 'write')} the jump again; where ${name} ${verbFor(name, 'is', 'are')} gone, delete the chain`
              : `add the jump to ${root.name} that is missing, or delete the chain`,
            related: [
              ...(isUnreferenced
                ? []
                : root.callers.map((jump) => ({ at: spanOf(jump.node), message: `jumps here, but nothing leads to ${jump.chain.name}` }))),
              ...below.map((chain) => ({ at: placeOfChain(chain).at, message: 'reached only from there', dead: true })),
            ],
          }),
          'never asked as well',
        );
      }
      findings.tell(report);
    }
  },
});
