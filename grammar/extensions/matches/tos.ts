/** `-m tos`: bits of the TOS byte, or of the traffic class of IPv6. */
import { bits, notIf } from '../../packet/predicate.js';
import { sayTos, tos as tosValue } from '../../values/tos.js';
import { defineMatch, phrase } from '../define.js';

export const tos = defineMatch({
  name: 'tos',
  manual: 'iptables-extensions(8) tos; net/netfilter/xt_dscp.c',
  decidedBy: 'packet',
  options: { tos: { flag: '--tos', value: tosValue, negatable: true, required: true } },
  matches: ({ tos: { value, negated } }) => notIf(negated, bits('tos', value.mask, value.value)),
  say: ({ tos: { value, negated } }) => [phrase('condition', `with ${negated ? 'any TOS but' : 'TOS'} ${sayTos(value)}`)],
  examples: [
    { rule: '-m tos --tos Minimize-Delay', saved: '-m tos --tos 0x10/0x3f', says: 'with TOS Minimize-Delay' },
    { rule: '-m tos ! --tos 8', saved: '-m tos ! --tos 0x08/0xff', says: 'with any TOS but 0x08' },
    { rule: '-m tos --tos 256', refused: 'TOS' },
    { rule: '-m tos', refused: '--tos' },
  ],
});
