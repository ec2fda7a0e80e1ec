/**
 * GitHub workflow commands (`::error file=...::message`). GitHub shows ten annotations of a level for each step and drops the rest, so the
 * first ten are given, errors first, and a plain line says how many more there are.
 */
import { type Level, levels } from '../diagnostic/diagnostic.js';
import type { ReportedFinding } from '../diagnostic/report.js';
import { count, harmless } from '../util/text.js';
import { type Look, type Reporter, regionOf } from './places.js';

const shown = 10;
const command: Readonly<Record<Level, string>> = { error: 'error', warning: 'warning', info: 'notice' };

export const github: Reporter = ({ findings }, look) => {
  const lines: string[] = [];
  const more: string[] = [];
  for (const level of levels) {
    const own = findings.filter((finding) => finding.level === level);
    lines.push(...own.slice(0, shown).map((finding) => annotation(finding, look)));
    if (own.length > shown) more.push(count(own.length - shown, `more ${level}`, level === 'info' ? 'more info' : `more ${level}s`));
  }
  if (more.length > 0) lines.push(`iptlint: ${more.join(', ')} without an annotation: GitHub shows ${shown} of a level for each step`);
  return lines.map((line) => `${line}\n`).join('');
};

const annotation = (finding: ReportedFinding, look: Look): string => {
  const { line, column, endLine, endColumn } = regionOf(finding.source, finding.at);
  const properties = {
    file: look.fromRoot(finding.source.name),
    line,
    endLine,
    // GitHub takes columns only where a finding stays on its line
    ...(line === endLine && { col: column, endColumn }),
    title: `iptlint[${finding.check}]`,
  };
  const words = Object.entries(properties).map(([key, value]) => `${key}=${property(String(value))}`);
  const certainty = finding.certainty === 'possible' ? ' (possible)' : '';
  const text = [`${finding.message}${certainty}`, finding.effect, finding.help && `help: ${finding.help}`].filter(Boolean).join('\n');
  return `::${command[finding.level]} ${words.join(',')}::${data(text)}`;
};

const data = (text: string): string => text.replaceAll('%', '%25').split('\n').map(harmless).join('%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
