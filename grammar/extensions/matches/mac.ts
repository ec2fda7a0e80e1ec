/** `-m mac`: the MAC address that an Ethernet frame came from. */
import { all, is, notIf } from '../../packet/predicate.js';
import { mac as macAddress, printMac } from '../../values/mac.js';
import { defineMatch, phrase, type Use } from '../define.js';
import { ask } from '../spell.js';

/** Packets of other links (ppp, tun, the loopback's own) never match, not even negated. */
const hasEthernetHeader = ask('mac', 'packet', '', { has: 'Ethernet header' }, ['inInterface']);

export const mac = defineMatch({
  name: 'mac',
  manual: 'iptables-extensions(8) mac; net/netfilter/xt_mac.c',
  decidedBy: 'packet',
  place: { hooks: ['PREROUTING', 'INPUT', 'FORWARD'] },
  options: {
    source: {
      flag: '--mac-source',
      value: macAddress,
      negatable: true,
      required: true,
      within: { field: 'macSource', ranges: (value: number) => [value, value] },
    },
  },
  matches: ({ source }: { readonly source?: Use<number> }) =>
    all(hasEthernetHeader, source && notIf(source.negated, is('macSource', source.value))),
  say: ({ source }) => [phrase('from', `from ${source.negated ? 'any MAC address but' : 'MAC address'} ${printMac(source.value)}`)],
  examples: [
    { rule: '-m mac --mac-source 00:00:5e:00:53:01', says: 'from MAC address 00:00:5e:00:53:01' },
    { rule: '-m mac ! --mac-source 0:0:5E:0:53:2', saved: '-m mac ! --mac-source 00:00:5e:00:53:02', says: 'from any MAC address but' },
    { rule: '-m mac --mac-source 00-00-5e-00-53-01', refused: 'not a MAC address' },
    { rule: '-m mac', refused: '--mac-source' },
  ],
});
