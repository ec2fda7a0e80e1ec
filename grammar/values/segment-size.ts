/** `--set-mss`: what fits in a packet behind an IP header of 20 or 40 bytes (libxt_TCPMSS.c). */
import { readInteger } from './integer.js';
import { defineValue, Fault } from './value.js';

export const segmentSize = defineValue<number>({
  arity: 1,
  expects: 'an MSS from 0 to 65515, in IPv6 to 65495',
  parse: ({ 0: word }, { family }) => {
    const highest = family === 4 ? 65515 : 65495;
    const value = readInteger(word!);
    return value !== undefined && value <= highest ? value : new Fault(`"${word}" is not a number from 0 to ${highest}`);
  },
  print: String,
  say: String,
});
