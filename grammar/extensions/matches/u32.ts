/** `-m u32`: arithmetic on any 32 bits of the packet. */
import { notIf } from '../../packet/predicate.js';
import { u32Tests } from '../../values/u32-tests.js';
import { defineMatch, phrase } from '../define.js';
import { ask } from '../spell.js';

export const u32 = defineMatch({
  name: 'u32',
  manual: 'iptables-extensions(8) u32; net/netfilter/xt_u32.c',
  decidedBy: 'packet',
  options: { tests: { flag: '--u32', value: u32Tests, negatable: true, required: true } },
  matches: ({ tests: { value, negated } }, context) =>
    notIf(negated, ask('u32', 'packet', `--u32 ${u32Tests.print(value, { ...context, negated: false })}`, { tests: value })),
  say: ({ tests: { value, negated } }, context) => [
    phrase('condition', `whose bytes ${negated ? 'do not satisfy' : 'satisfy'} ${u32Tests.print(value, { ...context, negated })}`),
  ],
  examples: [
    {
      rule: '-m u32 --u32 "6 & 0xFF = 17 && 4 & 0x1FFF = 0"',
      saved: '-m u32 --u32 "0x6&0xff=0x11&&0x4&0x1fff=0x0"',
      says: 'whose bytes satisfy "0x6&0xff=0x11',
    },
    {
      rule: '-m u32 ! --u32 0>>22&0x3C@0=1,5:9',
      saved: '-m u32 ! --u32 "0x0>>0x16&0x3c@0x0=0x1,0x5:0x9"',
      says: 'whose bytes do not satisfy',
    },
    { rule: '-m u32 --u32 "0"', refused: 'before its "="' },
    { rule: '-m u32 --u32 "0=x"', refused: 'a number of 32 bits' },
    { rule: '-m u32', refused: '--u32' },
  ],
});
