/** `-m iprange`: ranges of addresses that need be no network. */
import { all, inRange, none, notIf, type Ordinal, type Predicate } from '../../packet/predicate.js';
import { type AddressRange, addressRange } from '../../values/address-range.js';
import { defineMatch, type MeaningContext, type Phrase, phrase, type Use } from '../define.js';

const within = (field: 'source' | 'destination', use: Use<AddressRange> | undefined): Predicate | undefined =>
  use && notIf(use.negated, use.value.first > use.value.last ? none : inRange(field, use.value.first, use.value.last));

const upwards = ({ first, last }: AddressRange): readonly Ordinal[] | null => (first > last ? null : [first, last]);

const sayRange = (slot: 'from' | 'to', use: Use<AddressRange> | undefined, context: MeaningContext): readonly Phrase[] =>
  use ? [phrase(slot, `${slot} ${use.negated ? 'anywhere but ' : ''}${addressRange.say(use.value, { ...context, negated: false })}`)] : [];

export const iprange = defineMatch({
  name: 'iprange',
  manual: 'iptables-extensions(8) iprange; net/netfilter/xt_iprange.c',
  decidedBy: 'packet',
  options: {
    source: { flag: '--src-range', value: addressRange, negatable: true, within: { field: 'source', ranges: upwards } },
    destination: { flag: '--dst-range', value: addressRange, negatable: true, within: { field: 'destination', ranges: upwards } },
  },
  check: ({ source, destination }) => (source || destination ? undefined : '--src-range or --dst-range is missing'),
  matches: ({ source, destination }) => all(within('source', source), within('destination', destination)),
  say: ({ source, destination }, context) => [...sayRange('from', source, context), ...sayRange('to', destination, context)],
  examples: [
    { rule: '-m iprange --src-range 192.0.2.10-192.0.2.20', says: 'from 192.0.2.10-192.0.2.20' },
    {
      rule: '-m iprange ! --dst-range 192.0.2.7',
      saved: '-m iprange ! --dst-range 192.0.2.7-192.0.2.7',
      says: 'to anywhere but 192.0.2.7',
    },
    { rule: '-m iprange --dst-range 2001:db8::1-2001:db8::f', family: 6, says: 'to 2001:db8::1-2001:db8::f' },
    { rule: '-m iprange --src-range 192.0.2.20-192.0.2.10' },
    { rule: '-m iprange --src-range 192.0.2.0/24', refused: 'not an IPv4 address' },
    { rule: '-m iprange', refused: 'missing' },
  ],
});
