/** A finding's place in lines and columns, and its plain-data forms; what several reporters share. */
import type { Source, Span } from '../../grammar/index.js';
import type { Fix, Related } from '../diagnostic/diagnostic.js';
import type { Report, ReportedFinding } from '../diagnostic/report.js';
import type { Colors } from './colors.js';

/** How a report is to look, decided by the outside for each stream. */
export interface Look {
  readonly colors: Colors;
  /** Columns that prose is wrapped to and frames are cut to. */
  readonly width: number;
  /** The URL that a path links to; null: no hyperlinks. */
  readonly link: ((path: string) => string) | null;
  /** A path as a service that shows the repository knows it: from its root, `/` between. */
  readonly fromRoot: (path: string) => string;
  /** Milliseconds that the run took; null: not told, so that output is the same each time. */
  readonly elapsed: number | null;
}

/** A form of the report: the whole text, with a final line end unless empty. */
export type Reporter = (report: Report, look: Look) => string;

/** Where a span lies, 1-based; the end is exclusive. */
export interface Region {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export const regionOf = (source: Source, at: Span): Region => {
  const start = source.position(at.start);
  const end = source.position(Math.max(at.start, at.end));
  return { line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
};

/** `filter/INPUT`, `filter`, or nothing. */
export const chainOf = ({ table, chain }: ReportedFinding): string => [table, chain].filter((name) => name !== undefined).join('/');

/** One finding in the JSON form of the command line contract; keys without an answer are null. */
export const findingJson = (finding: ReportedFinding) => {
  const { source } = finding;
  return {
    rule: finding.check,
    category: finding.category,
    level: finding.level,
    certainty: finding.certainty,
    message: finding.message,
    path: source.name,
    ...regionOf(source, finding.at),
    family: finding.family ?? null,
    table: finding.table ?? null,
    chain: finding.chain ?? null,
    related: finding.related.map((place) => relatedJson(source, place)),
    witness: finding.witness ?? null,
    shows: finding.shows ?? null,
    effect: finding.effect ?? null,
    help: finding.help ?? null,
    leansOn: finding.leansOn ?? [],
    owner: finding.owner ?? null,
    fix: finding.fix ? fixJson(source, finding.fix) : null,
    fingerprint: finding.fingerprint,
  };
};

const relatedJson = (source: Source, place: Related) => {
  const own = place.source ?? source;
  const { line, column } = own.position(place.at.start);
  return {
    ...(own.name !== source.name && { path: own.name }),
    line,
    column,
    message: place.message,
    ...(place.dead && { dead: true }),
  };
};

const fixJson = (source: Source, { safe, edits }: Fix) => ({
  safe,
  edits: edits.map(({ at, text }) => ({ ...regionOf(source, at), start: at.start, end: at.end, text })),
});

/** `1 error, 4 warnings, 2 infos`; levels without findings are left out. */
export const countsInWords = ({ counts }: { readonly counts: Pick<Report['counts'], 'error' | 'warning' | 'info'> }): string =>
  (['error', 'warning', 'info'] as const)
    .filter((level) => counts[level] > 0)
    .map((level) => `${counts[level]} ${level === 'info' || counts[level] === 1 ? level : `${level}s`}`)
    .join(', ');

/** What was found and is not shown, and why: `3 silenced, 5 in the baseline`; empty where there is nothing. */
export const hiddenInWords = ({ counts }: Report): string =>
  [
    counts.suppressed > 0 && `${counts.suppressed} silenced`,
    counts.baseline > 0 && `${counts.baseline} in the baseline`,
    counts.uncertain > 0 && `${counts.uncertain} only possible`,
  ]
    .filter((part) => part !== false)
    .join(', ');
