/** `-m statistic`: a share of the packets, by chance or by counting. Every rule throws and counts for itself. */
import { notIf } from '../../packet/predicate.js';
import { integer } from '../../values/integer.js';
import { oneName } from '../../values/names.js';
import { probability as probabilityValue } from '../../values/probability.js';
import { defineMatch, phrase } from '../define.js';
import { ask, spell } from '../spell.js';

const highest = 0xffffffff;

/** "1st", "22nd", "13th". */
const ordinal = (number: number): string => {
  const isTeen = number % 100 > 10 && number % 100 < 14;
  return `${number}${isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th')}`;
};

export const statistic = defineMatch({
  name: 'statistic',
  manual: 'iptables-extensions(8) statistic; net/netfilter/xt_statistic.c',
  decidedBy: 'history',
  options: {
    mode: { flag: '--mode', value: oneName({ names: ['random', 'nth'], what: 'mode' }), required: true },
    probability: { flag: '--probability', value: probabilityValue, negatable: true, excludes: ['every', 'packet'] },
    every: { flag: '--every', value: integer(1, highest), negatable: true, excludes: ['probability'], needs: ['packet'] },
    packet: { flag: '--packet', value: integer(0, highest), excludes: ['probability'], needs: ['every'] },
  },
  check: ({ mode, probability, every, packet }) => {
    if (mode.value === 'random') return probability ? undefined : '--mode random wants --probability';
    if (!every || !packet) return '--mode nth wants --every and --packet';
    return packet.value < every.value ? undefined : `--packet ${packet.value} must be below --every ${every.value}`;
  },
  matches: ({ mode, probability, every, packet }, context) =>
    mode.value === 'random'
      ? notIf(
          probability?.negated ?? false,
          ask(
            'statistic',
            'history',
            `--mode random --probability ${probabilityValue.print(probability?.value ?? 0, { ...context, negated: false })}`,
            { probability: probability?.value ?? 0 },
          ),
        )
      : notIf(
          every?.negated ?? false,
          ask('statistic', 'history', `--mode nth --every ${every?.value ?? 1} --packet ${packet?.value ?? 0}`, {
            every: every?.value ?? 1,
            packet: packet?.value ?? 0,
          }),
        ),
  save: ({ mode, probability, every, packet }, context) =>
    mode.value === 'random'
      ? `--mode random ${spell('--probability', probability?.negated ?? false, probabilityValue.print(probability?.value ?? 0, { ...context, negated: false }))}`
      : `--mode nth ${spell('--every', every?.negated ?? false, every?.value ?? 1)} --packet ${packet?.value ?? 0}`,
  say: ({ mode, probability, every, packet }, context) => {
    if (mode.value === 'random') {
      const share = probabilityValue.say(probability?.value ?? 0, { ...context, negated: false });
      return [phrase('condition', probability?.negated ? `all but ${share} of them at random` : `${share} of them at random`)];
    }
    if (every?.value === 1) return [phrase('condition', every.negated ? 'none of them' : 'all of them')];
    const start = `starting with the ${ordinal((packet?.value ?? 0) + 1)}`;
    return [phrase('condition', `${every?.negated ? 'all but ' : ''}one of every ${every?.value ?? 1} of them, ${start}`)];
  },
  hasSideEffect: ({ mode }) => mode.value === 'nth',
  examples: [
    {
      rule: '-m statistic --mode random --probability 0.25',
      saved: '-m statistic --mode random --probability 0.25000000000',
      says: '1 in 4 of them at random',
    },
    { rule: '-m statistic --mode random --probability .333', saved: '-m statistic --mode random --probability 0.33300000010' },
    {
      rule: '-m statistic --mode nth --packet 0 --every 3',
      saved: '-m statistic --mode nth --every 3 --packet 0',
      says: 'one of every 3 of them, starting with the 1st',
    },
    { rule: '-m statistic --mode nth --every 3 --packet 3', refused: 'must be below' },
    { rule: '-m statistic --mode random', refused: '--probability' },
    { rule: '-m statistic --mode nth --every 3', refused: '--packet' },
    { rule: '-m statistic --mode random --probability 1.5', refused: 'from 0 to 1' },
  ],
});
