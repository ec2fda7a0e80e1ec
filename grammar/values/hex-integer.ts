/** Whole numbers that iptables-save prints in hexadecimal with leading zeros: the masks and seeds of HMARK. */
import { readInteger } from './integer.js';
import { defineValue, Fault, type ValueType } from './value.js';

/** A number from 0 to `highest`, printed with at least so many digits. */
export const hexInteger = (highest: number, digits: number): ValueType<number> => {
  const print = (value: number): string => `0x${value.toString(16).padStart(digits, '0')}`;
  return defineValue<number>({
    arity: 1,
    expects: `a number from 0 to ${highest}`,
    parse: ({ 0: word }) => {
      const value = readInteger(word!);
      return value !== undefined && value <= highest ? value : new Fault(`"${word}" is not a number from 0 to ${highest}`);
    },
    print,
    say: print,
  });
};
