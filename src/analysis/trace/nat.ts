/** Which address a translation takes (net/netfilter/nf_nat_core.c, find_best_ips_proto; nf_nat_redirect.c; nf_nat_masquerade.c). */
import type { Hook, Rewrite } from '../../../grammar/index.js';
import type { Flight } from './flight.js';
import type { Routing } from './routing.js';
import { Unknown } from './unknown.js';

/** The new address; null: the interface has none, and the packet is dropped. */
export const chooseAddress = (rewrite: Rewrite, hook: Hook, flight: Flight, routing: Routing | null): number | bigint | Unknown | null => {
  const rewritten = flight.rewritten(rewrite);
  if (rewritten === null) return new Unknown('the new address is not known');
  if (!(rewritten instanceof Unknown) || rewrite.kind !== 'unknown') return rewritten;
  const { family } = flight.headers;
  const device = hook === 'PREROUTING' ? flight.inInterface : flight.outInterface;
  if (hook === 'OUTPUT') return family === 4 ? 0x7f000001 : 1n;
  if (device instanceof Unknown) return device;
  if (!routing) return new Unknown(`the addresses of ${device} are not known`, 'give them: --addresses FILE');
  // REDIRECT takes the first address of the interface that the packet came by.
  if (hook === 'PREROUTING') return routing.firstAddress(device, family);
  // MASQUERADE takes the address that the host would use itself.
  return routing.addressOf(device, flight.headers.destination);
};
