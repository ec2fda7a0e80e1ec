/** DSCP code points: a number below 64, or a class by name (RFC 2474, 2597, 3246; libxtables dscp). */
import { readInteger } from './integer.js';
import { defineValue, Fault } from './value.js';

/** Class names that iptables 1.8.9 knows, in any case. CS0 and BE are the same code point. */
const dscpClasses: Readonly<Record<string, number>> = {
  CS0: 0,
  CS1: 8,
  CS2: 16,
  CS3: 24,
  CS4: 32,
  CS5: 40,
  CS6: 48,
  CS7: 56,
  BE: 0,
  AF11: 10,
  AF12: 12,
  AF13: 14,
  AF21: 18,
  AF22: 20,
  AF23: 22,
  AF31: 26,
  AF32: 28,
  AF33: 30,
  AF41: 34,
  AF42: 36,
  AF43: 38,
  EF: 46,
};

/** The class of a code point, where it has a name. */
const dscpClassName = (value: number): string | undefined => Object.keys(dscpClasses).find((name) => dscpClasses[name] === value);

/** `0x2e`. */
export const printDscp = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;

/** "46 (EF)". */
export const sayDscp = (value: number): string => {
  const name = dscpClassName(value);
  return name === undefined ? String(value) : `${value} (${name})`;
};

/** A code point as a number. */
export const dscpValue = defineValue<number>({
  arity: 1,
  expects: 'a DSCP from 0 to 63',
  parse: ({ 0: word }) => {
    const value = readInteger(word!);
    return value !== undefined && value <= 63 ? value : new Fault(`"${word}" is not a DSCP from 0 to 63`);
  },
  print: printDscp,
  say: sayDscp,
});

/** A code point by its class name; printed as a number. */
export const dscpClass = defineValue<number>({
  arity: 1,
  expects: 'a DSCP class: CS0 to CS7, BE, AF11 to AF43 or EF',
  // What stands behind the name is not looked at (libxt_dscp.c, class_to_dscp).
  parse: ({ 0: word }) => {
    const name = Object.keys(dscpClasses).find((each) => word!.toUpperCase().startsWith(each));
    return name === undefined ? new Fault(`"${word}" is not a DSCP class`) : dscpClasses[name]!;
  },
  print: printDscp,
  say: sayDscp,
});
