/** `-m udp`: ports of UDP. UDP-Lite has no match of its own in 1.8.9 (`-p udplite --dport` is refused); multiport serves it. */
import { all } from '../../packet/predicate.js';
import type { PortRange } from '../../values/port.js';
import { resolvedPortRange } from '../../values/resolved-port.js';
import { defineMatch, phrase, type Use } from '../define.js';
import { join } from '../spell.js';
import { headerOf, isComparedInNft, isGivenInNft, plainPorts, portsIn, savePort, sayPorts } from '../transport.js';

interface Options {
  readonly sourcePort?: Use<PortRange>;
  readonly destinationPort?: Use<PortRange>;
}

/** Without ports nft asks the module. */
const isNative = ({ sourcePort, destinationPort }: Options): boolean => isGivenInNft(sourcePort) || isGivenInNft(destinationPort);

export const udp = defineMatch({
  name: 'udp',
  manual: 'iptables-extensions(8) udp; net/netfilter/xt_tcpudp.c',
  decidedBy: 'packet',
  protocols: ['udp'],
  options: {
    sourcePort: {
      flag: '--sport',
      aliases: ['--source-port'],
      value: resolvedPortRange,
      negatable: true,
      within: { field: 'sourcePort', ranges: plainPorts },
    },
    destinationPort: {
      flag: '--dport',
      aliases: ['--destination-port'],
      value: resolvedPortRange,
      negatable: true,
      within: { field: 'destinationPort', ranges: plainPorts },
    },
  },
  matches: ({ sourcePort, destinationPort }) => all(headerOf(17), portsIn('udp', sourcePort, destinationPort)),
  isNativeInNft: isNative,
  // Of a native use without an expression nothing is left.
  isHidden: (given, { backend }) =>
    backend === 'nft' && isNative(given) && !isComparedInNft(given.sourcePort) && !isComparedInNft(given.destinationPort),
  save: ({ sourcePort, destinationPort }, { backend }) =>
    join(savePort('--sport', sourcePort, backend), savePort('--dport', destinationPort, backend)),
  say: ({ sourcePort, destinationPort }) => [
    phrase('noun', 'UDP packets'),
    ...sayPorts('from', sourcePort),
    ...sayPorts('to', destinationPort),
  ],
  examples: [
    { rule: '-p udp -m udp --dport 53', says: 'UDP packets to port 53 (dns)' },
    {
      rule: '-p udp --sport domain ! --dport :1023',
      saved: '-p udp -m udp --sport 53 ! --dport 0:1023',
      says: 'to any port but 0 to 1023',
    },
    { rule: '-p udp -m udp --dport 90:80' },
    { rule: '-p udp -m udp --dport :', saved: '-p udp -m udp' },
    { rule: '-p tcp -m udp --dport 53', refused: '-p udp' },
  ],
});
