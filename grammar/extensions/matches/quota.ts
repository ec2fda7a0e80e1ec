/** `-m quota`: matches until the rule has seen so many bytes. */
import { notIf } from '../../packet/predicate.js';
import { longInteger } from '../../values/long-integer.js';
import { defineMatch, phrase } from '../define.js';
import { ask } from '../spell.js';

export const quota = defineMatch({
  name: 'quota',
  manual: 'iptables-extensions(8) quota; net/netfilter/xt_quota.c',
  decidedBy: 'history',
  options: { bytes: { flag: '--quota', value: longInteger, negatable: true, required: true } },
  matches: ({ bytes }) => notIf(bytes.negated, ask('quota', 'history', `--quota ${bytes.value}`, { bytes: bytes.value })),
  say: ({ bytes }) => [
    phrase('condition', bytes.negated ? `once ${bytes.value} bytes have passed` : `until ${bytes.value} bytes have passed`),
  ],
  hasSideEffect: () => true,
  examples: [
    { rule: '-m quota --quota 1048576', says: 'until 1048576 bytes have passed' },
    { rule: '-m quota ! --quota 0x10', saved: '-m quota ! --quota 16', says: 'once 16 bytes have passed' },
    { rule: '-m quota --quota 10k', refused: '64 bits' },
    { rule: '-m quota', refused: '--quota' },
  ],
});
