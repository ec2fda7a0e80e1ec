/** `-m rateest`: compares the rates that RATEEST rules have estimated, with a number or with each other. */
import { notIf } from '../../packet/predicate.js';
import { bytesPerSecond, packetsPerSecond, printBytesPerSecond } from '../../values/estimated-rate.js';
import { text } from '../../values/text.js';
import { none } from '../../values/value.js';
import { defineMatch, type OrderedUse, phrase, type Use } from '../define.js';
import { ask, join, spell } from '../spell.js';

/** Printed without quotes. */
const estimator = { ...text(15, 1), print: (value: string) => value };

const comparisons = { lt: '--rateest-lt', gt: '--rateest-gt', eq: '--rateest-eq' } as const;
type Comparison = keyof typeof comparisons;
const isComparison = (use: OrderedUse): use is OrderedUse & { readonly key: Comparison } => use.key in comparisons;

/** Of several comparisons the last counts. */
const comparisonIn = (order: readonly OrderedUse[]) => order.findLast(isComparison);

interface Options {
  readonly delta?: Use<true>;
  readonly first?: Use<string>;
  readonly second?: Use<string>;
  readonly bytes1?: Use<number>;
  readonly bytes2?: Use<number>;
  readonly packets1?: Use<number>;
  readonly packets2?: Use<number>;
}

/** The words as printed; the values of the first estimator count with --rateest-delta alone. */
const print = ({ delta, first, second, bytes1, bytes2, packets1, packets2 }: Options, comparison: string): string => {
  const bytes = bytes1 !== undefined || bytes2 !== undefined;
  const packets = packets1 !== undefined || packets2 !== undefined;
  const bound = (kind: 'bps' | 'pps', value: string): string => {
    if (delta) return `--rateest-${kind}2 ${value}`;
    return second ? `--rateest-${kind}` : `--rateest-${kind} ${value}`;
  };
  return join(
    delta && '--rateest-delta',
    `${second ? '--rateest1' : '--rateest'} ${first?.value ?? ''}`,
    delta && bytes && `--rateest-bps1 ${printBytesPerSecond(bytes1?.value ?? 0)}`,
    delta && packets && `--rateest-pps1 ${packets1?.value ?? 0}`,
    bytes && `${comparison} ${bound('bps', printBytesPerSecond(bytes2?.value ?? 0))}`,
    packets && `${comparison} ${bound('pps', String(packets2?.value ?? 0))}`,
    second && `--rateest2 ${second.value}`,
  );
};

const words = { lt: 'below', gt: 'above', eq: 'equal to' } as const;

export const rateest = defineMatch({
  name: 'rateest',
  manual: 'iptables-extensions(8) rateest; net/netfilter/xt_rateest.c',
  decidedBy: 'history',
  options: {
    delta: { flag: '--rateest-delta', value: none },
    first: { flag: '--rateest', aliases: ['--rateest1'], value: estimator, required: true },
    second: { flag: '--rateest2', value: estimator },
    lt: { flag: comparisons.lt, value: none, negatable: true },
    gt: { flag: comparisons.gt, value: none, negatable: true },
    eq: { flag: comparisons.eq, value: none, negatable: true },
    bytes1: { flag: '--rateest-bps1', value: bytesPerSecond },
    bytes2: { flag: '--rateest-bps', aliases: ['--rateest-bps2'], value: bytesPerSecond },
    packets1: { flag: '--rateest-pps1', value: packetsPerSecond },
    packets2: { flag: '--rateest-pps', aliases: ['--rateest-pps2'], value: packetsPerSecond },
  },
  check: ({ bytes1, bytes2, packets1, packets2 }, { order }) => {
    if (!comparisonIn(order)) return '--rateest-lt, --rateest-gt or --rateest-eq is missing';
    return bytes1 || bytes2 || packets1 || packets2 ? undefined : 'a rate in bytes or packets is missing: --rateest-bps or --rateest-pps';
  },
  matches: (given, { order }) => {
    const comparison = comparisonIn(order);
    return notIf(
      comparison?.negated ?? false,
      ask('rateest', 'history', print(given, comparison ? comparisons[comparison.key] : ''), { ...given }),
    );
  },
  save: (given, { order }) => {
    const comparison = comparisonIn(order);
    return print(given, comparison ? spell(comparisons[comparison.key], comparison.negated) : '');
  },
  say: (given, { order }) => {
    const { delta, first, second, bytes1, bytes2, packets1, packets2 } = given;
    const comparison = comparisonIn(order);
    const compared = `is ${comparison?.negated ? 'not ' : ''}${comparison ? words[comparison.key] : ''}`;
    const bytes = bytes1 || bytes2 ? (use: Use<number> | undefined) => `${printBytesPerSecond(use?.value ?? 0)} a second` : undefined;
    const packets = packets1 || packets2 ? (use: Use<number> | undefined) => `${use?.value ?? 0} packets a second` : undefined;
    const parts = [
      bytes && ([bytes(bytes1), bytes(bytes2), 'in bytes'] as const),
      packets && ([packets(packets1), packets(packets2), 'in packets'] as const),
    ].flatMap((part) => part ?? []);
    const of = (name: string, whole: string): string => (delta ? `what ${name} leaves of ${whole}` : `the rate of ${name}`);
    const pairs: string[] = [];
    for (let at = 0; at < parts.length; at += 3) {
      const [whole1 = '', whole2 = '', unit = ''] = parts.slice(at, at + 3);
      pairs.push(`${of(first.value, whole1)} ${compared} ${second ? `${of(second.value, whole2)}${delta ? '' : `, ${unit}`}` : whole2}`);
    }
    return [phrase('condition', `while ${pairs.join(' and ')}`)];
  },
  examples: [
    {
      rule: '-m rateest --rateest wan --rateest-gt --rateest-bps 2mbit',
      saved: '-m rateest --rateest wan --rateest-gt --rateest-bps 2000Kbit',
      says: 'while the rate of wan is above 2000Kbit a second',
    },
    { rule: '-m rateest --rateest wan ! --rateest-lt --rateest-pps 100', says: 'is not below 100 packets a second' },
    {
      rule: '-m rateest --rateest1 wan --rateest2 dsl --rateest-lt --rateest-bps',
      saved: '-m rateest --rateest1 wan --rateest-lt --rateest-bps --rateest2 dsl',
      says: 'while the rate of wan is below the rate of dsl, in bytes',
    },
    { rule: '-m rateest --rateest wan --rateest-bps 1mbit', refused: 'is missing' },
    { rule: '-m rateest --rateest wan --rateest-gt', refused: 'is missing' },
  ],
});
