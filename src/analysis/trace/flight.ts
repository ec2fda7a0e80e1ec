/**
 * A packet on its way: its bytes as they are now, where it came in and goes out, its mark and its connection. Answers what fields predicates
 * ask, and takes what targets rewrite.
 */
import {
  type ConnectionState,
  connectionStates,
  connectionStatusBits,
  type FieldName,
  type NumberField,
  prefixMask,
  type Rewrite,
} from '../../../grammar/index.js';
import { routeTypes } from '../../model/host.js';
import { addressBytes, internetChecksum } from './bytes.js';
import { type Connection, mirror } from './conntrack.js';
import { dissect, type Headers } from './dissect.js';
import type { FieldValue } from './evaluate.js';
import type { TracePacket } from './packet.js';
import type { Routing } from './routing.js';
import { Unknown } from './unknown.js';

/** How connection tracking sees the packet. */
export type Tracked =
  /** No conntrack has looked at it: the ruleset does not use it, or the packet is not so far yet. CT in raw gives it a template, which looks NEW. */
  | { readonly kind: 'not yet'; readonly hasTemplate: boolean }
  | { readonly kind: 'without'; readonly state: 'INVALID' | 'UNTRACKED' }
  | { readonly kind: 'with'; readonly state: 'NEW' | 'RELATED' | 'ESTABLISHED'; readonly direction: 0 | 1; readonly key: string | null }
  | { readonly kind: 'unknown'; readonly question: Unknown };

export class Flight {
  bytes: Uint8Array;
  headers: Headers;
  inInterface: string | Unknown;
  outInterface: string | Unknown = '';
  mark: number | Unknown;
  tracked: Tracked = { kind: 'not yet', hasTemplate: false };
  connection: Connection | null = null;
  /** A known connection's mark that is not known. */
  connectionMark: Unknown | null = null;
  packetType: number;
  macSource: number | Unknown | null;
  /** It came by lo, or the host made it: whose socket it is is known in OUTPUT and POSTROUTING only. */
  readonly packet: TracePacket;
  hasSocket: boolean;
  realm: number | Unknown | null = null;
  /** Fields that a target made unknown. */
  private readonly open = new Map<FieldName, Unknown>();
  /** How often each field was rewritten: the same question about another value is another question. */
  readonly versions = new Map<FieldName, number>();
  readonly routing: Routing | null;

  constructor(packet: TracePacket, routing: Routing | null) {
    this.packet = packet;
    this.routing = routing;
    this.bytes = packet.bytes;
    this.headers = packet.headers;
    this.mark = packet.mark;
    this.packetType = packet.packetType;
    this.hasSocket = packet.local;
    this.inInterface = packet.local ? '' : (packet.arrivesOn ?? new Unknown('the interface it arrives on is not told', 'tell it: in eth0'));
    this.macSource = packet.local ? null : (packet.macSource ?? this.senderMac(packet.arrivesOn));
  }

  /**
   * Who sends it, where the packet does not say: nobody on a link without hardware addresses. Where the host's interfaces are told without
   * any word on their links, the defaults of packets in JSON hold: 02:00:00:00:NN:02, NN being the interface's place among those told.
   */
  private senderMac(arrivesOn: string | null): number | Unknown | null {
    const interfaces = this.routing?.host.interfaces.filter(({ name }) => name !== 'lo') ?? [];
    const place = interfaces.findIndex(({ name }) => name === arrivesOn);
    const arrival = interfaces[place];
    if (arrival?.linkType != null && arrival.linkType !== 'ether') return null;
    if (arrival && arrival.linkType === null && arrival.mac === null) return 0x020000000002 + place * 256;
    return new Unknown('its source MAC address is not told', 'tell it: mac=02:00:00:00:00:01');
  }

