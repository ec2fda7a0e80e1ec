/** `-m connbytes`: how much has gone over the packet's connection so far: bytes, packets, or bytes a packet. */
import { all, notIf, type Predicate } from '../../packet/predicate.js';
import { hasConnection } from '../../packet/presence.js';
import { oneName } from '../../values/names.js';
import { type WideRange, wideRange, widest } from '../../values/wide-range.js';
import { defineMatch, phrase, type Use } from '../define.js';
import { ask, join, spell } from '../spell.js';

const directions = { original: 'in the original direction', reply: 'in the reply direction', both: 'in both directions' } as const;
const modes = { packets: 'packets', bytes: 'bytes', avgpkt: 'bytes a packet on average' } as const;

const direction = oneName({ names: ['original', 'reply', 'both'], what: 'direction' }, (name) => directions[name]);
const mode = oneName({ names: ['packets', 'bytes', 'avgpkt'], what: 'mode' }, (name) => modes[name]);

const question = (words: string, given: Readonly<Record<string, unknown>> = {}): Predicate =>
  ask('connbytes', 'surroundings', words, given);

/** Connections older than the first rule of this kind may have no counters: then it is false, negated or not. */
const isCounted = question('');

const sayInside = ({ first, last }: WideRange): string => {
  if (last === widest) return `${first} or more`;
  if (first === last) return String(first);
  return first === 0n ? `at most ${last}` : `${first} to ${last}`;
};

const sayOutside = ({ first, last }: WideRange): string => {
  if (last === widest) return `fewer than ${first}`;
  return first === 0n ? `more than ${last}` : `fewer than ${first} or more than ${last}`;
};

/** The kernel is told of a negation by ends that stand crosswise, so that of a single number is lost. */
const isNegated = ({ value: { first, last }, negated }: Use<WideRange>): boolean => negated && first !== last;

export const connbytes = defineMatch({
  name: 'connbytes',
  manual: 'iptables-extensions(8) connbytes; net/netfilter/xt_connbytes.c',
  decidedBy: 'surroundings',
  options: {
    range: { flag: '--connbytes', value: wideRange, negatable: true, required: true },
    mode: { flag: '--connbytes-mode', value: mode, required: true },
    direction: { flag: '--connbytes-dir', value: direction, required: true },
  },
  // The counters stand still while one packet goes its way.
  matches: ({ range, mode, direction }, { family }) =>
    all(
      hasConnection,
      isCounted,
      notIf(
        isNegated(range),
        question(
          `--connbytes ${wideRange.print(range.value, { family, negated: false })} --connbytes-mode ${mode.value} --connbytes-dir ${direction.value}`,
          { range: range.value, mode: mode.value, direction: direction.value },
        ),
      ),
    ),
  save: ({ range, mode, direction }, { family }) =>
    join(
      spell('--connbytes', isNegated(range), wideRange.print(range.value, { family, negated: false })),
      spell('--connbytes-mode', false, mode.value),
      spell('--connbytes-dir', false, direction.value),
    ),
  say: ({ range, mode, direction }) => [
    phrase(
      'condition',
      `of connections with ${(isNegated(range) ? sayOutside : sayInside)(range.value)} ${modes[mode.value]} ${directions[direction.value]}`,
    ),
  ],
  examples: [
    {
      rule: '-m connbytes --connbytes 1000: --connbytes-mode bytes --connbytes-dir both',
      saved: '-m connbytes --connbytes 1000 --connbytes-mode bytes --connbytes-dir both',
      says: 'with 1000 or more bytes in both directions',
    },
    {
      rule: '-m connbytes --connbytes-dir original --connbytes-mode packets ! --connbytes :20',
      saved: '-m connbytes ! --connbytes 0:20 --connbytes-mode packets --connbytes-dir original',
      says: 'with more than 20 packets in the original direction',
    },
    {
      rule: '-m connbytes ! --connbytes 7:7 --connbytes-mode packets --connbytes-dir reply',
      saved: '-m connbytes --connbytes 7:7 --connbytes-mode packets --connbytes-dir reply',
      says: 'with 7 packets in the reply direction',
    },
    { rule: '-m connbytes --connbytes 9:5 --connbytes-mode packets --connbytes-dir both', refused: 'upside down' },
    { rule: '-m connbytes --connbytes 9 --connbytes-mode packets', refused: '--connbytes-dir' },
    { rule: '-m connbytes --connbytes 9 --connbytes-mode Packets --connbytes-dir both', refused: 'not a mode' },
  ],
});
