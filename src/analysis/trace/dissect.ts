/**
 * Reads the headers of an IP packet from its bytes, as netfilter finds them: the transport protocol behind IPv6 extension headers
 * (net/ipv6/exthdrs_core.c, ipv6_find_hdr), ports and flags only where the first fragment holds them.
 */
import type { Family } from '../../../grammar/index.js';
import { addressBytes, crc32c, internetChecksum, pseudoHeader } from './bytes.js';

/** One IPv6 extension header by its number, and where it starts. */
export interface ExtensionHeader {
  readonly number: number;
  readonly offset: number;
  readonly length: number;
}

/** What the headers of a packet say. */
export interface Headers {
  readonly family: Family;
  readonly source: number | bigint;
  readonly destination: number | bigint;
  /** Of the transport header; of a later fragment, that which the first fragment has. */
  readonly protocol: number;
  /** Where the transport header (or a later fragment's data) starts. */
  readonly transport: number;
  readonly ttl: number;
  readonly tos: number;
  /** Whole length as the header tells; bytes may be fewer. */
  readonly length: number;
  /** Offset of a fragment in bytes; 0 for a whole packet or the first fragment. */
  readonly fragmentOffset: number;
  readonly moreFragments: boolean;
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly extensions: readonly ExtensionHeader[];
  /** IPv4 options. */
  readonly options: Uint8Array;
  /** Absent in later fragments and where the header is cut. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly tcpFlags?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  /** The IP header's length and version make sense. */
  readonly sound: boolean;
}

const word = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
const double = (bytes: Uint8Array, at: number): number => word(bytes, at) * 65536 + word(bytes, at + 2);

/** A big-endian number of 1 to 16 bytes. */
const wide = (bytes: Uint8Array, at: number): bigint => {
  let value = 0n;
  for (let i = 0; i < 16; i++) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  return value;
};

const withPorts = new Set([6, 17, 33, 132, 136]);

/** Bytes of transport header that must be there before ports are believed. */
const least: Readonly<Record<number, number>> = { 6: 20, 17: 8, 33: 12, 132: 12, 136: 8 };

const transportFields = (bytes: Uint8Array, protocol: number, at: number) => {
  const left = bytes.length - at;
  if (withPorts.has(protocol) && left >= (least[protocol] ?? 4)) {
    const ports = { sourcePort: word(bytes, at), destinationPort: word(bytes, at + 2) };
    return protocol === 6 ? { ...ports, tcpFlags: bytes[at + 13]! } : ports;
  }
  if ((protocol === 1 || protocol === 58) && left >= 4) return { icmpType: bytes[at]!, icmpCode: bytes[at + 1]! };
  return {};
};

const dissect4 = (bytes: Uint8Array): Headers => {
  const headerLength = (bytes[0]! & 15) * 4;
  const fragmentWord = word(bytes, 6);
  const fragmentOffset = (fragmentWord & 0x1fff) * 8;
  const protocol = bytes[9] ?? 0;
  return {
    family: 4,
    source: double(bytes, 12),
    destination: double(bytes, 16),
    protocol,
    transport: headerLength,
    ttl: bytes[8] ?? 0,
    tos: bytes[1] ?? 0,
    length: word(bytes, 2),
    fragmentOffset,
    moreFragments: (fragmentWord & 0x2000) !== 0,
    identification: word(bytes, 4),
    dontFragment: (fragmentWord & 0x4000) !== 0,
    extensions: [],
    options: bytes.slice(20, Math.max(20, headerLength)),
    ...(fragmentOffset === 0 ? transportFields(bytes, protocol, headerLength) : {}),
    sound: headerLength >= 20 && bytes.length >= headerLength && word(bytes, 2) >= headerLength && word(bytes, 2) <= bytes.length,
  };
};

/** Extension headers that are walked over: hop-by-hop, routing, fragment, authentication, no next header, destination options. */
const walked = new Set([0, 43, 44, 51, 60]);

const dissect6 = (bytes: Uint8Array): Headers => {
  let number = bytes[6] ?? 59;
  let at = 40;
  let fragmentOffset = 0;
  let moreFragments = false;
  let identification = 0;
  const extensions: ExtensionHeader[] = [];
  while (walked.has(number) && at + 8 <= bytes.length) {
    const length = number === 44 ? 8 : number === 51 ? (bytes[at + 1]! + 2) * 4 : (bytes[at + 1]! + 1) * 8;
    extensions.push({ number, offset: at, length });
    if (number === 44) {
      fragmentOffset = word(bytes, at + 2) & 0xfff8;
      moreFragments = (word(bytes, at + 2) & 1) !== 0;
      identification = double(bytes, at + 4);
    }
    const isLast = number === 44 && fragmentOffset > 0;
    number = bytes[at]!;
    at += length;
    if (isLast) break;
  }
  return {
    family: 6,
    source: wide(bytes, 8),
    destination: wide(bytes, 24),
    protocol: number,
    transport: at,
    ttl: bytes[7] ?? 0,
    tos: ((bytes[0]! & 15) << 4) | ((bytes[1] ?? 0) >> 4),
    length: 40 + word(bytes, 4),
    fragmentOffset,
    moreFragments,
    identification,
    dontFragment: true,
    extensions,
    options: new Uint8Array(0),
    ...(fragmentOffset === 0 ? transportFields(bytes, number, at) : {}),
    sound: bytes.length >= 40 && 40 + word(bytes, 4) <= bytes.length,
  };
};

/** The headers of a packet; of bytes that are no IP packet, what can be read, with `sound: false`. */
export const dissect = (bytes: Uint8Array): Headers => (bytes.length > 0 && bytes[0]! >> 4 === 6 ? dissect6(bytes) : dissect4(bytes));

/** Whether the IPv4 header's checksum is right (IPv6 has none). */
export const ipChecksumHolds = (bytes: Uint8Array, headers: Headers): boolean =>
  headers.family === 6 || internetChecksum(bytes.subarray(0, headers.transport)) === 0;

/** Whether the transport checksum of a whole packet is right; of fragments, protocols without one and those that Linux 6.18 does not look at (DCCP): true. */
export const transportChecksumHolds = (bytes: Uint8Array, headers: Headers): boolean => {
  if (headers.fragmentOffset > 0 || headers.moreFragments) return true;
  const segment = bytes.subarray(headers.transport, headers.length);
  const covered = (length = segment.length) =>
    internetChecksum([
      ...pseudoHeader(headers.family, addressBytes(headers.source), addressBytes(headers.destination), headers.protocol, segment.length),
      ...segment.subarray(0, length),
    ]) === 0;
  switch (headers.protocol) {
    case 1:
      return internetChecksum(segment) === 0;
    case 6:
    case 58:
      return covered();
    case 17:
      return (headers.family === 4 && word(segment, 6) === 0) || covered();
    case 136:
      return covered(word(segment, 4) === 0 ? segment.length : word(segment, 4));
    case 132: {
      const blank = Uint8Array.from(segment);
      blank.fill(0, 8, 12);
      const crc = crc32c(blank);
      return (
        segment[8] === (crc & 255) &&
        segment[9] === ((crc >>> 8) & 255) &&
        segment[10] === ((crc >>> 16) & 255) &&
        segment[11] === crc >>> 24
      );
    }
    default:
      return true;
  }
};
