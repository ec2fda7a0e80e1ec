/** `-m ah`: the Authentication Header of IPsec: its SPI, and in IPv6 its length and reserved bits. */
import { all, inRange, notIf, type Predicate } from '../../packet/predicate.js';
import { integer } from '../../values/integer.js';
import { type IntegerRange, sayNumberOf, wordRange } from '../../values/integer-range.js';
import { none } from '../../values/value.js';
import { defineMatch, phrase } from '../define.js';
import { ask } from '../spell.js';
import { headerOf } from '../transport.js';

const question = (words: string, given: Readonly<Record<string, unknown>> = {}): Predicate => ask('ah', 'packet', words, given);

/** In IPv6 the header is looked for behind others, whatever `-p` says. */
const hasHeader6 = question('');

const highest = 0xffffffff;
const isFull = ({ first, last }: IntegerRange): boolean => first === 0 && last === highest;

export const ah = defineMatch({
  name: 'ah',
  manual: 'iptables-extensions(8) ah; net/ipv4/netfilter/ipt_ah.c, net/ipv6/netfilter/ip6t_ah.c',
  decidedBy: 'packet',
  protocolsFor: (_given, { family }) => (family === 4 ? ['ah'] : undefined),
  options: {
    spi: { flag: '--ahspi', value: wordRange, negatable: true },
    length: { flag: '--ahlen', value: integer(0, 0xffffffff), negatable: true, families: [6] },
    reserved: { flag: '--ahres', value: none, families: [6] },
  },
  matches: ({ spi, length, reserved }, { family }) =>
    all(
      family === 4 ? headerOf(51) : hasHeader6,
      spi && notIf(spi.negated, inRange('ahSpi', spi.value.first, spi.value.last)),
      // A length of 0 is not asked at all, even negated.
      length && length.value !== 0 ? notIf(length.negated, question(`--ahlen ${length.value}`, { length: length.value })) : undefined,
      reserved && question('--ahres', { reserved: true }),
    ),
  // The full range of SPIs is not printed, negated or not.
  save: ({ spi, length, reserved }, { family }) => {
    const words: string[] = [];
    if (spi && !isFull(spi.value))
      words.push(`${spi.negated ? '! ' : ''}--ahspi ${wordRange.print(spi.value, { family, negated: spi.negated })}`);
    if (length && (length.value !== 0 || length.negated)) words.push(`${length.negated ? '! ' : ''}--ahlen ${length.value}`);
    if (reserved) words.push('--ahres');
    return words.join(' ');
  },
  say: ({ spi, length, reserved }) => {
    const spiWords = spi && sayNumberOf('SPI', spi, highest);
    return [
      phrase('noun', 'AH packets'),
      ...(spiWords === undefined ? [] : [phrase('condition', `with ${spiWords}`)]),
      ...(length ? [phrase('condition', `with ${length.negated ? 'any AH length but ' : 'AH length '}${length.value}`)] : []),
      ...(reserved ? [phrase('condition', 'with the reserved field of AH zero')] : []),
    ];
  },
  examples: [
    { rule: '-p ah -m ah --ahspi 5:5', saved: '-p ah -m ah --ahspi 5', says: 'with SPI 5' },
    { rule: '-p 51 --ahspi :', saved: '-p ah -m ah', says: 'AH packets' },
    { rule: '-p ah -m ah ! --ahspi 0x10:', saved: '-p ah -m ah ! --ahspi 16:4294967295', says: 'any SPI but 16 or more' },
    { rule: '-m ah --ahlen 32 --ahres', family: 6, says: 'with AH length 32' },
    { rule: '-m ah --ahspi 5', refused: '-p ah' },
    { rule: '-p ah -m ah --ahlen 5', refused: '--ahlen' },
  ],
});
