/** `-m dscp`: the DSCP of the packet, the upper six bits of TOS or traffic class. */
import { bits, notIf } from '../../packet/predicate.js';
import { dscpClass, dscpValue, printDscp, sayDscp } from '../../values/dscp.js';
import { defineMatch, phrase } from '../define.js';

export const dscp = defineMatch({
  name: 'dscp',
  manual: 'iptables-extensions(8) dscp; net/netfilter/xt_dscp.c',
  decidedBy: 'packet',
  options: {
    dscp: { flag: '--dscp', value: dscpValue, negatable: true, excludes: ['class'] },
    class: { flag: '--dscp-class', value: dscpClass, negatable: true, excludes: ['dscp'] },
  },
  check: (given) => (given.dscp || given.class ? undefined : 'it wants --dscp or --dscp-class'),
  matches: (given) => {
    const { value, negated } = given.dscp ?? given.class ?? { value: 0, negated: false };
    return notIf(negated, bits('tos', 0xfc, value << 2));
  },
  save: (given) => {
    const use = given.dscp ?? given.class;
    return use ? `${use.negated ? '! ' : ''}--dscp ${printDscp(use.value)}` : '';
  },
  say: (given) => {
    const use = given.dscp ?? given.class;
    return use ? [phrase('condition', `with ${use.negated ? 'any DSCP but ' : 'DSCP '}${sayDscp(use.value)}`)] : [];
  },
  examples: [
    { rule: '-m dscp --dscp-class ef', saved: '-m dscp --dscp 0x2e', says: 'with DSCP 46 (EF)' },
    { rule: '-m dscp ! --dscp 5', saved: '-m dscp ! --dscp 0x05', says: 'any DSCP but 5' },
    { rule: '-m dscp --dscp 64', refused: '0 to 63' },
    { rule: '-m dscp --dscp 1 --dscp-class CS1', refused: 'together' },
    { rule: '-m dscp', refused: '--dscp or --dscp-class' },
  ],
});
