/** `-m connlimit`: how many connections an address or network has at once. */
import { addressWidth, type Family } from '../../netfilter/families.js';
import { test } from '../../packet/predicate.js';
import { integer } from '../../values/integer.js';
import { prefixLengthOfMask } from '../../values/prefix-length.js';
import { none } from '../../values/value.js';
import { defineMatch, type Given, type OptionTable, phrase } from '../define.js';

const count = integer(0, 0xffffffff);

const options = {
  upto: { flag: '--connlimit-upto', value: count, negatable: true, excludes: ['above'] },
  above: { flag: '--connlimit-above', value: count, negatable: true, excludes: ['upto'] },
  mask: { flag: '--connlimit-mask', value: prefixLengthOfMask },
  bySource: { flag: '--connlimit-saddr', value: none, excludes: ['byDestination'] },
  byDestination: { flag: '--connlimit-daddr', value: none, excludes: ['bySource'] },
} as const satisfies OptionTable;

/** A negated limit is the other one: `! --connlimit-above 5` is `--connlimit-upto 5`. A mask too long for an address is cut. */
const settled = ({ upto, above, mask, byDestination }: Given<typeof options>, family: Family) => {
  const use = upto ?? above;
  return {
    isAbove: (above !== undefined) !== (use?.negated ?? false),
    limit: use?.value ?? 0,
    length: Math.min(mask?.value ?? addressWidth(family), addressWidth(family)),
    side: byDestination ? ('daddr' as const) : ('saddr' as const),
  };
};

const print = ({ isAbove, limit, length, side }: ReturnType<typeof settled>): string =>
  `--connlimit-${isAbove ? 'above' : 'upto'} ${limit} --connlimit-mask ${length} --connlimit-${side}`;

export const connlimit = defineMatch({
  name: 'connlimit',
  manual: 'iptables-extensions(8) connlimit; net/netfilter/xt_connlimit.c',
  decidedBy: 'history',
  options,
  check: ({ upto, above }) => (upto || above ? undefined : 'it wants --connlimit-above or --connlimit-upto'),
  hasSideEffect: () => true,
  matches: (given, { family }) => {
    const limits = settled(given, family);
    return test({
      extension: 'connlimit',
      text: `-m connlimit ${print(limits)}`,
      decidedBy: 'history',
      reads: ['source', 'destination'],
      given: limits,
    });
  },
  save: (given, { family }) => print(settled(given, family)),
  say: (given, { family }) => {
    const { isAbove, limit, length, side } = settled(given, family);
    const whose = `${side === 'saddr' ? 'source' : 'destination'} ${length === addressWidth(family) ? 'address' : `/${length} network`}`;
    return [phrase('condition', `whose ${whose} has ${isAbove ? 'more than' : 'at most'} ${limit} connection${limit === 1 ? '' : 's'}`)];
  },
  examples: [
    {
      rule: '-m connlimit --connlimit-above 5',
      saved: '-m connlimit --connlimit-above 5 --connlimit-mask 32 --connlimit-saddr',
      says: 'source address has more than 5 connections',
    },
    {
      rule: '-m connlimit ! --connlimit-above 1 --connlimit-daddr --connlimit-mask 255.255.255.0',
      saved: '-m connlimit --connlimit-upto 1 --connlimit-mask 24 --connlimit-daddr',
      says: 'destination /24 network has at most 1 connection',
    },
    { rule: '-m connlimit --connlimit-upto 2', saved: '-m connlimit --connlimit-upto 2 --connlimit-mask 128 --connlimit-saddr', family: 6 },
    { rule: '-m connlimit --connlimit-above 5 --connlimit-saddr --connlimit-daddr', refused: 'together' },
    { rule: '-m connlimit', refused: '--connlimit-above or --connlimit-upto' },
  ],
});
