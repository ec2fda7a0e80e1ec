/**
 * The vocabulary of predicates: what can be asked of a packet. A field here is all that the set engine and the walker need to know of it;
 * a new header field is one more line.
 */

/**
 * `number`: an ordered domain 0 .. 2^width-1, asked by ranges or by masked bits. `name`: interface names, asked whole or by prefix.
 */
export interface Field {
  readonly kind: 'number' | 'name';
  /** Width in bits of a number field; an address field is 32 or 128 bits wide by family (width 0 here). */
  readonly width: number;
  /** Plain words for reports, e.g. "destination port". */
  readonly words: string;
  /** The field whose change changes this one: `destinationType` follows `destination`, which DNAT rewrites. */
  readonly follows?: 'source' | 'destination' | 'inInterface' | 'outInterface';
  /** Only values below this exist (an enumeration), where that is less than 2^width. */
  readonly size?: number;
}

const number = (width: number, words: string, more: Partial<Field> = {}): Field & { kind: 'number' } => ({
  ...more,
  kind: 'number',
  width,
  words,
});
const name = (words: string): Field & { kind: 'name' } => ({ kind: 'name', width: 0, words });

/**
 * A predicate over a field that only some packets have (ports, icmp, tcpFlags, mss, uid ...) is always conjoined by its extension with the
 * condition that the packet has it (protocol, first fragment): negation goes inside that condition, as in the kernel.
 */
export const fields = {
  protocol: number(8, 'protocol'),
  source: number(0, 'source address'),
  destination: number(0, 'destination address'),
  sourcePort: number(16, 'source port'),
  destinationPort: number(16, 'destination port'),
  /** 0: a whole packet or the first fragment; 1: a later fragment (IP offset above 0). */
  laterFragment: number(1, 'later fragment'),
  /** FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
  tcpFlags: number(8, 'TCP flags'),
  /** type * 256 + code, of ICMP in IPv4 and of ICMPv6 in IPv6. */
  icmp: number(16, 'ICMP type and code'),
  /** Index into connectionStates. */
  connectionState: number(3, 'connection state', { size: 5 }),
  connectionStatus: number(6, 'connection status'),
  /** 0 original, 1 reply. */
  connectionDirection: number(1, 'connection direction'),
  connectionProtocol: number(8, 'connection protocol'),
  originalSource: number(0, 'original source address of the connection'),
  originalDestination: number(0, 'original destination address of the connection'),
  originalSourcePort: number(16, 'original source port of the connection'),
  originalDestinationPort: number(16, 'original destination port of the connection'),
  replySource: number(0, 'reply source address of the connection'),
  replyDestination: number(0, 'reply destination address of the connection'),
  replySourcePort: number(16, 'reply source port of the connection'),
  replyDestinationPort: number(16, 'reply destination port of the connection'),
  mark: number(32, 'mark'),
  connectionMark: number(32, 'connection mark'),
  inInterface: name('incoming interface'),
  outInterface: name('outgoing interface'),
  physicalIn: name('bridge port it came in by'),
  physicalOut: name('bridge port it leaves by'),
  inGroup: number(32, 'group of the incoming interface', { follows: 'inInterface' }),
  outGroup: number(32, 'group of the outgoing interface', { follows: 'outInterface' }),
  /** IPv4 TTL or IPv6 hop limit. */
  ttl: number(8, 'TTL'),
  /** IPv4 TOS byte or IPv6 traffic class: DSCP is the upper six bits, ECN the lower two. */
  tos: number(8, 'TOS'),
  /** Length of the whole IP packet in bytes. */
  length: number(16, 'packet length'),
  macSource: number(48, 'source MAC address'),
  /** 0 unicast (to this host), 1 broadcast, 2 multicast, 3 otherhost. */
  packetType: number(2, 'packet type'),
  /** IPv4 only: the route type of the address, RTN_* of uapi/linux/rtnetlink.h (UNSPEC 0, UNICAST 1, LOCAL 2, BROADCAST 3 ...). */
  sourceType: number(4, 'type of the source address', { follows: 'source', size: 12 }),
  destinationType: number(4, 'type of the destination address', { follows: 'destination', size: 12 }),
  uid: number(32, 'user id of the sender'),
  gid: number(32, 'group id of the sender'),
  espSpi: number(32, 'ESP SPI'),
  ahSpi: number(32, 'AH SPI'),
  ipcompCpi: number(16, 'IPComp CPI'),
  dccpType: number(4, 'DCCP packet type'),
  mhType: number(8, 'mobility header type'),
  mss: number(16, 'MSS'),
  realm: number(32, 'routing realm', { follows: 'destination' }),
  cpu: number(16, 'CPU'),
} as const satisfies Record<string, Field>;

export type FieldName = keyof typeof fields;

/** Fields that hold interface names. */
export type NameField = { [K in FieldName]: (typeof fields)[K]['kind'] extends 'name' ? K : never }[FieldName];

/** Fields that hold numbers. */
export type NumberField = Exclude<FieldName, NameField>;

/** Fields as wide as an address of the family. */
export const isAddressField = (field: FieldName): boolean => fields[field].kind === 'number' && fields[field].width === 0;
