/** `-m devgroup`: the group number of the interface the packet arrives on or leaves by. */
import { all, notIf } from '../../packet/predicate.js';
import { hasMark, type Mark, mark, printMark, wholeMark } from '../../values/mark.js';
import { defineValue } from '../../values/value.js';
import { defineMatch, phrase, type Use } from '../define.js';

/** Names stand in /etc/iproute2/group, which everywhere holds `default` for 0; other names are known to their host alone. */
const group = defineValue<Mark>({
  ...mark,
  expects: 'an interface group: value, value/mask, or default',
  parse: (words, context) => (words[0] === 'default' ? { value: 0, mask: wholeMark } : mark.parse(words, context)),
  print: (value) => (value.value === 0 && value.mask === wholeMark ? 'default' : printMark(value)),
});

const say = (slot: 'arriving' | 'leaving', words: string, use: Use<Mark> | undefined) =>
  use
    ? [
        phrase(
          slot,
          `${words} ${use.negated ? 'an interface outside' : 'an interface of'} group ${group.print(use.value, { family: 4, negated: false })}`,
        ),
      ]
    : [];

export const devgroup = defineMatch({
  name: 'devgroup',
  manual: 'iptables-extensions(8) devgroup; net/netfilter/xt_devgroup.c',
  decidedBy: 'packet',
  options: {
    source: { flag: '--src-group', value: group, negatable: true },
    destination: { flag: '--dst-group', value: group, negatable: true },
  },
  placeFor: ({ source, destination }) => {
    if (source && destination) return { hooks: ['FORWARD'] };
    return source ? { hooks: ['PREROUTING', 'INPUT', 'FORWARD'] } : { hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'] };
  },
  check: ({ source, destination }) => (source || destination ? undefined : 'it wants --src-group or --dst-group'),
  matches: ({ source, destination }) =>
    all(
      source && notIf(source.negated, hasMark('inGroup', source.value)),
      destination && notIf(destination.negated, hasMark('outGroup', destination.value)),
    ),
  say: ({ source, destination }) => [...say('arriving', 'arriving on', source), ...say('leaving', 'leaving by', destination)],
  examples: [
    {
      rule: '-m devgroup --src-group 23',
      saved: '-m devgroup --src-group 0x17',
      chain: 'INPUT',
      says: 'arriving on an interface of group 0x17',
    },
    { rule: '-m devgroup ! --dst-group 0xc/0xc', chain: 'FORWARD', says: 'outside group 0xc/0xc' },
    { rule: '-m devgroup --src-group 0', saved: '-m devgroup --src-group default', chain: 'INPUT', says: 'group default' },
    { rule: '-m devgroup', refused: '--src-group or --dst-group' },
  ],
});
