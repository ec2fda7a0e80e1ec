/** One port as TPROXY reads it (libxtables, XTTYPE_PORT, by way of getaddrinfo): decimal, or a service name; more than 16 bits are cut off. */
import { sayPort } from './port.js';
import { resolvedPortRange } from './resolved-port.js';
import { defineValue, Fault } from './value.js';

export const singlePort = defineValue<number>({
  arity: 1,
  expects: 'a port or a service name',
  parse: (words, context) => {
    const range = words[0]!.includes(':') ? new Fault(`"${words[0]}" is not one port`) : resolvedPortRange.parse(words, context);
    return range instanceof Fault ? range : range.first;
  },
  print: String,
  say: sayPort,
});
