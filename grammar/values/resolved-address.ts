/** One address or host name as TEE and TPROXY read it (libxtables, XTTYPE_HOST, by way of getaddrinfo): `192.0.2` is 192.0.0.2. */

import type { Ordinal } from '../packet/predicate.js';
import { printAddress } from './address.js';
import { hostMask } from './host-mask.js';
import { defineValue, Fault } from './value.js';

/** A name is resolved when the rule is loaded: what it stands for is not known here. */
export type ResolvedAddress = { readonly kind: 'address'; readonly address: Ordinal } | { readonly kind: 'host'; readonly name: string };

const print = (value: ResolvedAddress): string => (value.kind === 'host' ? value.name : printAddress(value.address));

export const resolvedAddress = defineValue<ResolvedAddress>({
  arity: 1,
  expects: 'an address',
  parse: (words, context) => {
    const value = words[0]!.includes('/') ? new Fault(`"${words[0]}" is not an address`) : hostMask.parse(words, context);
    if (value instanceof Fault) return value;
    return value.kind === 'host' ? { kind: 'host', name: value.name } : { kind: 'address', address: value.address };
  },
  print,
  say: print,
});
