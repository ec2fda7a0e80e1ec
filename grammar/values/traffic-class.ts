/** `--set-class major:minor`: a queueing class in hexadecimal, 16 bits each (libxt_CLASSIFY.c; what does not fit or is no digit is lost in 1.8.9). */
import { defineValue, Fault } from './value.js';

export interface TrafficClass {
  readonly major: number;
  readonly minor: number;
}

const digits = (value: number): string => value.toString(16).padStart(4, '0');
const print = ({ major, minor }: TrafficClass): string => `${digits(major)}:${digits(minor)}`;

/** The low 16 bits of a hexadecimal number, as sscanf(3) reads it. */
const low16 = (sign: string, text: string): number => Number(BigInt.asUintN(16, BigInt(`0x${text}`) * (sign === '-' ? -1n : 1n)));

export const trafficClass = defineValue<TrafficClass>({
  arity: 1,
  expects: 'a class major:minor in hexadecimal',
  parse: ({ 0: word }) => {
    const found = /^\s*([-+]?)(?:0x)?([0-9a-f]+):\s*([-+]?)(?:0x)?([0-9a-f]+)/i.exec(word!);
    return found
      ? { major: low16(found[1]!, found[2]!), minor: low16(found[3]!, found[4]!) }
      : new Fault(`"${word}" is not a class major:minor in hexadecimal`);
  },
  print,
  say: print,
});
