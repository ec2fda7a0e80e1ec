/** GitLab's Code Quality report: a JSON list; paths from the repository's root, one fingerprint for each entry. */
import type { Level } from '../diagnostic/diagnostic.js';
import { type Reporter, regionOf } from './places.js';

const severity: Readonly<Record<Level, string>> = { error: 'major', warning: 'minor', info: 'info' };

export const gitlab: Reporter = ({ findings }, look) => {
  const entries = findings.map((finding) => {
    const { line, endLine } = regionOf(finding.source, finding.at);
    return {
      description: finding.certainty === 'possible' ? `${finding.message} (possible)` : finding.message,
      check_name: finding.check,
      fingerprint: finding.fingerprint,
      severity: severity[finding.level],
      location: { path: look.fromRoot(finding.source.name), lines: { begin: line, end: endLine } },
    };
  });
  return `${JSON.stringify(entries, null, 2)}\n`;
};
