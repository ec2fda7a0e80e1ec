/** `iptlint query FILE 'EXPR'`: asks the whole ruleset about all packets at once. What it needs is loaded when it runs (query-run.ts). */
import { efforts } from '../diagnostic/result.js';
import type { Command } from './command.js';

export const query: Command = {
  name: 'query',
  usage: "FILE 'QUERY'",
  words: 2,
  summary: 'ask about all packets at once: who reaches what, which rules are dead',
  about: `Asks a ruleset about all packets at once. A query is words of an administrator in any order, such as 'tcp from 192.0.2.0/24 to port 22 in INPUT', \
'accepted in FORWARD arriving on eth1', 'dropped and not logged', 'decided by line 40'; docs/query.md tells the whole language. The answer is few \
classes of packets that share no packet, by what becomes of them, each with one packet and the lines that decide it. --exposure tells what new connections \
from outside reach: every service, where nat sends it, from where, by which lines. --per-rule tells of every rule whether some packet gets there. What leans on something unknown says so; \
exit code 4: something was not decided.`,
  flags: {
    exposure: {
      says: 'what new connections from outside reach, through nat and all: service, where it goes, from where, by which lines',
      group: 'What',
    },
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
      choices: ['full', 'json', 'jsonl', 'markdown'],
      says: 'full (text), markdown, json, or jsonl (with --per-rule: a line a rule)',
      group: 'Output',
    },
    most: {
      value: 'N',
      says: 'classes told of each verdict, rows of a table (12; 1000 with json); the others are counted',
      group: 'Output',
    },
  },
  examples: [
    ["iptlint query rules.v4 'to port 22 in INPUT'", 'who reaches ssh, and who does not'],
    ["iptlint query rules.v4 'dropped and not logged in INPUT'", 'what vanishes without a trace'],
    ['iptlint query rules.v4 --exposure', 'every service that is reachable, and from where'],
    ['iptlint query rules.v4 --per-rule -f jsonl', 'every rule with its verdict, as JSON lines'],
  ],
  run: async (given, outside) => (await import('./query-run.js')).runQuery(given, outside),
};
