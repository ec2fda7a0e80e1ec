/** `-m hashlimit`: rates kept apart by addresses and ports. */
import { addressWidth, type Family } from '../../netfilter/families.js';
import { test } from '../../packet/predicate.js';
import { lostBare, printBare } from '../../values/bare-name.js';
import { hashlimitBurst } from '../../values/hashlimit-burst.js';
import { integer } from '../../values/integer.js';
import { nameList } from '../../values/names.js';
import { prefixLengthOfMask } from '../../values/prefix-length.js';
import { bytesOf, hashlimitRate, printBytes, printedSeconds, printRate, type Rate, sayBytes, sayRate } from '../../values/rate.js';
import { cutText } from '../../values/text.js';
import { defineValue, Fault, none } from '../../values/value.js';
import { defineMatch, type Given, type OptionTable, phrase } from '../define.js';

/** In the order in which iptables-save prints them. */
const modes = nameList(
  { names: ['srcip', 'srcport', 'dstip', 'dstport'], what: 'mode', emptyParts: true },
  (mode) => ({ srcip: 'source address', srcport: 'source port', dstip: 'destination address', dstport: 'destination port' })[mode],
);

/** Longer ones are cut. It becomes a file name below /proc/net, so the kernel refuses some. */
const tableName = defineValue<string>({
  arity: 1,
  expects: 'a name',
  parse: ({ 0: word }) => {
    if (word === '') return new Fault('the name is empty');
    return word === '.' || word === '..' || word!.includes('/') ? new Fault(`the kernel refuses the name "${word}"`) : cutText(word!, 254);
  },
  print: printBare,
  say: (name) => name,
});

const longestLong = 2n ** 63n - 1n;

/** Read as atoi does: the low 32 bits of what strtol(3) makes of it, with their sign. */
const interval = defineValue<number>({
  arity: 1,
  expects: 'a number of seconds',
  parse: ({ 0: word }) => {
    const digits = BigInt(/^\s*\+?([0-9]+)/.exec(word!)?.[1] ?? 0);
    const seconds = Number(BigInt.asIntN(32, digits > longestLong ? longestLong : digits));
    return seconds > 0 ? seconds : new Fault(`"${word}" is not a number of seconds`);
  },
  print: String,
  say: String,
});

const number = integer(0, 0xffffffff);

/** The kernel cuts larger tables (HASHLIMIT_MAX_SIZE). */
const largestTable = 1_048_576;

const options = {
  upto: { flag: '--hashlimit-upto', aliases: ['--hashlimit'], value: hashlimitRate, negatable: true, excludes: ['above'] },
  above: { flag: '--hashlimit-above', value: hashlimitRate, negatable: true, excludes: ['upto'] },
  burst: { flag: '--hashlimit-burst', value: hashlimitBurst },
  mode: { flag: '--hashlimit-mode', value: modes },
  name: { flag: '--hashlimit-name', value: tableName, required: true },
  tableSize: { flag: '--hashlimit-htable-size', value: number },
  tableMax: { flag: '--hashlimit-htable-max', value: number },
  collectEvery: { flag: '--hashlimit-htable-gcinterval', value: number },
  expireAfter: { flag: '--hashlimit-htable-expire', value: number },
  sourceMask: { flag: '--hashlimit-srcmask', value: prefixLengthOfMask },
  destinationMask: { flag: '--hashlimit-dstmask', value: prefixLengthOfMask },
  rateMatch: { flag: '--hashlimit-rate-match', value: none },
  rateInterval: { flag: '--hashlimit-rate-interval', value: interval },
} as const satisfies OptionTable;

type Options = Given<typeof options>;

const nothing: Rate = { kind: 'packets', period: 1, scale: 1, per: 1 };

const rateOf = ({ upto, above }: Options): Rate => (upto ?? above)?.value ?? nothing;

/** `! --hashlimit-upto` is `--hashlimit-above`. */
const isAbove = ({ upto, above }: Options): boolean => (above !== undefined) !== ((upto ?? above)?.negated ?? false);

const defaultBurst = 5;
const highestBurst = 1_000_000;
const defaultCollection = 1000;

/** Milliseconds after which an idle entry goes, where not given: the written unit of time; 15 s with bytes, 60 s with bytes and a burst. */
const expiryOf = (given: Options): number => {
  if (given.expireAfter) return given.expireAfter.value;
  const rate = rateOf(given);
  if (rate.kind === 'packets') return rate.per * 1000;
  return given.burst ? 60_000 : 15_000;
};

/** With --hashlimit-rate-match the unit of time moves into the interval: `5/min` is five a second, over 60 seconds. */
const settledRate = (given: Options): Rate => {
  const rate = rateOf(given);
  return given.rateMatch && rate.kind === 'packets' ? { ...rate, period: Math.floor(rate.period / rate.per) } : rate;
};

