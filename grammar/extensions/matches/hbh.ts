/** `-m hbh`: the Hop-by-Hop Options header of an IPv6 packet. */
import { all, notIf, type Predicate } from '../../packet/predicate.js';
import { integer } from '../../values/integer.js';
import { ipv6Options } from '../../values/ipv6-options.js';
import { defineMatch, phrase } from '../define.js';
import { ask } from '../spell.js';

const question = (words: string, given: Readonly<Record<string, unknown>> = {}): Predicate => ask('hbh', 'packet', words, given);

export const hbh = defineMatch({
  name: 'hbh',
  manual: 'iptables-extensions(8) hbh; net/ipv6/netfilter/ip6t_hbh.c',
  decidedBy: 'packet',
  families: [6],
  options: {
    length: { flag: '--hbh-len', value: integer(0, 0xffffffff), negatable: true },
    options: { flag: '--hbh-opts', value: ipv6Options },
  },
  // Without the header it is false, negated or not.
  matches: ({ length, options }, { family }) =>
    all(
      question(''),
      length && notIf(length.negated, question(`--hbh-len ${length.value}`, { length: length.value })),
      options && question(`--hbh-opts ${ipv6Options.print(options.value, { family, negated: false })}`, { options: options.value }),
    ),
  say: ({ length, options }, context) => {
    const words = 'with a Hop-by-Hop Options header';
    const long = length ? ` ${length.negated ? 'not ' : ''}${length.value} bytes long` : '';
    const holding = options ? ` that holds the options ${ipv6Options.say(options.value, { ...context, negated: false })}` : '';
    return [phrase('condition', `${words}${long}${holding}`)];
  },
  examples: [
    { rule: '-m hbh', family: 6, says: 'with a Hop-by-Hop Options header' },
    {
      rule: '-m hbh --hbh-opts 5:2,0x10 --hbh-len 8',
      saved: '-m hbh --hbh-len 8 --hbh-opts 5:2,16',
      family: 6,
      says: 'header 8 bytes long that holds the options 5:2,16',
    },
    { rule: '-m hbh ! --hbh-len 8', family: 6, says: 'not 8 bytes long' },
    { rule: '-m hbh --hbh-opts 5,', family: 6, refused: 'type:length' },
    { rule: '-m hbh ! --hbh-opts 5', family: 6, refused: '--hbh-opts' },
  ],
});
