/** Chains declared twice. */
import { type ChainNode, isHook, type TableNode } from '../../grammar/index.js';
import { linesOf } from '../model/lines.js';
import { spanOf } from '../model/place.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'duplicate-chain',
  category: 'load',
  level: 'error',
  summary: 'A chain that is declared twice in its table.',
  why: 'The legacy back end refuses the second declaration of a user-defined chain. The nft back end takes it, and empties the chain: rules that were added before it are gone. -N of a chain that exists is refused by both. A built-in chain may be declared twice, and the last policy counts.',
  advice: 'Take one of the two lines out, and look whether the rules between them are meant to stay.',
  examples: {
    find: [
      { title: 'two declarations', text: ':WEB - [0:0]\n:WEB - [0:0]\n-A INPUT -j WEB\n-A WEB -j ACCEPT', backend: 'legacy' },
      { title: '-N of a chain that exists', text: ':WEB - [0:0]\n-N WEB\n-A INPUT -j WEB\n-A WEB -j ACCEPT' },
      { title: 'two policies for one chain: a warning', text: ':INPUT ACCEPT [0:0]\n:INPUT DROP [0:0]' },
    ],
    leave: [
      {
        title: 'one name in two tables',
        text: '*nat\n:WEB - [0:0]\n-A PREROUTING -j WEB\n-A WEB -j ACCEPT\nCOMMIT\n*filter\n:WEB - [0:0]\n-A INPUT -j WEB\n-A WEB -j ACCEPT\nCOMMIT\n',
      },
      { title: 'made, deleted, made again', text: '-N WEB\n-X WEB\n-N WEB\n-A INPUT -j WEB\n-A WEB -j ACCEPT' },
    ],
  },
  checkRuleset: ({ ruleset, backend, report }) => {
    for (const table of ruleset.tables.values()) {
      const { chains: lines } = linesOf(table.node);
      // Lines that declare, each a chain of its own, as in nearly all rulesets.
      let declared = 0;
      for (const { node } of table.chains.values()) if (node) declared++;
      if (lines.length === declared && lines.every((item) => item.kind === 'chain' && item.form === 'declaration')) continue;
      const seen = new Map<string, ChainNode>();
      const firstRules = firstRulesIn(table.node);
      for (const item of lines) {
        if (item.kind === 'chain-command' && item.command === 'delete-chain') {
          for (const name of item.chain === null ? [...seen.keys()] : [item.chain]) if (!table.chains.get(name)?.hook) seen.delete(name);
        } else if (item.kind === 'chain-command' && item.command === 'rename' && item.chain !== null && item.to !== null) {
          const before = seen.get(item.chain);
          seen.delete(item.chain);
          if (before) seen.set(item.to, before);
        } else if (item.kind === 'chain') {
          const { name } = item;
          if (name === '') continue;
          const isBuiltIn = isHook(name) && table.chains.get(name)?.hook != null;
          const before = seen.get(name);
          const place = {
            at: spanOf(item),
            table: table.name,
            chain: name,
            related: before ? [{ at: spanOf(before), message: 'first declared here' }] : [],
          };
          if (item.form === '-N' && (before || isBuiltIn))
            report({
              ...place,
              message: `-N ${name}: the chain exists already${isBuiltIn ? ', for it is built in' : ''}`,
              help: 'take the line out',
            });
          else if (before && item.form === 'declaration') {
            const isEmptied = (firstRules.get(name) ?? item.start) < item.start && !isBuiltIn;
            if (!isBuiltIn && backend !== 'nft')
              report({
                ...place,
                level: backend === 'legacy' ? 'error' : 'warning',
                message: `the chain ${name} is declared twice: the legacy back end refuses it, the nft back end ${isEmptied ? 'empties the chain here' : 'takes it'}`,
                help: 'take one of the declarations out',
              });
            else if (isEmptied)
              report({
                ...place,
                level: 'warning',
                message: `the chain ${name} is declared again: the nft back end empties it here, and the rules before are lost`,
                help: 'take this declaration out',
              });
            else if (isBuiltIn && before.policy !== item.policy && item.policy !== null && before.policy !== null)
              report({
                ...place,
                level: 'warning',
                message: `${name} is given the policy ${before.policy} and then ${item.policy}: the last one counts`,
                help: 'take one of the lines out',
              });
          }
          if (!before && item.form !== '-P') seen.set(name, item);
        }
      }
    }
  },
});

/** Where the first rule of each chain stands. */
const firstRulesIn = ({ items }: TableNode): ReadonlyMap<string, number> => {
  const found = new Map<string, number>();
  for (const item of items) if (item.kind === 'rule' && !found.has(item.chain)) found.set(item.chain, item.start);
  return found;
};
