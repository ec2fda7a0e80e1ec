/** `-m tcpmss`: the maximum segment size that a TCP header tells. */
import { all, inRange, is, notIf } from '../../packet/predicate.js';
import { type IntegerRange, shortRange } from '../../values/integer-range.js';
import { defineMatch, phrase } from '../define.js';
import { ask } from '../spell.js';

/** A header without the option is outside every range: negated it matches. */
const hasMss = ask('tcpmss', 'packet', '', { has: 'MSS option' });

const sayOutside = ({ first, last }: IntegerRange): string => {
  if (first === last) return `other than ${first}`;
  if (last === 65535) return `below ${first}`;
  return first === 0 ? `above ${last}` : `below ${first} or above ${last}`;
};

export const tcpmss = defineMatch({
  name: 'tcpmss',
  manual: 'iptables-extensions(8) tcpmss; net/netfilter/xt_tcpmss.c',
  decidedBy: 'packet',
  protocols: ['tcp'],
  options: { mss: { flag: '--mss', value: shortRange, negatable: true, required: true } },
  check: ({ mss: { value } }) => (value.first > value.last ? `the range ${value.first}:${value.last} is upside down` : undefined),
  matches: ({ mss: { value, negated } }) => all(is('protocol', 6), notIf(negated, all(hasMss, inRange('mss', value.first, value.last)))),
  say: ({ mss: { value, negated } }, context) => [
    phrase(
      'condition',
      `with ${negated ? `no MSS or one ${sayOutside(value)}` : `an MSS of ${shortRange.say(value, { ...context, negated })}`}`,
    ),
  ],
  examples: [
    { rule: '-p tcp -m tcpmss --mss 1400:1536', says: 'with an MSS of 1400 to 1536' },
    { rule: '-p tcp -m tcpmss ! --mss :500', saved: '-p tcp -m tcpmss ! --mss 0:500', says: 'with no MSS or one above 500' },
    { rule: '-p tcp -m tcpmss --mss 9:5', refused: 'upside down' },
    { rule: '-m tcpmss --mss 500', refused: '-p tcp' },
  ],
});
