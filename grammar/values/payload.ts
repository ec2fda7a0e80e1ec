/**
 * What `--string` and `--hex-string` look for: bytes (libxt_string.c). iptables-save prints whichever form fits the bytes, in double quotes always:
 * the plain one where all of them are printable ASCII and the last is no backslash, else hexadecimal between bars.
 */
import { bytesOf } from './text.js';
import { defineValue, Fault, type ValueType } from './value.js';

/** The bytes looked for. */
export interface Payload {
  readonly bytes: readonly number[];
}

/** XT_STRING_MAX_PATTERN_SIZE. */
const longest = 128;

const within = (bytes: readonly number[]): Payload | Fault => {
  if (bytes.length === 0) return new Fault('there is nothing to look for');
  return bytes.length <= longest ? { bytes } : new Fault(`the text is ${bytes.length} bytes long; ${longest} is the most`);
};

/** Whether it is printed as `--hex-string`. */
export const isHexadecimal = ({ bytes }: Payload): boolean => bytes.some((byte) => byte < 0x20 || byte > 0x7e) || bytes.at(-1) === 0x5c;

const ascii = (bytes: readonly number[]): string => String.fromCharCode(...bytes);

/** With its quotes: `"GET /"`, `"|00ff|"`. */
export const printPayload = (payload: Payload): string =>
  isHexadecimal(payload)
    ? `"|${payload.bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}|"`
    : `"${ascii(payload.bytes).replace(/["\\]/g, '\\$&')}"`;

const say = (payload: Payload): string =>
  isHexadecimal(payload) ? `the bytes ${printPayload(payload).slice(2, -2)}` : printPayload(payload);

/** Plain text. */
export const plainPayload: ValueType<Payload> = defineValue<Payload>({
  arity: 1,
  expects: `text of 1 to ${longest} bytes`,
  parse: ({ 0: word }) => within([...bytesOf(word!)]),
  print: printPayload,
  say,
});

const isHexDigit = (character: string | undefined): boolean => character !== undefined && /^[0-9a-f]$/i.test(character);

/** A bar opens or closes a run of hexadecimal pairs; a backslash outside takes the next character as it is. */
const parseHex = (word: string): readonly number[] | Fault => {
  const bytes: number[] = [];
  let inHex = false;
  for (let at = 0; at < word.length; ) {
    // A bar behind as many is one too many.
    if (bytes.length === longest && word[at] === '|')
      return new Fault(`the text ends in hexadecimal: ${longest - 1} bytes are the most then`);
    if (word[at] === '\\' && !inHex) {
      if (at + 1 >= word.length) return new Fault('a backslash stands at the end');
      const character = String.fromCodePoint(word.codePointAt(at + 1)!);
      bytes.push(...bytesOf(character));
      at += 1 + character.length;
      continue;
    }
    if (word[at] === '|') {
      inHex = !inHex;
      if (inHex) while (word[at + 1] === ' ') at++;
      if (at + 1 >= word.length) break;
      at++;
    }
    if (!inHex) {
      const character = String.fromCodePoint(word.codePointAt(at)!);
      bytes.push(...bytesOf(character));
      at += character.length;
      continue;
    }
    if (at + 1 >= word.length) return new Fault('an odd number of hexadecimal digits');
    if (at + 2 >= word.length) return new Fault('the hexadecimal part is not closed with a "|" behind whole pairs of digits');
    const bad = [word[at], word[at + 1]].find((character) => !isHexDigit(character));
    if (bad !== undefined) return new Fault(`"${bad}" is not a hexadecimal digit`);
    bytes.push(Number.parseInt(word.slice(at, at + 2), 16));
    at += word[at + 2] === ' ' ? 3 : 2;
  }
  return bytes;
};

/** Text with runs of hexadecimal between bars: `foo|0d 0a|bar`. */
export const hexPayload: ValueType<Payload> = defineValue<Payload>({
  arity: 1,
  expects: `text of 1 to ${longest} bytes, hexadecimal between bars`,
  parse: ({ 0: word }) => {
    const bytes = parseHex(word!);
    return bytes instanceof Fault ? bytes : within(bytes);
  },
  print: printPayload,
  say,
});
