/**
 * Ports as conntrack and dccp read them (libxtables, XTTYPE_PORTRC, by way of getaddrinfo): decimal only, leading zeros allowed, and a
 * number above 65535 is cut to 16 bits where it fits in a signed int; measured with 1.8.9.
 */
import { portByService, serviceNames } from '../netfilter/services.js';
import { withoutPlus } from './integer.js';
import { type PortRange, portRange, sayPort } from './port.js';
import { defineValue, Fault } from './value.js';

/** What strtoul(3) answers for a number that does not fit; as a signed int it is -1. */
const overflow = (1n << 64n) - 1n;

/** The number that getaddrinfo(3) keeps in a signed int, undefined where that is negative: it then looks for a service of that name. */
const numericService = (word: string): number | undefined => {
  const [, minus, digits] = /^(-?)([0-9]+)$/.exec(withoutPlus(word)) ?? [];
  if (digits === undefined) return undefined;
  const value = BigInt.asUintN(64, minus ? -BigInt(digits) : BigInt(digits) > overflow ? overflow : BigInt(digits));
  const kept = BigInt.asIntN(32, value);
  return kept < 0n ? undefined : Number(kept % 65536n);
};

const parseEnd = (word: string): number | Fault =>
  numericService(word) ??
  portByService(word) ??
  new Fault(`"${word}" is neither a port nor a known service`, { word, among: serviceNames });

/** `22`, `ssh`, `1024:65535`, `:1023`; a range upside down is read and matches nothing. An empty word is port 0. */
export const resolvedPortRange = defineValue<PortRange>({
  arity: 1,
  expects: portRange.expects,
  parse: ({ 0: word }) => {
    const parts = word!.split(':');
    if (parts.length > 2) return new Fault(`"${word}" has more than two ends`);
    const [low = '', high] = parts;
    const first = low === '' ? 0 : parseEnd(low);
    if (first instanceof Fault) return first;
    const last = high === undefined ? first : high === '' ? 65535 : parseEnd(high);
    return last instanceof Fault ? last : { first, last };
  },
  // An upper end of 0 is taken for none (libxt_conntrack.c).
  print: (range, context) => (range.last === 0 ? String(range.first) : portRange.print(range, context)),
  say: portRange.say,
});

/** One port by number or service name. */
export const resolvedPort = defineValue<number>({
  arity: 1,
  expects: 'a port or a service name',
  parse: ({ 0: word }) => parseEnd(word!),
  print: String,
  say: sayPort,
});
