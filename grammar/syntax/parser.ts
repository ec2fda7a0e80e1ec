/**
 * The grammar: lines of a ruleset and the options of a rule. The parser knows how many words stand behind an option from the catalogue, as
 * getopt does, so `--comment -j` reads right. It never fails: a word that fits nowhere is handed on as a stray for binding to complain of,
 * with its place. iptables-save.ebnf is written from this class.
 *
 * It runs on a chunk of whole lines at a time (parse.ts), and tells a LineReader what it meets instead of building a tree of its own:
 * measured on 100,000 rules, keeping parse results alive costs more than parsing.
 */
import { EmbeddedActionsParser, type IToken } from 'chevrotain';
import { type Arity, arityOf } from '../extensions/catalogue.js';
import {
  Append,
  Bang,
  ChainStart,
  Command,
  Comment,
  Commit,
  Counters,
  EndLine,
  Flag,
  Newline,
  Program,
  parserTokens,
  Quoted,
  QuotedCommand,
  ShellRest,
  ShellWord,
  TableStart,
  Text,
  Value,
  Word,
} from './tokens.js';

/** What the parser tells as it goes. */
export interface LineReader {
  blankLine(end: IToken): void;
  commentLine(comment: IToken): void;
  otherLine(text: IToken): void;
  tableLine(start: IToken, words: readonly IToken[], end: IToken): void;
  chainLine(start: IToken, words: readonly IToken[], end: IToken): void;
  commitLine(commit: IToken, words: readonly IToken[], end: IToken): void;
  /** A rule or command begins; `program` in scripts. */
  beginRule(counters: IToken | undefined, program: IToken | undefined): void;
  /** `!`: it negates the option that follows. */
  negation(bang: IToken): void;
  /** An option, or a quoted word that may be one, and the words behind it. */
  option(flag: IToken, values: readonly IToken[]): void;
  /** A word that is neither an option nor the value of one. */
  stray(word: IToken): void;
  /** `rest`: what follows the command on a line of a script. */
  endRule(end: IToken, rest: IToken | undefined): void;
}

const ignore = () => {};
/** During chevrotain's recording phase the rules run without tokens. */
const deafReader: LineReader = {
  blankLine: ignore,
  commentLine: ignore,
  otherLine: ignore,
  tableLine: ignore,
  chainLine: ignore,
  commitLine: ignore,
  beginRule: ignore,
  negation: ignore,
  option: ignore,
  stray: ignore,
  endRule: ignore,
};

const noTokens: readonly IToken[] = [];
const unread: Arity = { min: 0, max: 0 };

export class RulesetParser extends EmbeddedActionsParser {
  reader: LineReader = deafReader;

  constructor() {
    super(parserTokens, { maxLookahead: 1, recoveryEnabled: false, skipValidations: false });
    this.performSelfAnalysis();
  }

  /** `values = { Value }`: at least `min` whatever they look like, up to `max` while they do not look like options. */
  readonly values = this.RULE('values', (arity: Arity = unread): readonly IToken[] => {
    if (arity.max === 0 && !this.RECORDING_PHASE) return noTokens;
    const values: IToken[] = [];
    this.MANY({
      GATE: () => values.length < arity.min || (values.length < arity.max && !this.looksLikeOption(this.LA(1))),
      DEF: () => {
        values.push(this.CONSUME(Value));
      },
    });
    return values;
  });

  /** `words = { Value }` */
  readonly words = this.RULE('words', (): IToken[] => {
    const words: IToken[] = [];
    this.MANY(() => {
      words.push(this.CONSUME(Value));
    });
    return words;
  });

  /** `ruleWord = "!" | ( Flag | Quoted ) values | Word`: as many values as the catalogue says; a quoted word can spell an option too. */
  readonly ruleWord = this.RULE('ruleWord', () => {
    this.OR([
      {
        ALT: () => {
          const flag = this.CONSUME(Flag);
          this.reader.option(flag, this.SUBRULE(this.values, { ARGS: [this.arity(flag)] }));
        },
      },
      { ALT: () => this.reader.negation(this.CONSUME(Bang)) },
      { ALT: () => this.reader.stray(this.CONSUME(Word)) },
      {
        ALT: () => {
          const flag = this.CONSUME(Quoted);
          this.reader.option(flag, this.SUBRULE1(this.values, { ARGS: [this.arity(flag)] }));
        },
      },
      { ALT: () => this.reader.stray(this.CONSUME(ShellWord)) },
    ]);
  });

  /** `ruleLine = [ Counters ] ( "-A" | Command | QuotedCommand ) values ruleWords EndLine` */
  readonly ruleLine = this.RULE('ruleLine', () => {
    this.reader.beginRule(
      this.OPTION(() => this.CONSUME(Counters)),
      undefined,
    );
    const command = this.OR([
      { ALT: () => this.CONSUME(Append) },
      { ALT: () => this.CONSUME(Command) },
      { ALT: () => this.CONSUME(QuotedCommand) },
    ]);
    this.reader.option(command, this.SUBRULE(this.values, { ARGS: [this.arity(command)] }));
    this.MANY(() => this.SUBRULE(this.ruleWord));
    this.reader.endRule(this.CONSUME(EndLine), undefined);
  });

  /** `commandLine = Program { ruleWord } [ ShellRest ] EndLine`: a line of a shell script. */
  readonly commandLine = this.RULE('commandLine', () => {
    this.reader.beginRule(undefined, this.CONSUME(Program));
    this.MANY(() => this.SUBRULE(this.ruleWord));
    const rest = this.OPTION(() => this.CONSUME(ShellRest));
    this.reader.endRule(this.CONSUME(EndLine), rest);
  });

  /** `tableLine = "*table" { Value } EndLine` */
  readonly tableLine = this.RULE('tableLine', () => {
    const start = this.CONSUME(TableStart);
    const words = this.SUBRULE(this.words);
    this.reader.tableLine(start, words, this.CONSUME(EndLine));
  });

  /** `chainLine = ":chain" { Value } EndLine`: the policy and the counters. */
  readonly chainLine = this.RULE('chainLine', () => {
    const start = this.CONSUME(ChainStart);
    const words = this.SUBRULE(this.words);
    this.reader.chainLine(start, words, this.CONSUME(EndLine));
  });

  /** `commitLine = "COMMIT" { Value } EndLine` */
  readonly commitLine = this.RULE('commitLine', () => {
    const commit = this.CONSUME(Commit);
    const words = this.SUBRULE(this.words);
    this.reader.commitLine(commit, words, this.CONSUME(EndLine));
  });

  /** `line = ruleLine | chainLine | blank | comment | tableLine | commitLine | commandLine | Text` */
  readonly line = this.RULE('line', () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.ruleLine) },
      { ALT: () => this.SUBRULE(this.chainLine) },
      { ALT: () => this.reader.blankLine(this.CONSUME(Newline)) },
      { ALT: () => this.reader.commentLine(this.CONSUME(Comment)) },
      { ALT: () => this.SUBRULE(this.tableLine) },
      { ALT: () => this.SUBRULE(this.commitLine) },
      { ALT: () => this.SUBRULE(this.commandLine) },
      { ALT: () => this.reader.otherLine(this.CONSUME(Text)) },
    ]);
  });

  /** `ruleset = { line }` */
  readonly ruleset = this.RULE('ruleset', () => {
    this.MANY(() => this.SUBRULE(this.line));
  });

  private arity(flag: IToken): Arity {
    return this.RECORDING_PHASE ? unread : arityOf(flag.image);
  }

  private looksLikeOption(token: IToken): boolean {
    return token.image.startsWith('-') || token.image === '!';
  }
}
