/**
 * The tokens of iptables-save text. Three lexer modes: `line` at the start of a line, `words` behind a chain, table or command, `shell` behind
 * `iptables` in a script. So `::1/128` is never taken for a chain line, nor `*` in a value for a table. The lexer is total: whatever stands at the
 * start of a line without being a line of ours is one Text token, so no byte is ever lost or refused here.
 *
 * Words split at blanks as add_param_to_argv does (iptables/xshared.c): only `"` quotes, `\` escapes only inside quotes, a closing quote ends the word.
 */
import { type CustomPatternMatcherReturn, createToken, type IToken, Lexer, type TokenType } from 'chevrotain';
import { arityOf } from '../extensions/catalogue.js';
import { unquote, unquoteShell } from './words.js';

/** Start characters of patterns that complement sets would hide from the lexer's first-character table; above 255 one per bucket (of 255 codes) is enough. */
const codesWithout = (excluded: string): number[] => {
  const codes: number[] = [];
  for (let code = 0; code < 0x10000; code += code < 256 ? 1 : Math.min(255, Math.max(1, 0xffff - code)))
    if (code >= 256 || !` \t\n\r${excluded}`.includes(String.fromCharCode(code))) codes.push(code);
  return codes;
};

/** Blanks between words; they mean nothing. */
export const Blank = createToken({ name: 'Blank', pattern: ' ', group: Lexer.SKIPPED });
/** Patterns of one character are the lexer's quickest: a blank, a tab and a line feed each have their token for that. */
const Tab = createToken({ name: 'Tab', pattern: '\t', group: Lexer.SKIPPED });
/** The end of a line in mode `line`: a blank line. */
export const Newline = createToken({ name: 'Newline', label: 'line feed', pattern: '\n', line_breaks: true });
const ReturnNewline = createToken({
  name: 'ReturnNewline',
  pattern: /\r\n/,
  line_breaks: true,
  start_chars_hint: ['\r'],
  categories: [Newline],
});
/** The end of a line of words. */
export const EndLine = createToken({ name: 'EndLine', label: 'end of line', pattern: '\n', line_breaks: true, pop_mode: true });
const ReturnEndLine = createToken({
  name: 'ReturnEndLine',
  pattern: /\r\n/,
  line_breaks: true,
  start_chars_hint: ['\r'],
  pop_mode: true,
  categories: [EndLine],
});

export const Comment = createToken({ name: 'Comment', label: '# comment', pattern: /#[^\n]*/, start_chars_hint: ['#'] });
export const TableStart = createToken({
  name: 'TableStart',
  label: '*table',
  pattern: /\*[^ \t\n\r]*/,
  start_chars_hint: ['*'],
  push_mode: 'words',
});
export const ChainStart = createToken({
  name: 'ChainStart',
  label: ':chain',
  pattern: /:[^ \t\n\r]*/,
  start_chars_hint: [':'],
  push_mode: 'words',
});
export const Commit = createToken({
  name: 'Commit',
  label: 'COMMIT',
  pattern: /COMMIT(?=[ \t\n\r]|$)/,
  start_chars_hint: ['C'],
  push_mode: 'words',
});
export const Counters = createToken({
  name: 'Counters',
  label: '[packets:bytes]',
  pattern: /\[[^\]\n:]+:[^\]\n]*\](?=[ \t]*["-])/,
  start_chars_hint: ['['],
});
/** Any word that can stand as the value of an option. */
export const Value = createToken({ name: 'Value', label: 'value', pattern: Lexer.NA });
/** `-A` at the start of a line, by far the most common beginning. */
export const Append = createToken({ name: 'Append', label: '-A', pattern: /-A(?=[ \t])/, start_chars_hint: ['-'], push_mode: 'words' });
/** Any other command at the start of a line: `-I`, `-N`, `--append`. */
export const Command = createToken({
  name: 'Command',
  label: '-command',
  pattern: /-[^ \t\n\r"]*/,
  start_chars_hint: ['-'],
  push_mode: 'words',
});

/** End of the word that holds a quote at or after `offset`, or -1 where no quote stands in the word. */
const endOfQuoted = (text: string, offset: number): number => {
  let at = offset;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) break;
    if (code === 32 || code === 9 || code === 10) return -1;
  }
  if (at >= text.length) return -1;
  for (at++; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) return at + 1;
    if (code === 92 && text.charCodeAt(at + 1) !== 10 && text.charCodeAt(at + 1) !== 13) at++;
    // A comment with a line end in it is saved so; but an unclosed quote must not swallow the lines that follow.
    else if (code === 10 && !continuesQuote(text, at + 1)) return at > 0 && text.charCodeAt(at - 1) === 13 ? at - 1 : at;
  }
  return text.length;
};

