/**
 * The grammar: lines of a ruleset, and the words of a rule. It takes every sequence of tokens that the lexer can give: a word that fits
 * nowhere is told as a stray, for binding to complain of with its place. iptables-save.ebnf is written from this class.
 *
 * It runs on a chunk of whole lines at a time (parse.ts) and tells a LineReader what it meets instead of building a tree of its own: measured on
 * 100,000 rules, keeping parse results alive costs more than parsing. For the same reason a rule is one production: a call for each of its
 * options cost a third of all reading.
 */
import { EmbeddedActionsParser, type IToken } from 'chevrotain';
import {
  Append,
  Bang,
  ChainStart,
  Command,
  Comment,
  Commit,
  Counters,
  EndLine,
  Newline,
  Option0,
  Option1,
  Option2,
  OptionAny,
  OptionPlus,
  Plain,
  Program,
  parserTokens,
  QuotedCommand,
  ShellRest,
  TableStart,
  Text,
  Value,
} from './tokens.js';

/** What the parser tells as it goes. */
export interface LineReader {
  /** A line end that stands alone: of a blank line, or behind a comment or other line. */
  lineEnd(end: IToken): void;
  commentLine(comment: IToken): void;
  otherLine(text: IToken): void;
  tableLine(start: IToken, words: readonly IToken[], end: IToken): void;
  chainLine(start: IToken, words: readonly IToken[], end: IToken): void;
  commitLine(commit: IToken, words: readonly IToken[], end: IToken): void;
  /** A rule begins with its counters, if any. */
  counters(counters: IToken): void;
  /** `-A`: an ordinary rule. */
  append(command: IToken): void;
  /** Another command, or a quoted one. */
  command(command: IToken): void;
  /** `iptables` in a script. */
  program(program: IToken): void;
  /** `!`: it negates the option that follows. */
  bang(bang: IToken): void;
  /** An option; the values told next are its own. */
  option(option: IToken): void;
  value(value: IToken): void;
  /** A word that is neither an option nor the value of one. */
  stray(word: IToken): void;
  /** What follows the command on a line of a script. */
  rest(rest: IToken): void;
  ruleEnd(end: IToken): void;
}

const ignore = () => {};
/** During chevrotain's recording phase the productions run without tokens. */
const deafReader: LineReader = {
  lineEnd: ignore,
  commentLine: ignore,
  otherLine: ignore,
  tableLine: ignore,
  chainLine: ignore,
  commitLine: ignore,
  counters: ignore,
  append: ignore,
  command: ignore,
  program: ignore,
  bang: ignore,
  option: ignore,
  value: ignore,
  stray: ignore,
  rest: ignore,
  ruleEnd: ignore,
};

export class RulesetParser extends EmbeddedActionsParser {
  reader: LineReader = deafReader;

  constructor() {
    super(parserTokens, { maxLookahead: 1, recoveryEnabled: false, skipValidations: true });
    this.performSelfAnalysis();
  }

  private readonly takeValue = () => {
    this.reader.value(this.CONSUME(Value));
  };

  /** `words = { Value }` */
  readonly words = this.RULE('words', (): IToken[] => {
    const words: IToken[] = [];
    this.MANY(() => {
      words.push(this.CONSUME(Value));
    });
    return words;
  });

  /** `ruleWords = { Option1 [ Value ] | Option0 | Option2 [ Value [ Value ] ] | OptionPlus [ Value ] { Plain } | OptionAny { Plain } | "!" | Plain }` */
  readonly ruleWords = this.RULE('ruleWords', () => {
    this.MANY(this.oneWord);
  });

  private readonly wordAlternatives = [
    {
      ALT: () => {
        this.reader.option(this.CONSUME(Option1));
        this.OPTION1(this.takeValue);
      },
    },
    { ALT: () => this.reader.option(this.CONSUME(Option0)) },
    {
      ALT: () => {
        this.reader.option(this.CONSUME(Option2));
        this.OPTION2(() => {
          this.reader.value(this.CONSUME2(Value));
          this.OPTION3(() => this.reader.value(this.CONSUME3(Value)));
        });
      },
    },
    {
      ALT: () => {
        this.reader.option(this.CONSUME(OptionPlus));
        this.OPTION4(() => this.reader.value(this.CONSUME4(Value)));
        this.MANY1(() => this.reader.value(this.CONSUME1(Plain)));
      },
    },
    {
      ALT: () => {
        this.reader.option(this.CONSUME(OptionAny));
        this.MANY2(() => this.reader.value(this.CONSUME2(Plain)));
      },
    },
    { ALT: () => this.reader.bang(this.CONSUME(Bang)) },
    { ALT: () => this.reader.stray(this.CONSUME3(Plain)) },
  ];

