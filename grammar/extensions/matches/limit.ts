/** `-m limit`: a token bucket of the rule's own. A packet that asks takes a token, so two equal rules are two buckets. */
import { integer } from '../../values/integer.js';
import { limitRate, type PacketRate } from '../../values/rate.js';
import { defineMatch, phrase } from '../define.js';
import { ask, join } from '../spell.js';

const defaultRate: PacketRate = { kind: 'packets', period: 12_000_000, scale: 10_000, per: 3600 };
const defaultBurst = 5;

/** What is not divided at once: HZ times CREDITS_PER_JIFFY of the usual 250 and 1000 Hz. */
const creditsPerSecond = 32_000;

/** Credits as the kernel counts them, in 32 bits (xt_limit.c, user2credits). */
const credits = (cost: number): number => {
  const low = (value: bigint): number => Number(BigInt.asUintN(32, value));
  const factor = BigInt(creditsPerSecond);
  return cost > Math.floor(0xffffffff / creditsPerSecond)
    ? low(BigInt(Math.floor(cost / 10_000)) * factor)
    : Math.floor(low(BigInt(cost) * factor) / 10_000);
};

/** The legacy kernel refuses a bucket whose credits do not fit (limit_mt_check); nft counts in 64 bits. */
const overflows = (period: number, burst: number): boolean =>
  credits(Number(BigInt.asUintN(32, BigInt(period) * BigInt(burst)))) < credits(period);

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
  check: ({ rate, burst }) => {
    const [{ period }, most] = [rate?.value ?? defaultRate, burst?.value ?? defaultBurst];
    if (most === 0) return { message: 'the kernel refuses a burst of 0', backends: ['legacy'] };
    return overflows(period, most)
      ? { message: `the kernel cannot count a burst of ${most} at a rate this slow`, backends: ['legacy'] }
      : undefined;
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
    { rule: '-m limit --limit 1/day', refused: 'burst of 5' },
    { rule: '-m limit --limit-burst 10001', refused: '10000' },
  ],
});
