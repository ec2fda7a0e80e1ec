/** `-m rt`: the routing header of IPv6. */
import { all, none as never, notIf, type Predicate } from '../../packet/predicate.js';
import { parseAddress, printAddress } from '../../values/address.js';
import { integer } from '../../values/integer.js';
import { type IntegerRange, printIntegerRange, sayIntegerRange, wordRange } from '../../values/integer-range.js';
import { sayTogether } from '../../values/names.js';
import { defineValue, Fault, none } from '../../values/value.js';
import { defineMatch, type OrderedUse, phrase, type Use } from '../define.js';
import { ask, detailed, join, spell } from '../spell.js';

/** IP6T_RT_HOPS. */
const mostAddresses = 16;

const addresses = defineValue<readonly string[]>({
  arity: 1,
  expects: `up to ${mostAddresses} addresses, separated by commas`,
  parse: ({ 0: word }) => {
    const found: string[] = [];
    for (const part of word!.split(',')) {
      const address = parseAddress(part, 6);
      if (address instanceof Fault) return address;
      found.push(printAddress(address));
    }
    return found.length <= mostAddresses ? found : new Fault(`more than ${mostAddresses} addresses`);
  },
  print: (list) => list.join(','),
  say: (list) => list.join(', '),
});

const highest = 0xffffffff;

/** Options on a header of type 0 are refused unless it is asked for before them. */
const orderFault = (order: readonly OrderedUse[]): string | undefined => {
  let isTypeZero = false;
  let hasAddresses = false;
  for (const { key, value, negated } of order) {
    if (key === 'type') isTypeZero = value === 0 && !negated;
    if ((key === 'reserved' || key === 'addresses') && !isTypeZero)
      return `--rt-type 0 must stand before ${key === 'reserved' ? '--rt-0-res' : '--rt-0-addrs'}`;
    if (key === 'addresses') hasAddresses = true;
    if (key === 'notStrict' && !hasAddresses) return '--rt-0-addrs must stand before --rt-0-not-strict';
  }
  return undefined;
};

/** Without the header nothing matches, not even negated. */
const hasHeader = ask('rt', 'packet', '');
const question = (words: string, given: Readonly<Record<string, unknown>>): Predicate => ask('rt', 'packet', words, given);

/** "1 to 23 segments left"; undefined where any number will do. */
const saySegments = ({ value, negated }: Use<IntegerRange>): string | undefined => {
  if (value.first === 0 && value.last >= highest) return negated ? 'no number of segments left at all' : undefined;
  return `${negated ? 'not ' : ''}${sayIntegerRange(value, highest)} segment${value.first === 1 && value.last === 1 ? '' : 's'} left`;
};

export const rt = defineMatch({
  name: 'rt',
  manual: 'ip6tables-extensions(8) rt; net/ipv6/netfilter/ip6t_rt.c',
  families: [6],
  decidedBy: 'packet',
  options: {
    type: { flag: '--rt-type', value: integer(0, highest), negatable: true },
    segmentsLeft: { flag: '--rt-segsleft', value: wordRange, negatable: true },
    length: { flag: '--rt-len', value: integer(0, highest), negatable: true },
    reserved: { flag: '--rt-0-res', value: none },
    addresses: { flag: '--rt-0-addrs', value: addresses },
    notStrict: { flag: '--rt-0-not-strict', value: none },
  },
  check: (_given, { order }) => orderFault(order),
  matches: ({ type, segmentsLeft, length, reserved, addresses: wanted, notStrict }) =>
    all(
      hasHeader,
      type && notIf(type.negated, type.value > 255 ? never : question(`--rt-type ${type.value}`, { type: type.value })),
      segmentsLeft &&
        notIf(
          segmentsLeft.negated,
          segmentsLeft.value.first > segmentsLeft.value.last
            ? never
            : segmentsLeft.value.first === 0 && segmentsLeft.value.last >= 255
              ? { kind: 'any' }
              : question(`--rt-segsleft ${printIntegerRange(segmentsLeft.value)}`, { segmentsLeft: segmentsLeft.value }),
        ),
      length && notIf(length.negated, question(`--rt-len ${length.value}`, { length: length.value })),
      reserved && question('--rt-0-res', {}),
      wanted && question(join(`--rt-0-addrs ${wanted.value.join(',')}`, notStrict && '--rt-0-not-strict'), { addresses: wanted.value }),
    ),
  // All segments are not printed, not even negated, where it never matches.
  save: ({ type, segmentsLeft, length, reserved, addresses: wanted, notStrict }) =>
    join(
      type && spell('--rt-type', type.negated, type.value),
      segmentsLeft &&
        !(segmentsLeft.value.first === 0 && segmentsLeft.value.last === highest) &&
        spell('--rt-segsleft', segmentsLeft.negated, printIntegerRange(segmentsLeft.value)),
      length && spell('--rt-len', length.negated, length.value),
      reserved && '--rt-0-res',
      wanted && `--rt-0-addrs ${wanted.value.join(',')}`,
      notStrict && '--rt-0-not-strict',
    ),
  say: ({ type, segmentsLeft, length, reserved, addresses: wanted, notStrict }) => [
    phrase(
      'condition',
      detailed(type && !type.negated ? `with a routing header of type ${type.value}` : 'with a routing header', [
        type?.negated && `of any type but ${type.value}`,
        segmentsLeft && saySegments(segmentsLeft),
        length && `${length.negated ? 'not ' : ''}${length.value} bytes long`,
        reserved && 'its reserved field zero',
        wanted && `${notStrict ? 'among its addresses' : 'its addresses just'} ${sayTogether(wanted.value)}`,
      ]),
    ),
  ],
  examples: [
    { rule: '-m rt --rt-type 0', family: 6, says: 'with a routing header of type 0' },
    {
      rule: '-m rt ! --rt-len 0x10 --rt-segsleft 3:',
      saved: '-m rt --rt-segsleft 3:4294967295 ! --rt-len 16',
      family: 6,
      says: 'with a routing header (3 or more segments left, not 16 bytes long)',
    },
    {
      rule: '-m rt --rt-type 0 --rt-0-addrs 2001:db8::1,2001:db8:0::2 --rt-0-not-strict',
      saved: '-m rt --rt-type 0 --rt-0-addrs 2001:db8::1,2001:db8::2 --rt-0-not-strict',
      family: 6,
      says: 'with a routing header of type 0 (among its addresses 2001:db8::1 and 2001:db8::2)',
    },
    { rule: '-m rt --rt-0-res --rt-type 0', family: 6, refused: '--rt-type 0 must stand before' },
    { rule: '-m rt --rt-type 0 --rt-0-not-strict', family: 6, refused: '--rt-0-addrs' },
  ],
});
