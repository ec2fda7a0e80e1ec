/** `-m esp`: the SPI of IPsec's Encapsulating Security Payload. */
import { all, inRange, notIf } from '../../packet/predicate.js';
import { type IntegerRange, sayNumberOf, wordRange } from '../../values/integer-range.js';
import { defineMatch, phrase } from '../define.js';
import { headerOf } from '../transport.js';

const highest = 0xffffffff;
const isFull = ({ first, last }: IntegerRange): boolean => first === 0 && last === highest;

export const esp = defineMatch({
  name: 'esp',
  manual: 'iptables-extensions(8) esp; net/netfilter/xt_esp.c',
  decidedBy: 'packet',
  protocols: ['esp'],
  options: { spi: { flag: '--espspi', value: wordRange, negatable: true } },
  matches: ({ spi }) => all(headerOf(50), spi && notIf(spi.negated, inRange('espSpi', spi.value.first, spi.value.last))),
  // The full range is not printed, negated or not.
  save: ({ spi }, { family }) =>
    spi && !isFull(spi.value) ? `${spi.negated ? '! ' : ''}--espspi ${wordRange.print(spi.value, { family, negated: spi.negated })}` : '',
  say: ({ spi }) => {
    const spiWords = spi && sayNumberOf('SPI', spi, highest);
    return [phrase('noun', 'ESP packets'), ...(spiWords === undefined ? [] : [phrase('condition', `with ${spiWords}`)])];
  },
  examples: [
    { rule: '-p esp --espspi 0x20', saved: '-p esp -m esp --espspi 32', says: 'with SPI 32' },
    { rule: '-p esp -m esp --espspi :', saved: '-p esp -m esp', says: 'ESP packets' },
    { rule: '-p esp -m esp ! --espspi 5:9', says: 'any SPI but 5 to 9' },
    { rule: '-m esp --espspi 5', refused: '-p esp' },
  ],
});
