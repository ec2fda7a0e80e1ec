/** From the image of a word token to the word itself: quotes and escapes removed, and back. */

/** As add_param_to_argv of iptables-restore: only `"` quotes, `\` escapes only inside quotes. A quote that is never closed takes in the line's end too. */
export const unquote = (image: string, lineEnd = ''): string => {
  const open = image.indexOf('"');
  if (open < 0) return image;
  // Without an escape the word is what stands between the quotes, as nearly always.
  if (image.indexOf('\\', open) < 0) {
    const close = image.indexOf('"', open + 1);
    return close < 0 ? image.slice(0, open) + image.slice(open + 1) + lineEnd : image.slice(0, open) + image.slice(open + 1, close);
  }
  let word = image.slice(0, open);
  for (let at = open + 1; at < image.length; at++) {
    const character = image[at]!;
    if (character === '"') return word;
    if (character === '\\') word += image[++at] ?? '';
    else word += character;
  }
  return word + lineEnd;
};

/** The line end that stands at an offset, empty where none does. */
const lineEndAt = (text: string, at: number): string => (text[at] === '\n' ? '\n' : text.startsWith('\r\n', at) ? '\r\n' : '');

/** The word that a token of a restored file is: a quote that nobody closes takes in the line end. */
export const wordAt = (text: string, start: number, end: number): string => {
  const image = text.slice(start, end);
  return image.includes('"') ? unquote(image, lineEndAt(text, end)) : image;
};

/** As a POSIX shell: both kinds of quotes, backslashes, `$NAME` and `${NAME}` replaced where the name is known. */
export const unquoteShell = (image: string, variables: ReadonlyMap<string, string>): string => {
  let word = '';
  const expand = (at: number): number => {
    const found = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/.exec(image.slice(at, at + 80));
    const value = found ? variables.get(found[1] ?? found[2]!) : undefined;
    if (!found || value === undefined) {
      word += '$';
      return at;
    }
    word += value;
    return at + found[0].length - 1;
  };
  for (let at = 0; at < image.length; at++) {
    const character = image[at]!;
    if (character === "'") {
      const close = image.indexOf("'", at + 1);
      word += image.slice(at + 1, close < 0 ? image.length : close);
      at = close < 0 ? image.length : close;
    } else if (character === '"') {
      for (at++; at < image.length && image[at] !== '"'; at++) {
        if (image[at] === '\\' && '"\\$`\n'.includes(image[at + 1] ?? '')) word += image[++at];
        else if (image[at] === '$') at = expand(at);
        else word += image[at];
      }
    } else if (character === '\\' && at + 1 < image.length) word += image[++at];
    else if (character === '$') at = expand(at);
    else word += character;
  }
  return word;
};
