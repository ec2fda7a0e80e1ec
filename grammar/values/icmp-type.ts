/**
 * Types of ICMP and ICMPv6: `type`, `type/code`, `type/code:code`, or a name, of which an unambiguous beginning in any case is enough (libxtables
 * icmp, icmp6; measured with 1.8.9).
 */
import type { Family } from '../netfilter/families.js';
import { anyIcmpType, icmpName, icmpNamesBeginning } from '../netfilter/icmp.js';
import { readInteger } from './integer.js';
import { sayAlternatives } from './names.js';
import { defineValue, Fault, type ValueContext } from './value.js';

/** A type and the codes of it that are meant, both ends included; 0 to 255 where none is told. A range upside down is kept: it matches nothing. */
export interface IcmpType {
  readonly type: number;
  readonly firstCode: number;
  readonly lastCode: number;
}

const highest = 255;

const byteOf = (word: string): number | undefined => {
  const value = readInteger(word);
  return value !== undefined && value <= highest ? value : undefined;
};

const parseNumbers = (word: string): IcmpType | Fault => {
  const [typeWord = '', codeWords, ...rest] = word.split('/');
  const type = byteOf(typeWord);
  if (type === undefined || rest.length > 0) return new Fault(`"${word}" is neither a type from 0 to 255 nor the name of one`);
  if (codeWords === undefined) return { type, firstCode: 0, lastCode: highest };
  const ends = codeWords.split(':').map(byteOf);
  const first = ends[0];
  const last = ends.at(-1);
  if (first === undefined || last === undefined || ends.length > 2)
    return new Fault(`the code "${codeWords}" is not a number from 0 to 255`);
  return { type, firstCode: first, lastCode: last };
};

/** Every code of the type is meant. */
const hasAllCodes = ({ firstCode, lastCode }: IcmpType): boolean => firstCode === 0 && lastCode === highest;

/** The type takes every ICMP packet: 255 in IPv4, whatever its code. */
export const isAnyIcmp = ({ type }: IcmpType, family: Family): boolean => family === 4 && type === anyIcmpType;

/** Of a range of codes 1.8.9 prints the first alone. */
const print = (value: IcmpType, { family }: ValueContext): string => {
  if (isAnyIcmp(value, family)) return 'any';
  return hasAllCodes(value) ? String(value.type) : `${value.type}/${value.firstCode}`;
};

/** "echo-request", "fragmentation-needed", "type 42", "destination-unreachable code 42". */
const say = (value: IcmpType, { family }: ValueContext): string => {
  const whole = icmpName(value.type, null, family) ?? `type ${value.type}`;
  if (hasAllCodes(value) || isAnyIcmp(value, family)) return whole;
  const { firstCode, lastCode } = value;
  if (firstCode !== lastCode) return `${whole} code ${firstCode} to ${lastCode}`;
  return icmpName(value.type, firstCode, family) ?? `${whole} code ${firstCode}`;
};

/** The values of the field `icmp` that are meant. */
export const icmpRange = ({ type, firstCode, lastCode }: IcmpType): readonly [number, number] => [
  type * 256 + firstCode,
  type * 256 + lastCode,
];

export const icmpType = defineValue<IcmpType>({
  arity: 1,
  isFew: true,
  expects: 'an ICMP type: a name, type, or type/code',
  parse: ({ 0: word }, { family }) => {
    const meant = icmpNamesBeginning(word!, family);
    if (meant.length > 1) return new Fault(`"${word}" may mean ${sayAlternatives(meant.map(({ name }) => name))}`);
    const name = meant[0];
    return name ? { type: name.type, firstCode: name.code ?? 0, lastCode: name.code ?? highest } : parseNumbers(word!);
  },
  print,
  say,
});
