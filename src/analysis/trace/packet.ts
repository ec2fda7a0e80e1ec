/**
 * The concrete packet that a trace follows, read from its JSON form (the command line contract's PACKET): its bytes, and what is told about
 * how it arrives. What is not told stays unknown.
 */
import { type ConnectionState, connectionStates, type Family, Fault } from '../../../grammar/index.js';
import type { PacketJson } from '../../diagnostic/diagnostic.js';
import { readMac } from '../../model/ipset.js';
import { buildPacket, type PacketBytesJson } from './bytes.js';
import { dissect, type Headers } from './dissect.js';

/** A packet before the first hook. */
export interface TracePacket {
  /** `id` as given; else null. */
  readonly id: string | number | null;
  readonly family: Family;
  readonly bytes: Uint8Array;
  readonly headers: Headers;
  /** The host itself sends it. */
  readonly local: boolean;
  /** Name of the interface that it arrives on; null: not told, or local. */
  readonly arrivesOn: string | null;
  /** Where it is told to leave; null: routes decide. */
  readonly leavesBy: string | null;
  /** Told to be for the host, or to be forwarded; null: addresses and routes decide. */
  readonly hook: 'INPUT' | 'FORWARD' | null;
  /** Told connection state; null: tracked. */
  readonly state: ConnectionState | null;
  /** Told to go in the reply direction of its connection; null: not told. */
  readonly direction: 'original' | 'reply' | null;
  readonly mark: number;
  readonly connectionMark: number | null;
  /** Owner of the sending socket; null: not told. */
  readonly uid: number | null;
  readonly gid: number | null;
  readonly macSource: number | null;
  /** 0 unicast to the host, 1 broadcast, 2 multicast, 3 to another host. */
  readonly packetType: number;
  /** Connections known so far are kept. */
  readonly keep: boolean;
  /** The ruleset is loaded afresh before it. */
  readonly reload: boolean;
  /** Milliseconds before it. */
  readonly waits: number;
}

const textOr = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const numberOr = (value: unknown): number | null => {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : null;
};

const packetTypes: Readonly<Record<string, number>> = { router: 0, broadcast: 1, multicast: 2, other: 3 };

/** Of a hardware destination: 1 for the broadcast address, 2 for a group address, else the host's own is meant. */
const packetTypeOf = (told: string | null): number | undefined => {
  if (told === null) return 0;
  const named = packetTypes[told];
  if (named !== undefined) return named;
  const mac = readMac(told);
  if (mac === undefined) return undefined;
  if (mac === 0xffffffffffff) return 1;
  return Math.floor(mac / 2 ** 40) & 1 ? 2 : 0;
};

/** A packet from JSON, or what is wrong with it. */
export const readPacket = (json: PacketJson): TracePacket | Fault => {
  if (typeof json !== 'object' || json === null) return new Fault('a packet is a JSON object');
  if (typeof json.raw !== 'string') {
    for (const key of ['src', 'dst'] as const) if (typeof json[key] !== 'string') return new Fault(`the packet has no "${key}"`);
    if (json.src.includes(':') !== json.dst.includes(':')) return new Fault('"src" and "dst" are of different families');
  }
  const bytes = buildPacket(json as unknown as PacketBytesJson);
  if (bytes instanceof Fault) return bytes;
  const headers = dissect(bytes);
  const state = textOr(json.state)?.toUpperCase() ?? null;
  if (state !== null && !(connectionStates as readonly string[]).includes(state)) {
    return new Fault(`"${json.state}" is not a connection state (${connectionStates.join(', ')})`);
  }
  const packetType = packetTypeOf(textOr(json.dst_mac));
  if (packetType === undefined)
    return new Fault(`"${String(json.dst_mac)}" is neither a MAC address nor router, broadcast, multicast, other`);
  const sourceMac = textOr(json.src_mac);
  const mac = sourceMac === null ? null : readMac(sourceMac);
  if (mac === undefined) return new Fault(`"${sourceMac}" is not a MAC address`);
  const hook = textOr(json.hook)?.toUpperCase() ?? null;
  const direction = textOr(json.direction)?.toLowerCase() ?? null;
  return {
    id: typeof json.id === 'string' || typeof json.id === 'number' ? json.id : null,
    family: headers.family,
    bytes,
    headers,
    local: json.in === 'local',
    arrivesOn: json.in === 'local' ? null : textOr(json.in),
    leavesBy: textOr(json.out),
    hook: hook === 'INPUT' || hook === 'FORWARD' ? hook : null,
    state: state as ConnectionState | null,
    direction: direction === 'reply' || direction === 'original' ? direction : null,
    mark: numberOr(json.mark) ?? 0,
    connectionMark: numberOr(json.connmark),
    uid: numberOr(json.uid),
    gid: numberOr(json.gid),
    macSource: mac,
    packetType,
    keep: json.keep === true,
    reload: json.reload === true,
    waits: numberOr(json.wait_ms) ?? 0,
  };
};
