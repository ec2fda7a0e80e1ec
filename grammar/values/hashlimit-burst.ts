/** Bursts of hashlimit: packets, or bytes with `kb` or `mb` behind (libxt_hashlimit.c, parse_burst). */
import { readInteger } from './integer.js';
import { byteFactor } from './rate.js';
import { defineValue, Fault } from './value.js';

const highest = 1_000_000;

export const hashlimitBurst = defineValue<number>({
  arity: 1,
  expects: `a number from 1 to ${highest}, or bytes with kb or mb`,
  parse: ({ 0: word }) => {
    const [, digits = '', unit = ''] = /^\s*\+?(0x[0-9a-f]+|[0-9]+)(.*)$/i.exec(word!) ?? [];
    const count = readInteger(digits);
    if (count === undefined || count === 0 || (unit === '' && count > highest))
      return new Fault(`"${word}" is not a burst from 1 to ${highest}`);
    return count * byteFactor(unit[0]);
  },
  print: String,
  say: String,
});
