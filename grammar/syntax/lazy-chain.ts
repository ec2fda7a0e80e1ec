/** A chain of the tree as its line. What few ask for is read when somebody does: a cluster has tens of thousands of chains. */
import type { Source, Span } from '../source.js';
import type { ChainNode, CountersNode } from './ast.js';
import { readCounters } from './bind.js';

/** Of a line `:NAME POLICY [packets:bytes]` with one blank between words and none behind, as iptables-save prints it. */
export class LazyChain implements ChainNode {
  readonly name: string;
  readonly policy: string | null;
  readonly start: number;
  readonly end: number;
  private readonly source: Source;

  constructor(source: Source, start: number, end: number) {
    const { text } = source;
    const nameEnd = text.indexOf(' ', start);
    this.source = source;
    this.start = start;
    this.end = end;
    this.name = text.slice(start + 1, nameEnd);
    this.policy = text.startsWith('- ', nameEnd + 1) ? null : text.slice(nameEnd + 1, text.indexOf(' ', nameEnd + 1));
  }

  get kind(): 'chain' {
    return 'chain';
  }

  get form(): 'declaration' {
    return 'declaration';
  }

  get nameSpan(): Span {
    const start = this.start + 1;
    return { start, end: start + this.name.length };
  }

  get counters(): CountersNode | null {
    const { text } = this.source;
    const start = text.lastIndexOf('[', this.end);
    return readCounters(text.slice(start, this.end), start);
  }
}