  /** The value of a field. */
  field(name: FieldName): FieldValue {
    const open = this.open.get(name);
    if (open) return open;
    const { headers } = this;
    switch (name) {
      case 'protocol':
        return headers.protocol;
      case 'source':
        return headers.source;
      case 'destination':
        return headers.destination;
      case 'sourcePort':
        return headers.sourcePort ?? null;
      case 'destinationPort':
        return headers.destinationPort ?? null;
      case 'laterFragment':
        return headers.fragmentOffset > 0 ? 1 : 0;
      case 'tcpFlags':
        return headers.tcpFlags ?? null;
      case 'icmp':
        return headers.icmpType === undefined ? null : headers.icmpType * 256 + (headers.icmpCode ?? 0);
      case 'mark':
        return this.mark;
      case 'inInterface':
        return this.inInterface;
      case 'outInterface':
        return this.outInterface;
      case 'physicalIn':
      case 'physicalOut':
        return ''; // bridges are not followed: no packet of a trace comes by a bridge port
      case 'inGroup':
        return this.group(this.inInterface);
      case 'outGroup':
        return this.group(this.outInterface);
      case 'ttl':
        return headers.ttl;
      case 'tos':
        return headers.tos;
      case 'length':
        return headers.length;
      case 'macSource':
        return this.macSource;
      case 'packetType':
        return this.packetType;
      case 'sourceType':
        return this.addressType(headers.source);
      case 'destinationType':
        return this.addressType(headers.destination);
      case 'uid':
        return this.hasSocket ? (this.packet.uid ?? 0) : null;
      case 'gid':
        return this.hasSocket ? (this.packet.gid ?? 0) : null;
      case 'espSpi':
        return this.transportWord(50, 0);
      case 'ahSpi':
        return this.authenticationWord();
      case 'ipcompCpi':
        return headers.protocol === 108 && headers.fragmentOffset === 0 ? this.number(headers.transport + 2, 2) : null;
      case 'dccpType':
        return headers.protocol === 33 && headers.fragmentOffset === 0 ? (this.number(headers.transport + 8, 1) >> 1) & 15 : null;
      case 'mhType':
        return headers.protocol === 135 && headers.fragmentOffset === 0 ? this.number(headers.transport + 2, 1) : null;
      case 'mss':
        return this.mss();
      case 'realm':
        return this.realm ?? 0;
      case 'cpu':
        return new Unknown('which CPU handles the packet is not known');
      default:
        return this.connectionField(name);
    }
  }

  private connectionField(name: FieldName): FieldValue {
    const { tracked, connection } = this;
    if (tracked.kind === 'unknown') return tracked.question;
    // Before tracking, in raw, a packet without a connection looks INVALID.
    if (name === 'connectionState')
      return connectionStates.indexOf(tracked.kind !== 'not yet' ? tracked.state : tracked.hasTemplate ? 'NEW' : 'INVALID');
    if (tracked.kind !== 'with') return name === 'connectionStatus' || name === 'connectionMark' ? 0 : null;
    if (!connection) {
      return new Unknown('what its connection looked like at the start is not told', 'trace the first packet of the connection before it');
    }
    const { original, reply } = connection;
    switch (name) {
      case 'connectionStatus':
        return (
          (connection.seenReply ? connectionStatusBits.SEEN_REPLY : 0) |
          (connection.assured ? connectionStatusBits.ASSURED : 0) |
          (connection.confirmed ? connectionStatusBits.CONFIRMED : 0) |
          this.translationBits(connection)
        );
      case 'connectionDirection':
        return tracked.direction;
      case 'connectionProtocol':
        return original.protocol;
      case 'originalSource':
        return original.source;
      case 'originalDestination':
        return original.destination;
      case 'originalSourcePort':
        return original.sourcePort;
      case 'originalDestinationPort':
        return original.destinationPort;
      case 'replySource':
        return reply.source;
      case 'replyDestination':
        return reply.destination;
      case 'replySourcePort':
        return reply.sourcePort;
      case 'replyDestinationPort':
        return reply.destinationPort;
      case 'connectionMark':
        return this.connectionMark ?? connection.mark;
      default:
        return null;
    }
  }

