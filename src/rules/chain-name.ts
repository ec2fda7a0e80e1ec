/** Names that a chain cannot have, or had better not have. */
import { byteLength, type ChainNode, findTarget } from '../../grammar/index.js';
import { censusOf } from '../model/census.js';
import { linesOf } from '../model/lines.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule, Ruleset, Table } from '../model/ruleset.js';
import { defineCheck } from './define.js';

/** Measured with 1.8.9, both back ends. */
const longest = 28;
const verdicts = ['ACCEPT', 'DROP', 'QUEUE', 'RETURN'];

export default defineCheck({
  id: 'chain-name',
  category: 'load',
  level: 'error',
  summary: 'A name that a chain cannot have, or that hides a target.',
  why: 'A name has at most 28 bytes and is none of ACCEPT, DROP, QUEUE and RETURN; the nft back end also refuses one that begins with "-" or "!". -N makes no chain with the name of an extension, such as LOG or REJECT, but a ":" line does. It then hides the target in its table: "-j LOG" is a jump to the chain, and "-j LOG --log-prefix x" is refused. iptables-restore remembers the name to the end of the file (measured with 1.8.9): in the tables behind, "-j LOG" is refused, as those have no such chain, and a dump of both tables does not load.',
  advice: 'Choose another name, and change it in every rule that jumps to it.',
  examples: {
    find: [
      {
        title: 'a long name',
        text: ':traffic-from-the-guest-network - [0:0]\n-A INPUT -j traffic-from-the-guest-network\n-A traffic-from-the-guest-network -j DROP',
      },
      { title: 'the name of a verdict', text: ':DROP - [0:0]' },
      { title: 'the name of a target, made with -N', text: '-N LOG\n-A INPUT -j LOG\n-A LOG -j DROP' },
      { title: 'the name of a target, declared: a warning', text: ':LOG - [0:0]\n-A INPUT -j LOG\n-A LOG -j DROP' },
      {
        title: 'the target in a table behind: an error',
        text: '*filter\n:INPUT ACCEPT [0:0]\n:LOG - [0:0]\n-A INPUT -j LOG\n-A LOG -j DROP\nCOMMIT\n*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j LOG --log-prefix "new "\nCOMMIT\n',
      },
    ],
    leave: [{ title: 'the name of a match', text: ':tcp - [0:0]\n-A INPUT -p tcp -j tcp\n-A tcp -j ACCEPT' }],
  },
  checkRuleset: ({ ruleset, backend, report }) => {
    for (const table of ruleset.tables.values()) {
      const told = new Set<string>();
      for (const item of linesOf(table.node).chains) {
        if (item.kind !== 'chain' || item.form === '-P' || !isOdd(item.name) || told.has(item.name) || table.chains.get(item.name)?.hook)
          continue;
        told.add(item.name);
        const place = { at: spanOf(item), focus: [spanOf(item.nameSpan)], table: table.name, chain: item.name };
        const bytes = byteLength(item.name);
        if (bytes > longest)
          report({
            ...place,
            label: `${bytes} bytes`,
            message: `the name of the chain has ${bytes} bytes; ${longest} are the most`,
            help: 'shorten it',
          });
        else if (verdicts.includes(item.name))
          report({ ...place, message: `${item.name} is a target: no chain can have that name`, help: 'choose another name' });
        else if (/^[-!]/.test(item.name) && backend !== 'legacy')
          report({
            ...place,
            level: backend === 'nft' ? 'error' : 'warning',
            message: `the nft back end refuses a name that begins with "${item.name[0]}"`,
            help: 'choose another name',
          });
        else if (findTarget(item.name) && item.form === '-N')
          report({ ...place, message: `-N ${item.name}: a chain may not have the name of a target`, help: 'choose another name' });
        else if (findTarget(item.name)) {
          const jumps = censusOf(ruleset)
            .withTarget(item.name)
            .filter(({ chain, node, action }) => chain.table === table && action.kind === 'jump' && !node.target?.goto);
          report({
            ...place,
            level: 'warning',
            label: 'also a target',
            message: `the chain ${item.name} hides the target of that name: "-j ${item.name}" in the table ${table.name} is a jump to it`,
            help: 'choose another name',
            related: jumps.map(({ node }) => ({ at: spanOf(node), message: 'leads to the chain' })),
          });
          const refused = item.form === 'declaration' ? targetsBehind(table, item, ruleset) : [];
          const [first, ...others] = refused;
          if (first)
            report({
              ...placeOfRule(first),
              label: 'no chain of this table',
              message: `iptables-restore takes ${item.name} for a chain here, for the table ${table.name} before has one of that name, and stops`,
              help: `choose another name for the chain, or put the table ${table.name} behind this one`,
              related: [
                { at: spanOf(item), message: 'hides the target from here to the end of the file' },
                ...others.map(({ node }) => ({ at: spanOf(node), message: 'this one, too' })),
              ],
            });
        }
      }
    }
  },
});

/**
 * Rules of the tables behind that use the target which a chain hides, and whose tables have no chain of the name: iptables-restore keeps the names of chains
 * over all tables that it reads (libxtables, xtables_announce_chain).
 */
const targetsBehind = (table: Table, item: ChainNode, ruleset: Ruleset): readonly Rule[] =>
  censusOf(ruleset)
    .withTarget(item.name)
    .filter(({ chain, node }) => chain.table !== table && node.start > item.start && !chain.table.chains.get(item.name)?.node);

/** What nearly all names are not; each check of its own comes behind. No UTF-16 unit takes more than three bytes, and only those beyond ASCII more than one. */
const isOdd = (name: string): boolean =>
  name.length > longest ||
  (name.length * 3 > longest && /[\u0080-\uffff]/.test(name)) ||
  /^[-!]/.test(name) ||
  findTarget(name) !== undefined ||
  verdicts.includes(name);
