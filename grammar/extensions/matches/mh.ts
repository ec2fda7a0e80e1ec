/** `-m mh`: the type of a Mobile IPv6 mobility header. */
import { all, inRange, notIf } from '../../packet/predicate.js';
import { readInteger } from '../../values/integer.js';
import { type IntegerRange, printIntegerRange, sayIntegerRange, sayNumberOf } from '../../values/integer-range.js';
import { readName } from '../../values/names.js';
import { sayProtocol } from '../../values/protocol.js';
import { defineValue, Fault } from '../../values/value.js';
import { defineMatch, phrase } from '../define.js';
import { spell } from '../spell.js';
import { headerOf } from '../transport.js';

/** In the order in which abbreviations are looked up. */
const typeNames: Readonly<Record<string, number>> = {
  'binding-refresh-request': 0,
  brr: 0,
  'home-test-init': 1,
  hoti: 1,
  'careof-test-init': 2,
  coti: 2,
  'home-test': 3,
  hot: 3,
  'careof-test': 4,
  cot: 4,
  'binding-update': 5,
  bu: 5,
  'binding-acknowledgement': 6,
  ba: 6,
  'binding-error': 7,
  be: 7,
};

const parseType = (word: string): number | Fault => {
  const number = readInteger(word);
  if (number !== undefined) return number <= 255 ? number : new Fault(`the type ${word} is above 255`);
  const name = readName(word, { names: Object.keys(typeNames), what: 'type of mobility header', anyCase: true, abbreviations: 'first' });
  return name instanceof Fault ? name : typeNames[name]!;
};

const mobilityTypes = defineValue<IntegerRange>({
  arity: 1,
  expects: 'a type of mobility header by number or name, or a range first:last',
  parse: ({ 0: word }) => {
    const colon = word!.indexOf(':');
    if (colon < 0) {
      const type = word === '' ? 0 : parseType(word!);
      return type instanceof Fault ? type : { first: type, last: type };
    }
    const first = colon === 0 ? 0 : parseType(word!.slice(0, colon));
    const last = colon === word!.length - 1 ? 255 : parseType(word!.slice(colon + 1));
    if (first instanceof Fault) return first;
    if (last instanceof Fault) return last;
    return first <= last ? { first, last } : new Fault(`the range ${word} is upside down`);
  },
  print: printIntegerRange,
  say: (range) => sayIntegerRange(range, 255),
});

export const mh = defineMatch({
  name: 'mh',
  manual: 'ip6tables-extensions(8) mh; net/ipv6/netfilter/ip6t_mh.c',
  families: [6],
  decidedBy: 'packet',
  protocols: ['mh'],
  options: { type: { flag: '--mh-type', value: mobilityTypes, negatable: true } },
  matches: ({ type }) => all(headerOf(135), type && notIf(type.negated, inRange('mhType', type.value.first, type.value.last))),
  // The full range is not printed, not even negated, where it never matches.
  save: ({ type }) =>
    type && !(type.value.first === 0 && type.value.last === 255) ? spell('--mh-type', type.negated, printIntegerRange(type.value)) : '',
  say: ({ type }) => {
    const words = type && sayNumberOf('type', type, 255);
    return [phrase('noun', `${sayProtocol(135)} packets`), ...(words === undefined ? [] : [phrase('condition', `of ${words}`)])];
  },
  examples: [
    { rule: '-p mobility-header -m mh --mh-type 1', family: 6, says: 'Mobile IPv6 packets of type 1' },
    { rule: '-p mh -m mh --mh-type binding-update', saved: '-p mobility-header -m mh --mh-type 5', family: 6 },
    { rule: '-p mh -m mh --mh-type 3:1', family: 6, refused: 'upside down' },
    { rule: '-m mh', family: 6, refused: '-p mh' },
  ],
});
