/** `-m multiport`: up to fifteen ports or ranges of the source, the destination, or either. */
import { all, inRanges, notIf, type Predicate, some } from '../../packet/predicate.js';
import type { PortRange } from '../../values/port.js';
import { portList, sayPortList } from '../../values/port-list.js';
import { defineMatch, type Phrase, phrase, type Use } from '../define.js';
import { headerOf } from '../transport.js';

type List = Use<readonly PortRange[]> | undefined;

const within = (field: 'sourcePort' | 'destinationPort', list: readonly PortRange[]): Predicate =>
  inRanges(
    field,
    list.map(({ first, last }) => [first, last] as const),
  );

const listed = (list: readonly PortRange[]): readonly number[] => {
  const bounds: number[] = [];
  for (let i = 0; i < list.length; i++) bounds.push(list[i]!.first, list[i]!.last);
  return bounds;
};

const sayList = (slot: 'from' | 'to', { value, negated }: Use<readonly PortRange[]>, which = ''): Phrase => {
  const several = value.length > 1 || value[0]!.first !== value[0]!.last;
  return phrase(
    slot,
    `${slot} ${negated ? 'any ' : ''}${which}port${several && !negated ? 's' : ''} ${negated ? 'but ' : ''}${sayPortList(value, negated)}`,
  );
};

export const multiport = defineMatch({
  name: 'multiport',
  manual: 'iptables-extensions(8) multiport; net/netfilter/xt_multiport.c',
  decidedBy: 'packet',
  protocols: ['tcp', 'udp', 'udplite', 'sctp', 'dccp'],
  protocolBefore: ['sourcePorts', 'destinationPorts', 'ports'],
  options: {
    sourcePorts: {
      flag: '--sports',
      aliases: ['--source-ports'],
      value: portList,
      negatable: true,
      excludes: ['destinationPorts', 'ports'],
      within: { field: 'sourcePort', ranges: listed },
    },
    destinationPorts: {
      flag: '--dports',
      aliases: ['--destination-ports'],
      value: portList,
      negatable: true,
      excludes: ['sourcePorts', 'ports'],
      within: { field: 'destinationPort', ranges: listed },
    },
    ports: { flag: '--ports', value: portList, negatable: true, excludes: ['sourcePorts', 'destinationPorts'] },
  },
  check: ({ sourcePorts, destinationPorts, ports }) =>
    sourcePorts || destinationPorts || ports ? undefined : '--sports, --dports or --ports is missing',
  matches: ({ sourcePorts, destinationPorts, ports }) => {
    const part = (list: List, holds: (list: readonly PortRange[]) => Predicate) => list && notIf(list.negated, holds(list.value));
    return all(
      headerOf(6, 17, 33, 132, 136),
      part(sourcePorts, (list) => within('sourcePort', list)),
      part(destinationPorts, (list) => within('destinationPort', list)),
      part(ports, (list) => some(within('sourcePort', list), within('destinationPort', list))),
    );
  },
  say: ({ sourcePorts, destinationPorts, ports }) => {
    const phrases: Phrase[] = [];
    if (sourcePorts) phrases.push(sayList('from', sourcePorts));
    if (destinationPorts) phrases.push(sayList('to', destinationPorts));
    if (ports)
      phrases.push(
        phrase(
          'condition',
          `with ${ports.negated ? 'neither source nor destination' : 'source or destination'} port ${sayPortList(ports.value)}`,
        ),
      );
    return phrases;
  },
  examples: [
    {
      rule: '-p tcp -m multiport --dports 22,80:88,https',
      saved: '-p tcp -m multiport --dports 22,80:88,443',
      says: 'to ports 22 (ssh), 80 to 88 or 443 (https)',
    },
    { rule: '-p udp -m multiport ! --source-ports 53', saved: '-p udp -m multiport ! --sports 53', says: 'from any port but 53 (dns)' },
    { rule: '-p udplite -m multiport --ports 5000', says: 'with source or destination port 5000' },
    { rule: '-p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14:15,16', refused: '16 of 15' },
    { rule: '-p tcp -m multiport --dports 80:80', refused: 'upwards' },
    { rule: '-p tcp -m multiport --sports 1 --dports 2', refused: 'cannot stand together' },
    { rule: '-m multiport --dports 80', refused: '-p tcp' },
  ],
});
