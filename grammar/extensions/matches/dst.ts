/** `-m dst`: the Destination Options header of an IPv6 packet. */
import { all, notIf, type Predicate } from '../../packet/predicate.js';
import { integer } from '../../values/integer.js';
import { ipv6Options } from '../../values/ipv6-options.js';
import { defineMatch, phrase } from '../define.js';
import { ask } from '../spell.js';

const question = (words: string, given: Readonly<Record<string, unknown>> = {}): Predicate => ask('dst', 'packet', words, given);

export const dst = defineMatch({
  name: 'dst',
  manual: 'iptables-extensions(8) dst; net/ipv6/netfilter/ip6t_hbh.c',
  decidedBy: 'packet',
  families: [6],
  options: {
    length: { flag: '--dst-len', value: integer(0, 0xffffffff), negatable: true },
    options: { flag: '--dst-opts', value: ipv6Options },
  },
  // Without the header it is false, negated or not.
  matches: ({ length, options }, { family }) =>
    all(
      question(''),
      length && notIf(length.negated, question(`--dst-len ${length.value}`, { length: length.value })),
      options && question(`--dst-opts ${ipv6Options.print(options.value, { family, negated: false })}`, { options: options.value }),
    ),
  say: ({ length, options }, context) => {
    const words = 'with a Destination Options header';
    const long = length ? ` ${length.negated ? 'not ' : ''}${length.value} bytes long` : '';
    const holding = options ? ` that holds the options ${ipv6Options.say(options.value, { ...context, negated: false })}` : '';
    return [phrase('condition', `${words}${long}${holding}`)];
  },
  examples: [
    { rule: '-m dst', family: 6, says: 'with a Destination Options header' },
    {
      rule: '-m dst --dst-opts 5:2,0x10 --dst-len 8',
      saved: '-m dst --dst-len 8 --dst-opts 5:2,16',
      family: 6,
      says: 'header 8 bytes long that holds the options 5:2,16',
    },
    { rule: '-m dst ! --dst-len 8', family: 6, says: 'not 8 bytes long' },
    { rule: '-m dst --dst-opts 5,', family: 6, refused: 'type:length' },
    { rule: '-m dst ! --dst-opts 5', family: 6, refused: '--dst-opts' },
  ],
});
