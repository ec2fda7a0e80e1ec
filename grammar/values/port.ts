/** Ports: one, a range, a service name (xtables.c, xtables_parse_port; /etc/services by getservbyname, in which case counts). */
import { portByService, serviceByPort, serviceNames } from '../netfilter/services.js';
import { readInteger } from './integer.js';
import { defineValue, Fault, type ValueContext } from './value.js';

/** Inclusive port range; `first > last` is kept as written: it matches nothing. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** One port number, which may be hexadecimal or octal, or a service name. */
export const parsePort = (word: string): number | Fault => {
  const port = readInteger(word);
  if (port !== undefined) return port <= 65535 ? port : new Fault(`port ${word} is above 65535`);
  return (
    portByService(word) ?? new Fault(`"${word}" is neither a port nor a known service`, { word, among: serviceNames }, insteadOf(word))
  );
};

/** Several ports where one is wanted, and a range as DNAT writes it. */
const insteadOf = (word: string): string | undefined => {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(word) ?? [];
  if (first !== undefined) return `write the range as ${first}:${last}`;
  return word.includes(',') ? 'for several ports write -m multiport with --dports or --sports' : undefined;
};

/** "22 (ssh)", "1024 to 65535". */
export const sayPort = (port: number): string => {
  const service = serviceByPort(port);
  return service ? `${port} (${service})` : String(port);
};

const parse = (words: readonly string[], _context: ValueContext): PortRange | Fault => {
  const word = words[0]!;
  const colon = word.indexOf(':');
  if (colon < 0) {
    const port = parsePort(word);
    return port instanceof Fault ? port : { first: port, last: port };
  }
  const first = colon === 0 ? 0 : parsePort(word.slice(0, colon));
  const last = colon === word.length - 1 ? 65535 : parsePort(word.slice(colon + 1));
  if (first instanceof Fault) return first;
  if (last instanceof Fault) return last;
  return { first, last };
};

const expects = 'a port, a range first:last, or a service name';
const print = ({ first, last }: PortRange): string => (first === last ? String(first) : `${first}:${last}`);
const say = ({ first, last }: PortRange): string => (first === last ? sayPort(first) : `${first} to ${last}`);

/** `22`, `1024:65535`, `:1023`, `ssh`; an inverted range is read and matches nothing (udp, dccp). */
export const portRange = defineValue<PortRange>({ arity: 1, expects, parse, print, say });

/** As portRange, but an inverted range is refused, as tcp and sctp do. */
export const orderedPortRange = defineValue<PortRange>({
  arity: 1,
  expects,
  parse: (words, context) => {
    const range = parse(words, context);
    return range instanceof Fault || range.first <= range.last ? range : new Fault(`the range ${words[0]} is upside down`);
  },
  print,
  say,
});
