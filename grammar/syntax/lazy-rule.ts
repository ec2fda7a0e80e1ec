/**
 * A rule of the tree as its outline and what fills that. Its nodes with their places are made when somebody asks: a reader that goes through all rules
 * does not pay for them.
 */
import type { Family } from '../netfilter/families.js';
import type { Span } from '../source.js';
import type { CountersNode, MatchNode, RuleNode, TargetNode } from './ast.js';
import { type RuleMeaning, readCounters } from './bind.js';
import type { TreeBuilder } from './build.js';
import { type Known, type Outline, type Outlined, outlineAlone, targetName } from './outline.js';

/** The words of a rule in the store of its document: indices of the first, of the one that names the chain, and past the last. */
export interface WordsOfRule {
  readonly from: number;
  readonly name: number;
  readonly to: number;
}

const noValues: readonly unknown[] = [];

export class LazyRule implements RuleNode, Outlined {
  readonly chain: string;
  readonly start: number;
  readonly end: number;
  private readonly builder: TreeBuilder;
  private readonly family: Family;
  /** Null: the line followed a known outline, and its words were not asked for yet. */
  private words: WordsOfRule | null;
  /** What the line is known as, and where in the store its values stand, until they are read; null: they are. */
  private known: Known | null;
  private readonly slots: number;
  outline: Outline;
  values: readonly unknown[];
  private nodes: RuleMeaning | null = null;

  constructor(
    builder: TreeBuilder,
    start: number,
    end: number,
    chain: string,
    family: Family,
    read: Outlined | Known,
    words: WordsOfRule | null,
    slots = -1,
  ) {
    this.builder = builder;
    this.start = start;
    this.end = end;
    this.chain = chain;
    this.family = family;
    this.words = words;
    this.slots = slots;
    this.outline = read.outline;
    if ('values' in read) {
      this.known = null;
      this.values = read.values;
    } else {
      this.known = read;
      this.values = noValues;
    }
  }

  /** Reads the values, once; what is wrong with them is then among the problems. */
  bind(): Outlined {
    const { known, family } = this;
    if (known !== null) {
      this.known = null;
      const { outline, values } = this.builder.fill(known, family, this.slots) ?? this.builder.outline(this.parsed, family);
      this.outline = outline;
      this.values = values;
    }
    return this;
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
    this.words ??= this.builder.wordsOf(this.start, this.end, this.family);
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
    return this.bind().outline.whole;
  }

  private get meaning(): RuleMeaning {
    if (this.nodes === null) {
      this.bind();
      this.nodes = this.builder.nodes(this.parsed, this.family);
    }
    return this.nodes;
  }
}

const alone = new WeakMap<RuleNode, Outlined>();

/** A rule as its outline and what fills it: for all rules of a ruleset far cheaper than their nodes. */
export const outlined = (rule: RuleNode): Outlined => {
  if (rule instanceof LazyRule) return rule.bind();
  let known = alone.get(rule);
  if (!known) {
    known = outlineAlone(rule);
    alone.set(rule, known);
  }
  return known;
};

/** What stands behind a rule's -j or -g; null: nothing does. */
export const targetOf = (rule: RuleNode): string | null => targetName(outlined(rule));