  private translationBits(connection: Connection): number {
    const plain = mirror(connection.original, this.headers.family);
    if (!plain) return 0;
    const { reply } = connection;
    const source = reply.destination !== plain.destination || reply.destinationPort !== plain.destinationPort;
    const destination = reply.source !== plain.source || reply.sourcePort !== plain.sourcePort;
    return (source ? connectionStatusBits.SNAT : 0) | (destination ? connectionStatusBits.DNAT : 0);
  }

  private group(device: string | Unknown): FieldValue {
    if (device instanceof Unknown) return device;
    if (device === '') return 0;
    return this.routing?.groupOf(device) ?? new Unknown(`the group of ${device} is not known`, 'give the interfaces: --addresses FILE');
  }

  private addressType(address: number | bigint): FieldValue {
    if (!this.routing) return new Unknown("the host's addresses are not known", 'give them: --addresses FILE');
    return routeTypes.indexOf(this.routing.localType(address).type);
  }

  private number(at: number, bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value = value * 256 + (this.bytes[at + i] ?? 0);
    return value;
  }

  private transportWord(protocol: number, offset: number): FieldValue {
    const { headers } = this;
    return headers.protocol === protocol && headers.fragmentOffset === 0 ? this.number(headers.transport + offset, 4) : null;
  }

  private authenticationWord(): FieldValue {
    const { headers } = this;
    if (headers.family === 4) return this.transportWord(51, 4);
    const found = headers.extensions.find(({ number }) => number === 51);
    return found ? this.number(found.offset + 4, 4) : null;
  }

  /** Where the value of the MSS option stands; null: it has none. */
  private mssAt(): number | null {
    const { headers, bytes } = this;
    if (headers.tcpFlags === undefined) return null;
    const end = headers.transport + ((bytes[headers.transport + 12] ?? 0) >> 4) * 4;
    for (let at = headers.transport + 20; at < end && bytes[at] !== 0; ) {
      if (bytes[at] === 1) at++;
      else {
        if (bytes[at] === 2 && bytes[at + 1] === 4 && at + 4 <= end) return at + 2;
        at += Math.max(2, bytes[at + 1] ?? 2);
      }
    }
    return null;
  }

  private mss(): FieldValue {
    const at = this.mssAt();
    return at === null ? null : this.number(at, 2);
  }

  /** The state that `--ctstate` asks. */
  get state(): ConnectionState | null {
    return this.tracked.kind === 'with' || this.tracked.kind === 'without' ? this.tracked.state : null;
  }

  private touch(name: FieldName): void {
    this.versions.set(name, (this.versions.get(name) ?? 0) + 1);
    this.open.delete(name);
  }

  /** Sets a field of the packet; what the packet does not have stays as it is. */
  write(name: FieldName, value: number | bigint | Unknown): void {
    this.touch(name);
    if (name === 'mark') {
      this.mark = value instanceof Unknown ? value : Number(value) >>> 0;
      return;
    }
    if (name === 'connectionMark') {
      if (value instanceof Unknown) this.connectionMark = value;
      else if (this.connection) {
        this.connectionMark = null;
        this.connection = { ...this.connection, mark: Number(value) >>> 0 };
      }
      return;
    }
    if (name === 'connectionState' && value === connectionStates.indexOf('UNTRACKED')) {
      this.tracked = { kind: 'without', state: 'UNTRACKED' };
      this.connection = null;
      return;
    }
    if (name === 'connectionState') {
      if (this.tracked.kind === 'not yet') this.tracked = { kind: 'not yet', hasTemplate: true };
      return;
    }
    if (value instanceof Unknown) {
      this.open.set(name, value);
      return;
    }
    const { headers } = this;
    const is4 = headers.family === 4;
    switch (name) {
      case 'source':
        this.patch(is4 ? 12 : 8, addressBytes(value));
        break;
      case 'destination':
        this.patch(is4 ? 16 : 24, addressBytes(value));
        break;
      case 'sourcePort':
        if (headers.sourcePort !== undefined) this.patch(headers.transport, [Number(value) >> 8, Number(value) & 255]);
        break;
      case 'destinationPort':
        if (headers.destinationPort !== undefined) this.patch(headers.transport + 2, [Number(value) >> 8, Number(value) & 255]);
        break;
      case 'ttl':
        this.patch(is4 ? 8 : 7, [Number(value)]);
        break;
      case 'tos':
        if (is4) this.patch(1, [Number(value)]);
        else this.patch(0, [0x60 | (Number(value) >> 4), ((Number(value) & 15) << 4) | ((this.bytes[1] ?? 0) & 15)]);
        break;
      case 'mss': {
        const at = this.mssAt();
        if (at !== null) this.patch(at, [Number(value) >> 8, Number(value) & 255]);
        break;
      }
      default:
        break;
    }
  }

