/** Markdown for a pull request's comment or a job's summary: counts, then the findings by level, each with its rule and what to do. */
import { levels } from '../diagnostic/diagnostic.js';
import type { ReportedFinding } from '../diagnostic/report.js';
import { count, harmless } from '../util/text.js';
import { chainOf, countsInWords, hiddenInWords, type Reporter, regionOf } from './places.js';

const heading = { error: 'Errors', warning: 'Warnings', info: 'Info' } as const;

export const markdown: Reporter = (report) => {
  const { findings, inputs, unreadable } = report;
  const rules = inputs.reduce((sum, input) => sum + input.rules, 0);
  const hidden = hiddenInWords(report);
  const parts = [
    `## iptlint: ${countsInWords(report) || 'no findings'}\n\n${count(rules, 'rule')} read${hidden && `; not shown: ${hidden}`}.\n`,
    ...unreadable.map(({ path, message }) => `**Not read:** ${code(path)}: ${prose(message)}\n`),
    ...levels.flatMap((level) => {
      const own = findings.filter((finding) => finding.level === level);
      return own.length === 0 ? [] : [`### ${heading[level]}\n\n${own.map(item).join('\n')}`];
    }),
  ];
  return parts.join('\n');
};

const item = (finding: ReportedFinding): string => {
  const { line } = regionOf(finding.source, finding.at);
  const chain = chainOf(finding);
  const where = `${code(`${finding.source.name}:${line}`)}${chain && ` in ${code(chain)}`}`;
  const possible = finding.certainty === 'possible' ? ' *(possible)*' : '';
  const text = finding.source.slice(finding.at);
  const related = finding.related.map((place) => {
    const own = place.source ?? finding.source;
    const { line: other } = own.position(place.at.start);
    return `${own === finding.source ? `line ${other}` : code(`${own.name}:${other}`)}: ${prose(place.message)} ${code(short(own.slice(place.at)))}`;
  });
  const more = [
    text && code(short(text)),
    ...related,
    finding.effect && prose(finding.effect),
    finding.help && `**Help:** ${prose(finding.help)}`,
  ].filter(Boolean);
  return `- **${finding.level}** ${code(finding.check)} ${where}: ${prose(finding.message)}${possible}\n${more.map((line) => `  - ${line}\n`).join('')}`;
};

const short = (text: string): string => (text.length > 300 ? `${text.slice(0, 200)} … ${text.slice(-80)}` : text);

/** Text that Markdown must not read as markup or mentions. */
const prose = (text: string): string => harmless(text).replace(/[\\`*_{}[\]<>#|~@]/g, '\\$&');

/** A code span, fenced by more backquotes than the text holds in a row. */
const code = (text: string): string => {
  const clean = harmless(text);
  const longest = Math.max(0, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest > 0 ? `${fence} ${clean} ${fence}` : `${fence}${clean}${fence}`;
};
