/** `--queue-balance first:last`: queues over which NFQUEUE spreads flows (libxt_NFQUEUE.c); an end left out is the lowest or highest number. */
import { type IntegerRange, parseIntegerRange } from './integer-range.js';
import { defineValue, Fault } from './value.js';

export const queueRange = defineValue<IntegerRange>({
  arity: 1,
  expects: 'two queues first:last from 0 to 65535',
  parse: ({ 0: word }) => {
    if (!word!.includes(':')) return new Fault(`"${word}" is not a range first:last`);
    const range = parseIntegerRange(word!, 65535);
    if (range instanceof Fault) return range;
    if (range.first >= range.last) return new Fault(`${range.first} is not below ${range.last}`);
    // The kernel counts the queues in 16 bits.
    return range.last - range.first < 65535 ? range : new Fault('65536 queues are one too many');
  },
  print: ({ first, last }) => `${first}:${last}`,
  say: ({ first, last }) => `${first} to ${last}`,
});
