/** Free text, quoted as iptables-save quotes it (libxtables, xtables_save_string; measured with 1.8.9). */
import { defineValue, Fault, type ValueType } from './value.js';

/** The text as iptables-save prints it: bare where it holds nothing but `A-Z a-z 0-9 _ -`, else in double quotes, with `"`, `\` and `'` escaped. */
export const quote = (text: string): string => (/^[A-Za-z0-9_-]+$/.test(text) ? text : `"${text.replace(/["\\']/g, '\\$&')}"`);

/** In double quotes, with those within escaped. */
export const sayQuoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** Whether a lone surrogate stands for a byte that is no UTF-8, as readers of files make them (0x80 is U+DC80): half a character that iptables cut, Latin-1. */
const isByte = (code: number): boolean => code >= 0xdc80 && code <= 0xdcff;

/** Length in bytes of UTF-8, which is what the kernel's buffers count. */
export const byteLength = (text: string): number => {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.codePointAt(at)!;
    if (code > 0xffff) at++;
    bytes += code < 0x80 || isByte(code) ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
};

/** The bytes of a text. */
export const bytesOf = (text: string): Uint8Array => {
  if (!/[\udc80-\udcff]/u.test(text)) return new TextEncoder().encode(text);
  return Uint8Array.from(
    [...text].flatMap((character) => {
      const code = character.codePointAt(0)!;
      return isByte(code) ? [code - 0xdc00] : [...new TextEncoder().encode(character)];
    }),
  );
};

/** Text of at least `shortest` and at most `longest` bytes. */
export const text = (longest: number, shortest = 0): ValueType<string> =>
  defineValue<string>({
    arity: 1,
    expects: `text of at most ${longest} bytes`,
    parse: ({ 0: word }) => {
      // No character takes more than three bytes for each of its UTF-16 units.
      if (word!.length >= shortest && word!.length * 3 <= longest) return word!;
      const length = byteLength(word!);
      if (length > longest) return new Fault(`the text is ${length} bytes long; ${longest} is the most`);
      return length < shortest ? new Fault(shortest === 1 ? 'the text is empty' : `the text is shorter than ${shortest} bytes`) : word!;
    },
    print: quote,
    say: sayQuoted,
  });

/** The text cut to `longest` bytes, never within a character, where iptables cuts instead of refusing. */
export const cutText = (value: string, longest: number): string => {
  if (value.length * 3 <= longest) return value;
  let bytes = 0;
  let end = 0;
  for (const character of value) {
    bytes += byteLength(character);
    if (bytes > longest) break;
    end += character.length;
  }
  return value.slice(0, end);
};
