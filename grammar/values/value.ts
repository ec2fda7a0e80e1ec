/**
 * What a value type is: how the words behind an option are read, printed as iptables-save prints them, and said in plain words.
 * One file per type in this folder; extensions pick from them.
 */
import type { Family } from '../netfilter/families.js';

/** What reading a value may lean on. */
export interface ValueContext {
  readonly family: Family;
  readonly negated: boolean;
}

/** A word that is none of the names that could stand in its place. */
export interface Misspelt {
  readonly word: string;
  readonly among: readonly string[];
}

/** A value that cannot be read: a sentence without a full stop that says what is wrong with it. */
export class Fault {
  readonly message: string;
  /** The names, one of which may be meant. */
  readonly misspelt: Misspelt | undefined;
  /** What to write instead, where that is plain. */
  readonly instead: string | undefined;
  constructor(message: string, misspelt?: Misspelt, instead?: string) {
    this.message = message;
    this.misspelt = misspelt;
    this.instead = instead;
  }
}

/** How the words behind one option become a value. `T` is the typed value. */
export interface ValueType<T> {
  /** How many words follow the flag. */
  readonly arity: 0 | 1 | 2;
  /** The words may be left out, where the next begins with `-` or is `!` (getopt's optional_argument: --rateest-bps). `parse` is then given none. */
  readonly optional?: true;
  /** Rulesets hold few different values, however many rules give one: connection states, TCP flags. They are part of a rule's outline (syntax/outline.ts). */
  readonly isFew?: true;
  /** What is expected, for error messages: "a port, a range first:last, or a service name". */
  readonly expects: string;
  /**
   * Words (unquoted, unescaped) to value, or what is wrong with them. Never throws. The first is taken as `{ 0: word }`: `[word]` makes an iterator, which costs
   * more than reading most values, and a large ruleset has 30,000 of them.
   */
  readonly parse: (words: readonly string[], context: ValueContext) => T | Fault;
  /** The words as iptables-save prints them, quoted where it quotes, without the flag. Empty for arity 0. */
  readonly print: (value: T, context: ValueContext) => string;
  /** Plain words: "22 (ssh)", "10.0.0.0/8", "1024 to 65535". */
  readonly say: (value: T, context: ValueContext) => string;
}

/** Fixes the type parameter by inference; what is left out is there as undefined, so that all types have one shape (see extensions/define.ts). */
export const defineValue = <T>({ arity, optional, isFew, expects, parse, print, say }: ValueType<T>): ValueType<T> => {
  const shape: { readonly [K in keyof ValueType<T>]-?: ValueType<T>[K] | undefined } = {
    arity,
    optional,
    isFew,
    expects,
    parse,
    print,
    say,
  };
  return shape as ValueType<T>;
};

/** A flag without a value. */
export const none = defineValue<true>({ arity: 0, expects: 'no value', parse: () => true, print: () => '', say: () => '' });
