/** `--probability p`, 0 to 1, kept in 2^31ths as the kernel keeps it and printed with eleven decimals (libxt_statistic.c). */
import { defineValue, Fault } from './value.js';

const whole = 0x80000000;

/** Rules by the ten thousand share a few values. */
const printed = new Map<number, string>();

const print = (value: number): string => {
  let text = printed.get(value);
  if (text === undefined) {
    text = format(value);
    if (printed.size < 1000) printed.set(value, text);
  }
  return text;
};

/** As printf's %.11f: the exact value, a tie to the even digit (toFixed takes ties upwards). */
const format = (value: number): string => {
  const scaled = BigInt(value) * 10n ** 11n;
  const rest = scaled & (BigInt(whole) - 1n);
  const half = BigInt(whole / 2);
  let digits = scaled / BigInt(whole);
  if (rest > half || (rest === half && digits % 2n === 1n)) digits += 1n;
  const text = String(digits).padStart(12, '0');
  return `${text.slice(0, -11)}.${text.slice(-11)}`;
};

/** "1 in 3" where it is close to one, else a percentage. */
const say = (value: number): string => {
  const p = value / whole;
  if (p > 0 && p <= 0.5) {
    const oneIn = Math.round(1 / p);
    if (oneIn <= 1000 && Math.abs(1 / oneIn - p) < 1e-4) return `1 in ${oneIn}`;
  }
  return `${Number((p * 100).toFixed(4))} %`;
};

/** As strtod(3) reads it: blanks and a sign before decimal or hexadecimal digits. What is not a number (nan) passes for 0. */
const readDouble = (word: string): number => {
  const [, sign, digits] = /^\s*([-+]?)(.*)$/s.exec(word)!;
  if (/^nan$/i.test(digits!)) return 0;
  const hexadecimal = /^0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([-+]?\d+))?$/i.exec(digits!);
  const [, whole = '', part = '', power = '0'] = hexadecimal ?? [];
  const value =
    hexadecimal && whole + part !== ''
      ? Number.parseInt(whole + part, 16) * 2 ** (Number(power) - 4 * part.length)
      : /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits!)
        ? Number(digits)
        : Number.NaN;
  return sign === '-' ? -value : value;
};

export const probability = defineValue<number>({
  arity: 1,
  expects: 'a probability from 0 to 1',
  parse: ([word]) => {
    const p = readDouble(word!);
    return p >= 0 && p <= 1 ? Math.abs(Math.round(p * whole)) : new Fault(`"${word}" is not a probability from 0 to 1`);
  },
  print,
  say,
});
