/** Small reports to print: a ruleset as text, findings by the words that they point at. */
import { Source, type Span } from '../../grammar/index.js';
import type { Diagnostic, Related } from '../../src/diagnostic/diagnostic.js';
import { fingerprints } from '../../src/diagnostic/fingerprint.js';
import type { Report } from '../../src/diagnostic/report.js';
import type { CheckDescriptor } from '../../src/diagnostic/result.js';
import { noColors } from '../../src/reporters/colors.js';
import type { Look } from '../../src/reporters/index.js';

export const plain: Look = { colors: noColors, width: 100, link: null, fromRoot: (path) => path, elapsed: null };

/** The span of the first place where `words` stand. */
export const span = (source: Source, words: string): Span => {
  const start = source.text.indexOf(words);
  if (start < 0) throw new Error(`the sample does not hold: ${words}`);
  return { start, end: start + words.length };
};

export const finding = (source: Source, words: string, more: Partial<Diagnostic> = {}): Diagnostic => ({
  check: 'shadowed-rule',
  category: 'reachability',
  level: 'error',
  certainty: 'proved',
  message: 'this rule can never match',
  source,
  at: span(source, words),
  related: [],
  ...more,
});

export const related = (source: Source, words: string, message: string, more: Partial<Related> = {}): Related => ({
  at: span(source, words),
  message,
  ...more,
});

export const shadowedRule: CheckDescriptor = {
  id: 'shadowed-rule',
  category: 'reachability',
  level: 'error',
  summary: 'No packet reaches this rule: earlier rules take them all.',
  why: 'Rules are tried in order.',
  advice: 'Remove the rule or move it up.',
};

export const report = (diagnostics: readonly Diagnostic[], more: Partial<Report> = {}): Report => {
  const names = fingerprints(diagnostics);
  const at = (level: string) => diagnostics.filter((diagnostic) => diagnostic.level === level).length;
  return {
    tool: { name: 'iptlint', version: '1.2.3' },
    hosts: [{ name: 'rules.v4', error: 0, warning: 0, info: 0 }],
    inputs: [{ path: 'rules.v4', family: 4, tables: ['filter'], chains: 3, rules: 31 }],
    findings: diagnostics.map((diagnostic, index) => ({ ...diagnostic, fingerprint: names[index]! })),
    counts: { error: at('error'), warning: at('warning'), info: at('info'), suppressed: 0, baseline: 0, uncertain: 0 },
    unreadable: [],
    partlyUnread: false,
    inconclusive: false,
    failOn: 'warning',
    checks: [shadowedRule],
    ...more,
  };
};

/** The example of the command line contract: one SSH rule behind a wider one. */
export const ssh = (name = 'rules.v4') => {
  const source = new Source(
    name,
    `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 1:1024 -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -s 192.0.2.7/32 -p tcp -m tcp --dport 22 -j DROP
COMMIT
`,
  );
  const dead = '-A INPUT -s 192.0.2.7/32 -p tcp -m tcp --dport 22 -j DROP';
  const cause = '-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 1:1024 -j ACCEPT';
  const diagnostic = finding(source, dead, {
    message: 'this rule can never match; line 5 decides its packets first',
    label: 'never reached',
    family: 4,
    table: 'filter',
    chain: 'INPUT',
    rule: { number: 3, of: 3 },
    related: [
      related(source, cause, 'accepts all of them', {
        focus: [span(source, '192.0.2.0/24'), span(source, '-p tcp'), span(source, '--dport 1:1024'), span(source, '-j ACCEPT')],
      }),
    ],
    witness: { in: 'eth0', src: '192.0.2.7', dst: '198.51.100.1', proto: 'tcp', sport: 40000, dport: 22, state: 'NEW' },
    shows: 'line 5 ACCEPT decides here; line 7 DROP would have applied',
    effect: 'SSH from 192.0.2.7 is accepted although line 7 says DROP',
    help: 'move line 7 above line 5, or remove it',
  });
  return { source, diagnostic };
};
