/**
 * A small connection tracker: what state a packet is in, which connection it belongs to, how that connection is translated. Follows what the
 * kernel does (net/netfilter/nf_conntrack_core.c, nf_conntrack_proto_*.c; first packets measured with a kernel of 2025); TCP windows follow
 * van Rooij, "Real Stateful TCP Packet Filtering in IP Filter".
 */
import type { Family } from '../../../grammar/index.js';
import { dissect, type Headers, transportChecksumHolds } from './dissect.js';
import { disputed, type State } from './state.js';

/** One direction's addresses and ports; ICMP: identifier, and type * 256 + code. Protocols without ports: zeros. */
export interface Tuple {
  readonly source: number | bigint;
  readonly destination: number | bigint;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

type TcpState =
  | 'none'
  | 'synSent'
  | 'synReceived'
  | 'established'
  | 'finWait'
  | 'closeWait'
  | 'lastAck'
  | 'timeWait'
  | 'close'
  | 'synSent2';

/** What is known of the sequence numbers of one side. */
interface TcpSide {
  readonly end: number;
  readonly maxEnd: number;
  readonly maxWindow: number;
  readonly maxAck: number | null;
  /** Window scale; null: not offered. */
  readonly scale: number | null;
  /** Picked up in the middle: its windows are not known. */
  readonly liberal: boolean;
}

interface TcpTrack {
  readonly state: TcpState;
  readonly sides: readonly [TcpSide, TcpSide];
}

/** A connection. Values are replaced, never changed. */
export interface Connection {
  readonly original: Tuple;
  /** What an answer looks like: differs from the original's mirror where the connection is translated. */
  readonly reply: Tuple;
  readonly seenReply: boolean;
  readonly assured: boolean;
  readonly confirmed: boolean;
  /** A translation of the source, of the destination, was decided (maybe to none). */
  readonly sourceDone: boolean;
  readonly destinationDone: boolean;
  readonly mark: number;
  readonly tcp: TcpTrack | null;
  /** Packets and bytes in each direction. */
  readonly packets: readonly [number, number];
  readonly bytes: readonly [number, number];
  readonly zone: number;
  /** When it began, in milliseconds on the trace's clock. */
  readonly began: number;
}

/** What connection tracking says of a packet. */
export type Tracking =
  | { readonly state: 'INVALID' | 'UNTRACKED' }
  | { readonly state: 'NEW' | 'ESTABLISHED' | 'RELATED'; readonly direction: 0 | 1; readonly connection: Connection; readonly key: string }
  /** Ways of an earlier packet disagree on it. */
  | { readonly state: 'unknown'; readonly reason: string };

const connectionPrefix = 'ct:';

/** Whether a key of the state belongs to a connection. */
export const isConnectionKey = (key: unknown): boolean => typeof key === 'string' && key.startsWith(connectionPrefix);

const tupleKey = (tuple: Tuple, zone: number): string =>
  `${connectionPrefix}${zone}/${tuple.protocol}/${tuple.source}/${tuple.sourcePort}/${tuple.destination}/${tuple.destinationPort}`;

/** Milliseconds after which UDP in both directions counts as a stream. */
const streamAge = 2000;

const withPorts = new Set([6, 17, 132, 136]);

/** ICMP queries and what answers them. */
const icmpAnswers: Readonly<Record<Family, Readonly<Record<number, number>>>> = {
  4: { 8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17 },
  6: { 128: 129, 129: 128, 139: 140, 140: 139 },
};

/** ICMP types that begin a connection. */
const icmpQueries: Readonly<Record<Family, ReadonlySet<number>>> = { 4: new Set([8, 13, 15, 17]), 6: new Set([128, 139]) };

const icmpErrors: Readonly<Record<Family, ReadonlySet<number>>> = { 4: new Set([3, 4, 5, 11, 12]), 6: new Set([1, 2, 3, 4]) };

/** ICMPv6 that is never tracked: multicast listeners, routers, neighbours, multicast routers. */
const isUntracked6 = (type: number): boolean => (type >= 130 && type <= 136) || type === 143 || type === 151 || type === 152;

const word = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
const double = (bytes: Uint8Array, at: number): number => word(bytes, at) * 65536 + word(bytes, at + 2);

/** The tuple of a packet; null where its transport header is cut. */
export const tupleOf = (bytes: Uint8Array, headers: Headers): Tuple | null => {
  const { source, destination, protocol } = headers;
  if (withPorts.has(protocol)) {
    if (headers.sourcePort === undefined || headers.destinationPort === undefined) return null;
    return { source, destination, protocol, sourcePort: headers.sourcePort, destinationPort: headers.destinationPort };
  }
  if ((protocol === 1 && headers.family === 4) || (protocol === 58 && headers.family === 6)) {
    if (headers.icmpType === undefined || bytes.length < headers.transport + 8) return null;
    return {
      source,
      destination,
      protocol,
      sourcePort: word(bytes, headers.transport + 4),
      destinationPort: headers.icmpType * 256 + headers.icmpCode!,
    };
  }
  return { source, destination, protocol, sourcePort: 0, destinationPort: 0 };
};

/** What an answer to a packet looks like; null where nothing answers it (an ICMP message that is no query). */
export const mirror = (tuple: Tuple, family: Family): Tuple | null => {
  const { source: destination, destination: source, protocol } = tuple;
  if (protocol !== (family === 4 ? 1 : 58)) {
    return { source, destination, protocol, sourcePort: tuple.destinationPort, destinationPort: tuple.sourcePort };
  }
  const answer = icmpAnswers[family][tuple.destinationPort >> 8];
  if (answer === undefined) return null;
  return { source, destination, protocol, sourcePort: tuple.sourcePort, destinationPort: answer * 256 + (tuple.destinationPort & 255) };
};

const lookUp = (
  state: State,
  tuple: Tuple,
  zone: number,
): { key: string; direction: 0 | 1; connection: Connection } | 'disputed' | null => {
  const found = state.get(tupleKey(tuple, zone)) as { readonly of: string; readonly direction: 0 | 1 } | typeof disputed | undefined;
  if (found === disputed) return 'disputed';
  if (!found) return null;
  const connection = state.get(found.of) as Connection | typeof disputed | undefined;
  if (connection === disputed) return 'disputed';
  return connection ? { key: found.of, direction: found.direction, connection } : null;
};

/** Stores a connection under both its tuples: it is confirmed now. */
export const confirm = (state: State, key: string, connection: Connection): void => {
  state.set(key, { ...connection, confirmed: true });
  state.set(tupleKey(connection.original, connection.zone), { of: key, direction: 0 });
  state.set(tupleKey(connection.reply, connection.zone), { of: key, direction: 1 });
};

/** Whether another connection already uses what would be this one's reply: a translation would then choose other ports. */
export const replyIsTaken = (state: State, reply: Tuple, zone: number): boolean => state.get(tupleKey(reply, zone)) !== undefined;

/** The connection of a tuple, if it is still there and not closed: connlimit counts these. */
export const isAlive = (state: State, tuple: Tuple, zone: number): boolean => {
  const found = lookUp(state, tuple, zone);
  if (found === null || found === 'disputed') return false;
  return found.connection.tcp?.state !== 'timeWait' && found.connection.tcp?.state !== 'close';
};

const forget = (state: State, key: string, connection: Connection): void => {
  state.set(key, undefined);
  state.set(tupleKey(connection.original, connection.zone), undefined);
  state.set(tupleKey(connection.reply, connection.zone), undefined);
};

const tcpBits = { FIN: 1, SYN: 2, RST: 4, ACK: 16, URG: 32 } as const;

/** Combinations of SYN, FIN, RST, ACK and URG that make sense; PSH, ECE and CWR do not count. */
const soundFlags = new Set([0x02, 0x22, 0x12, 0x04, 0x14, 0x11, 0x31, 0x10, 0x30]);

type TcpKind = 'syn' | 'synAck' | 'fin' | 'ack' | 'rst';

const tcpKind = (flags: number): TcpKind => {
  if (flags & tcpBits.RST) return 'rst';
  if (flags & tcpBits.SYN) return flags & tcpBits.ACK ? 'synAck' : 'syn';
  return flags & tcpBits.FIN ? 'fin' : 'ack';
};

const tcpStates: readonly TcpState[] = [
  'none',
  'synSent',
  'synReceived',
  'established',
  'finWait',
  'closeWait',
  'lastAck',
  'timeWait',
  'close',
  'synSent2',
];

/**
 * Where a segment leads, by direction and kind, a letter for each state in the order above: s synSent, r synReceived, e established,
 * f finWait, w closeWait, l lastAck, t timeWait, c close, 2 synSent2; - is passed over, x makes no sense.
 */
const tcpMoves: readonly Readonly<Record<TcpKind, string>>[] = [
  { syn: 'ss-----ss2', synAck: 'xxrxxxxxxr', fin: 'xxffllltcx', ack: 'exeewwttcx', rst: 'xccccccccc' },
  { syn: 'x2xxxxxsx2', synAck: 'xr-------r', fin: 'xxffllltcx', ack: 'x-rewwttc-', rst: 'xccccccccc' },
];

const letters: Readonly<Record<string, TcpState>> = {
  s: 'synSent',
  r: 'synReceived',
  e: 'established',
  f: 'finWait',
  w: 'closeWait',
  l: 'lastAck',
  t: 'timeWait',
  c: 'close',
  '2': 'synSent2',
};

const tcpMove = (direction: 0 | 1, kind: TcpKind, from: TcpState): TcpState | 'passed over' | 'nonsense' => {
  const letter = tcpMoves[direction]![kind][tcpStates.indexOf(from)]!;
  return letter === '-' ? 'passed over' : (letters[letter] ?? 'nonsense');
};

/** A TCP segment's numbers. */
interface Segment {
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledged: number;
  readonly window: number;
  /** Sequence number behind its last byte, SYN and FIN counted. */
  readonly end: number;
  readonly scale: number | null;
}

const windowScale = (options: Uint8Array): number | null => {
  for (let at = 0; at < options.length && options[at] !== 0; ) {
    if (options[at] === 1) at++;
    else {
      if (options[at] === 3 && options[at + 1] === 3) return Math.min(14, options[at + 2]!);
      at += Math.max(2, options[at + 1] ?? 2);
    }
  }
  return null;
};

const segmentOf = (bytes: Uint8Array, headers: Headers): Segment => {
  const at = headers.transport;
  const flags = headers.tcpFlags ?? 0;
  const headerLength = (bytes[at + 12]! >> 4) * 4;
  const data = headers.length - at - headerLength;
  const sequence = double(bytes, at + 4);
  return {
    flags,
    sequence,
    acknowledged: double(bytes, at + 8),
    window: word(bytes, at + 14),
    end: add(sequence, data + (flags & tcpBits.SYN ? 1 : 0) + (flags & tcpBits.FIN ? 1 : 0)),
    scale: windowScale(bytes.subarray(at + 20, at + headerLength)),
  };
};

const add = (a: number, b: number): number => (a + b) >>> 0;
const sub = (a: number, b: number): number => (a - b) >>> 0;
/** a lies before b on the circle of sequence numbers. */
const before = (a: number, b: number): boolean => (sub(a, b) | 0) < 0;
const after = (a: number, b: number): boolean => before(b, a);

const blankSide: TcpSide = { end: 0, maxEnd: 0, maxWindow: 0, maxAck: null, scale: null, liberal: false };

const beginSide = (segment: Segment): TcpSide => {
  const maxWindow = Math.max(1, segment.window);
  return { ...blankSide, end: segment.end, maxEnd: segment.end, maxWindow, scale: segment.scale };
};

/** The window check: the sides as they are afterwards, or that the segment lies outside. */
const checkWindow = (
  track: TcpTrack,
  direction: 0 | 1,
  segment: Segment,
): { readonly verdict: 'fits' | 'passed over' | 'invalid'; readonly sides: readonly [TcpSide, TcpSide] } => {
  let sender = track.sides[direction];
  let receiver = track.sides[direction === 0 ? 1 : 0];
  let { sequence, end } = segment;
  const isSyn = (segment.flags & tcpBits.SYN) !== 0;
  const isAck = (segment.flags & tcpBits.ACK) !== 0;
  const isRst = (segment.flags & tcpBits.RST) !== 0;
  const pair = (): readonly [TcpSide, TcpSide] => (direction === 0 ? [sender, receiver] : [receiver, sender]);
  const beginSender = () => {
    sender = { ...beginSide(segment), liberal: sender.liberal };
    // Windows are scaled only where both sides offered it.
    if (direction === 1 && (sender.scale === null || receiver.scale === null)) {
      sender = { ...sender, scale: null };
      receiver = { ...receiver, scale: null };
    }
  };

  // (a) The first segment of this side, or its SYN again.
  if (sender.maxWindow === 0) {
    if (isSyn) {
      beginSender();
      if (!isAck) return { verdict: 'fits', sides: pair() };
    } else {
      const maxWindow = Math.max(1, segment.window * 2 ** (sender.scale ?? 0));
      sender = { ...sender, end, maxWindow, maxEnd: add(end, maxWindow) };
      if (receiver.maxWindow === 0) receiver = { ...receiver, end: segment.acknowledged, maxEnd: segment.acknowledged };
      else if (segment.acknowledged === add(receiver.end, 1)) receiver = { ...receiver, end: add(receiver.end, 1) };
    }
  } else if (
    isSyn &&
    after(end, sender.end) &&
    ((track.state === 'synSent' && direction === 0) || (track.state === 'synReceived' && direction === 1))
  ) {
    beginSender();
    if (direction === 1 && !isAck) return { verdict: 'fits', sides: pair() };
  }

  // (b) Segments that acknowledge nothing are taken to acknowledge all.
  let acknowledged = segment.acknowledged;
  if (!isAck || (isRst && acknowledged === 0)) acknowledged = receiver.end;
  if (isRst && sequence === 0 && track.state === 'synSent') {
    sequence = sender.end;
    end = sender.end;
  }

  // (c) The four bounds.
  if (!sender.liberal) {
    const inWindow = receiver.maxWindow === 0 || after(end, sub(sender.end, receiver.maxWindow + 1));
    const ackIsLate = !after(acknowledged, sub(receiver.end, Math.max(sender.maxWindow, 66000) + 1));
    if (!before(sequence, add(sender.maxEnd, 1))) {
      // A little beyond the window it is let pass, and what it carries counts.
      const overshot = sub(end, add(sender.maxEnd, 1));
      if (inWindow && overshot <= sender.maxWindow && before(acknowledged, add(receiver.end, 1)) && !ackIsLate) {
        sender = { ...sender, end };
        return { verdict: 'passed over', sides: pair() };
      }
      return { verdict: 'invalid', sides: pair() };
    }
    if (!before(acknowledged, add(receiver.end, 1))) return { verdict: 'invalid', sides: pair() };
    if (!inWindow || ackIsLate) return { verdict: 'passed over', sides: pair() };
  }

  // (d) What the segment teaches.
  const window = isSyn ? segment.window : segment.window * 2 ** (sender.scale ?? 0);
  sender = {
    ...sender,
    maxWindow: Math.max(sender.maxWindow, window),
    end: after(end, sender.end) ? end : sender.end,
    maxAck: isAck ? (sender.maxAck === null || after(acknowledged, sender.maxAck) ? acknowledged : sender.maxAck) : sender.maxAck,
  };
  if (receiver.maxWindow !== 0 && after(end, sender.maxEnd))
    receiver = { ...receiver, maxWindow: receiver.maxWindow + sub(end, sender.maxEnd) };
  if (after(add(acknowledged, window), sub(receiver.maxEnd, 1))) {
    receiver = { ...receiver, maxEnd: add(acknowledged, window + (window === 0 ? 1 : 0)) };
  }
  return { verdict: 'fits', sides: pair() };
};

/** The first segment of a connection: a SYN, or one in the middle, whose windows are then not checked. */
const beginTcp = (segment: Segment): TcpTrack | null => {
  const state = tcpMove(0, tcpKind(segment.flags), 'none');
  if (state === 'nonsense' || state === 'passed over') return null;
  if (state === 'synSent') return { state, sides: [beginSide(segment), blankSide] };
  const maxWindow = Math.max(1, segment.window);
  const first = { ...blankSide, end: segment.end, maxWindow, maxEnd: add(segment.end, maxWindow), liberal: true };
  return { state, sides: [first, { ...blankSide, liberal: true }] };
};

type TcpStep =
  | { readonly kind: 'on'; readonly track: TcpTrack; readonly assures: boolean }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'begins anew' }
  | { readonly kind: 'refused' };

