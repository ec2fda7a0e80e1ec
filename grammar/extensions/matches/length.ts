/** `-m length`: the length of the whole IP packet in bytes. */
import { inRange, none, notIf } from '../../packet/predicate.js';
import { shortRange } from '../../values/integer-range.js';
import { defineMatch, phrase } from '../define.js';

export const length = defineMatch({
  name: 'length',
  manual: 'iptables-extensions(8) length; net/netfilter/xt_length.c',
  decidedBy: 'packet',
  options: { length: { flag: '--length', value: shortRange, negatable: true, required: true } },
  matches: ({ length: { value, negated } }) => notIf(negated, value.first > value.last ? none : inRange('length', value.first, value.last)),
  say: ({ length: { value, negated } }, context) => [
    phrase(
      'condition',
      `${negated ? 'not ' : ''}${shortRange.say(value, { ...context, negated })} bytes long${value.first > value.last ? ' (an empty range)' : ''}`,
    ),
  ],
  examples: [
    { rule: '-m length --length 1:64', says: '1 to 64 bytes long' },
    { rule: '-m length ! --length 1500:', saved: '-m length ! --length 1500:65535', says: 'not 1500 to 65535 bytes long' },
    { rule: '-m length --length 9:5', says: 'an empty range' },
    { rule: '-m length --length 65536', refused: '65535' },
    { rule: '-m length', refused: '--length' },
  ],
});
