/**
 * The way from text to tree: `parse` never throws, loses nothing, and tells every trouble as a problem with its place.
 *
 * The text is lexed and parsed in chunks of whole lines: tokens die young, so that a file of any size costs the memory of its tree. Measured on
 * 100,000 rules (15 MB): in one piece the tokens alone take 300 MB.
 */
import type { Family } from '../netfilter/families.js';
import type { Problem } from '../problem.js';
import { Source } from '../source.js';
import type { DocumentNode } from './ast.js';
import { TreeBuilder } from './build.js';
import { RulesetParser } from './parser.js';
import { tokenize } from './tokens.js';
import { readWords } from './words-again.js';

export interface ParseOptions {
  /** Names the text in reports. */
  readonly name?: string;
  /** Overrules header lines and addresses. */
  readonly family?: Family;
  /** Where neither tells one. */
  readonly likelyFamily?: Family;
}

export interface ParseResult {
  readonly document: DocumentNode;
  /** In order of their places. Asking reads the values of every rule, which parsing leaves for when somebody asks what a rule means. */
  readonly problems: readonly Problem[];
}

/** UTF-16 units of the longest chunk; measured best between 16 and 64 Ki. */
const longestChunk = 64 * 1024;
/** UTF-16 units of the first chunk: what V8 compiles within the very first call of the lexer knows no way out of it, and is given up at each. */
const firstChunk = 2 * 1024;
const shortestChunk = 256;

let parser: RulesetParser | undefined;

/** Reads a ruleset as text. Never throws on any input. */
export const parse = (text: string, options: ParseOptions = {}): ParseResult => {
  const source = new Source(options.name ?? '-', text);
  parser ??= new RulesetParser();
  const grammar = parser;
  const builder = new TreeBuilder(source, options.family, options.likelyFamily ?? 4, (line, base, store) =>
    readWords(grammar, line, base, store),
  );
  grammar.reader = builder;
  let start = 0;
  if (text.charCodeAt(0) === 0xfeff) {
    start = 1;
    builder.problems.push({
      code: 'byte-order-mark',
      severity: 'error',
      start: 0,
      end: 1,
      message: 'the file begins with a byte order mark: iptables-restore refuses its first line',
      help: 'save it as UTF-8 without a byte order mark',
    });
  }
  let size = firstChunk / 2;
  while (start < text.length) {
    // Of a text whose lines are like ones before them, the grammar sees few; chunks grow where it sees all.
    const known = builder.readKnown(start);
    size = (known - start) * 32 > size ? shortestChunk : Math.min(size * 2, longestChunk);
    start = known;
    if (start >= text.length) break;
    const end = endOfChunk(text, start, size);
    const whole = text.charCodeAt(end - 1) === 10;
    const chunk = withoutCut(text.slice(start, end), start, builder.problems);
    builder.setBase(start);
    grammar.input = tokenize(whole ? chunk : `${chunk}\n`);
    grammar.ruleset();
    const [error] = grammar.errors;
    // The grammar takes every sequence of tokens that the lexer can give, so this is a fault of ours; the text is still told as unread.
    if (error) {
      const at = start + (Number.isNaN(error.token.startOffset) ? chunk.length : error.token.startOffset);
      builder.problems.push({
        code: 'syntax-error',
        severity: 'error',
        start: at,
        end,
        message: `the text from here on could not be read (${error.message})`,
      });
    }
    start = end;
  }
  const document = builder.finish();
  let problems: readonly Problem[] | undefined;
  return {
    document,
    get problems() {
      if (!problems) {
        builder.bindAll();
        problems = [...builder.problems].sort((a, b) => a.start - b.start || a.end - b.end);
      }
      return problems;
    },
  };
};

/**
 * iptables-restore reads a line up to a NUL byte: what stands behind one is blanks to the lexer, of the same length. Comments, and lines that begin
 * with one (which are refused), stay.
 */
const withoutCut = (chunk: string, base: number, problems: Problem[]): string =>
  chunk.includes('\0')
    ? chunk.replace(/^([^#\n\0][^\n\0]*)(\0[^\n]*)/gm, (_line: string, read: string, cut: string, offset: number) => {
        const start = base + offset + read.length;
        problems.push({
          code: 'syntax-error',
          severity: 'warning',
          start,
          end: start + cut.length,
          message: 'a NUL byte: iptables-restore reads no further in this line',
          help: 'take it away, and what stands behind it if that is not wanted',
        });
        return read + ' '.repeat(cut.length);
      })
    : chunk;

const beginsLineOfOurs = /[-[:*#C"\n]|$/y;

/** The end of the next chunk: behind a line end, and where a new line of ours begins, so that a quote or a continuation is not cut. */
const endOfChunk = (text: string, start: number, size: number): number => {
  let at = start + size;
  while (at < text.length) {
    const newline = text.indexOf('\n', at);
    if (newline < 0) break;
    beginsLineOfOurs.lastIndex = newline + 1;
    // A chunk ten times as long is cut anyway: no line end in it is one of ours.
    if ((beginsLineOfOurs.test(text) && text[newline - 1] !== '\\' && text[newline + 1] !== '"') || newline - start > 10 * longestChunk)
      return newline + 1;
    at = newline + 1;
  }
  return text.length;
};
