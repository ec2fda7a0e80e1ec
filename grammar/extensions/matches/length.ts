/** `-m length`: the length of the whole IP packet in bytes. */
import { inRange, none, notIf } from '../../packet/predicate.js';
import { type IntegerRange, sayIntegerRange, shortRange } from '../../values/integer-range.js';
import { defineMatch, phrase } from '../define.js';

const sayLength = (range: IntegerRange): string =>
  range.first === 0 && range.last > 0 && range.last < 65535 ? `at most ${range.last}` : sayIntegerRange(range, 65535);

export const length = defineMatch({
  name: 'length',
  manual: 'iptables-extensions(8) length; net/netfilter/xt_length.c',
  decidedBy: 'packet',
  options: { length: { flag: '--length', value: shortRange, negatable: true, required: true } },
  matches: ({ length: { value, negated } }) => notIf(negated, value.first > value.last ? none : inRange('length', value.first, value.last)),
  say: ({ length: { value, negated } }) => {
    if (value.first === 0 && value.last === 65535) return negated ? [phrase('condition', 'of no length at all')] : [];
    return [
      phrase('condition', `${negated ? 'not ' : ''}${sayLength(value)} byte${value.first === 1 && value.last === 1 ? '' : 's'} long`),
    ];
  },
  examples: [
    { rule: '-m length --length 1:64', says: '1 to 64 bytes long' },
    { rule: '-m length ! --length 1500:', saved: '-m length ! --length 1500:65535', says: 'not 1500 or more bytes long' },
    { rule: '-m length --length 9:5', says: 'an empty range' },
    { rule: '-m length --length 65536', refused: '65535' },
    { rule: '-m length', refused: '--length' },
  ],
});
