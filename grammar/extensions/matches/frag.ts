/** `-m frag`: the Fragment header of an IPv6 packet. */
import { all, any, is, none as never, notIf, type Predicate } from '../../packet/predicate.js';
import { integer } from '../../values/integer.js';
import { sayNumberOf, wordRange } from '../../values/integer-range.js';
import { none } from '../../values/value.js';
import { defineMatch, phrase } from '../define.js';
import { ask } from '../spell.js';

const question = (words: string, given: Readonly<Record<string, unknown>> = {}): Predicate => ask('frag', 'packet', words, given);

/** Without the header the match is false, whatever is negated. */
const hasFragmentHeader = question('');
const moreFollow = question('--fragmore', { more: true });

const highest = 0xffffffff;
const isFull = ({ first, last }: { readonly first: number; readonly last: number }): boolean => first === 0 && last === highest;

export const frag = defineMatch({
  name: 'frag',
  manual: 'iptables-extensions(8) frag; net/ipv6/netfilter/ip6t_frag.c',
  decidedBy: 'packet',
  families: [6],
  options: {
    id: { flag: '--fragid', value: wordRange, negatable: true },
    length: { flag: '--fraglen', value: integer(0, 0xffffffff), negatable: true },
    reserved: { flag: '--fragres', value: none },
    first: { flag: '--fragfirst', value: none },
    more: { flag: '--fragmore', value: none, excludes: ['last'] },
    last: { flag: '--fraglast', value: none, excludes: ['more'] },
  },
  // The kernel never looks at --fraglen.
  matches: ({ id, reserved, first, more, last }, { family }) =>
    all(
      hasFragmentHeader,
      id &&
        notIf(
          id.negated,
          isFull(id.value)
            ? any
            : id.value.first > id.value.last
              ? never
              : question(`--fragid ${wordRange.print(id.value, { family, negated: false })}`, { id: id.value }),
        ),
      reserved && question('--fragres', { reserved: true }),
      first && is('laterFragment', 0),
      more && moreFollow,
      last && notIf(true, moreFollow),
    ),
  // The full range of ids is not printed, negated or not.
  save: ({ id, length, reserved, first, more, last }, { family }) =>
    [
      ...(id && !isFull(id.value)
        ? [`${id.negated ? '! ' : ''}--fragid ${wordRange.print(id.value, { family, negated: id.negated })}`]
        : []),
      ...(length ? [`${length.negated ? '! ' : ''}--fraglen ${length.value}`] : []),
      ...(reserved ? ['--fragres'] : []),
      ...(first ? ['--fragfirst'] : []),
      ...(more ? ['--fragmore'] : []),
      ...(last ? ['--fraglast'] : []),
    ].join(' '),
  say: ({ id, length, reserved, first, more, last }) => {
    const idWords = id && sayNumberOf('fragment id', id, highest);
    return [
      phrase('adjective', 'fragmented'),
      ...(first ? [phrase('condition', 'that are the first fragment')] : []),
      ...(last ? [phrase('condition', 'that are the last fragment')] : []),
      ...(idWords === undefined ? [] : [phrase('condition', `with ${idWords}`)]),
      ...(length
        ? [
            phrase(
              'condition',
              `with ${length.negated ? 'any fragment length but ' : 'fragment length '}${length.value} (the kernel does not look)`,
            ),
          ]
        : []),
      ...(reserved ? [phrase('condition', 'with the reserved bits of the Fragment header zero')] : []),
      ...(more ? [phrase('condition', 'with more fragments to follow')] : []),
    ];
  },
  examples: [
    { rule: '-m frag --fraglast', family: 6, says: 'that are the last fragment' },
    {
      rule: '-m frag --fragmore --fragfirst --fragid 5:9',
      saved: '-m frag --fragid 5:9 --fragfirst --fragmore',
      family: 6,
      says: 'that are the first fragment, with fragment id 5 to 9',
    },
    { rule: '-m frag --fragid :', saved: '-m frag', family: 6, says: 'fragmented' },
    { rule: '-m frag --fraglast --fragmore', family: 6, refused: 'together' },
    { rule: '-m frag', refused: 'no match' },
  ],
});