  /** Replaces bytes; the IPv4 header's checksum follows. */
  patch(at: number, replacement: readonly number[]): void {
    const bytes = Uint8Array.from(this.bytes);
    bytes.set(replacement, at);
    this.replace(bytes);
  }

  /** Takes other bytes for the packet: reassembled, or with other options. */
  replace(bytes: Uint8Array): void {
    if (bytes[0]! >> 4 === 4) {
      const length = (bytes[0]! & 15) * 4;
      bytes[10] = 0;
      bytes[11] = 0;
      const sum = internetChecksum(bytes.subarray(0, length));
      bytes[10] = sum >> 8;
      bytes[11] = sum & 255;
    }
    this.bytes = bytes;
    this.headers = dissect(bytes);
  }

  /** What a rewrite makes of its field; null: the packet has no such field. */
  rewritten(rewrite: Rewrite): number | bigint | Unknown | null {
    const { field } = rewrite;
    if (rewrite.kind === 'unknown') return new Unknown(`the new ${field} is not told by the ruleset`);
    if (rewrite.kind === 'to') {
      const [range] = rewrite.ranges;
      if (rewrite.ranges.length === 1 && range![0] === range![1]) return range![0];
      return new Unknown(`the new ${field} is one of several`);
    }
    const old = this.field(field);
    if (old instanceof Unknown || old === null || typeof old === 'string') return old as Unknown | null;
    if (rewrite.kind === 'add') return Math.max(0, Math.min(2 ** widthOf(field) - 1, Number(old) + rewrite.by));
    if (rewrite.kind === 'network' || rewrite.kind === 'xor') {
      if (typeof old === 'bigint') {
        const kept = old & ~BigInt(rewrite.mask) & ((1n << 128n) - 1n);
        return rewrite.kind === 'network' ? kept | BigInt(rewrite.value) : kept ^ BigInt(rewrite.value);
      }
      const kept = (old & ~Number(rewrite.mask)) >>> 0;
      return rewrite.kind === 'network' ? (kept | Number(rewrite.value)) >>> 0 : (kept ^ Number(rewrite.value)) >>> 0;
    }
    const from = this.field(rewrite.from);
    if (from instanceof Unknown || from === null || typeof from === 'string') return from as Unknown | null;
    return (((Number(old) & ~Number(rewrite.mask)) >>> 0) ^ ((Number(from) & Number(rewrite.fromMask)) >>> 0)) >>> 0;
  }
}

const widthOf = (field: NumberField): number => (field === 'ttl' || field === 'tos' ? 8 : field === 'mss' ? 16 : 32);

/** The network part of an address. */
export const maskAddress = (address: number | bigint, length: number): number | bigint =>
  typeof address === 'bigint' ? address & (prefixMask(length, 6) as bigint) : (address & (prefixMask(length, 4) as number)) >>> 0;