const settledInterval = (given: Options): number => {
  const rate = rateOf(given);
  return given.rateInterval?.value ?? (rate.kind === 'packets' ? rate.per : 1);
};

/** Credits of the kernel for one unit of cost (CREDITS_PER_JIFFY at the usual 250 or 1000 Hz, divided by the scale), counted in 64 bits. */
const creditsPerUnit = 137_438_953n;
const credits = (cost: bigint): bigint => BigInt.asUintN(64, cost * creditsPerUnit);

/** The kernel refuses a burst whose credits overflow (xt_hashlimit.c, hashlimit_mt_check_common). */
const overflows = (period: number, burst: number): boolean => credits(BigInt(period) * BigInt(burst)) < credits(BigInt(period));

/** Bursts in bytes count in whole seconds of the rate. */
const burstInSeconds = (bytes: number, rate: number): number => Math.ceil(bytes / rate);

/** "5 a second"; "5 in 60 seconds" where the rate is matched over an interval. */
const sayPace = (given: Options): string => {
  const words = sayRate(settledRate(given));
  const seconds = settledInterval(given);
  return given.rateMatch && seconds !== 1 ? words.replace(/ an? \w+$/, ` in ${seconds} seconds`) : words;
};

/** "10 s", "1500 ms". */
const sayMilliseconds = (time: number): string => (time % 1000 === 0 ? `${time / 1000} s` : `${time} ms`);

const print = (given: Options, family: Family): string => {
  const rate = settledRate(given);
  const words = [`--hashlimit-${isAbove(given) ? 'above' : 'upto'}`, printRate(rate)];
  const option = (flag: string, value: string | number) => words.push(`--hashlimit-${flag}`, String(value));
  let usualExpiry: number;
  if (rate.kind === 'bytes') {
    usualExpiry = 15_000;
    if (given.burst) {
      const bytes = bytesOf(rate.cost);
      option('burst', printBytes(burstInSeconds(given.burst.value, bytes) * bytes));
      usualExpiry = 60_000;
    }
  } else {
    usualExpiry = printedSeconds(rate) * 1000;
    option('burst', given.burst?.value ?? defaultBurst);
  }
  if (given.mode && given.mode.value.length > 0) option('mode', given.mode.value.join(','));
  option('name', printBare(given.name.value));
  if (given.tableSize && given.tableSize.value !== 0) option('htable-size', Math.min(given.tableSize.value, largestTable));
  if (given.tableMax && given.tableMax.value !== 0) option('htable-max', Math.min(given.tableMax.value, largestTable));
  if (given.collectEvery && given.collectEvery.value !== defaultCollection) option('htable-gcinterval', given.collectEvery.value);
  if (expiryOf(given) !== usualExpiry) option('htable-expire', expiryOf(given));
  if (given.sourceMask && given.sourceMask.value !== addressWidth(family)) option('srcmask', given.sourceMask.value);
  if (given.destinationMask && given.destinationMask.value !== addressWidth(family)) option('dstmask', given.destinationMask.value);
  if (given.rateMatch) {
    words.push('--hashlimit-rate-match');
    if (settledInterval(given) !== 1) option('rate-interval', settledInterval(given));
  }
  return words.join(' ');
};

