/** `iptlint query FILE 'EXPR'`: asks the whole ruleset about all packets at once. What it needs is loaded when it runs (query-run.ts). */
import { efforts } from '../diagnostic/result.js';
import type { Command } from './command.js';

export const query: Command = {
  name: 'query',
  usage: 'FILE --per-rule',
  words: 2,
  summary: 'ask about all packets at once: who reaches what, which rules are dead',
  about: `Asks a ruleset about all packets at once. --per-rule tells of every rule, in file order, whether some packet gets there: live with such a packet, dead \
with the lines that take its packets, or unknown where the effort ran out. What leans on something unknown, such as what a set holds, says so. Exit code 4: \
something was not decided.`,
  flags: {
    'per-rule': { says: 'every rule: live with a packet, dead with the lines that take its packets', group: 'What' },
    ipset: { value: 'FILE', says: 'what the sets hold: ipset save', group: 'Input' },
    addresses: { value: 'FILE', says: 'addresses of the host: ip -j addr', group: 'Input' },
    routes: { value: 'FILE', says: 'routes of the host: ip -j route', group: 'Input' },
    family: { value: '4|6', choices: ['4', '6'], says: 'address family, whatever the text seems to be', group: 'Input' },
    backend: { value: 'NAME', choices: ['legacy', 'nft'], says: 'back end that the rules are for: legacy or nft', group: 'Input' },
    effort: {
      value: 'EFFORT',
      choices: efforts,
      says: 'how hard to try before a question is left open: low, normal or high (normal)',
      group: 'Input',
    },
    'stdin-filename': { value: 'NAME', says: 'name of standard input', group: 'Input' },
    format: {
      short: 'f',
      value: 'NAME',
      choices: ['full', 'json', 'jsonl'],
      says: 'full (text), json or jsonl (with --per-rule: a line a rule)',
      group: 'Output',
    },
  },
  examples: [['iptlint query rules.v4 --per-rule -f jsonl', 'every rule with its verdict, as JSON lines']],
  run: async (given, outside) => (await import('./query-run.js')).runQuery(given, outside),
};
