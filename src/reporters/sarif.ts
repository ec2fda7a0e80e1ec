/**
 * SARIF 2.1.0 (OASIS), for code scanning services: one run, the checks as rules, results empty when clean. Columns count UTF-16 units,
 * regions end before `endColumn`, as the standard has it.
 */
import type { Source, Span } from '../../grammar/index.js';
import type { Level } from '../diagnostic/diagnostic.js';
import type { Report, ReportedFinding } from '../diagnostic/report.js';
import type { CheckDescriptor } from '../diagnostic/result.js';
import { chainOf, type Look, type Reporter, regionOf } from './places.js';

const levelOf: Readonly<Record<Level | 'off', string>> = { error: 'error', warning: 'warning', info: 'note', off: 'none' };

export const sarif: Reporter = (report, look) => {
  const index = new Map(report.checks.map((check, place) => [check.id, place]));
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: report.tool.name,
            version: report.tool.version,
            semanticVersion: report.tool.version,
            rules: report.checks.map(ruleOf),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [invocation(report, look)],
        results: report.findings.map((finding) => resultOf(finding, index.get(finding.check), look)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
};

const ruleOf = ({ id, category, level, summary, why, advice }: CheckDescriptor) => ({
  id,
  name: id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
  shortDescription: { text: summary },
  fullDescription: { text: why },
  help: { text: `${why}\n\n${advice}`, markdown: `${why}\n\n${advice}` },
  defaultConfiguration: { enabled: level !== 'off', level: level === 'off' ? 'warning' : levelOf[level] },
  properties: { tags: [category], category },
});

const resultOf = (finding: ReportedFinding, ruleIndex: number | undefined, look: Look) => {
  const { source, related } = finding;
  const chain = chainOf(finding);
  const more = [finding.effect, finding.help && `Help: ${finding.help}`].filter(Boolean).map((text) => `\n${text}.`);
  return {
    ruleId: finding.check,
    ...(ruleIndex !== undefined && { ruleIndex }),
    level: levelOf[finding.level],
    message: { text: `${finding.message}${finding.certainty === 'possible' ? ' (possible)' : ''}.${more.join('')}` },
    locations: [
      {
        ...physical(source, finding.at, look),
        ...(chain && { logicalLocations: [{ name: finding.chain ?? finding.table, fullyQualifiedName: chain, kind: 'namespace' }] }),
      },
    ],
    ...(related.length > 0 && {
      relatedLocations: related.map((place, id) => ({
        id: id + 1,
        ...physical(place.source ?? source, place.at, look),
        message: { text: place.message },
      })),
    }),
    partialFingerprints: { 'iptlint/v1': finding.fingerprint },
    ...(finding.fix && {
      fixes: [
        {
          description: { text: finding.help ?? 'Apply the suggested edit' },
          artifactChanges: [
            {
              artifactLocation: { uri: uri(source.name, look) },
              replacements: finding.fix.edits.map((edit) => ({
                deletedRegion: region(source, edit.at),
                insertedContent: { text: edit.text },
              })),
            },
          ],
        },
      ],
    }),
    properties: {
      category: finding.category,
      certainty: finding.certainty,
      ...(finding.witness && { witness: finding.witness }),
      ...(finding.leansOn && { leansOn: finding.leansOn }),
      ...(finding.owner && { owner: finding.owner }),
    },
  };
};

const invocation = ({ unreadable, partlyUnread, inconclusive }: Report, look: Look) => ({
  executionSuccessful: unreadable.length === 0,
  ...(unreadable.length + Number(partlyUnread) + Number(inconclusive) > 0 && {
    toolExecutionNotifications: [
      ...unreadable.map(({ path, message }) => ({
        level: 'error',
        message: { text: `${path}: ${message}` },
        locations: [{ physicalLocation: { artifactLocation: { uri: uri(path, look) } } }],
      })),
      ...(partlyUnread ? [{ level: 'warning', message: { text: 'Part of an input could not be read.' } }] : []),
      ...(inconclusive ? [{ level: 'warning', message: { text: 'A budget ran out before every question was decided.' } }] : []),
    ],
  }),
});

const physical = (source: Source, at: Span, look: Look) => ({
  physicalLocation: { artifactLocation: { uri: uri(source.name, look) }, region: region(source, at) },
});

const region = (source: Source, at: Span) => {
  const { line, column, endLine, endColumn } = regionOf(source, at);
  return { startLine: line, startColumn: column, endLine, endColumn };
};

/** A path as a URI reference: relative ones stay relative, so that a service finds them in the repository. */
const uri = (path: string, { fromRoot }: Look): string => {
  const place = fromRoot(path)
    .split('/')
    .map((part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\ufffd')))
    .join('/');
  return place.startsWith('/') ? `file://${place}` : place;
};
