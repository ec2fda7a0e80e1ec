/**
 * What NAT changes in the first packet of a connection, and what conntrack then knows of the replies (net/netfilter/nf_nat_core.c, nf_nat_setup_info).
 * The status bit is left out by the kernel only where the mapping changes nothing.
 */
import { connectionStatusBits } from '../netfilter/conntrack.js';
import type { NumberField } from '../packet/fields.js';
import type { Rewrite } from '../packet/rewrite.js';
import type { NatAddresses, NatPorts } from '../values/nat-range.js';

const toRange = (field: NumberField, { first, last }: NatAddresses | NatPorts): Rewrite =>
  // A range upside down makes the kernel compute an address outside it.
  first <= last ? { kind: 'to', field, ranges: [[first, last]] } : { kind: 'unknown', field };

/** The bit that `--ctstate DNAT` or `SNAT` asks for. */
const withStatus = (bit: number): Rewrite => ({ kind: 'xor', field: 'connectionStatus', mask: bit, value: bit });

/** What one part of a mapping tells: `unknown`: some value that the ruleset does not tell; null: it stays as it is. */
export type Mapped<T> = T | 'unknown' | null;

const rewrite = <T extends NatAddresses | NatPorts>(part: Mapped<T>, field: NumberField, ofReplies: NumberField): readonly Rewrite[] => {
  if (part === null) return [];
  return [field, ofReplies].map((each): Rewrite => (part === 'unknown' ? { kind: 'unknown', field: each } : toRange(each, part)));
};

/** DNAT, REDIRECT: replies come from where the packet was sent to. */
export const mapDestination = (addresses: Mapped<NatAddresses>, ports: Mapped<NatPorts>): readonly Rewrite[] => [
  ...rewrite(addresses, 'destination', 'replySource'),
  ...rewrite(ports, 'destinationPort', 'replySourcePort'),
  withStatus(connectionStatusBits.DNAT),
];

/** SNAT, MASQUERADE: replies go to the new source. Where no ports are told the port is kept if it is free, so it may change. */
export const mapSource = (addresses: Mapped<NatAddresses>, ports: Mapped<NatPorts>): readonly Rewrite[] => [
  ...rewrite(addresses, 'source', 'replyDestination'),
  ...rewrite(ports ?? 'unknown', 'sourcePort', 'replyDestinationPort'),
  withStatus(connectionStatusBits.SNAT),
];

/** NETMAP: the network part is replaced. */
export const mapNetwork = (side: 'source' | 'destination', mask: number | bigint, value: number | bigint): readonly Rewrite[] => [
  { kind: 'network', field: side, mask, value },
  { kind: 'network', field: side === 'source' ? 'replyDestination' : 'replySource', mask, value },
  withStatus(side === 'source' ? connectionStatusBits.SNAT : connectionStatusBits.DNAT),
];

/** ", with ports chosen at random", ", the same for all connections of a client": the flags of a mapping in words, empty without flags. */
export const sayNatFlags = (given: { readonly random?: unknown; readonly randomFully?: unknown; readonly persistent?: unknown }): string =>
  `${given.randomFully ? ', with ports chosen fully at random' : given.random ? ', with ports chosen at random' : ''}${given.persistent ? ', the same for all connections of a client' : ''}`;
