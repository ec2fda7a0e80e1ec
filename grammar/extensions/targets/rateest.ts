/** `-j RATEEST`: measures the rate of what it sees, for -m rateest to ask (libxt_RATEEST.c, net/netfilter/xt_RATEEST.c). */
import { bareName, lostBare, printBare } from '../../values/bare-name.js';
import { duration, printDuration, sayDuration } from '../../values/duration.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';

/** The kernel measures in steps of 250 ms times a power of two, up to 8 s. */
const shortest = 250_000;
const steps = [1, 2, 4, 8, 16, 32].map((factor) => shortest * factor);

/** The least step that is not below the time asked for; undefined: none is as long. */
const stepOf = (interval: number): number | undefined => steps.find((step) => interval <= step);

/** The binary logarithm of the weight, as computed from the time asked for (not from the step); undefined: out of range. */
const weightOf = (interval: number, constant: number): number | undefined => {
  for (let log = 1; log < 32; log++) if (interval / -Math.log(1 - 2 ** -log) > constant) return log === 1 ? undefined : log - 1;
  return undefined;
};

/** As it is told: the product is one of 32 bits. */
const constantOf = (interval: number, constant: number): number =>
  ((stepOf(interval) ?? interval) * 2 ** (weightOf(interval, constant) ?? 0)) % 2 ** 32;

export const rateest = defineTarget({
  name: 'RATEEST',
  manual: 'iptables-extensions(8) RATEEST; net/netfilter/xt_RATEEST.c',
  options: {
    name: { flag: '--rateest-name', value: bareName(15), required: true },
    interval: { flag: '--rateest-interval', value: duration, required: true },
    timeConstant: { flag: '--rateest-ewmalog', value: duration, required: true },
  },
  check: ({ interval, timeConstant }) => {
    if (stepOf(interval.value) === undefined) return 'the interval is longer than 8 s';
    return weightOf(interval.value, timeConstant.value) === undefined
      ? 'the time constant of --rateest-ewmalog is too short or too long for the interval'
      : undefined;
  },
  effect: goesOn,
  hasSideEffect: true,
  lostOnSave: ({ name }) => lostBare('--rateest-name', name.value),
  save: ({ name, interval, timeConstant }) => {
    const step = stepOf(interval.value) ?? interval.value;
    const constant = constantOf(interval.value, timeConstant.value);
    return `--rateest-name ${printBare(name.value)} --rateest-interval ${printDuration(step)} --rateest-ewmalog ${printDuration(constant)}`;
  },
  say: ({ name, interval, timeConstant }) => {
    const step = stepOf(interval.value) ?? interval.value;
    const constant = step * 2 ** (weightOf(interval.value, timeConstant.value) ?? 0);
    return `Measure the rate as ${name.value}, every ${sayDuration(step)}, averaged over ${sayDuration(constant)}`;
  },
  examples: [
    {
      rule: '-j RATEEST --rateest-name wan --rateest-interval 300ms --rateest-ewmalog 4s',
      saved: '-j RATEEST --rateest-name wan --rateest-interval 500.0ms --rateest-ewmalog 4.0s',
      says: 'Measure the rate as wan, every 500 ms, averaged over 4 s',
    },
    { rule: '-j RATEEST --rateest-name wan --rateest-interval 16s --rateest-ewmalog 64s', refused: 'longer than 8 s' },
    { rule: '-j RATEEST --rateest-name wan --rateest-interval 4s --rateest-ewmalog 5ms', refused: '--rateest-ewmalog' },
  ],
});
