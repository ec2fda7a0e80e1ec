/** `-m limit`: a token bucket of the rule's own. A packet that asks takes a token, so two equal rules are two buckets. */
import { integer } from '../../values/integer.js';
import { limitRate, type PacketRate } from '../../values/rate.js';
import { defineMatch, phrase } from '../define.js';
import { ask, join } from '../spell.js';

const defaultRate: PacketRate = { kind: 'packets', period: 12_000_000, scale: 10_000, per: 3600 };
const defaultBurst = 5;

const print = (rate: PacketRate, burst: number): string =>
  join(`--limit ${limitRate.print(rate, { family: 4, negated: false })}`, burst !== defaultBurst && `--limit-burst ${burst}`);

export const limit = defineMatch({
  name: 'limit',
  manual: 'iptables-extensions(8) limit; net/netfilter/xt_limit.c',
  decidedBy: 'history',
  options: {
    rate: { flag: '--limit', value: limitRate },
    burst: { flag: '--limit-burst', value: integer(0, 10_000) },
  },
  matches: ({ rate, burst }) => {
    const [each, most] = [rate?.value ?? defaultRate, burst?.value || defaultBurst];
    return ask('limit', 'history', print(each, most), { rate: each, burst: most });
  },
  // nft reads a burst of 0 as the default; legacy refuses it.
  save: ({ rate, burst }) => print(rate?.value ?? defaultRate, burst?.value || defaultBurst),
  say: ({ rate, burst }, context) => [
    phrase(
      'condition',
      `at most ${limitRate.say(rate?.value ?? defaultRate, { ...context, negated: false })}${burst && burst.value !== defaultBurst ? ` after a burst of ${burst.value}` : ''}`,
    ),
  ],
  hasSideEffect: () => true,
  examples: [
    { rule: '-m limit', saved: '-m limit --limit 3/hour', says: 'at most 3 an hour' },
    {
      rule: '-m limit --limit 60/minute --limit-burst 20',
      saved: '-m limit --limit 1/sec --limit-burst 20',
      says: 'at most 1 a second after a burst of 20',
    },
    { rule: '-m limit --limit 10/s --limit-burst 5', saved: '-m limit --limit 10/sec' },
    { rule: '-m limit ! --limit 3/min', refused: '"!"' },
    { rule: '-m limit --limit 3/week', refused: 'not a rate' },
    { rule: '-m limit --limit-burst 10001', refused: '10000' },
  ],
});