/** A later segment of a known connection. */
const continueTcp = (track: TcpTrack, direction: 0 | 1, segment: Segment, seenReply: boolean): TcpStep => {
  const kind = tcpKind(segment.flags);
  const to = tcpMove(direction, kind, track.state);
  if (to === 'nonsense') return { kind: 'invalid' };
  if (to === 'passed over') return { kind: 'on', track, assures: false };
  const other = track.sides[direction === 0 ? 1 : 0];
  if (to === 'synSent' && (track.state === 'timeWait' || track.state === 'close')) return { kind: 'begins anew' };
  // A RST counts only where it lies at what the other side has acknowledged last.
  if (kind === 'rst' && other.maxAck !== null && before(segment.sequence, other.maxAck) && !other.liberal) return { kind: 'invalid' };
  const { verdict, sides } = checkWindow(track, direction, segment);
  if (verdict === 'invalid') return { kind: 'invalid' };
  if (verdict === 'passed over') return { kind: 'on', track: { ...track, sides }, assures: false };
  if (kind === 'rst' && !seenReply && direction === 1) return { kind: 'refused' };
  const assures = (track.state === 'synReceived' || track.state === 'established') && to === 'established' && seenReply;
  return { kind: 'on', track: { state: to, sides }, assures };
};

/** SCTP chunk types that a connection can begin with: INIT, HEARTBEAT, HEARTBEAT ACK, SHUTDOWN ACK (measured). */
const sctpBeginnings = new Set([1, 4, 5, 8]);

