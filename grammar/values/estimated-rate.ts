/** Rates that a rate estimator is compared with (libxt_rateest.c): bits a second with a unit, kept in bytes of 32 bits; packets a second. */
import { lower32, readDouble } from './double.js';
import { readInteger } from './integer.js';
import { defineValue, Fault } from './value.js';

const kilo = 1000;
const kibi = 1024;

/** Bits in the units, in the spelling of the manual; case does not count. */
const units: ReadonlyMap<string, number> = new Map(
  Object.entries({
    bit: 1,
    kbit: kilo,
    mbit: kilo ** 2,
    gbit: kilo ** 3,
    tbit: kilo ** 4,
    kibit: kibi,
    mibit: kibi ** 2,
    gibit: kibi ** 3,
    tibit: kibi ** 4,
    bps: 8,
    kbps: 8 * kilo,
    mbps: 8 * kilo ** 2,
    gbps: 8 * kilo ** 3,
    tbps: 8 * kilo ** 4,
    kibps: 8 * kibi,
    mibps: 8 * kibi ** 2,
    gibps: 8 * kibi ** 3,
    tibps: 8 * kibi ** 4,
  }),
);

/** Bits a second as iptables-save prints bytes a second. */
export const printBytesPerSecond = (bytes: number): string => {
  const bits = bytes * 8;
  if (bits >= 1e9) return `${Math.round(bits / 1e6)}Mbit`;
  return bits >= 1e6 ? `${Math.round(bits / 1e3)}Kbit` : `${bits}bit`;
};

/** Bytes a second, written in bits or bytes with a unit: `2.5mbit`, `100KBps`; a number alone is bits. May be left out between two estimators. */
export const bytesPerSecond = defineValue<number>({
  arity: 1,
  optional: true,
  expects: 'a rate such as 2mbit or 100kbps',
  parse: ({ 0: word }) => {
    if (word === undefined) return 0;
    const read = readDouble(word);
    const unit = read?.rest === '' ? 1 : units.get(read?.rest.toLowerCase() ?? '?');
    if (!read || !unit) return new Fault(`"${word}" is not a rate with a unit such as bit, kbit, mbit or kbps`);
    return lower32((read.value * unit) / 8);
  },
  print: printBytesPerSecond,
  say: (bytes) => `${printBytesPerSecond(bytes)} a second`,
});

/** Packets a second. May be left out between two estimators. */
export const packetsPerSecond = defineValue<number>({
  arity: 1,
  optional: true,
  expects: 'a number of packets a second',
  parse: ({ 0: word }) => {
    const value = word === undefined ? 0 : readInteger(word);
    return value !== undefined && value <= 0xffffffff ? value : new Fault(`"${word}" is not a number of packets a second`);
  },
  print: String,
  say: (packets) => `${packets} packets a second`,
});
