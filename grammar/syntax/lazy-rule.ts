/**
 * A rule of the tree whose words are bound to extensions and values when somebody asks: a reader that wants one rule, or only the chains, does not
 * pay for all. What was written is parsed either way.
 */
import type { Family } from '../netfilter/families.js';
import type { Span } from '../source.js';
import type { CountersNode, MatchNode, RuleNode, TargetNode } from './ast.js';
import { type RuleMeaning, readCounters } from './bind.js';
import type { TreeBuilder } from './build.js';
import { Kind } from './store.js';
import { unquote } from './words.js';

export class LazyRule implements RuleNode {
  readonly chain: string;
  readonly start: number;
  readonly end: number;
  private readonly builder: TreeBuilder;
  /** Indices of its first word, of the chain's name, and past its last word. */
  private readonly from: number;
  private readonly name: number;
  private readonly to: number;
  private readonly family: Family;
  private meaning: RuleMeaning | null = null;

  constructor(builder: TreeBuilder, from: number, name: number, to: number, family: Family) {
    const { store } = builder;
    this.builder = builder;
    this.from = from;
    this.name = name;
    this.to = to;
    this.family = family;
    this.start = store.start(from);
    this.end = store.end(to - 1);
    this.chain = unquote(builder.source.text.slice(store.start(name), store.end(name)));
  }

  /** Binds the words, once. */
  bind(): RuleMeaning {
    this.meaning ??= this.builder.bindRule(this.name + 1, this.to, this.family);
    return this.meaning;
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
    return this.bind().matches;
  }

  get target(): TargetNode | null {
    return this.bind().target;
  }

  get whole(): boolean {
    return this.bind().whole;
  }
}
