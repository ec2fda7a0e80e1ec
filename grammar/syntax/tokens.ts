/**
 * The tokens of iptables-save text. Three lexer modes: `line` at the start of a line, `words` behind a chain, table or command, `shell` behind
 * `iptables` in a script. So `::1/128` is never taken for a chain line, nor `*` in a value for a table. The lexer is total: whatever stands at the
 * start of a line without being a line of ours is one Text token, so no byte is ever lost or refused here.
 *
 * Words split at blanks as add_param_to_argv does (iptables/xshared.c): only `"` quotes, `\` escapes only inside quotes, a closing quote ends the word.
 */
import { type CustomPatternMatcherReturn, createToken, Lexer, type TokenType } from 'chevrotain';

/** Start characters of patterns that complement sets would hide from the lexer's first-character table; above 255 one per bucket is enough. */
const codesWithout = (excluded: string): number[] => {
  const codes: number[] = [];
  for (let code = 0; code < 0x10000; code += code < 256 ? 1 : 64)
    if (code >= 256 || !` \t\n\r${excluded}`.includes(String.fromCharCode(code))) codes.push(code);
  return codes;
};

/** Blanks between words; they mean nothing. */
export const Blank = createToken({ name: 'Blank', pattern: /[ \t]+/, group: Lexer.SKIPPED });
/** The end of a line in mode `line`: a blank line. */
export const Newline = createToken({ name: 'Newline', pattern: /\r?\n/, line_breaks: true, start_chars_hint: ['\r', '\n'] });
/** The end of a line of words. */
export const EndLine = createToken({
  name: 'EndLine',
  label: 'end of line',
  pattern: /\r?\n/,
  line_breaks: true,
  start_chars_hint: ['\r', '\n'],
  pop_mode: true,
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
  pattern: /\[[0-9]+:[0-9]+\](?=[ \t]+["-])/,
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
    if (code === 92) at++;
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
export const Flag = createToken({
  name: 'Flag',
  label: '-option',
  pattern: /-[^ \t\n\r"]+(?=[ \t\n\r]|$)/,
  start_chars_hint: ['-'],
  categories: [Value],
});
export const Bang = createToken({ name: 'Bang', label: '!', pattern: /!(?=[ \t\n\r]|$)/, start_chars_hint: ['!'], categories: [Value] });
export const Word = createToken({
  name: 'Word',
  label: 'word',
  pattern: /[^ \t\n\r"]+(?=[ \t\n\r]|$)/,
  start_chars_hint: codesWithout('"'),
  categories: [Value],
});
/** A word with a quote in it, quotes included: `"a b"`, `a"b c"`. */
export const Quoted = createToken({
  name: 'Quoted',
  label: '"quoted word"',
  pattern: { exec: matchQuoted },
  start_chars_hint: quotedStarts,
  line_breaks: true,
  categories: [Value],
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
  categories: [Value],
});
const ShellFlag = createToken({
  name: 'ShellFlag',
  label: '-option',
  pattern: /-[^ \t\n\r"'\\;&|<>]+(?=[ \t\n\r;&|<>]|$)/,
  start_chars_hint: ['-'],
  categories: [Flag, Value],
});
/** A quote that nobody closes, or a character that stands where no word can. */
const ShellStray = createToken({
  name: 'ShellStray',
  pattern: /[^ \t\n\r]/,
  start_chars_hint: codesWithout(''),
  categories: [Value, ShellWord],
});

/** A line that is none of the above, whole. */
export const Text = createToken({ name: 'Text', label: 'other line', pattern: /[^ \t\n\r][^\n]*/, start_chars_hint: codesWithout('') });
/** A carriage return that ends no line. */
const LoneReturn = createToken({ name: 'LoneReturn', pattern: /\r(?!\n)/, start_chars_hint: ['\r'], group: Lexer.SKIPPED });

const modes: Record<string, TokenType[]> = {
  line: [Newline, Append, ChainStart, Counters, Comment, Blank, TableStart, Commit, Command, QuotedCommand, Program, Text, LoneReturn],
  words: [Blank, Flag, Bang, Word, Quoted, EndLine, LoneReturn],
  shell: [Blank, Continuation, ShellFlag, Bang, ShellRest, ShellWord, EndLine, ShellStray, LoneReturn],
};

/** Every token type the parser sees. */
export const parserTokens: TokenType[] = [
  Newline,
  EndLine,
  Comment,
  TableStart,
  ChainStart,
  Commit,
  Counters,
  Value,
  Append,
  Command,
  QuotedCommand,
  Flag,
  Bang,
  Word,
  Quoted,
  Program,
  ShellRest,
  ShellWord,
  ShellFlag,
  ShellStray,
  Text,
];

export const lexer = new Lexer(
  { modes, defaultMode: 'line' },
  { positionTracking: 'onlyOffset', ensureOptimizations: true, skipValidations: true },
);
