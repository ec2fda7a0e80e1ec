/** `iptlint rules [ID]`: the words of the command; what it prints is rules-run.ts. */
import type { Command } from './command.js';

export const rules: Command = {
  name: 'rules',
  usage: '[ID]',
  words: 1,
  summary: 'list the checks, or explain one',
  about:
    'Without ID, lists all checks by category, with their levels. With ID, tells what the check finds, why it matters, what to do, and examples.',
  flags: {
    format: {
      short: 'f',
      value: 'FORMAT',
      choices: ['full', 'json', 'markdown'],
      says: 'full, json or markdown (full)',
      group: 'Output',
    },
  },
  examples: [
    ['iptlint rules', 'all checks'],
    ['iptlint rules shadowed-rule', 'one check'],
  ],
  run: async (given, outside) => (await import('./rules-run.js')).runRules(given, outside),
};
