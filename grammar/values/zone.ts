/** `--zone`: a conntrack zone by number, or `mark`: that of the packet's mark (libxt_CT.c). */
import { readInteger } from './integer.js';
import { defineValue, Fault } from './value.js';

export const zone = defineValue<number | 'mark'>({
  arity: 1,
  expects: 'a zone from 0 to 65535, or mark',
  parse: ({ 0: word }) => {
    if (word!.toLowerCase() === 'mark') return 'mark';
    const number = readInteger(word!);
    return number !== undefined && number <= 65535 ? number : new Fault(`"${word}" is not a zone from 0 to 65535`);
  },
  print: String,
  say: (number) => (number === 'mark' ? 'of its mark' : String(number)),
});
