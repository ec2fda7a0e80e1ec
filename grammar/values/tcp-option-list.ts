/** `--strip-options`: kinds of TCP options by number from 2 to 255 or by name, each once (libxt_TCPOPTSTRIP.c); printed as numbers in ascending order. */
import { readInteger } from './integer.js';
import { sayTogether } from './names.js';
import { defineValue, Fault } from './value.js';

/** Names in small letters, as they are read. */
export const tcpOptionNames: Readonly<Record<string, number>> = { wscale: 3, mss: 2, 'sack-permitted': 4, sack: 5, timestamp: 8, md5: 19 };

const nameOf = (kind: number): string => Object.keys(tcpOptionNames).find((name) => tcpOptionNames[name] === kind) ?? String(kind);

/** The kinds in ascending order. */
export const tcpOptionList = defineValue<readonly number[]>({
  arity: 1,
  expects: `TCP options from 2 to 255 or ${Object.keys(tcpOptionNames).join(', ')}, separated by commas`,
  parse: ({ 0: word }) => {
    const kinds = new Set<number>();
    for (const part of word!.split(',')) {
      const kind = tcpOptionNames[part] ?? readInteger(part);
      if (kind === undefined || kind > 255) return new Fault(`"${part}" is not a TCP option`);
      if (kind < 2) return new Fault(`TCP option ${kind} cannot be stripped`);
      if (kinds.has(kind)) return new Fault(`TCP option ${kind} is told twice`);
      kinds.add(kind);
    }
    return [...kinds].sort((a, b) => a - b);
  },
  print: (kinds) => kinds.join(','),
  say: (kinds) => sayTogether(kinds.map(nameOf)),
});
