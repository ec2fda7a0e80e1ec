/**
 * JUnit XML: a suite for each input, a case for each finding. Findings that make the run fail are failures; those below are passed cases
 * with their text as output, so that a job turns red exactly when the exit code is 1. An input without findings is one passed case.
 */
import { fails, type Report, type ReportedFinding } from '../diagnostic/report.js';
import { harmless } from '../util/text.js';
import { chainOf, type Reporter, regionOf } from './places.js';

export const junit: Reporter = (report) => {
  const paths = [...new Set([...report.inputs.map(({ path }) => path), ...report.findings.map(({ source }) => source.name)])];
  const suites = [
    ...paths.map((path) =>
      suite(
        path,
        report.findings.filter(({ source }) => source.name === path),
        report,
      ),
    ),
    ...report.unreadable.map(
      ({ path, message }) =>
        `  <testsuite name="${xml(path)}" tests="1" failures="0" errors="1">\n    <testcase classname="${xml(path)}" name="read">\n      <error message="${xml(message)}"/>\n    </testcase>\n  </testsuite>\n`,
    ),
  ];
  const failures = report.findings.filter(({ level }) => fails(level, report.failOn)).length;
  const empty = paths.filter((path) => !report.findings.some(({ source }) => source.name === path)).length;
  const tests = report.findings.length + empty + report.unreadable.length;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="iptlint" tests="${tests}" failures="${failures}" errors="${report.unreadable.length}">\n${suites.join('')}</testsuites>\n`;
};

const suite = (path: string, findings: readonly ReportedFinding[], { failOn }: Report): string => {
  const failures = findings.filter(({ level }) => fails(level, failOn)).length;
  const cases =
    findings.length === 0
      ? [`    <testcase classname="${xml(path)}" name="no findings"/>\n`]
      : findings.map((finding) => testCase(finding, failOn));
  return `  <testsuite name="${xml(path)}" tests="${Math.max(1, findings.length)}" failures="${failures}" errors="0">\n${cases.join('')}  </testsuite>\n`;
};

const testCase = (finding: ReportedFinding, failOn: Report['failOn']): string => {
  const { line, column } = regionOf(finding.source, finding.at);
  const path = finding.source.name;
  const chain = chainOf(finding);
  const text = [
    `${path}:${line}:${column}: ${finding.level}[${finding.check}] ${finding.message}${finding.certainty === 'possible' ? ' (possible)' : ''}`,
    chain && `in ${chain}`,
    finding.source.slice(finding.at).slice(0, 500),
    finding.effect && `effect: ${finding.effect}`,
    finding.help && `help: ${finding.help}`,
  ]
    .filter(Boolean)
    .join('\n');
  const inside = fails(finding.level, failOn)
    ? `      <failure type="${finding.level}" message="${xml(finding.message)}">${xml(text)}</failure>\n`
    : `      <system-out>${xml(text)}</system-out>\n`;
  return `    <testcase classname="${xml(path)}" name="${finding.check}, line ${line}" line="${line}">\n${inside}    </testcase>\n`;
};

/** Text for XML 1.0: escaped, and what XML cannot hold, or a log's reader should not meet, replaced. */
const xml = (text: string): string =>
  text
    .split('\n')
    .map(harmless)
    .join('\n')
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
