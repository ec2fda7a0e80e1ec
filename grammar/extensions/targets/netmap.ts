/** `-j NETMAP`: replaces the network part of an address and keeps the rest: of the destination where packets come in or arise, else of the source (xt_NETMAP.c). */
import type { Family } from '../../netfilter/families.js';
import type { Ordinal } from '../../packet/predicate.js';
import { prefixMask, printAddress } from '../../values/address.js';
import { type HostMask, hostMask } from '../../values/host-mask.js';
import { defineTarget } from '../define.js';
import { endsIn } from '../effects.js';
import { mapDestination, mapNetwork, mapSource } from '../nat.js';

const masked = (address: Ordinal, mask: Ordinal): Ordinal =>
  typeof address === 'bigint' ? address & BigInt(mask) : (address & Number(mask)) >>> 0;

/** `192.0.2.0/24`: host bits are cleared, and the length always stands. */
const print = (value: HostMask, family: Family): string =>
  `${value.kind === 'host' ? value.name : printAddress(masked(value.address, prefixMask(value.length, family)))}/${value.length}`;

export const netmap = defineTarget({
  name: 'NETMAP',
  manual: 'iptables-extensions(8) NETMAP; net/netfilter/xt_NETMAP.c',
  options: { to: { flag: '--to', value: hostMask, required: true } },
  place: { tables: ['nat'] },
  effect: endsIn('accept'),
  rewrites: ({ to: { value } }, { family, hook }) => {
    const side = hook === 'PREROUTING' || hook === 'OUTPUT' ? 'destination' : 'source';
    // Without a hook either side may be meant; without an address, either value.
    if (!hook) return [...mapDestination('unknown', null), ...mapSource('unknown', null)];
    if (value.kind === 'host') return side === 'source' ? mapSource('unknown', null) : mapDestination('unknown', null);
    const mask = prefixMask(value.length, family);
    return mapNetwork(side, mask, masked(value.address, mask));
  },
  save: ({ to }, { family }) => `--to ${print(to.value, family)}`,
  say: ({ to }, { family, hook }) =>
    `Rewrite the network of the ${!hook ? 'address' : hook === 'PREROUTING' || hook === 'OUTPUT' ? 'destination' : 'source'} to ${print(to.value, family)}`,
  examples: [
    { rule: '-d 198.51.100.0/24 -j NETMAP --to 192.0.2.0/24', table: 'nat', chain: 'PREROUTING', says: 'to 192.0.2.0/24' },
    { rule: '-j NETMAP --to 192.0.2.7', saved: '-j NETMAP --to 192.0.2.7/32', table: 'nat', chain: 'POSTROUTING' },
    { rule: '-j NETMAP --to 2001:db8::7/64', saved: '-j NETMAP --to 2001:db8::/64', family: 6, table: 'nat', chain: 'PREROUTING' },
  ],
});
