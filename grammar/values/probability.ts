/** `--probability p`, 0 to 1, kept in 2^31ths as the kernel keeps it and printed with eleven decimals (libxt_statistic.c). */
import { readDouble } from './double.js';
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

export const probability = defineValue<number>({
  arity: 1,
  expects: 'a probability from 0 to 1',
  parse: ({ 0: word }) => {
    const read = readDouble(word!);
    // What is not a number (nan) passes for 0.
    const p = read?.rest === '' ? (Number.isNaN(read.value) ? 0 : read.value) : Number.NaN;
    return p >= 0 && p <= 1 ? Math.abs(Math.round(p * whole)) : new Fault(`"${word}" is not a probability from 0 to 1`);
  },
  print,
  say,
});
