/** Numbers that 1.8.9 reads as 32 bits and keeps in fewer: SYNPROXY takes `--mss 65536` and stores 0. */
import { readInteger } from './integer.js';
import { defineValue, Fault, type ValueType } from './value.js';

/** A number of 32 bits of which the low `bits` count. */
export const wrappedInteger = (bits: 8 | 16): ValueType<number> =>
  defineValue<number>({
    arity: 1,
    expects: `a number from 0 to ${2 ** bits - 1}`,
    parse: ({ 0: word }) => {
      const value = readInteger(word!);
      return value !== undefined && value <= 0xffffffff
        ? value % 2 ** bits
        : new Fault(`"${word}" is not a number from 0 to ${2 ** bits - 1}`);
    },
    print: String,
    say: String,
  });
