/** Types of ICMP and ICMPv6: `type`, `type/code`, or a name, of which an unambiguous beginning in any case is enough (libxtables icmp, icmp6). */
import type { Family } from '../netfilter/families.js';
import { anyIcmpType, icmpName, icmpNamesBeginning } from '../netfilter/icmp.js';
import { readInteger } from './integer.js';
import { sayAlternatives } from './names.js';
import { defineValue, Fault, type ValueContext } from './value.js';

export interface IcmpType {
  readonly type: number;
  /** Null: every code. */
  readonly code: number | null;
}

const parseNumbers = (word: string): IcmpType | Fault => {
  const [typeWord = '', codeWord, ...rest] = word.split('/');
  const type = readInteger(typeWord);
  if (type === undefined || type > 255 || rest.length > 0)
    return new Fault(`"${word}" is neither a type from 0 to 255 nor the name of one`);
  if (codeWord === undefined) return { type, code: null };
  const code = readInteger(codeWord);
  return code === undefined || code > 255 ? new Fault(`the code "${codeWord}" is not a number from 0 to 255`) : { type, code };
};

/** The type takes every ICMP packet: 255 in IPv4, whatever its code. */
export const isAnyIcmp = ({ type }: IcmpType, family: Family): boolean => family === 4 && type === anyIcmpType;

const print = (value: IcmpType, { family }: ValueContext): string => {
  if (isAnyIcmp(value, family)) return 'any';
  return value.code === null ? String(value.type) : `${value.type}/${value.code}`;
};

/** "echo-request", "fragmentation-needed", "type 42", "destination-unreachable code 42". */
const say = (value: IcmpType, { family }: ValueContext): string => {
  const whole = icmpName(value.type, null, family) ?? `type ${value.type}`;
  if (value.code === null || isAnyIcmp(value, family)) return whole;
  return icmpName(value.type, value.code, family) ?? `${whole} code ${value.code}`;
};

export const icmpType = defineValue<IcmpType>({
  arity: 1,
  expects: 'an ICMP type: a name, type, or type/code',
  parse: ([word], { family }) => {
    const meant = icmpNamesBeginning(word!, family);
    if (meant.length > 1) return new Fault(`"${word}" may mean ${sayAlternatives(meant.map(({ name }) => name))}`);
    return meant.length === 1 ? { type: meant[0]!.type, code: meant[0]!.code } : parseNumbers(word!);
  },
  print,
  say,
});
