/** `-m ipcomp`: the compression parameter index (CPI) of IPComp. */
import { all, inRange, none as never, notIf } from '../../packet/predicate.js';
import { type IntegerRange, printIntegerRange, sayNumberOf, wordRange } from '../../values/integer-range.js';
import { sayProtocol } from '../../values/protocol.js';
import { none } from '../../values/value.js';
import { defineMatch, phrase } from '../define.js';
import { join, spell } from '../spell.js';
import { headerOf } from '../transport.js';

/** Without the option 1.8.9 leaves the range at 0, which the kernel then compares with. */
const ofNothing: IntegerRange = { first: 0, last: 0 };
const highestCpi = 0xffff;
const highest = 0xffffffff;

export const ipcomp = defineMatch({
  name: 'ipcomp',
  manual: 'libxt_ipcomp.c; net/netfilter/xt_ipcomp.c',
  decidedBy: 'packet',
  protocols: ['ipcomp'],
  options: {
    cpi: { flag: '--ipcompspi', value: wordRange, negatable: true },
    // Read and printed, and looked at by no kernel.
    compression: { flag: '--compres', value: none },
  },
  matches: ({ cpi }) => {
    const { first, last } = cpi?.value ?? ofNothing;
    const high = Math.min(last, highestCpi);
    return all(headerOf(108), notIf(cpi?.negated ?? false, first > high ? never : inRange('ipcompCpi', first, high)));
  },
  save: ({ cpi, compression }) => {
    const { first, last } = cpi?.value ?? ofNothing;
    const isWhole = first === 0 && last === highest;
    return join(!isWhole && spell('--ipcompspi', cpi?.negated ?? false, printIntegerRange({ first, last })), compression && '--compres');
  },
  say: ({ cpi, compression }) => {
    const words = sayNumberOf('CPI', cpi ?? { value: ofNothing, negated: false }, highest);
    return [
      phrase('noun', `${sayProtocol(108)} packets`),
      ...(words === undefined ? [] : [phrase('condition', `with ${words}`)]),
      ...(compression ? [phrase('condition', 'with the reserved field of IPComp zero (no kernel looks)')] : []),
    ];
  },
  examples: [
    { rule: '-p ipcomp -m ipcomp --ipcompspi 0x12', saved: '-p ipcomp -m ipcomp --ipcompspi 18', says: 'IPComp packets with CPI 18' },
    { rule: '-p ipcomp -m ipcomp ! --ipcompspi 1:9 --compres', says: 'with any CPI but 1 to 9' },
    { rule: '-p 108 -m ipcomp', saved: '-p ipcomp -m ipcomp --ipcompspi 0' },
    { rule: '-m ipcomp --ipcompspi 8', refused: '-p ipcomp' },
  ],
});