const lineOfOurs = /(?:\[\d+:\d+\][ \t]+)?-{1,2}[A-Za-z]|[:*#]|COMMIT\b|ip6?tables|$/y;

/** Whether a quote left open at a line's end goes on in the line that begins here: it does where that line closes it and is no line of ours. */
const continuesQuote = (text: string, start: number): boolean => {
  lineOfOurs.lastIndex = start;
  if (start >= text.length || lineOfOurs.test(text)) return false;
  const quote = text.indexOf('"', start);
  return quote >= 0 && quote - start < 4096;
};

const matchQuoted = (text: string, offset: number): CustomPatternMatcherReturn | null => {
  const end = endOfQuoted(text, offset);
  return end < 0 ? null : [text.slice(offset, end)];
};

const found: [string] = [''];

/** A word without quotes. A loop over its characters takes half the time of a regular expression, which builds an array for each word. */
const matchBare = (text: string, offset: number): CustomPatternMatcherReturn | null => {
  let end = offset;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === 32 || code === 10 || code === 9 || code === 13) break;
    if (code === 34) return null;
  }
  if (end === offset) return null;
  found[0] = text.slice(offset, end);
  return found;
};

const quotedStarts = codesWithout('');

/** A line that begins with a quoted command: `"-A" INPUT`. */
export const QuotedCommand = createToken({
  name: 'QuotedCommand',
  label: '"-command"',
  pattern: { exec: matchQuoted },
  start_chars_hint: ['"'],
  line_breaks: true,
  push_mode: 'words',
});

const classToken = (name: string, label: string): TokenType => createToken({ name, label, pattern: Lexer.NA, categories: [Value] });

/**
 * Options fall into classes by how many words stand behind them, which the catalogue knows: so `--comment -j` reads right without a token type
 * for every option (which costs 60 to 130 ms at start). The lexer gives a Flag, `tokenize` its class.
 */
export const Option0 = classToken('Option0', 'option without a value');
export const Option1 = classToken('Option1', 'option with a value');
export const Option2 = classToken('Option2', 'option with two values');
/** One word, and more that do not look like options: -I CHAIN [NUMBER]. */
export const OptionPlus = classToken('OptionPlus', 'option with one or more values');
/** Only words that do not look like options: -F [CHAIN], and options that nobody knows. */
export const OptionAny = classToken('OptionAny', 'option with any values');

/** A word that does not look like an option. */
export const Plain = createToken({ name: 'Plain', label: 'word', pattern: Lexer.NA, categories: [Value] });
export const Flag = createToken({ name: 'Flag', label: '-option', pattern: { exec: matchBare }, start_chars_hint: ['-'] });
export const Bang = createToken({ name: 'Bang', label: '!', pattern: /!(?=[ \t\n\r]|$)/, start_chars_hint: ['!'], categories: [Value] });
export const Word = createToken({
  name: 'Word',
  label: 'word without quotes',
  pattern: { exec: matchBare },
  start_chars_hint: codesWithout('"'),
  categories: [Plain, Value],
});
/** A word with a quote in it, quotes included: `"a b"`, `a"b c"`. */
export const Quoted = createToken({
  name: 'Quoted',
  label: 'quoted word',
  pattern: { exec: matchQuoted },
  start_chars_hint: quotedStarts,
  line_breaks: true,
  categories: [Plain, Value],
});

