/** `-m ttl`: the time to live of IPv4. */
import { all, inRange, is, none as never, notIf } from '../../packet/predicate.js';
import { byte } from '../../values/integer.js';
import { defineMatch, phrase } from '../define.js';

export const ttl = defineMatch({
  name: 'ttl',
  manual: 'iptables-extensions(8) ttl; net/netfilter/xt_hl.c',
  families: [4],
  decidedBy: 'packet',
  options: {
    equal: { flag: '--ttl-eq', aliases: ['--ttl'], value: byte, negatable: true, excludes: ['below', 'above'] },
    below: { flag: '--ttl-lt', value: byte, excludes: ['equal', 'above'] },
    above: { flag: '--ttl-gt', value: byte, excludes: ['equal', 'below'] },
  },
  check: ({ equal, below, above }) => (equal || below || above ? undefined : '--ttl-eq, --ttl-lt or --ttl-gt is missing'),
  matches: ({ equal, below, above }) =>
    all(
      equal && notIf(equal.negated, is('ttl', equal.value)),
      below && (below.value === 0 ? never : inRange('ttl', 0, below.value - 1)),
      above && (above.value === 255 ? never : inRange('ttl', above.value + 1, 255)),
    ),
  say: ({ equal, below, above }) => {
    if (equal) return [phrase('condition', `with a TTL ${equal.negated ? 'other than' : 'of'} ${equal.value}`)];
    return [phrase('condition', below ? `with a TTL below ${below.value}` : `with a TTL above ${above?.value}`)];
  },
  examples: [
    { rule: '-m ttl --ttl 64', saved: '-m ttl --ttl-eq 64', says: 'with a TTL of 64' },
    { rule: '-m ttl ! --ttl-eq 1', says: 'with a TTL other than 1' },
    { rule: '-m ttl --ttl-lt 5', says: 'with a TTL below 5' },
    { rule: '-m ttl --ttl-gt 5 --ttl-lt 9', refused: 'cannot stand together' },
    { rule: '-m ttl ! --ttl-gt 5', refused: '"!"' },
    { rule: '-m ttl', refused: 'missing' },
  ],
});
