/** `-m mark`: the packet's mark, which MARK and CONNMARK --restore-mark set. */
import { notIf } from '../../packet/predicate.js';
import { hasMark, mark as markValue, printMark } from '../../values/mark.js';
import { defineMatch, phrase } from '../define.js';

export const mark = defineMatch({
  name: 'mark',
  manual: 'iptables-extensions(8) mark; net/netfilter/xt_mark.c',
  decidedBy: 'packet',
  options: { mark: { flag: '--mark', value: markValue, negatable: true, required: true } },
  matches: ({ mark: { value, negated } }) => notIf(negated, hasMark('mark', value)),
  say: ({ mark: { value, negated } }) => [phrase('condition', `${negated ? 'not ' : ''}marked ${printMark(value)}`)],
  examples: [
    { rule: '-m mark --mark 0x4000/0x4000', says: 'marked 0x4000/0x4000' },
    { rule: '-m mark ! --mark 10', saved: '-m mark ! --mark 0xa', says: 'not marked 0xa' },
    { rule: '-m mark --mark 0x1/0xffffffff', saved: '-m mark --mark 0x1' },
    { rule: '-m mark --mark 4294967296', refused: '32 bits' },
    { rule: '-m mark', refused: '--mark' },
  ],
});
