/** `--tcp-flags mask comp` (libxt_tcp.c): two lists of flag names, ALL, or NONE. Case does not count. */
import { defineValue, Fault } from './value.js';

/** Flag bits in the order that iptables-save prints them; the values are those of the field `tcpFlags`. */
export const tcpFlagBits = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32 } as const;

export interface TcpFlags {
  readonly mask: number;
  readonly value: number;
}

const parseList = (word: string): number | Fault => {
  let bits = 0;
  for (const name of word.toUpperCase().split(',')) {
    if (name === '') continue;
    if (name === 'ALL') bits |= 63;
    else if (name in tcpFlagBits) bits |= tcpFlagBits[name as keyof typeof tcpFlagBits];
    else if (name !== 'NONE') return new Fault(`"${name}" is not a TCP flag (FIN SYN RST PSH ACK URG ALL NONE)`);
  }
  return bits;
};

export const printFlags = (bits: number): string => {
  const names = Object.entries(tcpFlagBits)
    .filter(([, bit]) => bits & bit)
    .map(([name]) => name);
  return names.length > 0 ? names.join(',') : 'NONE';
};

/** "SYN", "FIN, RST and ACK". */
const sayFlags = (bits: number): string => {
  const names = printFlags(bits).split(',');
  return bits === 0 ? 'no flag' : names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
};

export const tcpFlags = defineValue<TcpFlags>({
  arity: 2,
  isFew: true,
  expects: 'two lists of TCP flags: those looked at, then those set',
  parse: ([mask, value]) => {
    const m = parseList(mask!);
    const v = parseList(value!);
    if (m instanceof Fault) return m;
    if (v instanceof Fault) return v;
    return { mask: m, value: v };
  },
  print: ({ mask, value }) => `${printFlags(mask)} ${printFlags(value)}`,
  say: ({ mask, value }) => {
    if (value & ~mask) return `${sayFlags(value)} set, looking at ${sayFlags(mask)} alone (which is never so)`;
    if (mask === 0) return 'any flags';
    if (value === 0 && (mask & (mask - 1)) === 0) return `${sayFlags(mask)} clear`;
    if (value === 0) return `none of ${sayFlags(mask)} set`;
    return mask === value ? `${sayFlags(value)} set` : `${sayFlags(value)} set and ${sayFlags(mask & ~value)} clear`;
  },
});