/** Chunk types of an SCTP packet in order; null where they do not stand as they must: INIT and its like alone, COOKIE first, none empty. */
const sctpChunks = (bytes: Uint8Array, headers: Headers): readonly number[] | null => {
  const types: number[] = [];
  let isAlone = false;
  for (let at = headers.transport + 12; at + 4 <= headers.length; ) {
    const type = bytes[at]!;
    const length = word(bytes, at + 2);
    if (type === 1 || type === 2 || type === 14) isAlone = true;
    if (((type === 10 || type === 11 || isAlone) && types.length > 0) || length === 0) return null;
    types.push(type);
    at += (length + 3) & ~3;
  }
  return types.length > 0 ? types : null;
};

/** Headers of IPv6 behind which a protocol must stand: behind "no next header", and where one is cut, none does (ipv6_skip_exthdr). */
const beforeProtocol6 = new Set([0, 43, 44, 51, 59, 60]);

/** Whether the packet is damaged in a way that its protocol's tracker refuses. */
const isDamaged = (bytes: Uint8Array, headers: Headers, checksums: boolean): boolean => {
  const { protocol, transport, length } = headers;
  if (headers.family === 6 && beforeProtocol6.has(protocol)) return true;
  // The kernel sums UDP-Lite that arrives with the number of UDP, which never fits (nf_conntrack_proto_udp.c, udplite_error; measured, Linux 6.18).
  if (protocol === 136 && checksums) return true;
  if (protocol === 6) {
    const headerLength = (bytes[transport + 12] ?? 0) >> 2;
    if (headers.tcpFlags === undefined || headerLength < 20 || transport + headerLength > length) return true;
    if (!soundFlags.has(headers.tcpFlags & 0x37)) return true;
  }
  if (protocol === 17) {
    const told = word(bytes, transport + 4);
    if (headers.sourcePort === undefined || told > length - transport || told < 8) return true;
  }
  if (protocol === 132 && (headers.sourcePort === undefined || sctpChunks(bytes, headers) === null)) return true;
  if (protocol === 1 && headers.family === 4 && (headers.icmpType ?? 255) > 18) return true;
  return checksums && !transportChecksumHolds(bytes, headers);
};

