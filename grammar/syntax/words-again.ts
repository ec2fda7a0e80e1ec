/** The words of one rule, read again by the grammar: what is wrong with them, and what else the line says, was told when it was read first. */
import type { IToken } from 'chevrotain';
import type { LineReader, RulesetParser } from './parser.js';
import { Kind, type WordStore } from './store.js';
import { tokenize } from './tokens.js';

const ignore = () => {};

class WordReader implements LineReader {
  private readonly base: number;
  private readonly store: WordStore;

  constructor(base: number, store: WordStore) {
    this.base = base;
    this.store = store;
  }

  private take(kind: Kind, { startOffset, image }: IToken): void {
    const start = this.base + startOffset;
    this.store.push(kind, start, start + image.length);
  }

  lineEnd = ignore;
  commentLine = ignore;
  otherLine = ignore;
  tableLine = ignore;
  chainLine = ignore;
  commitLine = ignore;
  ruleEnd = ignore;
  counters = (word: IToken) => this.take(Kind.counters, word);
  append = (word: IToken) => this.take(Kind.option, word);
  command = (word: IToken) => this.take(Kind.option, word);
  program = (word: IToken) => this.take(Kind.program, word);
  bang = (word: IToken) => this.take(Kind.bang, word);
  option = (word: IToken) => this.take(Kind.option, word);
  value = (word: IToken) => this.take(Kind.value, word);
  stray = (word: IToken) => this.take(Kind.stray, word);
  rest = (word: IToken) => this.take(Kind.rest, word);
}

/** Puts the words of a rule into a store. `line`: its text without the line end, which begins at `base`. */
export const readWords = (parser: RulesetParser, line: string, base: number, store: WordStore): void => {
  const { reader } = parser;
  parser.reader = new WordReader(base, store);
  parser.input = tokenize(`${line}\n`);
  parser.ruleset();
  parser.reader = reader;
};
