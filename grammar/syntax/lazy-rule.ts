/**
 * A rule of the tree as its outline and what fills that. Its nodes with their places are made when somebody asks: a reader that goes through all rules
 * does not pay for them.
 */
import type { Family } from '../netfilter/families.js';
import type { Span } from '../source.js';
import type { CountersNode, MatchNode, RuleNode, TargetNode } from './ast.js';
import { type RuleMeaning, readCounters } from './bind.js';
import type { TreeBuilder } from './build.js';
import { type Outline, type Outlined, outlineAlone, targetName } from './outline.js';

/** The words of a rule in the store of its document: indices of the first, of the one that names the chain, and past the last. */
export interface WordsOfRule {
  readonly from: number;
  readonly name: number;
  readonly to: number;
}

export class LazyRule implements RuleNode, Outlined {
  readonly chain: string;
  readonly start: number;
  readonly end: number;
  private readonly builder: TreeBuilder;
  private readonly family: Family;
  /** Null: the line followed a known outline, and its words were not asked for yet. */
  private words: WordsOfRule | null;
  readonly outline: Outline;
  readonly values: readonly unknown[];
  private nodes: RuleMeaning | null = null;

  constructor(
    builder: TreeBuilder,
    start: number,
    end: number,
    chain: string,
    family: Family,
    { outline, values }: Outlined,
    words: WordsOfRule | null,
  ) {
    this.builder = builder;
    this.start = start;
    this.end = end;
    this.chain = chain;
    this.family = family;
    this.outline = outline;
    this.values = values;
    this.words = words;
  }

  get kind(): 'rule' {
    return 'rule';
  }

  get command(): 'append' {
    return 'append';
  }

  get position(): null {
    return null;
  }

  private get parsed(): WordsOfRule {
    this.words ??= this.builder.wordsOf(this.start, this.end);
    return this.words;
  }

  get chainSpan(): Span {
    const { store } = this.builder;
    const { name } = this.parsed;
    return { start: store.start(name), end: store.end(name) };
  }

  get counters(): CountersNode | null {
    const { text } = this.builder.source;
    return text[this.start] === '[' ? readCounters(text.slice(this.start, text.indexOf(']', this.start) + 1), this.start) : null;
  }

  get matches(): readonly MatchNode[] {
    return this.meaning.matches;
  }

  get target(): TargetNode | null {
    return this.meaning.target;
  }

  get whole(): boolean {
    return this.outline.whole;
  }

  private get meaning(): RuleMeaning {
    this.nodes ??= this.builder.nodes(this.parsed, this.family);
    return this.nodes;
  }
}

const alone = new WeakMap<RuleNode, Outlined>();

/** A rule as its outline and what fills it: for all rules of a ruleset far cheaper than their nodes. */
export const outlined = (rule: RuleNode): Outlined => {
  if (rule instanceof LazyRule) return rule;
  let known = alone.get(rule);
  if (!known) {
    known = outlineAlone(rule);
    alone.set(rule, known);
  }
  return known;
};

/** What stands behind a rule's -j or -g; null: nothing does. */
export const targetOf = (rule: RuleNode): string | null => targetName(outlined(rule));
