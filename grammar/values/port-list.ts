/** Lists of ports and ranges as multiport reads them (libxt_multiport.c): 15 slots, of which a range takes two, with both of its ends given. */
import { sayAlternatives, sayTogether } from './names.js';
import { type PortRange, parsePort, sayPort } from './port.js';
import { defineValue, Fault } from './value.js';

/** Slots in the kernel's structure (XT_MULTI_PORTS). */
const slots = 15;

const parsePart = (part: string): PortRange | Fault => {
  const colon = part.indexOf(':');
  const first = parsePort(colon < 0 ? part : part.slice(0, colon));
  if (first instanceof Fault) return first;
  if (colon < 0) return { first, last: first };
  const last = parsePort(part.slice(colon + 1));
  if (last instanceof Fault) return last;
  return first < last ? { first, last } : new Fault(`the range ${part} does not go upwards`);
};

const printPart = ({ first, last }: PortRange): string => (first === last ? String(first) : `${first}:${last}`);
const sayPart = ({ first, last }: PortRange): string => (first === last ? sayPort(first) : `${first} to ${last}`);

/** "22 (ssh)", "80 (http), 443 (https) or 1024 to 2048"; with "and" where none of them is wanted. */
export const sayPortList = (list: readonly PortRange[], negated = false): string =>
  (negated ? sayTogether : sayAlternatives)(list.map(sayPart));

/** `22,80:90,https`, in written order. */
export const portList = defineValue<readonly PortRange[]>({
  arity: 1,
  expects: 'ports, ranges first:last or service names, separated by commas',
  parse: ({ 0: word }) => {
    const list: PortRange[] = [];
    let used = 0;
    for (const part of word!.split(',')) {
      const range = parsePart(part);
      if (range instanceof Fault) return range;
      used += part.includes(':') ? 2 : 1;
      list.push(range);
    }
    return used <= slots ? list : new Fault(`the list takes ${used} of ${slots} places (a range counts as two)`);
  },
  print: (list) => list.map(printPart).join(','),
  say: (list) => sayPortList(list),
});