  private readonly oneWord = () => {
    this.OR(this.wordAlternatives);
  };

  private readonly takeCounters = () => {
    this.reader.counters(this.CONSUME(Counters));
  };
  private readonly takeChain = () => {
    this.reader.value(this.CONSUME(Value));
  };

  /** What a rule's line may begin with. Made once, like the other alternatives: made for each line they are a dozen objects and functions. */
  private readonly commandAlternatives = [
    {
      ALT: () => {
        this.reader.append(this.CONSUME(Append));
        this.OPTION1(this.takeChain);
      },
    },
    {
      ALT: () => {
        this.OR1([
          { ALT: () => this.reader.command(this.CONSUME(Command)) },
          { ALT: () => this.reader.command(this.CONSUME(QuotedCommand)) },
        ]);
        this.OPTION2(() => this.reader.value(this.CONSUME1(Value)));
        this.MANY(() => this.reader.value(this.CONSUME(Plain)));
      },
    },
    { ALT: () => this.reader.command(this.CONSUME(Option0)) },
    {
      ALT: () => {
        this.reader.command(this.CONSUME(OptionAny));
        this.MANY1(() => this.reader.value(this.CONSUME1(Plain)));
      },
    },
  ];

  /** `ruleLine = [ Counters ] ( "-A" [ Value ] | ( Command | QuotedCommand ) [ Value ] { Plain } | Option0 | OptionAny { Plain } ) ruleWords EndLine` */
  readonly ruleLine = this.RULE('ruleLine', () => {
    this.OPTION(this.takeCounters);
    this.OR(this.commandAlternatives);
    this.SUBRULE(this.ruleWords);
    this.reader.ruleEnd(this.CONSUME(EndLine));
  });

  /** `commandLine = Program ruleWords [ ShellRest ] EndLine`: a line of a shell script. */
  readonly commandLine = this.RULE('commandLine', () => {
    this.reader.program(this.CONSUME(Program));
    this.SUBRULE(this.ruleWords);
    this.OPTION(() => this.reader.rest(this.CONSUME(ShellRest)));
    this.reader.ruleEnd(this.CONSUME(EndLine));
  });

  /** `tableLine = "*table" words EndLine` */
  readonly tableLine = this.RULE('tableLine', () => {
    const start = this.CONSUME(TableStart);
    const words = this.SUBRULE(this.words);
    this.reader.tableLine(start, words, this.CONSUME(EndLine));
  });

  /** `chainLine = ":chain" words EndLine`: the policy and the counters. */
  readonly chainLine = this.RULE('chainLine', () => {
    const start = this.CONSUME(ChainStart);
    const words = this.SUBRULE(this.words);
    this.reader.chainLine(start, words, this.CONSUME(EndLine));
  });

  /** `commitLine = "COMMIT" words EndLine` */
  readonly commitLine = this.RULE('commitLine', () => {
    const commit = this.CONSUME(Commit);
    const words = this.SUBRULE(this.words);
    this.reader.commitLine(commit, words, this.CONSUME(EndLine));
  });

  private readonly lineAlternatives = [
    { ALT: () => this.SUBRULE(this.ruleLine) },
    { ALT: () => this.SUBRULE(this.chainLine) },
    { ALT: () => this.reader.lineEnd(this.CONSUME(Newline)) },
    { ALT: () => this.reader.commentLine(this.CONSUME(Comment)) },
    { ALT: () => this.SUBRULE(this.tableLine) },
    { ALT: () => this.SUBRULE(this.commitLine) },
    { ALT: () => this.SUBRULE(this.commandLine) },
    { ALT: () => this.reader.otherLine(this.CONSUME(Text)) },
  ];

  private readonly oneLine = () => {
    this.OR(this.lineAlternatives);
  };

  /** `ruleset = { ruleLine | chainLine | Newline | Comment | tableLine | commitLine | commandLine | Text }` */
  readonly ruleset = this.RULE('ruleset', () => {
    this.MANY(this.oneLine);
  });
}
