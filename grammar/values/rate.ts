/**
 * Rates: `3/hour`, `10/s`, and for hashlimit bytes a second, `512kb/s`. A rate is kept as the kernel keeps it, as the time that one packet
 * costs, so what iptables-save prints may differ from what was written: `60/minute` is `1/sec`, `9999/sec` is `10000/sec` (libxt_limit.c,
 * libxt_hashlimit.c; measured with 1.8.9).
 */
import { defineValue, Fault, type ValueType } from './value.js';

/** Packets in a time. */
export interface PacketRate {
  readonly kind: 'packets';
  /** Time that one packet costs, in units of 1/scale seconds. */
  readonly period: number;
  /** Units in a second. */
  readonly scale: number;
  /** Seconds in the unit of time that was written: 1, 60, 3600 or 86400. */
  readonly per: number;
}

/** Bytes a second, as the cost of sixteen bytes: 2^32-1 divided by the rate. */
export interface ByteRate {
  readonly kind: 'bytes';
  readonly cost: number;
}

export type Rate = PacketRate | ByteRate;

const unitsOfTime: readonly (readonly [name: string, seconds: number])[] = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86400],
];

/** Names and lengths of the units in which rates are printed, longest first. */
const printedUnits: readonly (readonly [name: string, seconds: number])[] = [
  ['day', 86400],
  ['hour', 3600],
  ['min', 60],
  ['sec', 1],
];

/** The number at the start of a word as atoll(3) reads it: 0 where there is none; what stands behind it does not count. */
const leadingNumber = (word: string): bigint => BigInt(/^\s*\+?([0-9]+)/.exec(word)?.[1] ?? 0);

const parsePackets = (word: string, scale: number, bits: 32 | 64): PacketRate | Fault => {
  const slash = word.indexOf('/');
  const unit = slash < 0 ? 'second' : word.slice(slash + 1).toLowerCase();
  const per = unit === '' ? undefined : unitsOfTime.find(([name]) => name.startsWith(unit))?.[1];
  if (per === undefined) return new Fault(`"${word}" is not a rate: number/second, /minute, /hour or /day`);
  if (/^\s*-[0-9]/.test(word)) return new Fault(`the rate ${word} is below zero`);
  const count = Number(BigInt.asUintN(bits, leadingNumber(word)));
  if (count === 0) return new Fault(`"${word}" is not a rate: its number must be 1 or more`);
  const period = Math.floor((scale * per) / count);
  return period === 0 ? new Fault(`the rate ${word} is too fast; ${scale}/second is the highest`) : { kind: 'packets', period, scale, per };
};

/** How many packets in which unit of time, as iptables-save says it: the longest unit in which the number is near enough to whole. */
const spelled = (period: number, scale: number): readonly [count: number, unit: string, seconds: number] => {
  let chosen = printedUnits[0]!;
  for (const unit of printedUnits.slice(1)) {
    const length = unit[1] * scale;
    if (period > length || Math.floor(length / period) < length % period) break;
    chosen = unit;
  }
  return [Math.floor((chosen[1] * scale) / period), chosen[0], chosen[1]];
};

/** `1/sec`, `3/hour`. */
const printPacketRate = ({ period, scale }: Pick<PacketRate, 'period' | 'scale'>): string => {
  const [count, unit] = spelled(period, scale);
  return `${count}/${unit}`;
};

/** Seconds in the unit of time that is printed. */
export const printedSeconds = ({ period, scale }: Pick<PacketRate, 'period' | 'scale'>): number => spelled(period, scale)[2];

const spokenUnits: Readonly<Record<string, string>> = { day: 'a day', hour: 'an hour', min: 'a minute', sec: 'a second' };

const sayPackets = ({ period, scale }: PacketRate): string => {
  const [count, unit] = spelled(period, scale);
  return `${count} ${spokenUnits[unit]}`;
};

const costOf = (bytes: bigint): number => Number(0xffffffffn / (((bytes >> 4n) & 0xffffffffn) + 1n));

/** Bytes a second of a cost. */
export const bytesOf = (cost: number): number => (Math.floor(0xffffffff / cost) - 1) * 16;

const factors: Readonly<Record<string, number>> = { m: 1024 * 1024, k: 1024 };

/** What the letter behind a number of bytes multiplies it with: k and m, in lower case; others nothing. */
export const byteFactor = (letter: string | undefined): number => factors[letter ?? ''] ?? 1;

/** Undefined: it does not speak of bytes. */
const parseBytes = (word: string): ByteRate | Fault | undefined => {
  const mark = word.indexOf('b/s');
  if (mark < 1) return undefined;
  const count = leadingNumber(word);
  if (count === 0n) return undefined;
  const cost = costOf(count * BigInt(byteFactor(word[mark - 1])));
  return cost === 0 ? new Fault(`the rate ${word} is too high`) : { kind: 'bytes', cost };
};

/** `512kb/s`: the largest unit that loses nothing of the cost. */
const printByteRate = ({ cost }: ByteRate): string => {
  const bytes = bytesOf(cost);
  for (const letter of ['m', 'k']) {
    const unit = byteFactor(letter);
    // The cut value is compared in 32 bits, as 1.8.9 does.
    const cut = (bytes % 2 ** 32) - (bytes % unit);
    if (bytes >= unit && costOf(BigInt(cut)) === cost) return `${Math.floor(bytes / unit)}${letter}b/s`;
  }
  return `${bytes}b/s`;
};

/** `2mb`: the largest unit that fits, the rest cut off. */
export const printBytes = (bytes: number): string => {
  for (const letter of ['m', 'k']) {
    const unit = byteFactor(letter);
    if (bytes >= unit) return `${Math.floor(bytes / unit)}${letter}b`;
  }
  return `${bytes}b`;
};

/** As iptables-save prints it. */
export const printRate = (rate: Rate): string => (rate.kind === 'bytes' ? printByteRate(rate) : printPacketRate(rate));

/** `512kb` as "512 KiB": k and m are powers of 1024 here. */
export const sayBytes = (printed: string): string =>
  printed
    .replace('mb', ' MiB')
    .replace('kb', ' KiB')
    .replace(/(\d)b$/, (_, digit: string) => `${digit} byte${printed === '1b' ? '' : 's'}`);

/** "3 an hour", "512 KiB a second". */
export const sayRate = (rate: Rate): string =>
  rate.kind === 'bytes' ? `${sayBytes(printByteRate(rate).replace('/s', ''))} a second` : sayPackets(rate);

/** The rates of limit: packets, up to 10000 a second. */
export const limitRate: ValueType<PacketRate> = defineValue<PacketRate>({
  arity: 1,
  expects: 'a rate: number/second, /minute, /hour or /day',
  parse: ({ 0: word }) => parsePackets(word!, 10_000, 32),
  print: printPacketRate,
  say: sayPackets,
});

/** The rates of hashlimit: packets, up to a million a second, or bytes. */
export const hashlimitRate: ValueType<Rate> = defineValue<Rate>({
  arity: 1,
  expects: 'a rate: number/second, /minute, /hour, /day, or numberb/s, kb/s, mb/s',
  parse: ({ 0: word }) => parseBytes(word!) ?? parsePackets(word!, 1_000_000, 64),
  print: printRate,
  say: sayRate,
});
