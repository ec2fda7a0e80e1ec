/**
 * A rule of the tree whose words are bound to extensions and values when somebody asks: a reader that wants one rule, or only the chains, does not
 * pay for all. What was written is parsed either way.
 */
import type { Family } from '../netfilter/families.js';
import type { Span } from '../source.js';
import type { CountersNode, MatchNode, RuleNode, TargetNode } from './ast.js';
import type { TreeBuilder } from './build.js';

export class LazyRule implements RuleNode {
  readonly kind = 'rule';
  readonly command = 'append';
  readonly start: number;
  readonly end: number;
  readonly chain: string;
  readonly position: null = null;
  private readonly builder: TreeBuilder;
  private readonly from: number;
  private readonly to: number;
  private readonly family: Family;
  private bound: RuleNode | null = null;

  constructor(builder: TreeBuilder, from: number, to: number, family: Family) {
    this.builder = builder;
    this.from = from;
    this.to = to;
    this.family = family;
    this.start = builder.store.start(from);
    this.end = builder.store.end(to - 1);
    this.chain = builder.chainName(from);
  }

  /** Binds the words, once. */
  bind(): RuleNode {
    this.bound ??= this.builder.bindRule(this.from, this.to, this.family);
    return this.bound;
  }

  get chainSpan(): Span {
    return this.bind().chainSpan;
  }

  get counters(): CountersNode | null {
    return this.bind().counters;
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
