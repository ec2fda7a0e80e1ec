/** `-j HMARK`: marks with a hash of addresses, ports and protocol, so that a flow keeps its mark (libxt_HMARK.c, net/netfilter/xt_HMARK.c). */
import { addressWidth, type Family } from '../../netfilter/families.js';
import { any, type Range } from '../../packet/predicate.js';
import { hexInteger } from '../../values/hex-integer.js';
import { integer } from '../../values/integer.js';
import { nameList, sayTogether } from '../../values/names.js';
import { noPrefix, prefixLengthOfMask } from '../../values/prefix-length.js';
import { defineTarget, type OrderedUse } from '../define.js';
import { goesOn } from '../effects.js';
import { join } from '../spell.js';
import { isTracked } from '../tracked.js';

const parts = nameList({
  // Searched in this order: `s` is src, `sp` is sport, `d` is dst.
  names: ['src', 'dst', 'sport', 'dport', 'spi', 'proto', 'ct'],
  what: 'part of a flow',
  anyCase: true,
  abbreviations: 'first',
});

/** The option that each name of --hmark-tuple stands for. */
const optionOfPart: Readonly<Record<string, Key>> = {
  src: 'sourcePrefix',
  dst: 'destinationPrefix',
  sport: 'sourcePortMask',
  dport: 'destinationPortMask',
  spi: 'spiMask',
  proto: 'protocolMask',
};

type Key =
  | 'sourcePrefix'
  | 'destinationPrefix'
  | 'sourcePortMask'
  | 'destinationPortMask'
  | 'spiMask'
  | 'sourcePort'
  | 'destinationPort'
  | 'spi'
  | 'protocolMask';

const port = hexInteger(0xffff, 4);
const spi = hexInteger(0xffffffff, 8);
const seed = hexInteger(0xffffffff, 8);
const protocol = hexInteger(0xffff, 2);
const number = integer(0, 0xffffffff);

/** What is hashed, in the order that iptables-save prints; each with its printed form. */
const inputs: readonly (readonly [key: Key, flag: string, print: (value: number, width: number) => string])[] = [
  // A mask with holes is cut to the whole address.
  ['sourcePrefix', '--hmark-src-prefix', (value, width) => String(value === noPrefix ? width : value)],
  ['destinationPrefix', '--hmark-dst-prefix', (value, width) => String(value === noPrefix ? width : value)],
  ['sourcePortMask', '--hmark-sport-mask', (value) => padded(value, 4)],
  ['destinationPortMask', '--hmark-dport-mask', (value) => padded(value, 4)],
  ['spiMask', '--hmark-spi-mask', (value) => padded(value, 8)],
  ['sourcePort', '--hmark-sport', (value) => padded(value, 4)],
  ['destinationPort', '--hmark-dport', (value) => padded(value, 4)],
  ['spi', '--hmark-spi', (value) => padded(value, 8)],
  ['protocolMask', '--hmark-proto-mask', (value) => padded(value, 2)],
];

const inputWords: Readonly<Record<Key, string>> = {
  sourcePrefix: 'source',
  destinationPrefix: 'destination',
  sourcePortMask: 'source port',
  destinationPortMask: 'destination port',
  spiMask: 'SPI',
  sourcePort: 'source port',
  destinationPort: 'destination port',
  spi: 'SPI',
  protocolMask: 'protocol',
};

/** "source", "source /24", "source port (mask 0x00ff)", "SPI with 0x00000005 set". */
const sayInput = (key: Key, value: number, family: Family, print: (value: number, width: number) => string): string => {
  const printed = print(value, addressWidth(family));
  if (key.endsWith('Prefix')) return `${inputWords[key]}${printed === String(addressWidth(family)) ? '' : ` /${printed}`}`;
  if (!key.endsWith('Mask')) return `${inputWords[key]} with ${printed} set`;
  return value === wholeOf(key, family) ? inputWords[key] : `${inputWords[key]} (mask ${printed})`;
};

const padded = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** All of a part. */
const wholeOf = (key: Key, family: Family): number => {
  if (key === 'sourcePrefix' || key === 'destinationPrefix') return addressWidth(family);
  return key === 'spiMask' ? 0xffffffff : 0xffff;
};

/** What is hashed in the end: --hmark-tuple replaces what stands before it. */
const hashed = (
  order: readonly OrderedUse[],
  family: Family,
): { readonly values: ReadonlyMap<Key, number>; readonly byConnection: boolean } => {
  const values = new Map<Key, number>();
  let byConnection = false;
  for (const { key, value } of order) {
    if (key === 'tuple') {
      for (const part of value as readonly string[]) {
        const option = optionOfPart[part];
        if (option) values.set(option, wholeOf(option, family));
        else byConnection = true;
      }
    } else if (inputs.some(([input]) => input === key)) values.set(key as Key, value as number); // by the option table below
  }
  return { values, byConnection };
};

