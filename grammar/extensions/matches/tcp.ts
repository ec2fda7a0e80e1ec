/** `-m tcp`: ports, flags and options of TCP. */
import { all, bits, inRange, is, notIf, type Predicate, test } from '../../packet/predicate.js';
import { byte } from '../../values/integer.js';
import { orderedPortRange, type PortRange } from '../../values/port.js';
import { tcpFlags } from '../../values/tcp-flags.js';
import { none } from '../../values/value.js';
import { defineMatch, type Phrase, phrase, type Use } from '../define.js';

/** Protocol and first fragment: without both the match is false, whatever is negated (net/netfilter/xt_tcpudp.c, tcp_mt). */
const isTcpHeader: Predicate = all(is('protocol', 6), is('laterFragment', 0));

/** 1.8.9 takes the full range for "not given", even negated: `! --sport :` saves as no condition. */
const port = (field: 'sourcePort' | 'destinationPort', use: Use<PortRange> | undefined): Predicate | undefined =>
  use && !(use.value.first === 0 && use.value.last === 65535) ? notIf(use.negated, inRange(field, use.value.first, use.value.last)) : undefined;

const synFlags = { mask: 0x17, value: 0x02 };

export const tcp = defineMatch({
  name: 'tcp',
  manual: 'iptables-extensions(8) tcp; net/netfilter/xt_tcpudp.c',
  decidedBy: 'packet',
  protocols: ['tcp'],
  options: {
    sourcePort: { flag: '--sport', aliases: ['--source-port'], value: orderedPortRange, negatable: true },
    destinationPort: { flag: '--dport', aliases: ['--destination-port'], value: orderedPortRange, negatable: true },
    option: { flag: '--tcp-option', value: byte, negatable: true },
    flags: { flag: '--tcp-flags', value: tcpFlags, negatable: true, excludes: ['syn'] },
    syn: { flag: '--syn', value: none, negatable: true, excludes: ['flags'] },
  },
  matches: ({ sourcePort, destinationPort, option, flags, syn }) => {
    const wanted = syn ? synFlags : flags?.value;
    const negated = (syn ?? flags)?.negated ?? false;
    return all(
      isTcpHeader,
      port('sourcePort', sourcePort),
      port('destinationPort', destinationPort),
      wanted && notIf(negated, bits('tcpFlags', wanted.mask, wanted.value)),
      option &&
        notIf(
          option.negated,
          test({
            extension: 'tcp',
            text: `-m tcp --tcp-option ${option.value}`,
            decidedBy: 'packet',
            reads: [],
            given: { option: option.value },
          }),
        ),
    );
  },
  say: ({ sourcePort, destinationPort, option, flags, syn }, context) => {
    const phrases: Phrase[] = [phrase('noun', 'TCP packets')];
    if (syn) phrases.push(phrase('adjective', syn.negated ? 'non-SYN' : 'SYN'));
    if (sourcePort) phrases.push(phrase('from', `${sourcePort.negated ? 'from any port but' : 'from port'} ${orderedPortRange.say(sourcePort.value, { ...context, negated: false })}`));
    if (destinationPort)
      phrases.push(phrase('to', `${destinationPort.negated ? 'to any port but' : 'to port'} ${orderedPortRange.say(destinationPort.value, { ...context, negated: false })}`));
    if (flags) phrases.push(phrase('condition', `${flags.negated ? 'not ' : ''}with ${tcpFlags.say(flags.value, { ...context, negated: false })}`));
    if (option) phrases.push(phrase('condition', `${option.negated ? 'without' : 'with'} TCP option ${option.value}`));
    return phrases;
  },
  examples: [
    { rule: '-p tcp -m tcp --dport 80', says: 'TCP packets to port 80 (http)' },
    { rule: '-p tcp --syn', saved: '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN' },
    { rule: '-p tcp -m tcp --dport 90:80', refused: 'upside down' },
  ],
});