const begin = (tuple: Tuple, reply: Tuple, tcp: TcpTrack | null, began: number, zone: number): Connection => ({
  original: tuple,
  reply,
  seenReply: false,
  assured: false,
  confirmed: false,
  sourceDone: false,
  destinationDone: false,
  mark: 0,
  tcp,
  packets: [0, 0],
  bytes: [0, 0],
  zone,
  began,
});

/** The packet that an ICMP error quotes. */
const quoted = (bytes: Uint8Array, headers: Headers): { readonly bytes: Uint8Array; readonly headers: Headers } | null => {
  const inner = bytes.slice(headers.transport + 8, headers.length);
  if (inner.length < (headers.family === 4 ? 20 : 40)) return null;
  const found = dissect(inner);
  if (found.family !== headers.family) return null;
  // Eight bytes of the quoted segment are enough for its ports.
  const at = found.transport;
  if (withPorts.has(found.protocol) && found.fragmentOffset === 0 && inner.length >= at + 8) {
    return { bytes: inner, headers: { ...found, sourcePort: word(inner, at), destinationPort: word(inner, at + 2) } };
  }
  return { bytes: inner, headers: found };
};

const relate = (bytes: Uint8Array, headers: Headers, state: State, zone: number): Tracking => {
  const inner = quoted(bytes, headers);
  const tuple = inner && tupleOf(inner.bytes, inner.headers);
  const inverse = tuple && mirror(tuple, headers.family);
  if (!inverse) return { state: 'INVALID' };
  const found = lookUp(state, inverse, zone);
  if (found === 'disputed')
    return { state: 'unknown', reason: 'an earlier packet, which is not certain, decides what this error belongs to' };
  // The error goes back to who sent the quoted packet.
  if (!found || headers.destination !== inverse.destination) return { state: 'INVALID' };
  return { state: 'RELATED', direction: found.direction, connection: found.connection, key: found.key };
};