/** From `offset` on, `modulus` values, past 2^32 from 0 again. */
const range = (offset: number, modulus: number): readonly Range[] => {
  const last = offset + modulus - 1;
  return last <= 0xffffffff
    ? [[offset, last]]
    : [
        [0, last - 2 ** 32],
        [offset, 0xffffffff],
      ];
};

export const hmark = defineTarget({
  name: 'HMARK',
  manual: 'iptables-extensions(8) HMARK; net/netfilter/xt_HMARK.c',
  options: {
    tuple: { flag: '--hmark-tuple', value: parts },
    modulus: { flag: '--hmark-mod', value: integer(1, 0xffffffff), required: true },
    offset: { flag: '--hmark-offset', value: number },
    seed: { flag: '--hmark-rnd', value: seed, required: true },
    sourcePrefix: { flag: '--hmark-src-prefix', value: prefixLengthOfMask },
    destinationPrefix: { flag: '--hmark-dst-prefix', value: prefixLengthOfMask },
    sourcePortMask: { flag: '--hmark-sport-mask', value: port },
    destinationPortMask: { flag: '--hmark-dport-mask', value: port },
    spiMask: { flag: '--hmark-spi-mask', value: spi },
    sourcePort: { flag: '--hmark-sport', value: port },
    destinationPort: { flag: '--hmark-dport', value: port },
    spi: { flag: '--hmark-spi', value: spi },
    protocolMask: { flag: '--hmark-proto-mask', value: protocol },
  },
  check: (_given, { order, family }) => {
    const tuple = order.findIndex(({ key }) => key === 'tuple');
    for (const part of (order[tuple]?.value ?? []) as readonly string[]) {
      const told = optionOfPart[part];
      if (told && order.findIndex(({ key }) => key === told) > tuple) return `--hmark-tuple has told of "${part}" already`;
    }
    const { values, byConnection } = hashed(order, family);
    if (values.size === 0 && !byConnection) return 'it is not told what to hash (--hmark-tuple)';
    if (values.has('spiMask') && (values.has('sourcePortMask') || values.has('destinationPortMask')))
      return 'SPI and ports cannot be masked together';
    if (values.has('spi') && (values.has('sourcePort') || values.has('destinationPort'))) return 'SPI and ports cannot be set together';
    return undefined;
  },
  effect: goesOn,
  // --hmark-tuple ct asks the connection: a packet without one keeps its mark.
  actsOn: (_given, { order, family }) => (hashed(order, family).byConnection ? isTracked : any),
  rewrites: ({ modulus, offset }) => [{ kind: 'to', field: 'mark', ranges: range(offset?.value ?? 0, modulus.value) }],
  save: ({ modulus, offset, seed: { value } }, { order, family }) => {
    const { values, byConnection } = hashed(order, family);
    return join(
      ...inputs.map(([key, flag, print]) => {
        const input = values.get(key);
        return input !== undefined && `${flag} ${print(input, addressWidth(family))}`;
      }),
      `--hmark-rnd ${padded(value, 8)}`,
      `--hmark-mod ${modulus.value}`,
      offset && `--hmark-offset ${offset.value}`,
      byConnection && '--hmark-tuple ct',
    );
  },
  say: ({ modulus, offset, seed: { value } }, { order, family }) => {
    const low = offset?.value ?? 0;
    if (modulus.value === 1) return `Mark with ${low}`;
    const { values, byConnection } = hashed(order, family);
    const parts = inputs.flatMap(([key, , print]) => {
      const input = values.get(key);
      return input === undefined ? [] : [sayInput(key, input, family, print)];
    });
    const what = `${byConnection ? "the connection's " : ''}${parts.length === 0 ? 'addresses and ports' : sayTogether(parts)}`;
    return `Mark with a hash of ${what} (seed ${padded(value, 8)}), from ${low} to ${(low + modulus.value - 1) % 2 ** 32}`;
  },
  examples: [
    {
      rule: '-j HMARK --hmark-tuple src,dst --hmark-mod 10 --hmark-rnd 0xfeed --hmark-offset 100',
      saved: '-j HMARK --hmark-src-prefix 32 --hmark-dst-prefix 32 --hmark-rnd 0x0000feed --hmark-mod 10 --hmark-offset 100',
      says: 'Mark every packet with a hash of source and destination (seed 0x0000feed), from 100 to 109',
    },
    {
      rule: '-j HMARK --hmark-tuple ct,src --hmark-mod 4 --hmark-rnd 1',
      saved: '-j HMARK --hmark-src-prefix 128 --hmark-rnd 0x00000001 --hmark-mod 4 --hmark-tuple ct',
      family: 6,
    },
    { rule: '-j HMARK --hmark-mod 10 --hmark-rnd 1', refused: 'what to hash' },
    { rule: '-j HMARK --hmark-tuple spi,sport --hmark-mod 10 --hmark-rnd 1', refused: 'SPI and ports' },
    { rule: '-j HMARK --hmark-tuple src --hmark-src-prefix 24 --hmark-mod 10 --hmark-rnd 1', refused: 'already' },
    { rule: '-j HMARK --hmark-tuple src --hmark-rnd 1', refused: '--hmark-mod' },
  ],
});
