/** Text on a terminal: how wide it is, how it is made harmless, how it is wrapped. No domain words. */

/**
 * The text with nothing left in it that could steer a terminal: control characters become their pictures (U+2400...), direction marks
 * and lone surrogates (bytes that were not UTF-8) become U+FFFD. UTF-16 unit by unit, so that columns stay true.
 */
export const harmless = (text: string): string =>
  text.replace(/[\0-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu, (character) => {
    const code = character.charCodeAt(0);
    if (code === 9) return ' ';
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\ufffd';
  });

/** Ranges of East Asian wide and fullwidth characters and emoji, two columns each (Unicode's EastAsianWidth, its large blocks). */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const zero = /[\p{Mn}\p{Me}\u200b-\u200d]/u;

/** Whether some characters of the text take two columns. */
export const isWide = (text: string): boolean => wide.test(text);

/** Terminal columns that the text takes; it must be harmless already. */
export const columns = (text: string): number => {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let sum = 0;
  for (const character of text) {
    // ASCII and "…", which most texts hold that hold anything else.
    if (character <= '~' || character === '…') sum++;
    else sum += zero.test(character) ? 0 : wide.test(character) ? 2 : 1;
  }
  return sum;
};

/** Lines of at most `width` columns, broken at blanks; a longer word stands alone. Line ends in the text stay. */
export const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && columns(line) + 1 + columns(word) > width) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
};

/** `1 rule`, `2 rules`. */
export const count = (number: number, noun: string, plural = `${noun}s`): string => `${number} ${number === 1 ? noun : plural}`;

/** `a`, `a and b`, `a, b and c`. */
export const listed = (words: readonly string[], last = 'and'): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words[words.length - 1]}`;
