/** Ranges whose first end is above the last, where iptables lets them pass. */
import { type Outline, type OutlineOption, outlined, printAddress, valueIn } from '../../grammar/index.js';
import { makesOf, rulesLike } from '../model/makes.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { defineCheck } from './define.js';

interface Ends {
  readonly first: number | bigint;
  readonly last: number | bigint;
}

export default defineCheck({
  id: 'inverted-range',
  category: 'load',
  level: 'warning',
  summary: 'A range that begins above its end.',
  why: 'Only some extensions refuse "90:80" (tcp, sctp, multiport). Ports of udp and dccp, addresses of iprange, lengths, SPIs and ports of conntrack are loaded as they stand, and no value lies in such a range: the rule matches nothing, or with "!" everything.',
  advice: 'Swap the two ends.',
  examples: {
    find: [
      { title: 'UDP ports', text: '-A INPUT -p udp -m udp --dport 5080:5060 -j ACCEPT' },
      { title: 'addresses', text: '-A INPUT -m iprange --src-range 192.0.2.20-192.0.2.10 -j ACCEPT' },
    ],
    leave: [{ title: 'a range of one', text: '-A INPUT -p udp -m udp --dport 5060:5060 -j ACCEPT' }],
  },
  checkRuleset: ({ ruleset, report }) => {
    const { makes, of } = makesOf(ruleset);
    const options = makes.map(({ outline }) => optionsWithRanges(outline).filter((option) => option.slot >= 0 || isInverted(option, [])));
    for (const rule of rulesLike(ruleset, (_make, number) => options[number]!.length > 0)) {
      const { values } = outlined(rule.node);
      if (!options[of[rule.id]!]!.some((option) => isInverted(option, values))) continue;
      const { matches, target } = rule.node;
      const uses = target && target.options.length > 0 ? [...matches, target] : matches;
      for (const use of uses) {
        if (use.name === '' || use.name === 'comment') continue; // hold no ranges
        for (const option of use.options) {
          const ends = option.spec ? invertedIn(option.value) : null;
          if (!ends) continue;
          const isMatch = use.kind === 'match';
          const isAddress = typeof ends.first === 'bigint' || /(range|to-(source|destination))$/.test(option.spec!.flag);
          const [first, last] = isAddress ? [printAddress(ends.first), printAddress(ends.last)] : [String(ends.first), String(ends.last)];
          report({
            ...placeOfRule(rule),
            focus: [spanOf(option)],
            label: 'upside down',
            message: `the range from ${first} to ${last} is upside down${isMatch ? `: ${option.negated ? 'every packet is outside it' : 'no packet lies in it'}` : ''}`,
            help: `swap the ends: ${last} to ${first}`,
          });
        }
      }
    }
  },
});

/** The options of an outline that may hold ranges: built-in options and comments hold none. */
const optionsWithRanges = ({ matches, target }: Outline): readonly OutlineOption[] => [
  ...matches.flatMap(({ name, options }) => (name === '' || name === 'comment' ? [] : options)),
  ...(target?.options ?? []),
];

const isInverted = (option: OutlineOption, values: readonly unknown[]): boolean =>
  option.spec !== null && invertedIn(valueIn(option, values)) !== null;

/** The first range upside down in a typed value: itself, in a list, or one level down. */
const invertedIn = (value: unknown, depth = 0): Ends | null => {
  if (typeof value !== 'object' || value === null || depth > 2) return null;
  const { first, last } = value as Partial<Ends>;
  if ((typeof first === 'number' && typeof last === 'number') || (typeof first === 'bigint' && typeof last === 'bigint'))
    return first > last ? { first, last } : null;
  for (const key in value) {
    const found = invertedIn(value[key as keyof typeof value], depth + 1);
    if (found) return found;
  }
  return null;
};
