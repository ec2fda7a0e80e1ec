/**
 * Evaluates predicates on one concrete packet: yes, no, or not known. It knows fields and tests by name only and asks others for their values;
 * nothing here knows sets of packets.
 */
import { type FieldName, hasHistory, type Ordinal, type Predicate, type Test } from '../../../grammar/index.js';
import { type Answer, Unknown } from './unknown.js';

/** Of a field: its value, that it is not known, or that the packet has none (null). */
export type FieldValue = Ordinal | string | Unknown | null;

/** Who answers. */
export interface Witnesses {
  readonly field: (field: FieldName) => FieldValue;
  /** The answer of a test; of one that history decides, this is the moment that it counts. */
  readonly test: (test: Test) => Answer;
  /** Settles an open question one way. The same key gets the same answer along the packet's way; null: it is asked afresh. */
  readonly decide: (question: Unknown, key: string | null) => boolean;
}

const beforehand = new Unknown('what came before decides it');

const leaf = (predicate: Predicate, witnesses: Witnesses): Answer => {
  switch (predicate.kind) {
    case 'any':
      return true;
    case 'none':
      return false;
    case 'in': {
      const value = witnesses.field(predicate.field);
      if (value instanceof Unknown) return value;
      if (value === null || typeof value === 'string') return false;
      return predicate.ranges.some(([low, high]) => low <= value && value <= high);
    }
    case 'bits': {
      const value = witnesses.field(predicate.field);
      if (value instanceof Unknown) return value;
      if (value === null || typeof value === 'string') return false;
      if (typeof value === 'bigint') return (value & BigInt(predicate.mask)) === BigInt(predicate.value);
      return (value & Number(predicate.mask)) >>> 0 === Number(predicate.value) >>> 0;
    }
    case 'name': {
      const value = witnesses.field(predicate.field);
      if (value instanceof Unknown) return value;
      if (typeof value !== 'string') return false;
      return predicate.prefix ? value.startsWith(predicate.name) : value === predicate.name;
    }
    case 'test':
      return witnesses.test(predicate.test);
    default:
      throw new Error(`${predicate.kind} is no leaf`);
  }
};

/** The answer without consequences; what history decides is not known. */
const peek = (predicate: Predicate, witnesses: Witnesses): Answer => {
  switch (predicate.kind) {
    case 'not': {
      const answer = peek(predicate.of, witnesses);
      return answer instanceof Unknown ? answer : !answer;
    }
    case 'all': {
      let open: Unknown | null = null;
      for (const part of predicate.of) {
        const answer = peek(part, witnesses);
        if (answer === false) return false;
        if (answer instanceof Unknown) open ??= answer;
      }
      return open ?? true;
    }
    case 'some': {
      let open: Unknown | null = null;
      for (const part of predicate.of) {
        const answer = peek(part, witnesses);
        if (answer === true) return true;
        if (answer instanceof Unknown) open ??= answer;
      }
      return open ?? false;
    }
    case 'test':
      return predicate.test.decidedBy === 'history' ? beforehand : leaf(predicate, witnesses);
    default:
      return leaf(predicate, witnesses);
  }
};

/** Two questions of one key are one and the same. */
const keyOf = (predicate: Predicate): string | null => {
  if (predicate.kind === 'test') return predicate.test.decidedBy === 'history' ? null : predicate.test.text;
  return JSON.stringify(predicate, (_key, value) => (typeof value === 'bigint' ? `${value}` : value));
};

/**
 * Whether the packet matches; open questions are settled one by one as they are met, and only where the answer hangs on them. Parts are asked
 * in written order, as the kernel does, so that a limit counts only packets that come as far.
 */
export const holds = (predicate: Predicate, witnesses: Witnesses): boolean => {
  if (!hasHistory(predicate)) {
    const answer = peek(predicate, witnesses);
    if (!(answer instanceof Unknown)) return answer;
  }
  switch (predicate.kind) {
    case 'not':
      return !holds(predicate.of, witnesses);
    case 'all':
      for (const [i, part] of predicate.of.entries()) {
        if (hasHistory(part)) {
          if (!holds(part, witnesses)) return false;
          continue;
        }
        const answer = peek(part, witnesses);
        if (answer === false) return false;
        if (answer === true) continue;
        // Not known: it does not matter where a later part says no before anything is counted.
        for (const later of predicate.of.slice(i + 1)) {
          if (hasHistory(later)) break;
          if (peek(later, witnesses) === false) return false;
        }
        if (!holds(part, witnesses)) return false;
      }
      return true;
    case 'some':
      for (const part of predicate.of) if (!hasHistory(part) && peek(part, witnesses) === true) return true;
      return predicate.of.some((part) => holds(part, witnesses));
    default: {
      const answer = leaf(predicate, witnesses);
      return answer instanceof Unknown ? witnesses.decide(answer, keyOf(predicate)) : answer;
    }
  }
};

/** The parts of a rule's condition that a packet does not meet: one alone is a near miss. */
export const unmet = (predicate: Predicate, witnesses: Witnesses): readonly Predicate[] =>
  (predicate.kind === 'all' ? predicate.of : [predicate]).filter((part) => peek(part, witnesses) === false);

/** The fields and tests that a condition asks, for "source differs". */
export const askedOf = (predicate: Predicate): { readonly fields: readonly FieldName[]; readonly tests: readonly string[] } => {
  const fields = new Set<FieldName>();
  const tests = new Set<string>();
  const visit = (part: Predicate): void => {
    if (part.kind === 'in' || part.kind === 'bits' || part.kind === 'name') fields.add(part.field);
    else if (part.kind === 'test') tests.add(part.test.text);
    else if (part.kind === 'not') visit(part.of);
    else if (part.kind === 'all' || part.kind === 'some') for (const each of part.of) visit(each);
  };
  visit(predicate);
  return { fields: [...fields], tests: [...tests] };
};
