/** `-m osf`: guesses the sender's operating system from a SYN, by fingerprints that nfnl_osf(8) has loaded. */
import { all, bits } from '../../packet/predicate.js';
import { lostBare, printBare } from '../../values/bare-name.js';
import { integer } from '../../values/integer.js';
import { cutText, text } from '../../values/text.js';
import { defineMatch, phrase } from '../define.js';
import { ask, detailed, join, spell } from '../spell.js';
import { headerOf } from '../transport.js';

const longestGenre = 31;

/** Longer names are cut. */
const cut = (genre: string): string => cutText(genre, longestGenre);
const genreName = { ...text(4096), print: (value: string) => printBare(cut(value)) };

const print = (genre: string, ttl: number | undefined, log: number | undefined): string =>
  join(printBare(cut(genre)), ttl !== undefined && `--ttl ${ttl}`, log !== undefined && `--log ${log}`);

const ttlWords = ['the TTL as sent', 'the TTL no higher than sent', 'whatever the TTL'];
const logWords = [
  'logging every fingerprint that fits',
  'logging the first fingerprint that fits',
  'logging every known fingerprint that fits',
];

export const osf = defineMatch({
  name: 'osf',
  manual: 'iptables-extensions(8) osf; net/netfilter/nfnetlink_osf.c',
  families: [4],
  decidedBy: 'surroundings',
  protocols: ['tcp'],
  place: { hooks: ['PREROUTING', 'INPUT', 'FORWARD'] },
  options: {
    genre: { flag: '--genre', value: genreName, negatable: true, required: true },
    ttl: { flag: '--ttl', value: integer(0, 2) },
    log: { flag: '--log', value: integer(0, 2) },
  },
  // Only packets with SYN are compared. What the negation means differs between kernels, so that it is a question of its own.
  matches: ({ genre, ttl }) =>
    all(
      headerOf(6),
      bits('tcpFlags', 2, 2),
      ask(
        'osf',
        'surroundings',
        spell('--genre', genre.negated, print(genre.value, ttl?.value, undefined)),
        { genre: genre.value, negated: genre.negated },
        ['ttl', 'length', 'mss'],
      ),
    ),
  save: ({ genre, ttl, log }) => spell('--genre', genre.negated, print(genre.value, ttl?.value, log?.value)),
  say: ({ genre, ttl, log }) => [
    phrase(
      'from',
      detailed(`from hosts that ${genre.negated ? 'do not look' : 'look'} like ${genre.value}`, [
        ttl && ttlWords[ttl.value],
        log && logWords[log.value],
      ]),
    ),
  ],
  lostOnSave: ({ genre }) => lostBare('--genre', cut(genre.value)),
  hasSideEffect: ({ log }) => log !== undefined,
  examples: [
    { rule: '-p tcp -m osf --genre Linux --ttl 2 --log 1', says: 'from hosts that look like Linux' },
    { rule: '-p tcp -m osf ! --genre Windows', says: 'that do not look like Windows' },
    { rule: '-p tcp -m osf --genre Linux --ttl 3', refused: 'from 0 to 2' },
    { rule: '-m osf --genre Linux', refused: '-p tcp' },
  ],
});
