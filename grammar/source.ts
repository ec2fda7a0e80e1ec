/**
 * Source text and places in it. Offsets travel from token to report; lines and columns are computed here, on demand, and nowhere else.
 */

/** A half-open range of UTF-16 offsets into a source. Every node of the tree is one. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A place as people say it: both 1-based; the column counts UTF-16 units, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A named text. */
export class Source {
  readonly name: string;
  readonly text: string;
  private starts: Uint32Array | undefined;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  /** The text of a span. */
  slice(span: Span): string {
    return this.text.slice(span.start, span.end);
  }

  /** Line and column of an offset; offsets past the end give the end. */
  position(offset: number): Position {
    const starts = this.lineStarts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: Math.min(offset, this.text.length) - starts[low]! + 1 };
  }

  /** The 1-based line's text without its line end; empty past the last line. */
  line(number: number): string {
    const starts = this.lineStarts();
    const start = starts[number - 1];
    if (start === undefined) return '';
    const next = starts[number];
    return this.text.slice(start, next ?? this.text.length).replace(/\r?\n$/, '');
  }

  /** How many lines the text has; a final line end opens no further line. */
  get lineCount(): number {
    const starts = this.lineStarts();
    return starts.length > 1 && starts[starts.length - 1] === this.text.length ? starts.length - 1 : starts.length;
  }

  private lineStarts(): Uint32Array {
    if (!this.starts) {
      const { text } = this;
      const found: number[] = [0];
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) found.push(at + 1);
      this.starts = new Uint32Array(found);
    }
    return this.starts;
  }
}
