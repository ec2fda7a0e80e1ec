/**
 * Ports as conntrack and dccp read them (libxtables, XTTYPE_PORTRC, by way of getaddrinfo): decimal only, leading zeros allowed, and a
 * number above 65535 is cut to 16 bits; measured with 1.8.9.
 */
import { portByService } from '../netfilter/services.js';
import { type PortRange, portRange, sayPort } from './port.js';
import { defineValue, Fault } from './value.js';

const parseEnd = (word: string): number | Fault => {
  if (/^\s*\+?[0-9]+$/.test(word)) return Number(BigInt(word.replace('+', '').trim()) % 65536n);
  return portByService(word) ?? new Fault(`"${word}" is neither a port nor a known service`);
};

/** `22`, `ssh`, `1024:65535`, `:1023`; a range upside down is read and matches nothing. An empty word is port 0. */
export const resolvedPortRange = defineValue<PortRange>({
  arity: 1,
  expects: portRange.expects,
  parse: ([word]) => {
    const parts = word!.split(':');
    if (parts.length > 2) return new Fault(`"${word}" has more than two ends`);
    const [low = '', high] = parts;
    const first = low === '' ? 0 : parseEnd(low);
    if (first instanceof Fault) return first;
    const last = high === undefined ? first : high === '' ? 65535 : parseEnd(high);
    return last instanceof Fault ? last : { first, last };
  },
  print: portRange.print,
  say: portRange.say,
});

/** One port by number or service name. */
export const resolvedPort = defineValue<number>({
  arity: 1,
  expects: 'a port or a service name',
  parse: ([word]) => parseEnd(word!),
  print: String,
  say: sayPort,
});
