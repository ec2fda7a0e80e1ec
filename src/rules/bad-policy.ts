/** Policies that a chain cannot have. */
import { type ChainCommandNode, type ChainNode, isHook } from '../../grammar/index.js';
import { linesOf } from '../model/lines.js';
import { spanOf } from '../model/place.js';
import type { Table } from '../model/ruleset.js';
import { closest } from '../util/closest.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'bad-policy',
  category: 'load',
  level: 'error',
  summary: 'A policy that its chain cannot have, or loses again.',
  why: 'Only built-in chains have a policy, and it is ACCEPT or DROP. At the end of a user-defined chain the packet goes back to the caller, whatever its declaration says: the legacy back end refuses a policy there, the nft back end takes the line and forgets the policy, so that ":BLOCKED DROP" lets everything pass. The same goes for a built-in name in a table that lacks it: nft makes a chain of it that no packet ever meets. And in a file for iptables-restore the nft back end (1.8.9) loses a policy again at -Z, and at a plain -X where the chain holds no rule: it comes back as ACCEPT, whatever the lines before say.',
  advice:
    'Write "-" in the declaration of a user-defined chain, and end the chain with a rule "-j DROP" where that was meant. REJECT is no policy either: end the built-in chain with a rule "-j REJECT". Files need neither -X nor -Z: iptables-restore empties the table itself.',
  examples: {
    find: [
      { title: 'a policy of a user-defined chain', text: ':BLOCKED DROP [0:0]\n-A INPUT -s 192.0.2.0/24 -j BLOCKED' },
      { title: 'a target as policy', text: ':INPUT REJECT [0:0]' },
      { title: 'a chain that the table does not have', text: '*nat\n:FORWARD ACCEPT [0:0]\nCOMMIT\n' },
      { title: 'a policy that -X takes away again', text: '*filter\n:INPUT DROP [0:0]\n-F\n-X\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n' },
      { title: 'and one that -Z takes away', text: '*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-Z\nCOMMIT\n' },
    ],
    leave: [
      { title: 'no policy at all, which means that it stays', text: ':INPUT - [0:0]\n-A INPUT -i lo -j ACCEPT' },
      { title: '-X first, then the policy', text: '*filter\n-X\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n' },
    ],
  },
  checkRuleset: ({ ruleset, backend, report }) => {
    if (backend !== 'legacy')
      for (const table of ruleset.tables.values())
        for (const { policy, command } of lostPolicies(table))
          report({
            at: spanOf(policy),
            table: table.name,
            chain: policy.name,
            level: backend === 'nft' ? 'error' : 'warning',
            message: `the policy ${policy.policy} of ${policy.name} is lost again: with the nft back end ${
              command.command === 'zero'
                ? '-Z sets it to ACCEPT'
                : 'a plain -X deletes the chain, empty as it is, and it comes back with ACCEPT'
            }`,
            help: `take the ${command.command === 'zero' ? '-Z' : '-X'} out: iptables-restore empties the table itself`,
            related: [{ at: spanOf(command), message: 'loses it' }],
          });
    for (const table of ruleset.tables.values())
      for (const item of linesOf(table.node).chains) {
        if (item.kind !== 'chain' || item.policy === null) continue;
        const { name, policy } = item;
        const place = { at: spanOf(item), table: table.name, chain: name };
        if (table.chains.get(name)?.hook) {
          if (policy === 'ACCEPT' || policy === 'DROP') continue;
          report({
            ...place,
            message: `${policy === '' ? 'nothing' : `"${policy}"`} is not a policy: ${name} takes ACCEPT or DROP`,
            help: policy.startsWith('[')
              ? `the policy is missing: write :${name} ACCEPT ${policy}`
              : policy === 'REJECT'
                ? `write DROP, and end the chain with -A ${name} -j REJECT`
                : /^(accept|drop)$/i.test(policy)
                  ? `write ${policy.toUpperCase()}`
                  : 'write ACCEPT or DROP',
          });
        } else if (item.form === '-P')
          report({
            ...place,
            message: `-P sets policies of built-in chains, and ${name} is none of the table ${table.name}`,
            help: 'end the chain with a rule instead',
          });
        else if (backend !== 'nft')
          report({
            ...place,
            level: backend === 'legacy' ? 'error' : 'warning',
            message: isHook(name)
              ? `the table ${table.name} has no built-in chain ${name}: the legacy back end refuses the line, the nft back end makes a chain that no packet meets`
              : `only built-in chains have a policy: the legacy back end refuses the line, the nft back end forgets the ${policy}`,
            help: helpFor(item, table),
          });
        else
          report({
            ...place,
            level: 'warning',
            message: isHook(name)
              ? `the table ${table.name} has no built-in chain ${name}: the nft back end makes a chain of the name that no packet meets`
              : `the nft back end takes the policy ${policy} of the user-defined chain ${name} and forgets it: packets go back to the caller`,
            help: helpFor(item, table),
          });
      }
  },
});

/** What to do about a policy of a chain that is not built in; it may be meant for one that is. */
const helpFor = ({ name, policy }: ChainNode, table: Table): string => {
  if (isHook(name)) return 'take the line out';
  const builtIn = [...table.chains.values()].filter((chain) => chain.hook && !chain.node).map((chain) => chain.name);
  const meant = policy === 'ACCEPT' || policy === 'DROP' ? closest(name, builtIn) : null;
  return meant === null ? `write :${name} - and end the chain with a rule -j ${policy} if that is meant` : `did you mean ${meant}?`;
};

interface LostPolicy {
  readonly policy: ChainNode;
  readonly command: ChainCommandNode;
}

/** Policies DROP that a later line of the file takes away, and that none sets again. Commands of a script leave them alone. */
const lostPolicies = ({ node, chains }: Table): readonly LostPolicy[] => {
  if (!node.header || !linesOf(node).chains.some(losesPolicies)) return [];
  const policies = new Map<string, ChainNode>();
  const lost = new Map<string, LostPolicy>();
  const filled = new Set<string>();
  for (const item of node.items)
    if (item.kind === 'rule') filled.add(item.chain);
    else if (item.kind === 'chain' && chains.get(item.name)?.hook) {
      policies.set(item.name, item);
      lost.delete(item.name);
    } else if (item.kind === 'chain-command') {
      if (item.command === 'flush') for (const name of item.chain === null ? [...filled] : [item.chain]) filled.delete(name);
      if (losesPolicies(item))
        for (const [name, policy] of policies)
          if (policy.policy === 'DROP' && (item.command === 'zero' ? (item.chain ?? name) === name : !filled.has(name)))
            lost.set(name, { policy, command: item });
    }
  return [...lost.values()];
};

/** -Z, and -X without a name. */
const losesPolicies = (item: ChainNode | ChainCommandNode): boolean =>
  item.kind === 'chain-command' && (item.command === 'zero' || (item.command === 'delete-chain' && item.chain === null));
