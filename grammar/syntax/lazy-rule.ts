/**
 * A rule of the tree whose words are bound to extensions and values when somebody asks: a reader that wants one rule, or only the chains, does not
 * pay for all. What was written is parsed either way.
 */
import type { Family } from '../netfilter/families.js';
import type { Span } from '../source.js';
import type { CountersNode, MatchNode, RuleNode, TargetNode } from './ast.js';
import { type RuleMeaning, readCounters } from './bind.js';
import type { TreeBuilder } from './build.js';
import { Outline, type Outlined, outlineAlone, targetName } from './outline.js';
import { Kind } from './store.js';

const noValues: readonly unknown[] = [];
const unbound = new Outline([], null, false);

export class LazyRule implements RuleNode, Outlined {
  readonly chain: string;
  private readonly builder: TreeBuilder;
  /** Indices of its first word, and past its last one. */
  private readonly from: number;
  private readonly to: number;
  private readonly family: Family;
  /** What it is made of and what fills that, once it is bound. */
  outline: Outline = unbound;
  values: readonly unknown[] = noValues;
  private nodes: RuleMeaning | null = null;

  constructor(builder: TreeBuilder, from: number, chain: string, to: number, family: Family) {
    this.builder = builder;
    this.from = from;
    this.to = to;
    this.family = family;
    this.chain = chain;
  }

  /** Binds the words, once; what is wrong with them is then among the problems. */
  bind(): Outlined {
    if (this.outline === unbound) {
      const { outline, values } = this.builder.outline(this.name + 1, this.to, this.family);
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

  get start(): number {
    return this.builder.store.start(this.from);
  }

  get end(): number {
    return this.builder.store.end(this.to - 1);
  }

  /** Index of the word that names the chain. */
  private get name(): number {
    return this.builder.nameOfChain(this.from);
  }

  get chainSpan(): Span {
    const { store } = this.builder;
    return { start: store.start(this.name), end: store.end(this.name) };
  }

  get counters(): CountersNode | null {
    const { store, source } = this.builder;
    if (store.kind(this.from) !== Kind.counters) return null;
    const start = store.start(this.from);
    return readCounters(source.text.slice(start, store.end(this.from)), start);
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
      this.nodes = this.builder.nodes(this.name + 1, this.to, this.family);
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
