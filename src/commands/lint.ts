/** `iptlint [lint] [FILE...]`: the words of the command; what it does is lint-run.ts. */
import { categories, levels } from '../diagnostic/diagnostic.js';
import { failOns } from '../diagnostic/report.js';
import { efforts } from '../diagnostic/result.js';
import { formats } from '../reporters/formats.js';
import type { Command } from './command.js';

export const lint: Command = {
  name: 'lint',
  usage: '[FILE...]',
  words: Number.POSITIVE_INFINITY,
  summary: 'find what is wrong with rulesets',
  about: `Reads what iptables-save and ip6tables-save print, files for iptables-restore, output of iptables -S and plain scripts of iptables commands. \
Without FILE, or with -, reads standard input. A FILE may be a folder: a bundle of one host (iptables-save, ip6tables-save, ipset-save, ip-addr.json, \
ip-route.json, sysctl.txt), or a folder of rulesets and bundles. Two files that are the v4 and v6 half of one host (rules.v4 and rules.v6, \
iptables.rules and ip6tables.rules) are looked at together.`,
  flags: {
    format: {
      short: 'f',
      value: 'FORMAT',
      choices: ['auto', ...formats],
      says: `form of the report: auto, ${formats.join(', ')} (auto is full, with annotations on GitHub)`,
      group: 'Output',
    },
    output: {
      short: 'o',
      value: 'FORMAT=PATH',
      many: true,
      split: false,
      says: 'write a further report into a file; may stand several times',
      group: 'Output',
    },
    select: {
      value: 'CHECK,...',
      many: true,
      says: `only these checks, by id or category (${categories.join(', ')}, all)`,
      group: 'Choice of checks',
    },
    ignore: { value: 'CHECK,...', many: true, says: 'not these checks', group: 'Choice of checks' },
    level: { value: 'ID=LEVEL,...', many: true, says: `level of a check: ${levels.join(', ')} or off`, group: 'Choice of checks' },
    'fail-on': {
      value: 'LEVEL',
      choices: failOns,
      says: 'lowest level that gives exit code 1: error, warning, info or never (warning)',
      group: 'Choice of checks',
    },
    'min-certainty': {
      value: 'CERTAINTY',
      choices: ['possible', 'proved'],
      says: 'proved: leave out what leans on something unknown (possible)',
      group: 'Choice of checks',
    },
    managed: {
      value: 'HOW',
      choices: ['info', 'full'],
      says: 'findings in chains that a program manages, such as kube-proxy or Docker: info, or full for their own level (info)',
      group: 'Choice of checks',
    },
    'stdin-filename': { value: 'NAME', says: 'name of standard input in reports', group: 'Input' },
    family: { value: '4|6', choices: ['4', '6'], says: 'address family, whatever the text seems to be', group: 'Input' },
    backend: { value: 'NAME', choices: ['legacy', 'nft'], says: 'back end that the rules are for: legacy or nft', group: 'Input' },
    ipset: { value: 'FILE', says: 'what the sets hold: ipset save', group: 'Input' },
    addresses: { value: 'FILE', says: 'addresses of the host: ip -j addr', group: 'Input' },
    routes: { value: 'FILE', says: 'routes of the host: ip -j route', group: 'Input' },
    sysctl: { value: 'FILE', says: 'settings of the host: sysctl -a', group: 'Input' },
    effort: {
      value: 'EFFORT',
      choices: efforts,
      says: 'how hard to try before a question is left open: low, normal or high (normal)',
      group: 'Input',
    },
    jobs: { value: 'N', says: 'threads for many hosts; 1: none (as many as pay, 8 at most)', group: 'Input' },
    baseline: { value: 'FILE', says: 'findings that are known and not told', group: 'Silence and configuration' },
    'update-baseline': { says: 'write the present findings into the baseline', group: 'Silence and configuration' },
    'no-inline-silence': { says: 'comments in the rulesets silence nothing: for gates', group: 'Silence and configuration' },
    config: { value: 'FILE', says: 'configuration, in place of the nearest .iptlint.yaml', group: 'Silence and configuration' },
    'no-config': { says: 'read no configuration', group: 'Silence and configuration' },
  },
  examples: [
    ['sudo iptables-save | iptlint', 'the rules of this machine'],
    ['iptlint rules.v4 rules.v6', 'two files, one host'],
    ['iptlint -f json -o sarif=out.sarif rules.v4', 'JSON, and SARIF into a file'],
    ['iptlint --fail-on error --no-inline-silence /etc/iptables', 'a gate over a folder'],
    ['iptlint rules shadowed-rule', 'what a check is about'],
  ],
  run: async (given, outside) => (await import('./lint-run.js')).runLint(given, outside),
};
