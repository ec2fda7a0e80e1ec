/** `-m ipv6header`: which extension headers a packet has. */
import { all, not, notIf, type Predicate } from '../../packet/predicate.js';
import { nameList } from '../../values/names.js';
import { none } from '../../values/value.js';
import { defineMatch, phrase } from '../define.js';
import { ask } from '../spell.js';

/** As printed, in the order of the kernel's bits. `protocol` is whatever follows that is neither ESP nor "no next header". */
const headers = ['hop-by-hop', 'ipv6-opts', 'ipv6-route', 'ipv6-frag', 'ah', 'esp', 'ipv6-nonxt', 'protocol'] as const;
type Header = (typeof headers)[number];

const spoken: Readonly<Record<Header, string>> = {
  'hop-by-hop': 'hop-by-hop options',
  'ipv6-opts': 'destination options',
  'ipv6-route': 'routing',
  'ipv6-frag': 'fragment',
  ah: 'AH',
  esp: 'ESP',
  'ipv6-nonxt': 'no next header',
  protocol: 'that of a protocol above',
};

const headerList = nameList<Header>({
  names: headers,
  what: 'kind of IPv6 header',
  emptyParts: true,
  aliases: {
    hop: 'hop-by-hop',
    hopopt: 'hop-by-hop',
    0: 'hop-by-hop',
    dst: 'ipv6-opts',
    60: 'ipv6-opts',
    route: 'ipv6-route',
    43: 'ipv6-route',
    frag: 'ipv6-frag',
    44: 'ipv6-frag',
    auth: 'ah',
    51: 'ah',
    50: 'esp',
    none: 'ipv6-nonxt',
    59: 'ipv6-nonxt',
    prot: 'protocol',
    255: 'protocol',
  },
});

/** A chain of headers that is cut short never matches, not even negated. */
const isReadable = ask('ipv6header', 'packet', '', { has: 'whole header chain' });
const hasHeader = (header: Header): Predicate => ask('ipv6header', 'packet', `--header ${header} --soft`, { header });

export const ipv6header = defineMatch({
  name: 'ipv6header',
  manual: 'ip6tables-extensions(8) ipv6header; net/ipv6/netfilter/ip6t_ipv6header.c',
  families: [6],
  decidedBy: 'packet',
  options: {
    headers: { flag: '--header', value: headerList, negatable: true, required: true },
    soft: { flag: '--soft', value: none },
  },
  check: ({ headers: { value } }) => (value.length === 0 ? '--header names no header' : undefined),
  // Soft: all of them are there, or negated none of them. Else: just these are there and no others, and the negation is that of the whole.
  matches: ({ headers: { value, negated }, soft }) =>
    soft
      ? all(isReadable, ...value.map((header) => notIf(negated, hasHeader(header))))
      : all(
          isReadable,
          notIf(negated, all(...headers.map((header) => (value.includes(header) ? hasHeader(header) : not(hasHeader(header)))))),
        ),
  say: ({ headers: { value, negated }, soft }) => {
    const list = value.map((header) => spoken[header]).join(', ');
    if (soft) return [phrase('condition', negated ? `without any of the headers: ${list}` : `with the headers, among others: ${list}`)];
    return [phrase('condition', `${negated ? 'not ' : ''}with just the headers: ${list}`)];
  },
  examples: [
    {
      rule: '-m ipv6header --header frag,hop',
      saved: '-m ipv6header --header hop-by-hop,ipv6-frag',
      family: 6,
      says: 'with just the headers: hop-by-hop options, fragment',
    },
    {
      rule: '-m ipv6header --soft ! --header 43',
      saved: '-m ipv6header ! --header ipv6-route --soft',
      family: 6,
      says: 'without any of the headers: routing',
    },
    { rule: '-m ipv6header --header tcp', family: 6, refused: 'not a kind of IPv6 header' },
    { rule: '-m ipv6header --soft', family: 6, refused: '--header' },
  ],
});