/** `iptables`, `sudo /sbin/ip6tables-legacy`, `$IPT` ... at the start of a line of a script. */
export const Program = createToken({
  name: 'Program',
  label: 'iptables',
  pattern: /(?:sudo[ \t]+)?(?:"?\$\{?[A-Za-z_0-9]*(?:IPT|IP6T|ipt)[A-Za-z_0-9]*\}?"?|(?:[\w.+-]*\/)*ip6?tables(?:-legacy|-nft)?)(?=[ \t])/,
  start_chars_hint: [...'sia$"/.ubtewlcdnmhxrgfkpov'],
  push_mode: 'shell',
});
/** What ends a command within a line of a script, with the rest of that line. */
export const ShellRest = createToken({
  name: 'ShellRest',
  label: '; | & > < #',
  pattern: /(?:[;&|<>]|\d>|#)[^\n]*/,
  start_chars_hint: [...';&|<>#0123456789'],
});
export const Continuation = createToken({
  name: 'Continuation',
  pattern: /\\\r?\n/,
  start_chars_hint: ['\\'],
  line_breaks: true,
  group: Lexer.SKIPPED,
});

const shellWord = /(?:[^ \t\n\r"'\\;&|<>]|\\[^\r\n]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+/y;

/** A word as a shell reads it: quotes of both kinds and backslashes, joined. */
export const ShellWord = createToken({
  name: 'ShellWord',
  label: 'word',
  pattern: {
    exec: (text: string, offset: number): CustomPatternMatcherReturn | null => {
      shellWord.lastIndex = offset;
      const found = shellWord.exec(text);
      return found ? [found[0]] : null;
    },
  },
  start_chars_hint: codesWithout(';&|<>'),
  line_breaks: true,
  categories: [Plain, Value],
});
const ShellFlag = createToken({
  name: 'ShellFlag',
  label: '-option',
  pattern: /-[^ \t\n\r"'\\;&|<>]+(?=[ \t\n\r;&|<>]|$)/,
  start_chars_hint: ['-'],
});
/** A quote that nobody closes, or a character that stands where no word can. */
const ShellStray = createToken({
  name: 'ShellStray',
  label: 'stray character',
  pattern: /[^ \t\n\r]/,
  start_chars_hint: codesWithout(''),
  categories: [Plain, Value],
});

/** A line that is none of the above, whole. */
export const Text = createToken({ name: 'Text', label: 'other line', pattern: /[^ \t\n\r][^\n]*/, start_chars_hint: codesWithout('') });
/** A carriage return that ends no line. */
const LoneReturn = createToken({ name: 'LoneReturn', pattern: /\r(?!\n)/, start_chars_hint: ['\r'], group: Lexer.SKIPPED });

const modes: Record<string, TokenType[]> = {
  line: [
    Newline,
    ReturnNewline,
    Append,
    ChainStart,
    Counters,
    Comment,
    Blank,
    Tab,
    TableStart,
    Commit,
    Command,
    QuotedCommand,
    Program,
    Text,
    LoneReturn,
  ],
  words: [Blank, Tab, Flag, Bang, Word, Quoted, EndLine, ReturnEndLine, LoneReturn],
  shell: [Blank, Tab, Continuation, ShellFlag, Bang, ShellRest, ShellWord, EndLine, ReturnEndLine, ShellStray, LoneReturn],
};

/** Every token type the parser sees. */
export const parserTokens: TokenType[] = [
  Newline,
  ReturnNewline,
  EndLine,
  ReturnEndLine,
  Comment,
  TableStart,
  ChainStart,
  Commit,
  Counters,
  Value,
  Plain,
  Append,
  Command,
  QuotedCommand,
  Option0,
  Option1,
  Option2,
  OptionPlus,
  OptionAny,
  Bang,
  Word,
  Quoted,
  Program,
  ShellRest,
  ShellWord,
  ShellStray,
  Text,
];

const lexer = new Lexer(
  { modes, defaultMode: 'line' },
  { positionTracking: 'onlyOffset', ensureOptimizations: true, skipValidations: true },
);

const optionClass = (flag: string): TokenType => {
  const { min, max } = arityOf(flag);
  if (min === max) return min === 0 ? Option0 : min === 1 ? Option1 : Option2;
  return min > 0 ? OptionPlus : OptionAny;
};

const classes = new Map<string, TokenType>();
const classify = (token: IToken, flag: string): void => {
  let type = classes.get(flag);
  if (!type) {
    type = optionClass(flag);
    if (classes.size < 10_000) classes.set(flag, type);
  }
  token.tokenType = type;
  token.tokenTypeIdx = type.tokenTypeIdx!;
};

const commandIndex = Command.tokenTypeIdx!;
const flagIndex = Flag.tokenTypeIdx!;
const quotedIndex = Quoted.tokenTypeIdx!;
const shellFlagIndex = ShellFlag.tokenTypeIdx!;
const shellWordIndex = ShellWord.tokenTypeIdx!;

/**
 * Tokens of whole lines, options classed. Classing after lexing costs 40 ms for 100,000 rules; as custom patterns of the lexer, one for each class,
 * it cost 150. A quoted word can spell an option too (`"-j"`).
 */
export const tokenize = (text: string): IToken[] => {
  const { tokens } = lexer.tokenize(text);
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    const index = token.tokenTypeIdx;
    if (index === flagIndex || index === shellFlagIndex) classify(token, token.image);
    // At the start of a line a command takes the next word whatever it looks like, unless it can do without one (-F, -4, -AINPUT).
    else if (index === commandIndex && arityOf(token.image).min === 0) classify(token, token.image);
    else if (index === quotedIndex || index === shellWordIndex) {
      const first = token.image.charCodeAt(0);
      if (token.image.length <= 3 && quotedBangs.has(token.image)) {
        token.tokenType = Bang;
        token.tokenTypeIdx = Bang.tokenTypeIdx!;
        continue;
      }
      if (first !== 45 && !((first === 34 || first === 39) && token.image.charCodeAt(1) === 45)) continue;
      const word = index === quotedIndex ? unquote(token.image) : unquoteShell(token.image, noVariables);
      if (word.charCodeAt(0) === 45 && word.length > 1 && (first === 45 || /^-{1,2}[A-Za-z][\w-]*$/.test(word))) classify(token, word);
    }
  }
  return tokens;
};

/** A "!" as the program gets it, quoted: `"!"`; in a shell `'!'` and `\!` too. */
const quotedBangs: ReadonlySet<string> = new Set(['"!"', "'!'", '\\!']);

const noVariables: ReadonlyMap<string, string> = new Map();
