/** The TOS byte: `value[/mask]`, or one of the five names of RFC 1349, which leave the two ECN bits aside (libxtables tos). */
import { readInteger } from './integer.js';
import { defineValue, Fault } from './value.js';

/** A value and the bits that count. */
export interface Tos {
  readonly value: number;
  readonly mask: number;
}

/** Read in any case. */
const tosNames: Readonly<Record<string, number>> = {
  'Minimize-Delay': 0x10,
  'Maximize-Throughput': 0x08,
  'Maximize-Reliability': 0x04,
  'Minimize-Cost': 0x02,
  'Normal-Service': 0x00,
};

/** Mask of a name, and of a number without a mask. */
const nameMask = 0x3f;
const wholeMask = 0xff;

/** A number of 8 bits. */
const parseTosNumber = (word: string): number | Fault => {
  const value = readInteger(word);
  return value !== undefined && value <= 255 ? value : new Fault(`"${word}" is neither a number from 0 to 255 nor the name of a TOS`);
};

/** `0x08`. */
export const printTosNumber = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;

/** `0x10/0x3f`. */
export const printTos = ({ value, mask }: Tos): string => `${printTosNumber(value)}/${printTosNumber(mask)}`;

/** "Minimize-Delay", "0x10", "0x10 in the bits 0x1c". */
export const sayTos = ({ value, mask }: Tos): string => {
  if (mask === nameMask) {
    const name = Object.keys(tosNames).find((each) => tosNames[each] === value);
    if (name !== undefined) return name;
  }
  return mask === wholeMask ? printTosNumber(value) : `${printTosNumber(value)} in the bits ${printTosNumber(mask)}`;
};

/** `value[/mask]` or a name. */
export const tos = defineValue<Tos>({
  arity: 1,
  expects: `a TOS: value[/mask], or ${Object.keys(tosNames).join(', ')}`,
  parse: ({ 0: word }) => {
    const name = Object.keys(tosNames).find((each) => each.toLowerCase() === word!.toLowerCase());
    if (name !== undefined) return { value: tosNames[name]!, mask: nameMask };
    const slash = word!.indexOf('/');
    const value = parseTosNumber(slash < 0 ? word! : word!.slice(0, slash));
    const mask = slash < 0 ? wholeMask : parseTosNumber(word!.slice(slash + 1));
    if (value instanceof Fault) return value;
    return mask instanceof Fault ? mask : { value, mask };
  },
  print: printTos,
  say: sayTos,
});
