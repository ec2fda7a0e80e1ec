/** `-m hl`: the hop limit of an IPv6 packet. */
import { inRange, is, none, not } from '../../packet/predicate.js';
import { byte } from '../../values/integer.js';
import { defineMatch, phrase } from '../define.js';

export const hl = defineMatch({
  name: 'hl',
  manual: 'iptables-extensions(8) hl; net/netfilter/xt_hl.c, hl_mt6',
  decidedBy: 'packet',
  families: [6],
  options: {
    equal: { flag: '--hl-eq', aliases: ['--hl'], value: byte, negatable: true, excludes: ['less', 'greater'] },
    less: { flag: '--hl-lt', value: byte, excludes: ['equal', 'greater'] },
    greater: { flag: '--hl-gt', value: byte, excludes: ['equal', 'less'] },
  },
  check: ({ equal, less, greater }) => (equal || less || greater ? undefined : 'it wants --hl-eq, --hl-lt or --hl-gt'),
  matches: ({ equal, less, greater }) => {
    if (equal) return equal.negated ? not(is('ttl', equal.value)) : is('ttl', equal.value);
    if (less) return less.value === 0 ? none : inRange('ttl', 0, less.value - 1);
    return greater && greater.value < 255 ? inRange('ttl', greater.value + 1, 255) : none;
  },
  say: ({ equal, less, greater }) => {
    if (equal) return [phrase('condition', `with ${equal.negated ? 'any hop limit but ' : 'hop limit '}${equal.value}`)];
    if (less) return [phrase('condition', `with a hop limit below ${less.value}`)];
    return greater ? [phrase('condition', `with a hop limit above ${greater.value}`)] : [];
  },
  examples: [
    { rule: '-m hl --hl 255', saved: '-m hl --hl-eq 255', family: 6, says: 'with hop limit 255' },
    { rule: '-m hl ! --hl-eq 255', family: 6, says: 'any hop limit but 255' },
    { rule: '-m hl --hl-gt 5', family: 6, says: 'with a hop limit above 5' },
    { rule: '-m hl --hl-lt 5 --hl-gt 3', family: 6, refused: 'together' },
    { rule: '-m hl', family: 6, refused: '--hl-eq' },
    { rule: '-m hl --hl-eq 5', refused: 'iptables has no match' },
  ],
});
