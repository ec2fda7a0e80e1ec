/** `-j NFLOG`: hands a copy of the packet to a logging program; the packet goes on (libxt_NFLOG.c). */
import { integer } from '../../values/integer.js';
import { prefixText } from '../../values/prefix-text.js';
import { cutText, quote, sayQuoted } from '../../values/text.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';
import { detailed, join } from '../spell.js';

const short = integer(0, 0xffff);
const word = integer(0, 0xffffffff);

/** How much of the prefix a back end keeps: nft has a longer log statement of its own. */
const longestPrefix = { legacy: 63, nft: 127 } as const;

export const nflog = defineTarget({
  name: 'NFLOG',
  manual: 'iptables-extensions(8) NFLOG; net/netfilter/xt_NFLOG.c',
  options: {
    prefix: { flag: '--nflog-prefix', value: prefixText(longestPrefix.nft) },
    group: { flag: '--nflog-group', value: short },
    range: { flag: '--nflog-range', value: word, excludes: ['size'] },
    size: { flag: '--nflog-size', value: word, excludes: ['range'] },
    threshold: { flag: '--nflog-threshold', value: short },
  },
  effect: goesOn,
  hasSideEffect: true,
  save: ({ prefix, group, range, size, threshold }, { backend }) =>
    join(
      prefix && `--nflog-prefix ${quote(cutText(prefix.value, longestPrefix[backend]))}`,
      group && group.value !== 0 && `--nflog-group ${group.value}`,
      size && `--nflog-size ${size.value}`,
      // It never had an effect, and nft forgets it.
      range && range.value !== 0 && backend === 'legacy' && `--nflog-range ${range.value}`,
      threshold && threshold.value !== 0 && `--nflog-threshold ${threshold.value}`,
    ),
  say: ({ prefix, group, size, threshold }) =>
    detailed(join(`Log to group ${group?.value ?? 0}`, prefix && `with prefix ${sayQuoted(prefix.value)}`), [
      size && `the first ${size.value} bytes of it`,
      threshold && threshold.value !== 0 && `handed on in batches of ${threshold.value}`,
    ]),
  examples: [
    {
      rule: '-j NFLOG --nflog-group 5 --nflog-prefix dropped',
      saved: '-j NFLOG --nflog-prefix dropped --nflog-group 5',
      says: 'Log every packet to group 5 with prefix "dropped"',
    },
    { rule: '-j NFLOG --nflog-group 0 --nflog-size 0', saved: '-j NFLOG --nflog-size 0', says: 'Log every packet to group 0' },
    { rule: '-j NFLOG --nflog-group 65536', refused: '0 to 65535' },
    { rule: '-j NFLOG --nflog-size 1 --nflog-range 1', refused: 'cannot stand together' },
  ],
});
