/** `-m helper`: the conntrack helper that the connection was expected by (the data connection of FTP, say). */
import { all, notIf, test } from '../../packet/predicate.js';
import { hasConnection } from '../../packet/presence.js';
import { cutText, quote } from '../../values/text.js';
import { defineValue } from '../../values/value.js';
import { defineMatch, phrase } from '../define.js';

/** What is beyond 29 bytes is cut off. An empty name means any helper. */
const helperName = defineValue<string>({
  arity: 1,
  expects: 'the name of a conntrack helper',
  parse: ({ 0: word }) => cutText(word!, 29),
  print: quote,
  say: (name) => (name === '' ? 'any helper' : name),
});

export const helper = defineMatch({
  name: 'helper',
  manual: 'iptables-extensions(8) helper; net/netfilter/xt_helper.c',
  decidedBy: 'surroundings',
  options: { name: { flag: '--helper', value: helperName, negatable: true, required: true } },
  // Without a connection, or one that no helper expected, the negated match is true.
  matches: ({ name }) =>
    notIf(
      name.negated,
      all(
        hasConnection,
        test({
          extension: 'helper',
          text: `-m helper --helper ${quote(name.value)}`,
          decidedBy: 'surroundings',
          reads: [],
          given: { name: name.value },
        }),
      ),
    ),
  say: ({ name }, context) => [
    phrase(
      'condition',
      `of connections ${name.negated ? 'not ' : ''}expected by the helper ${helperName.say(name.value, { ...context, negated: false })}`.replace(
        'the helper any',
        'any',
      ),
    ),
  ],
  examples: [
    { rule: '-m helper --helper ftp-2121', says: 'of connections expected by the helper ftp-2121' },
    { rule: '-m helper ! --helper sip', says: 'of connections not expected by the helper sip' },
    { rule: '-m helper --helper ""', says: 'expected by any helper' },
    { rule: '-m helper', refused: '--helper' },
  ],
});
