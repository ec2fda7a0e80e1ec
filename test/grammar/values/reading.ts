/** How a value type reads a word, prints it and says it, as one line of a table. */
import type { Family } from '../../../grammar/netfilter/families.js';
import { Fault, type ValueType } from '../../../grammar/values/value.js';

/** What iptables-save prints for the word, or `refused: ...`. */
export const printed = <T>(type: ValueType<T>, word: string, family: Family = 4): string => {
  const context = { family, negated: false };
  const value = type.parse([word], context);
  return value instanceof Fault ? `refused: ${value.message}` : type.print(value, context);
};

/** The word in plain words, or `refused: ...`. */
export const said = <T>(type: ValueType<T>, word: string, family: Family = 4): string => {
  const context = { family, negated: false };
  const value = type.parse([word], context);
  return value instanceof Fault ? `refused: ${value.message}` : type.say(value, context);
};

/** The value itself. */
export const value = <T>(type: ValueType<T>, word: string, family: Family = 4): T | Fault => type.parse([word], { family, negated: false });
