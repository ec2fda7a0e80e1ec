/** MAC addresses: six bytes in hexadecimal between colons (libxtables, XTTYPE_ETHERMAC: at most two characters a byte, read as strtoul(3) does; none means 0). */
import { defineValue, Fault } from './value.js';

/** `00:1b:21:0a:0b:0c` as a number of 48 bits. */
export const parseMac = (word: string): number | Fault =>
  /^(?:[0-9a-f]{0,2}|[-+ \t][0-9a-f])(?::(?:[0-9a-f]{0,2}|[-+ \t][0-9a-f])){5}$/i.test(word)
    ? word.split(':').reduce((value, byte) => value * 256 + (byte === '' ? 0 : Number.parseInt(byte, 16) & 255), 0)
    : new Fault(`"${word}" is not a MAC address`);

/** Six bytes of two small digits each. */
export const printMac = (value: number): string => value.toString(16).padStart(12, '0').match(/../g)!.join(':');

export const mac = defineValue<number>({
  arity: 1,
  expects: 'a MAC address such as 00:1b:21:0a:0b:0c',
  parse: ({ 0: word }) => parseMac(word!),
  print: printMac,
  say: printMac,
});
