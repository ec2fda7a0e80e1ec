/** More chains within chains than nf_tables takes. */
import { placeOfRule, spanOf } from '../model/place.js';
import { sayWay } from '../model/way.js';
import { defineCheck } from './define.js';

/** Measured on Linux 6.18: 15 user-defined chains below a built-in one load, 16 do not (NFT_JUMP_STACK_SIZE); legacy took 1000. */
const deepestForNft = 15;

export default defineCheck({
  id: 'jump-too-deep',
  category: 'load',
  level: 'error',
  summary: 'Jumps nested deeper than the nft back end takes.',
  why: 'nf_tables follows 15 user-defined chains below a built-in one and refuses a table with a longer way ("Too many links"). -g counts like -j, and the conditions of the jumps do not matter. The legacy back end takes far deeper ones, so such a ruleset works until the host changes over to nft.',
  advice: 'Shorten the way: let a chain return and have its caller do the next jump, rather than jump on from the end of each chain.',
  examples: {
    find: [
      {
        title: 'sixteen chains, each jumping to the next',
        text: `${Array.from({ length: 16 }, (_, i) => `:C${i} - [0:0]`).join('\n')}\n-A INPUT -j C0\n${Array.from({ length: 15 }, (_, i) => `-A C${i} -j C${i + 1}`).join('\n')}`,
        backend: 'nft',
      },
    ],
    leave: [
      {
        title: 'fifteen of them',
        text: `${Array.from({ length: 15 }, (_, i) => `:C${i} - [0:0]`).join('\n')}\n-A INPUT -j C0\n${Array.from({ length: 14 }, (_, i) => `-A C${i} -j C${i + 1}`).join('\n')}`,
        backend: 'nft',
      },
    ],
  },
  checkRuleset: ({ ruleset, graph, backend, report }) => {
    if (backend === 'legacy') return;
    const told = new Set<unknown>();
    for (const table of ruleset.tables.values())
      for (const chain of table.chains.values()) {
        if (!chain.hook) continue;
        const { depth, way } = graph.deepest(chain);
        const over = way[deepestForNft];
        if (depth <= deepestForNft || !over || told.has(over)) continue;
        told.add(over);
        const last = way[way.length - 1]!;
        const end = last.action.kind === 'jump' || last.action.kind === 'goto' ? last.action.chain : last.chain;
        report({
          ...placeOfRule(over),
          focus: [spanOf(over.node.target!)],
          label: 'one too many',
          level: backend === 'nft' ? 'error' : 'warning',
          message: `${depth} user-defined chains lie one in the other below ${chain.name} (${sayWay(way, end)}); the nft back end takes ${deepestForNft}`,
          help: 'let a chain return and have its caller do the next jump',
          related: way.slice(0, deepestForNft).map((jump) => ({ at: spanOf(jump.node), message: `leads to ${jump.node.target!.name}` })),
        });
      }
  },
});
