/**
 * A finding's name that outlives edits elsewhere in the file: made of its check, path, family, table, chain, the text it is about and
 * the texts of its causes. Line numbers and counters are no part of it, so that a baseline survives a rule more and a reboot.
 */
import type { Source, Span } from '../../grammar/index.js';
import { hash } from '../util/hash.js';
import type { Diagnostic } from './diagnostic.js';

/** Fingerprints of findings, in order. The second of two equal findings gets `-2`, so that each has its own. */
export const fingerprints = (diagnostics: readonly Diagnostic[]): string[] => {
  const seen = new Map<string, number>();
  return diagnostics.map((diagnostic) => {
    const base = fingerprint(diagnostic);
    const times = (seen.get(base) ?? 0) + 1;
    seen.set(base, times);
    return times === 1 ? base : `${base}-${times}`;
  });
};

const fingerprint = (diagnostic: Diagnostic): string => {
  const { check, source, at, family, table, chain, related } = diagnostic;
  const causes = related.map((place) => essence(place.source ?? source, place.at)).sort();
  return hash([check, source.name, family ?? '', table ?? '', chain ?? '', essence(source, at), ...causes].join('\n'));
};

/** The text of a place without counters (`[12:840]`, `-c 12 840`) and with single blanks. Long texts count by their first 4096 units. */
const essence = (source: Source, span: Span): string =>
  source
    .slice({ start: span.start, end: Math.min(span.end, span.start + 4096) })
    .replace(/\[\d+:\d+\]/g, '')
    .replace(/\s(?:-c|--set-counters)\s+\d+\s+\d+(?=\s|$)/g, '')
    .replace(/\s+/g, ' ')
    .trim();
