/** `-m rpfilter`: whether an answer to the packet would leave by the interface that it came in by. */
import { notIf } from '../../packet/predicate.js';
import { none } from '../../values/value.js';
import { defineMatch, phrase } from '../define.js';
import { ask, detailed, join } from '../spell.js';

export const rpfilter = defineMatch({
  name: 'rpfilter',
  manual: 'iptables-extensions(8) rpfilter; net/ipv4/netfilter/ipt_rpfilter.c',
  decidedBy: 'surroundings',
  place: { tables: ['raw', 'mangle'], hooks: ['PREROUTING'] },
  options: {
    loose: { flag: '--loose', value: none },
    validMark: { flag: '--validmark', value: none },
    acceptLocal: { flag: '--accept-local', value: none },
    invert: { flag: '--invert', value: none },
  },
  matches: ({ loose, validMark, acceptLocal, invert }) =>
    notIf(
      invert !== undefined,
      ask(
        'rpfilter',
        'surroundings',
        join(loose && '--loose', validMark && '--validmark', acceptLocal && '--accept-local'),
        { loose: loose !== undefined, validMark: validMark !== undefined, acceptLocal: acceptLocal !== undefined },
        ['source', 'destination', 'inInterface', 'tos', ...(validMark ? (['mark'] as const) : [])],
      ),
    ),
  say: ({ loose, validMark, acceptLocal, invert }) => [
    phrase(
      'condition',
      detailed(`${invert ? 'failing' : 'passing'} the reverse path test`, [
        loose && 'by any interface',
        validMark && "with the packet's mark",
        acceptLocal && 'own addresses allowed',
      ]),
    ),
  ],
  examples: [
    { rule: '-m rpfilter --invert', table: 'raw', chain: 'PREROUTING', says: 'failing the reverse path test' },
    {
      rule: '-m rpfilter --accept-local --loose',
      saved: '-m rpfilter --loose --accept-local',
      table: 'mangle',
      chain: 'PREROUTING',
      says: 'passing the reverse path test (by any interface',
    },
    { rule: '-m rpfilter ! --loose', table: 'raw', chain: 'PREROUTING', refused: '"!"' },
  ],
});
