/** The baseline: findings that a team knows and does not want told again, by fingerprint; the other keys of an entry are for people. */
import type { ReportedFinding } from '../diagnostic/report.js';

export interface BaselineEntry {
  readonly fingerprint: string;
  readonly rule: string;
  readonly path: string;
  readonly chain: string;
  readonly text: string;
}

/** The entries of a baseline file, or what is wrong with it. */
export const readBaseline = (text: string): { readonly entries: readonly BaselineEntry[] } | { readonly fault: string } => {
  try {
    const whole: unknown = JSON.parse(text);
    const { version, findings } = (whole ?? {}) as { version?: unknown; findings?: unknown };
    if (version !== 1 || !Array.isArray(findings)) return { fault: 'is not a baseline of iptlint (version 1)' };
    if (findings.every((entry: Partial<BaselineEntry> | null) => typeof entry?.fingerprint === 'string')) return { entries: findings };
    return { fault: 'holds an entry without a fingerprint' };
  } catch {
    return { fault: 'is not JSON' };
  }
};

/** The text of a baseline, one entry a line, so that a review shows which were added and removed. */
export const printBaseline = (entries: readonly BaselineEntry[]): string => {
  const lines = entries.map((entry) => `    ${JSON.stringify(entry)}`);
  return `{\n  "version": 1,\n  "findings": [${lines.length > 0 ? `\n${lines.join(',\n')}\n  ` : ''}]\n}\n`;
};

export const entryOf = (finding: ReportedFinding): BaselineEntry => ({
  fingerprint: finding.fingerprint,
  rule: finding.check,
  path: finding.source.name,
  chain: [finding.table, finding.chain].filter((name) => name !== undefined).join('/'),
  text: finding.source
    .slice(finding.at)
    .replace(/^\[\d+:\d+\]\s*/, '')
    .slice(0, 200),
});
