/** `-m connmark`: the mark of the packet's connection. */
import { all, notIf } from '../../packet/predicate.js';
import { hasConnection } from '../../packet/presence.js';
import { hasMark, mark, printMark } from '../../values/mark.js';
import { defineMatch, phrase } from '../define.js';

export const connmark = defineMatch({
  name: 'connmark',
  manual: 'iptables-extensions(8) connmark; net/netfilter/xt_connmark.c, connmark_mt',
  decidedBy: 'packet',
  options: { mark: { flag: '--mark', value: mark, negatable: true, required: true } },
  // Without a connection it is false, negated or not.
  matches: ({ mark }) => all(hasConnection, notIf(mark.negated, hasMark('connectionMark', mark.value))),
  say: ({ mark }) => [phrase('condition', `of connections ${mark.negated ? 'not ' : ''}marked ${printMark(mark.value)}`)],
  examples: [
    { rule: '-m connmark --mark 16/0xff', saved: '-m connmark --mark 0x10/0xff', says: 'of connections marked 0x10/0xff' },
    { rule: '-m connmark ! --mark 0/0xffffffff', saved: '-m connmark ! --mark 0x0', says: 'of connections not marked 0x0' },
    { rule: '-m connmark --mark 0x100000000', refused: '32 bits' },
    { rule: '-m connmark', refused: '--mark' },
  ],
});
