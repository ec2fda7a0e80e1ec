/** `-m srh`: the segment routing header of IPv6. */
import { all, notIf, type Predicate } from '../../packet/predicate.js';
import { type HostMask, hostMask } from '../../values/host-mask.js';
import { byte, integer } from '../../values/integer.js';
import type { ValueType } from '../../values/value.js';
import { defineMatch, type OptionSpec, type OrderedUse, phrase } from '../define.js';
import { ask, detailed, spell } from '../spell.js';

const number = (flag: string, value: ValueType<number> = byte): OptionSpec<number> => ({ flag, value, negatable: true });

/** An address of a segment, printed with its length always. */
const segment: ValueType<HostMask> = {
  ...hostMask,
  print: (value, context) => hostMask.print(value, context).replace(/^[^/]*$/, '$&/128'),
};
const address = (flag: string): OptionSpec<HostMask> => ({ flag, value: segment, negatable: true });

/** In the order that iptables-save prints. */
const options = {
  nextHeader: number('--srh-next-hdr'),
  lengthEqual: number('--srh-hdr-len-eq'),
  lengthAbove: number('--srh-hdr-len-gt'),
  lengthBelow: number('--srh-hdr-len-lt'),
  leftEqual: number('--srh-segs-left-eq'),
  leftAbove: number('--srh-segs-left-gt'),
  leftBelow: number('--srh-segs-left-lt'),
  lastEqual: number('--srh-last-entry-eq'),
  lastAbove: number('--srh-last-entry-gt'),
  lastBelow: number('--srh-last-entry-lt'),
  tag: number('--srh-tag', integer(0, 65535)),
  previous: address('--srh-psid'),
  next: address('--srh-nsid'),
  last: address('--srh-lsid'),
} as const;

const keys = Object.keys(options) as (keyof typeof options)[];
const isSegment = (key: string): boolean => key === 'previous' || key === 'next' || key === 'last';

/** Comparisons of one number share a place in the kernel's structure: the one given last counts for all of them. */
const groupOf = (key: string): string | undefined => /^(length|left|last)(Equal|Above|Below)$/.exec(key)?.[1];

/** The options in printed order with the values that count. */
const usesIn = (order: readonly OrderedUse[]): readonly (OrderedUse & { readonly key: keyof typeof options })[] =>
  keys.flatMap((key) => {
    const use = order.find((given) => given.key === key);
    if (!use) return [];
    const group = groupOf(key);
    const value = group === undefined ? use.value : order.findLast((given) => groupOf(given.key) === group)!.value;
    return [{ key, value, negated: use.negated }];
  });

const printValue = ({ key, value }: OrderedUse): string =>
  isSegment(key) ? segment.print(value as HostMask, { family: 6, negated: false }) : String(value);

/** Without a whole header of type 4 nothing matches, not even negated. */
const hasHeader = ask('srh', 'packet', '');

/** What each option asks for, and what its negation does. */
const words: Readonly<Record<keyof typeof options, readonly [plain: string, negated: string]>> = {
  nextHeader: ['next header', 'any next header but'],
  lengthEqual: ['length', 'any length but'],
  lengthAbove: ['a length above', 'a length of at most'],
  lengthBelow: ['a length below', 'a length of at least'],
  leftEqual: ['segments left:', 'segments left: any number but'],
  leftAbove: ['segments left: more than', 'segments left: at most'],
  leftBelow: ['segments left: fewer than', 'segments left: at least'],
  lastEqual: ['last entry', 'any last entry but'],
  lastAbove: ['a last entry above', 'a last entry of at most'],
  lastBelow: ['a last entry below', 'a last entry of at least'],
  tag: ['tag', 'any tag but'],
  previous: ['the previous segment in', 'the previous segment outside'],
  next: ['the next segment in', 'the next segment outside'],
  last: ['the last segment in', 'the last segment outside'],
};

/** Whether there is a previous or a next segment at all is part of the question, so that its negation is another one. */
const question = (use: OrderedUse & { readonly key: keyof typeof options }): Predicate => {
  const { flag } = options[use.key];
  const value = printValue(use);
  return isSegment(use.key)
    ? ask('srh', 'packet', spell(flag, use.negated, value), { flag, value, negated: use.negated })
    : notIf(use.negated, ask('srh', 'packet', spell(flag, false, value), { flag, value }));
};

export const srh = defineMatch({
  name: 'srh',
  manual: 'ip6tables-extensions(8) srh; net/ipv6/netfilter/ip6t_srh.c',
  families: [6],
  decidedBy: 'packet',
  options,
  matches: (_given, { order }) => all(hasHeader, ...usesIn(order).map(question)),
  save: (_given, { order }) =>
    usesIn(order)
      .map((use) => spell(options[use.key].flag, use.negated, printValue(use)))
      .join(' '),
  say: (_given, { order }) => [
    phrase(
      'condition',
      detailed(
        'with a segment routing header',
        usesIn(order).map((use) => `${words[use.key][use.negated ? 1 : 0]} ${printValue(use)}`),
      ),
    ),
  ],
  examples: [
    { rule: '-m srh', family: 6, says: 'with a segment routing header' },
    {
      rule: '-m srh --srh-tag 5 ! --srh-segs-left-eq 0x1',
      saved: '-m srh ! --srh-segs-left-eq 1 --srh-tag 5',
      family: 6,
      says: '(segments left: any number but 1, tag 5)',
    },
    {
      rule: '-m srh --srh-lsid 2001:db8::1',
      saved: '-m srh --srh-lsid 2001:db8::1/128',
      family: 6,
      says: 'with a segment routing header (the last segment in 2001:db8::1/128)',
    },
    { rule: '-m srh --srh-tag 65536', family: 6, refused: '65535' },
  ],
});
