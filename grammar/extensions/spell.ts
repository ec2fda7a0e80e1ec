/** Small shared words of extensions: options spelled as iptables-save prints them, and questions that no packet field answers. */
import type { FieldName } from '../packet/fields.js';
import { type DecidedBy, type Predicate, test } from '../packet/predicate.js';

/** `[! ]flag value`. */
export const spell = (flag: string, negated: boolean, value: string | number | bigint = ''): string =>
  `${negated ? '! ' : ''}${flag}${value === '' ? '' : ` ${value}`}`;

/** The parts that are there, one blank between them. */
export const join = (...parts: readonly (string | false | undefined)[]): string => parts.filter((part) => part).join(' ');

/** The parts that are there, in brackets behind the words: "with a routing header (42 bytes long, 1 segment left)". */
export const detailed = (words: string, parts: readonly (string | false | undefined)[]): string => {
  const told = parts.filter((part) => part);
  return told.length === 0 ? words : `${words} (${told.join(', ')})`;
};

/** A test of an extension: `words` are its options as printed, without the negation of the whole. */
export const ask = (
  extension: string,
  decidedBy: DecidedBy,
  words: string,
  given: Readonly<Record<string, unknown>> = {},
  reads: readonly FieldName[] = [],
): Predicate => test({ extension, text: words === '' ? `-m ${extension}` : `-m ${extension} ${words}`, decidedBy, reads, given });
