/**
 * What NAT changes in the first packet of a connection, and what conntrack then knows of the replies (net/netfilter/nf_nat_core.c, nf_nat_setup_info).
 * The status bit is left out by the kernel only where the mapping changes nothing.
 */
import { connectionStatusBits } from '../netfilter/conntrack.js';
import type { NumberField } from '../packet/fields.js';
import type { Rewrite } from '../packet/rewrite.js';
import type { NatAddresses, NatPorts } from '../values/nat-range.js';

/** The bits that `--ctstate DNAT` and `SNAT` ask for. */
const withStatus = (bit: number): Rewrite => ({ kind: 'xor', field: 'connectionStatus', mask: bit, value: bit });
const wasDestinationMapped = withStatus(connectionStatusBits.DNAT);
const wasSourceMapped = withStatus(connectionStatusBits.SNAT);

/** What one part of a mapping tells: `unknown`: some value that the ruleset does not tell; null: it stays as it is. */
export type Mapped<T> = T | 'unknown' | null;

/** The field, and that of the replies, take a value of the part. There are tens of thousands of DNAT rules: both share one list of ranges. */
const addRewrites = (to: Rewrite[], part: Mapped<NatAddresses | NatPorts>, field: NumberField, ofReplies: NumberField): void => {
  if (part === null) return;
  // A range upside down makes the kernel compute an address outside it.
  if (part === 'unknown' || part.first > part.last) to.push({ kind: 'unknown', field }, { kind: 'unknown', field: ofReplies });
  else {
    const ranges = [[part.first, part.last] as const];
    to.push({ kind: 'to', field, ranges }, { kind: 'to', field: ofReplies, ranges });
  }
};

/** DNAT, REDIRECT: replies come from where the packet was sent to. */
export const mapDestination = (addresses: Mapped<NatAddresses>, ports: Mapped<NatPorts>): readonly Rewrite[] => {
  const rewrites: Rewrite[] = [];
  addRewrites(rewrites, addresses, 'destination', 'replySource');
  addRewrites(rewrites, ports, 'destinationPort', 'replySourcePort');
  rewrites.push(wasDestinationMapped);
  return rewrites;
};

/** SNAT, MASQUERADE: replies go to the new source. Where no ports are told the port is kept if it is free, so it may change. */
export const mapSource = (addresses: Mapped<NatAddresses>, ports: Mapped<NatPorts>): readonly Rewrite[] => {
  const rewrites: Rewrite[] = [];
  addRewrites(rewrites, addresses, 'source', 'replyDestination');
  addRewrites(rewrites, ports ?? 'unknown', 'sourcePort', 'replyDestinationPort');
  rewrites.push(wasSourceMapped);
  return rewrites;
};

/** NETMAP: the network part is replaced. */
export const mapNetwork = (side: 'source' | 'destination', mask: number | bigint, value: number | bigint): readonly Rewrite[] => [
  { kind: 'network', field: side, mask, value },
  { kind: 'network', field: side === 'source' ? 'replyDestination' : 'replySource', mask, value },
  side === 'source' ? wasSourceMapped : wasDestinationMapped,
];

/** ", with ports chosen at random", ", the same for all connections of a client": the flags of a mapping in words, empty without flags. */
export const sayNatFlags = (given: { readonly random?: unknown; readonly randomFully?: unknown; readonly persistent?: unknown }): string =>
  `${given.randomFully ? ', with ports chosen fully at random' : given.random ? ', with ports chosen at random' : ''}${given.persistent ? ', the same for all connections of a client' : ''}`;