export const hashlimit = defineMatch({
  name: 'hashlimit',
  manual: 'iptables-extensions(8) hashlimit; extensions/libxt_hashlimit.c, net/netfilter/xt_hashlimit.c',
  decidedBy: 'history',
  options,
  hasSideEffect: () => true,
  check: (given, { family }) => {
    const { upto, above, burst, expireAfter, collectEvery, sourceMask, destinationMask, rateMatch } = given;
    if (!upto && !above) return 'it wants --hashlimit-upto or --hashlimit-above';
    const rate = settledRate(given);
    if (rate.kind === 'bytes') {
      const least = bytesOf(rate.cost);
      // Its cost would be no credit (user2credits_byte).
      if (rate.cost < 2 && !rateMatch) return 'the kernel refuses a rate this high';
      if (burst && least === 0) return 'a rate below 16 bytes a second has no burst';
      if (burst && burst.value < least) return `the burst is smaller than what goes through in a second, ${least} bytes`;
    } else {
      const packets = burst?.value ?? defaultBurst;
      if (packets > highestBurst) return `the burst is above ${highestBurst}`;
      if (rateMatch && rate.period === 0) return 'the kernel refuses a rate this high with --hashlimit-rate-match';
      if (!rateMatch && overflows(rate.period, packets)) return `the kernel cannot count a burst of ${packets} at a rate this slow`;
    }
    if (expireAfter?.value === 0) return 'the kernel refuses --hashlimit-htable-expire 0';
    if (collectEvery?.value === 0) return 'the kernel refuses --hashlimit-htable-gcinterval 0';
    const longest = Math.max(sourceMask?.value ?? 0, destinationMask?.value ?? 0);
    return longest > addressWidth(family) ? 'the kernel refuses a mask that is no prefix' : undefined;
  },
  matches: (given, { family }) =>
    test({
      extension: 'hashlimit',
      text: `-m hashlimit ${print(given, family)}`,
      decidedBy: 'history',
      reads: ['source', 'destination', 'sourcePort', 'destinationPort'],
      given: { name: given.name.value, rate: settledRate(given), above: isAbove(given) },
    }),
  save: (given, { family }) => print(given, family),
  say: (given, context) => {
    const masks: Readonly<Record<string, number | undefined>> = { srcip: given.sourceMask?.value, dstip: given.destinationMask?.value };
    const sayMode = (one: 'srcip' | 'srcport' | 'dstip' | 'dstport'): string => {
      const words = modes.say([one], { ...context, negated: false });
      const length = masks[one];
      return length === undefined || length >= addressWidth(context.family) ? words : words.replace('address', `/${length} network`);
    };
    const mode = given.mode?.value ?? [];
    const each = mode.length > 0 ? ` for each ${mode.map(sayMode).join(' and ')}` : '';
    const isOfBytes = rateOf(given).kind === 'bytes';
    const burst =
      given.burst && (isOfBytes || given.burst.value !== defaultBurst)
        ? ` after a burst of ${isOfBytes ? sayBytes(printBytes(given.burst.value)) : given.burst.value}`
        : '';
    const { tableSize, tableMax, collectEvery, expireAfter } = given;
    const table = [
      `table ${given.name.value}`,
      ...(given.rateMatch ? ['by measured rate'] : []),
      ...(expireAfter ? [`idle entries forgotten after ${sayMilliseconds(expireAfter.value)}`] : []),
      ...(collectEvery ? [`swept every ${sayMilliseconds(collectEvery.value)}`] : []),
      ...(tableSize && tableSize.value !== 0 ? [`${tableSize.value} buckets`] : []),
      ...(tableMax && tableMax.value !== 0 ? [`at most ${tableMax.value} entries`] : []),
    ].join(', ');
    return [phrase('condition', `${isAbove(given) ? 'beyond' : 'at most'} ${sayPace(given)}${burst}${each} (${table})`)];
  },
  lostOnSave: ({ name }) => lostBare('--hashlimit-name', name.value),
  examples: [
    {
      rule: '-m hashlimit --hashlimit 60/minute --hashlimit-name web --hashlimit-mode dstip,srcip',
      saved:
        '-m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 5 --hashlimit-mode srcip,dstip --hashlimit-name web --hashlimit-htable-expire 60000',
      says: 'at most 1 a second for each source address and destination address',
    },
    {
      rule: '-m hashlimit ! --hashlimit-upto 512kb/s --hashlimit-burst 1mb --hashlimit-name bulk',
      saved: '-m hashlimit --hashlimit-above 512kb/s --hashlimit-burst 1mb --hashlimit-name bulk',
      says: 'beyond 512 KiB a second after a burst of 1 MiB',
    },
    {
      rule: '-m hashlimit --hashlimit-above 5/min --hashlimit-rate-match --hashlimit-name slow',
      saved:
        '-m hashlimit --hashlimit-above 5/sec --hashlimit-burst 5 --hashlimit-name slow --hashlimit-htable-expire 60000 --hashlimit-rate-match --hashlimit-rate-interval 60',
    },
    {
      rule: '-m hashlimit --hashlimit-upto 3/hour --hashlimit-name net --hashlimit-mode srcip --hashlimit-srcmask 64',
      saved: '-m hashlimit --hashlimit-upto 3/hour --hashlimit-burst 5 --hashlimit-mode srcip --hashlimit-name net --hashlimit-srcmask 64',
      family: 6,
    },
    { rule: '-m hashlimit --hashlimit-upto 1/day --hashlimit-name x', refused: 'burst of 5' },
    { rule: '-m hashlimit --hashlimit-upto 1mb/s --hashlimit-burst 2kb --hashlimit-name x', refused: 'smaller' },
    { rule: '-m hashlimit --hashlimit-upto 2000000/sec --hashlimit-name x', refused: 'too fast' },
    { rule: '-m hashlimit --hashlimit-upto 1/sec', refused: '--hashlimit-name' },
    { rule: '-m hashlimit --hashlimit-name x', refused: '--hashlimit-upto' },
  ],
});
