/** What DNPT and SNPT share: stateless translation of IPv6 prefixes (RFC 6296; net/ipv6/netfilter/ip6t_NPT.c). */
import type { NumberField } from '../packet/fields.js';
import type { Rewrite } from '../packet/rewrite.js';
import { highestAddress, prefixMask, printAddress } from '../values/address.js';
import { type HostMask, hostMask } from '../values/host-mask.js';
import { join } from './spell.js';

/** A prefix and what the kernel refuses of it. */
const faultOf = (flag: string, value: HostMask): string | undefined => {
  if (value.length > 64) return `the prefix of ${flag} is longer than 64`;
  if (value.kind === 'network' && BigInt(value.address) & ~BigInt(prefixMask(value.length, 6)))
    return `the prefix of ${flag} has bits behind its length`;
  return undefined;
};

/** Neither prefix longer than 64 or with bits behind its length. */
export const checkPrefixes = (source: HostMask, destination: HostMask): string | undefined =>
  faultOf('--src-pfx', source) ?? faultOf('--dst-pfx', destination);

/** The address gets the new prefix, filled with zeros to the longer of the two; one of the words behind it changes to keep checksums right. */
export const rewritePrefix = (field: NumberField, from: HostMask, to: HostMask): readonly Rewrite[] => {
  if (to.kind === 'host') return [{ kind: 'unknown', field }];
  const host = BigInt(highestAddress(6)) & ~BigInt(prefixMask(Math.max(from.length, to.length), 6));
  const low = BigInt(to.address);
  return [{ kind: 'to', field, ranges: [[low, low | host]] }];
};

/** The options as iptables-save prints them: of `::/0` nothing is left, and what is printed then cannot be loaded again. */
export const savePrefixes = (source: HostMask, destination: HostMask): string => {
  const option = (flag: string, value: HostMask) => {
    const isNothing = value.kind === 'network' && value.length === 0 && BigInt(value.address) === 0n;
    return !isNothing && `${flag} ${hostMask.print(value, { family: 6, negated: false })}`;
  };
  return join(option('--src-pfx', source), option('--dst-pfx', destination));
};

/** `2001:db8::/64`. */
export const sayPrefix = (value: HostMask): string => `${value.kind === 'host' ? value.name : printAddress(value.address)}/${value.length}`;
