/**
 * A host's answer as it travels between threads: copied data loses its classes, so each finding names its text by number, and what it points at
 * is bare offsets.
 */
import { Source, type Span } from '../../grammar/index.js';
import type { Fix, Related } from '../diagnostic/diagnostic.js';
import type { ReportedFinding } from '../diagnostic/report.js';
import { spanOf } from '../model/place.js';
import type { HostAnswer } from './host-lint.js';

type PackedRelated = Omit<Related, 'source'> & { readonly source?: number };
type PackedFinding = Omit<ReportedFinding, 'source' | 'related'> & { readonly source: number; readonly related: readonly PackedRelated[] };

/** An answer that can be copied. */
export type HostParcel = Omit<HostAnswer, 'findings'> & {
  /** The texts that findings are in. */
  readonly texts: readonly { readonly name: string; readonly text: string }[];
  readonly findings: readonly PackedFinding[];
};

/** Makes an answer fit for copying. */
export const pack = (answer: HostAnswer): HostParcel => {
  const numbers = new Map<Source, number>();
  const numberOf = (source: Source): number => {
    const known = numbers.get(source) ?? numbers.size;
    numbers.set(source, known);
    return known;
  };
  const findings = answer.findings.map(
    ({ source, at, focus, related, fix, ...rest }): PackedFinding => ({
      ...rest,
      source: numberOf(source),
      at: spanOf(at),
      ...(focus && { focus: focus.map(spanOf) }),
      related: related.map(
        ({ source: own, at, focus, ...rest }): PackedRelated => ({
          ...rest,
          at: spanOf(at),
          ...(focus && { focus: focus.map(spanOf) }),
          ...(own && { source: numberOf(own) }),
        }),
      ),
      ...(fix && { fix: bareFix(fix) }),
    }),
  );
  return { ...answer, findings, texts: [...numbers.keys()].map(({ name, text }) => ({ name, text })) };
};

/** The answer that was packed. */
export const unpack = ({ texts, findings, ...rest }: HostParcel): HostAnswer => {
  const sources = texts.map(({ name, text }) => new Source(name, text));
  return {
    ...rest,
    findings: findings.map(({ source, related, ...finding }) => ({
      ...finding,
      source: sources[source]!,
      related: related.map(({ source: own, ...place }) => ({ ...place, ...(own !== undefined && { source: sources[own]! }) })),
    })),
  };
};

const bareFix = ({ safe, edits }: Fix): Fix => ({
  safe,
  edits: edits.map(({ at, text }): { at: Span; text: string } => ({ at: spanOf(at), text })),
});
