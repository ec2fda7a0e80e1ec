/**
 * The meaning of a match as data: a condition on one packet. Extensions build these; src/packets turns them into sets, src/analysis/trace
 * evaluates them on one packet. Neither knows an extension by name.
 */
import type { FieldName, NameField, NumberField } from './fields.js';

/** A value of a number field. IPv6 addresses are bigint; everything else, IPv4 addresses included, is a plain number. */
export type Ordinal = number | bigint;

/** Inclusive on both sides. `low > high` is empty. */
export type Range = readonly [low: Ordinal, high: Ordinal];

/**
 * What decides an outcome that fields do not model:
 * `packet`: the packet alone (payload, rare headers): the same text gives the same answer for a packet, proofs stand.
 * `surroundings`: set contents, time, sockets, routes: the same text gives the same answer along one packet's way.
 * `history`: what came before (limit, recent, statistic, quota): every occurrence answers for itself.
 */
export type DecidedBy = 'packet' | 'surroundings' | 'history';

/** An outcome that no field models. Two tests of equal `text` that are not decided by history are one and the same question. */
export interface Test {
  /** The extension's name. */
  readonly extension: string;
  /** The question in canonical words, without negation, e.g. `-m set --match-set blocked src`. */
  readonly text: string;
  readonly decidedBy: DecidedBy;
  /** Fields that the answer depends on: when a target rewrites one, the question is a new one. */
  readonly reads: readonly FieldName[];
  /** The typed option values, for those who can answer (set contents given, a packet's payload at hand). */
  readonly given: Readonly<Record<string, unknown>>;
}

export type Predicate =
  | { readonly kind: 'any' }
  | { readonly kind: 'none' }
  | { readonly kind: 'in'; readonly field: NumberField; readonly ranges: readonly Range[] }
  | { readonly kind: 'bits'; readonly field: NumberField; readonly mask: Ordinal; readonly value: Ordinal }
  | { readonly kind: 'name'; readonly field: NameField; readonly name: string; readonly prefix: boolean }
  | { readonly kind: 'not'; readonly of: Predicate }
  | { readonly kind: 'all'; readonly of: readonly Predicate[] }
  | { readonly kind: 'some'; readonly of: readonly Predicate[] }
  | { readonly kind: 'test'; readonly test: Test };

export const any: Predicate = { kind: 'any' };
export const none: Predicate = { kind: 'none' };

/** The field's value lies in one of the ranges. */
export const inRanges = (field: NumberField, ranges: readonly Range[]): Predicate => ({ kind: 'in', field, ranges });

/** The field's value is between the two, both included. */
export const inRange = (field: NumberField, low: Ordinal, high: Ordinal): Predicate => ({ kind: 'in', field, ranges: [[low, high]] });

/** The field has this value. */
export const is = (field: NumberField, value: Ordinal): Predicate => ({ kind: 'in', field, ranges: [[value, value]] });

/** `field & mask == value`; never true where value has bits outside mask. */
export const bits = (field: NumberField, mask: Ordinal, value: Ordinal): Predicate => ({ kind: 'bits', field, mask, value });

/** The interface has this name, or begins with it. */
export const named = (field: NameField, name: string, prefix: boolean): Predicate => ({ kind: 'name', field, name, prefix });

export const test = (test: Test): Predicate => ({ kind: 'test', test });

export const not = (of: Predicate): Predicate => {
  if (of.kind === 'any') return none;
  if (of.kind === 'none') return any;
  if (of.kind === 'not') return of.of;
  return { kind: 'not', of };
};

/** Negated when told so: the `!` of an option. */
export const notIf = (negated: boolean, of: Predicate): Predicate => (negated ? not(of) : of);

/** All hold; of nothing: any. Absent parts (options not given) are passed over. */
export const all = (...parts: readonly (Predicate | undefined)[]): Predicate => {
  const of: Predicate[] = [];
  for (const part of parts) {
    if (!part || part.kind === 'any') continue;
    if (part.kind === 'none') return none;
    if (part.kind === 'all') of.push(...part.of);
    else of.push(part);
  }
  return of.length === 0 ? any : of.length === 1 ? of[0]! : { kind: 'all', of };
};

/** One at least holds; of nothing: none. */
export const some = (...parts: readonly Predicate[]): Predicate => {
  const of: Predicate[] = [];
  for (const part of parts) {
    if (part.kind === 'none') continue;
    if (part.kind === 'any') return any;
    if (part.kind === 'some') of.push(...part.of);
    else of.push(part);
  }
  return of.length === 0 ? none : of.length === 1 ? of[0]! : { kind: 'some', of };
};

const historical = new WeakMap<Predicate, boolean>();

/** Whether history decides some of it: asking it has consequences, and each rule asks for itself. */
export const hasHistory = (predicate: Predicate): boolean => {
  switch (predicate.kind) {
    case 'test':
      return predicate.test.decidedBy === 'history';
    case 'not':
      return hasHistory(predicate.of);
    case 'all':
    case 'some': {
      let answer = historical.get(predicate);
      if (answer === undefined) {
        answer = predicate.of.some(hasHistory);
        historical.set(predicate, answer);
      }
      return answer;
    }
    default:
      return false;
  }
};
