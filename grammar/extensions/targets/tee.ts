/** `-j TEE`: sends a copy of the packet to another host of the network; the packet goes on (libxt_TEE.c, net/netfilter/xt_TEE.c). */
import { bareName, lostBare, printBare } from '../../values/bare-name.js';
import { resolvedAddress } from '../../values/resolved-address.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';
import { join } from '../spell.js';

export const tee = defineTarget({
  name: 'TEE',
  manual: 'iptables-extensions(8) TEE; net/netfilter/xt_TEE.c',
  options: {
    gateway: { flag: '--gateway', value: resolvedAddress, required: true },
    outInterface: { flag: '--oif', value: bareName(15) },
  },
  check: ({ gateway: { value } }) =>
    value.kind === 'address' && (value.address === 0 || value.address === 0n)
      ? 'the gateway cannot be the address of all zeros'
      : undefined,
  effect: goesOn,
  hasSideEffect: true,
  lostOnSave: ({ outInterface }) => (outInterface && outInterface.value !== '' ? lostBare('--oif', outInterface.value) : undefined),
  save: ({ gateway, outInterface }, context) =>
    join(
      `--gateway ${resolvedAddress.print(gateway.value, { family: context.family, negated: false })}`,
      outInterface && outInterface.value !== '' && `--oif ${printBare(outInterface.value)}`,
    ),
  say: ({ gateway, outInterface }, context) =>
    join(
      `Send a copy to ${resolvedAddress.say(gateway.value, { ...context, negated: false })}`,
      outInterface && outInterface.value !== '' && `by ${outInterface.value}`,
    ),
  examples: [
    { rule: '-j TEE --gateway 192.0.2.9 --oif eth1', table: 'mangle', chain: 'PREROUTING', says: 'Send a copy to 192.0.2.9 by eth1' },
    { rule: '-j TEE --gateway 2001:DB8::9', saved: '-j TEE --gateway 2001:db8::9', family: 6 },
    { rule: '-j TEE', refused: '--gateway' },
    { rule: '-j TEE --gateway 0.0.0.0', refused: 'all zeros' },
  ],
});