/** What tracking says of a packet as it enters PREROUTING (`checksums`: they are checked there) or OUTPUT. */
export const track = (bytes: Uint8Array, headers: Headers, state: State, checksums: boolean, zone = 0): Tracking => {
  const { family, protocol } = headers;
  if (family === 6 && protocol === 58 && headers.icmpType !== undefined && isUntracked6(headers.icmpType)) {
    return checksums && !transportChecksumHolds(bytes, headers) ? { state: 'INVALID' } : { state: 'UNTRACKED' };
  }
  if (isDamaged(bytes, headers, checksums)) return { state: 'INVALID' };
  const isIcmp = protocol === (family === 4 ? 1 : 58);
  if (isIcmp && headers.icmpType !== undefined && icmpErrors[family].has(headers.icmpType)) return relate(bytes, headers, state, zone);
  const tuple = tupleOf(bytes, headers);
  const reply = tuple && mirror(tuple, family);
  if (!tuple || !reply) return { state: 'INVALID' };

  const found = lookUp(state, tuple, zone);
  if (found === 'disputed') return { state: 'unknown', reason: 'an earlier packet of its connection is not certain' };
  if (found) {
    const { key, direction } = found;
    let { connection } = found;
    if (protocol === 132) return { state: 'unknown', reason: 'the states of an SCTP association beyond its first packet are not followed' };
    if (connection.tcp) {
      const step = continueTcp(connection.tcp, direction, segmentOf(bytes, headers), connection.seenReply);
      if (step.kind === 'invalid') return { state: 'INVALID' };
      if (step.kind === 'begins anew') {
        forget(state, key, connection);
        return track(bytes, headers, state, checksums, zone);
      }
      if (step.kind === 'refused') {
        forget(state, key, connection);
        return { state: 'ESTABLISHED', direction, connection: { ...connection, seenReply: true }, key };
      }
      connection = { ...connection, tcp: step.track, assured: connection.assured || step.assures };
    } else if (connection.seenReply && protocol === 17 && state.clock.earliest - connection.began > streamAge) {
      connection = { ...connection, assured: true };
    }
    connection = countPacket({ ...connection, seenReply: connection.seenReply || direction === 1 }, direction, headers.length);
    state.set(key, connection);
    return { state: direction === 1 || connection.seenReply ? 'ESTABLISHED' : 'NEW', direction, connection, key };
  }

  let tcp: TcpTrack | null = null;
  if (protocol === 6) {
    tcp = beginTcp(segmentOf(bytes, headers));
    if (!tcp) return { state: 'INVALID' };
  }
  if (isIcmp && !icmpQueries[family].has(headers.icmpType!)) return { state: 'INVALID' };
  if (protocol === 132 && !sctpChunks(bytes, headers)?.every((type) => sctpBeginnings.has(type))) return { state: 'INVALID' };
  const connection = countPacket(begin(tuple, reply, tcp, state.clock.earliest, zone), 0, headers.length);
  return { state: 'NEW', direction: 0, connection, key: `${connectionPrefix}of ${tupleKey(tuple, zone)}` };
};

const countPacket = (connection: Connection, direction: 0 | 1, length: number): Connection => {
  const [packets, bytes] = [[...connection.packets] as [number, number], [...connection.bytes] as [number, number]];
  packets[direction]++;
  bytes[direction] += length;
  return { ...connection, packets, bytes };
};
