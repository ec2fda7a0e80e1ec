/** `-m sctp`: ports and chunks of SCTP. */
import { all, inRange, notIf, type Predicate } from '../../packet/predicate.js';
import { readInteger } from '../../values/integer.js';
import { orderedPortRange, type PortRange } from '../../values/port.js';
import { sctpChunks } from '../../values/sctp-chunks.js';
import { defineValue, Fault } from '../../values/value.js';
import { defineMatch, phrase, type Use } from '../define.js';
import { ask, join, spell } from '../spell.js';
import { headerOf, printPorts, sayPorts } from '../transport.js';

/** Service names are those of SCTP, of which /etc/services has but one. */
const sctpPorts = defineValue<PortRange>({
  ...orderedPortRange,
  parse: ({ 0: word }, context) => {
    const ends = word!.split(':').map((end) => (end === 'amqp' ? '5672' : end));
    const name = ends.find((end) => end !== '' && readInteger(end) === undefined);
    return name === undefined
      ? orderedPortRange.parse([ends.join(':')], context)
      : new Fault(`"${name}" is neither a port nor a service of SCTP`);
  },
});

const portIn = (field: 'sourcePort' | 'destinationPort', use: Use<PortRange> | undefined): Predicate | undefined =>
  use && notIf(use.negated, inRange(field, use.value.first, use.value.last));

export const sctp = defineMatch({
  name: 'sctp',
  manual: 'iptables-extensions(8) sctp; net/netfilter/xt_sctp.c',
  decidedBy: 'packet',
  protocols: ['sctp'],
  options: {
    sourcePort: { flag: '--sport', aliases: ['--source-port'], value: sctpPorts, negatable: true },
    destinationPort: { flag: '--dport', aliases: ['--destination-port'], value: sctpPorts, negatable: true },
    chunks: { flag: '--chunk-types', value: sctpChunks, negatable: true },
  },
  matches: ({ sourcePort, destinationPort, chunks }, context) =>
    all(
      headerOf(132),
      portIn('sourcePort', sourcePort),
      portIn('destinationPort', destinationPort),
      chunks &&
        notIf(
          chunks.negated,
          ask('sctp', 'packet', `--chunk-types ${sctpChunks.print(chunks.value, { ...context, negated: false })}`, { ...chunks.value }),
        ),
    ),
  save: ({ sourcePort, destinationPort, chunks }, context) =>
    join(
      sourcePort && spell('--sport', sourcePort.negated, printPorts(sourcePort.value)),
      destinationPort && spell('--dport', destinationPort.negated, printPorts(destinationPort.value)),
      chunks && spell('--chunk-types', chunks.negated, sctpChunks.print(chunks.value, { ...context, negated: chunks.negated })),
    ),
  say: ({ sourcePort, destinationPort, chunks }, context) => [
    phrase('noun', 'SCTP packets'),
    ...sayPorts('from', sourcePort),
    ...sayPorts('to', destinationPort),
    ...(chunks
      ? [phrase('condition', `${chunks.negated ? 'not ' : ''}holding ${sctpChunks.say(chunks.value, { ...context, negated: false })}`)]
      : []),
  ],
  examples: [
    { rule: '-p sctp --dport 5060', saved: '-p sctp -m sctp --dport 5060', says: 'SCTP packets to port 5060' },
    {
      rule: '-p sctp -m sctp --chunk-types any INIT,data:Be --sport :1023',
      saved: '-p sctp -m sctp --sport 0:1023 --chunk-types any DATA:Be,INIT',
      says: 'holding a chunk DATA:Be or INIT',
    },
    { rule: '-p sctp -m sctp ! --chunk-types only ABORT:T', says: 'not holding only ABORT:T chunks' },
    { rule: '-p sctp -m sctp --dport ssh', refused: 'SCTP' },
    { rule: '-p sctp -m sctp --chunk-types all INIT:T', refused: 'flag' },
    { rule: '-p sctp -m sctp --chunk-types some INIT', refused: 'all, any and only' },
    { rule: '-m sctp --dport 5060', refused: '-p sctp' },
  ],
});
