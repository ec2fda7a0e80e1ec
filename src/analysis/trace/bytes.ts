/**
 * Builds the bytes of an IP packet from its JSON form (the command line contract's PACKET). Header layouts: RFC 791, 8200, 9293, 768,
 * 792, 4443, 9260, 4340, 3828, 2784, 4302, 4303. What the JSON leaves open takes a plain default, told beside each field.
 */
import { type Family, Fault, parseAddress, protocolNumber } from '../../../grammar/index.js';

/** A slice of the transport segment sent as a fragment. */
export interface FragmentJson {
  readonly offset?: number;
  readonly len?: number;
  readonly mf?: boolean;
}

/** An IPv6 extension header; `hex` is what follows its next-header byte. */
export interface ExtensionHeaderJson {
  readonly type: 'hbh' | 'dst' | 'rt' | 'ah';
  readonly hex?: string;
}

/** The fields of a packet in JSON that make up its bytes. */
export interface PacketBytesJson {
  readonly src: string;
  readonly dst: string;
  /** Name or number; tcp when left out. */
  readonly proto?: string | number;
  readonly sport?: number;
  readonly dport?: number;
  /** TCP flags: `SYN,ACK`, `NONE`, `ALL8`; SYN when left out. */
  readonly flags?: string;
  readonly seq?: number;
  readonly ack?: number;
  readonly win?: number;
  /** Adds a TCP MSS option. */
  readonly mss?: number;
  /** Raw TCP options in hex. */
  readonly tcpopt?: string;
  readonly icmp_type?: number;
  readonly icmp_code?: number;
  readonly icmp_id?: number;
  readonly icmp_seq?: number;
  /** The four bytes behind the ICMP checksum, in hex. */
  readonly icmp_rest?: string;
  /** The packet quoted by an ICMP error. */
  readonly inner?: PacketBytesJson;
  readonly inner_len?: number;
  readonly spi?: number;
  readonly nexth?: number;
  readonly chunk?: number;
  readonly chunk_flags?: number;
  readonly chunk_body?: string;
  readonly vtag?: number;
  readonly dccp_type?: number;
  /** UDP-Lite checksum coverage. */
  readonly cov?: number;
  readonly ttl?: number;
  readonly tos?: number;
  readonly dscp?: number;
  readonly ecn?: number;
  readonly df?: boolean;
  readonly ip_id?: number;
  readonly ipopt?: string;
  readonly flowlabel?: number;
  /** Length of the whole packet: the payload is padded with zeros, or cut. */
  readonly len?: number;
  /** Text, or `hex:..`. */
  readonly payload?: string;
  readonly frag?: FragmentJson;
  readonly ext?: readonly ExtensionHeaderJson[];
  readonly badsum?: boolean;
  readonly bad_ipsum?: boolean;
  /** The whole packet in hex instead. */
  readonly raw?: string;
}

/** Names that packets in JSON use beside those of /etc/protocols. */
const jsonProtocols: Readonly<Record<string, number>> = { ipip: 4, ipv6_icmp: 58 };

/** The protocol number of a packet in JSON. */
export const protocolOf = (proto: string | number | undefined): number | undefined => {
  if (proto === undefined) return 6;
  const number =
    typeof proto === 'number'
      ? proto
      : (jsonProtocols[proto] ?? protocolNumber(proto) ?? (/^\d+$/.test(proto) ? Number(proto) : undefined));
  return number !== undefined && Number.isInteger(number) && number >= 0 && number <= 255 ? number : undefined;
};

/** Bits of the TCP flags byte by name. */
export const tcpFlagNames = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 } as const;

const readFlags = (text: string): number | Fault => {
  let flags = 0;
  for (const word of text.toUpperCase().split(/[,|]/)) {
    const name = word.trim();
    if (name === '' || name === 'NONE') continue;
    if (name === 'ALL8') flags |= 255;
    else if (name in tcpFlagNames) flags |= tcpFlagNames[name as keyof typeof tcpFlagNames];
    else return new Fault(`"${name}" is not a TCP flag`);
  }
  return flags;
};

const readHex = (text: string): Uint8Array | Fault => {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return new Fault(`"${text}" is not hexadecimal`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
};

/** Thrown inside this file only; buildPacket turns it into the Fault it carries. */
class Unbuildable extends Error {}

const must = <T>(value: T | Fault): T => {
  if (value instanceof Fault) throw new Unbuildable(value.message);
  return value;
};

const u16 = (value: number): number[] => [(value >>> 8) & 255, value & 255];
const u32 = (value: number): number[] => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

/** An address as its 4 or 16 bytes. */
export const addressBytes = (address: number | bigint): number[] =>
  typeof address === 'number' ? u32(address) : Array.from({ length: 16 }, (_, i) => Number((address >> BigInt(120 - 8 * i)) & 255n));

/** The Internet checksum (RFC 1071). */
export const internetChecksum = (bytes: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65536);
  return ~sum & 0xffff;
};

const crcTable = Uint32Array.from({ length: 256 }, (_, i) => {
  let crc = i;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

/** CRC-32c, SCTP's checksum (RFC 9260, appendix A). */
export const crc32c = (bytes: ArrayLike<number>): number => {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
};

/** What TCP, UDP and ICMPv6 checksums cover besides the segment. */
export const pseudoHeader = (
  family: Family,
  source: readonly number[],
  destination: readonly number[],
  protocol: number,
  length: number,
): number[] =>
  family === 4 ? [...source, ...destination, 0, protocol, ...u16(length)] : [...source, ...destination, ...u32(length), 0, 0, 0, protocol];

interface Envelope {
  readonly family: Family;
  readonly protocol: number;
  readonly source: readonly number[];
  readonly destination: readonly number[];
  /** Bytes of extension headers between IPv6 header and segment. */
  readonly extensionLength: number;
}

/** The transport header and payload, checksum right unless told otherwise. */
const buildSegment = (packet: PacketBytesJson, envelope: Envelope): number[] => {
  const { family, protocol, source, destination } = envelope;
  const text = packet.payload ?? '';
  const given = text.startsWith('hex:')
    ? Array.from(must(readHex(text.slice(4))))
    : Array.from(text, (character) => character.charCodeAt(0) & 255);
  const payload = (headerLength: number): number[] => {
    if (packet.len === undefined) return given;
    const wanted = Math.max(0, packet.len - (family === 4 ? 20 : 40) - headerLength - envelope.extensionLength);
    return wanted <= given.length ? given.slice(0, wanted) : [...given, ...new Array<number>(wanted - given.length).fill(0)];
  };
  const flaw = packet.badsum ? 1 : 0;
  const ports = [...u16(packet.sport ?? 0), ...u16(packet.dport ?? 0)];
  const summed = (segment: number[], at: number, withPseudoHeader = true, zeroIsOnes = false): number[] => {
    const sum = internetChecksum(
      withPseudoHeader ? [...pseudoHeader(family, source, destination, protocol, segment.length), ...segment] : segment,
    );
    segment.splice(at, 2, ...u16((zeroIsOnes && sum === 0 ? 0xffff : sum) ^ flaw));
    return segment;
  };

  switch (protocol) {
    case 6: {
      const flags = must(readFlags(packet.flags ?? 'SYN'));
      const options = [
        ...(packet.mss === undefined ? [] : [2, 4, ...u16(packet.mss)]),
        ...(packet.tcpopt ? must(readHex(packet.tcpopt)) : []),
      ];
      while (options.length % 4 !== 0) options.push(1);
      const header = [
        ...ports,
        ...u32(packet.seq ?? 1000),
        ...u32(packet.ack ?? (flags & tcpFlagNames.ACK ? 1 : 0)),
        (5 + options.length / 4) << 4,
        flags,
        ...u16(packet.win ?? 65535),
        0,
        0,
        0,
        0,
        ...options,
      ];
      return summed([...header, ...payload(header.length)], 16);
    }
    case 17:
    case 136: {
      const data = payload(8);
      return summed([...ports, ...u16(protocol === 17 ? 8 + data.length : (packet.cov ?? 0)), 0, 0, ...data], 6, true, true);
    }
    case 1:
    case 58: {
      const type = packet.icmp_type ?? (protocol === 1 ? 8 : 128);
      let rest = [...u16(packet.icmp_id ?? 1), ...u16(packet.icmp_seq ?? 1)];
      let data = payload(8);
      if (packet.inner) {
        data = Array.from(build(packet.inner)).slice(0, packet.inner_len ?? (family === 4 ? 28 : 48));
        rest = [0, 0, 0, 0];
      }
      if (packet.icmp_rest) rest = Array.from(must(readHex(packet.icmp_rest)));
      return summed([type, packet.icmp_code ?? 0, 0, 0, ...rest, ...data], 2, protocol === 58);
    }
    case 132: {
      const type = packet.chunk ?? 1;
      // INIT and INIT ACK: tag 1, window 65536, one stream each way, first TSN 1.
      const body = must(readHex(packet.chunk_body ?? (type === 1 || type === 2 ? '00000001000100000001000100000001' : '')));
      const chunk = [type, packet.chunk_flags ?? 0, ...u16(4 + body.length), ...body];
      const segment = [...ports, ...u32(type === 1 ? 0 : (packet.vtag ?? 1)), 0, 0, 0, 0, ...chunk, ...payload(12 + chunk.length)];
      const crc = (crc32c(segment) ^ flaw) >>> 0;
      segment.splice(8, 4, ...u32(crc).reverse());
      return segment;
    }
    case 33: {
      const type = packet.dccp_type ?? 0;
      const body = type === 0 ? [0, 0, 0, 0] : [0, 0, 0, 0, 0, 0, 0, 0];
      // Long sequence numbers (X = 1): a sixteen-byte generic header.
      const header = [...ports, (16 + body.length) / 4, 0, 0, 0, (type << 1) | 1, 0, 0, 0, 0, 0, 0, 1, ...body];
      return summed([...header, ...payload(header.length)], 6);
    }
    case 50:
      return [...u32(packet.spi ?? 256), ...u32(1), ...payload(8)];
    case 51:
      return [packet.nexth ?? 59, 1, 0, 0, ...u32(packet.spi ?? 256), ...u32(1), ...payload(12)];
    case 47:
      return [0, 0, 8, 0, ...payload(4)];
    default:
      return payload(0);
  }
};

const extensionNumbers = { hbh: 0, dst: 60, rt: 43, ah: 51 } as const;

/** What follows the next-header byte where the JSON gives nothing: a header of eight bytes that asks nothing. */
const defaultExtension = (type: ExtensionHeaderJson['type']): string =>
  type === 'hbh' || type === 'dst' ? '00010400000000' : '00000000000000';

const build = (packet: PacketBytesJson): Uint8Array => {
  if (packet.raw !== undefined) return must(readHex(packet.raw));
  const family: Family = packet.src.includes(':') ? 6 : 4;
  const source = addressBytes(must(parseAddress(packet.src, family)));
  const destination = addressBytes(must(parseAddress(packet.dst, family)));
  const protocol = protocolOf(packet.proto);
  if (protocol === undefined) throw new Unbuildable(`"${packet.proto}" is not a protocol`);
  const tos = packet.tos ?? ((packet.dscp ?? 0) << 2) | (packet.ecn ?? 0);
  const ttl = packet.ttl ?? 64;
  const fragment = packet.frag;
  const extensions = (family === 6 ? (packet.ext ?? []) : []).map(({ type, hex }) => ({
    number: extensionNumbers[type] as number,
    body: Array.from(must(readHex(hex ?? defaultExtension(type)))),
  }));
  const extensionLength = extensions.reduce((sum, { body }) => sum + 1 + body.length, family === 6 && fragment ? 8 : 0);
  let segment = buildSegment(packet, { family, protocol, source, destination, extensionLength });
  const offset = fragment?.offset ?? 0;
  const more = fragment?.mf ?? false;
  if (fragment) segment = segment.slice(offset, fragment.len === undefined ? undefined : offset + fragment.len);
  if (family === 4) {
    const options = packet.ipopt ? Array.from(must(readHex(packet.ipopt))) : [];
    while (options.length % 4 !== 0) options.push(0);
    const fragmentWord = (packet.df ? 0x4000 : 0) | (more ? 0x2000 : 0) | (offset >> 3);
    const header = [
      0x45 + options.length / 4,
      tos,
      ...u16(20 + options.length + segment.length),
      ...u16(packet.ip_id ?? 1),
      ...u16(fragmentWord),
      ttl,
      protocol,
      0,
      0,
      ...source,
      ...destination,
      ...options,
    ];
    header.splice(10, 2, ...u16(internetChecksum(header) ^ (packet.bad_ipsum ? 1 : 0)));
    return Uint8Array.from([...header, ...segment]);
  }
  if (fragment) extensions.push({ number: 44, body: [0, ...u16((offset & 0xfff8) | (more ? 1 : 0)), ...u32(packet.ip_id ?? 1)] });
  const numbers = [...extensions.map(({ number }) => number), protocol];
  const body = [...extensions.flatMap(({ body }, i) => [numbers[i + 1]!, ...body]), ...segment];
  return Uint8Array.from([
    ...u32(((6 << 28) | (tos << 20) | ((packet.flowlabel ?? 0) & 0xfffff)) >>> 0),
    ...u16(body.length),
    numbers[0]!,
    ttl,
    ...source,
    ...destination,
    ...body,
  ]);
};

/** The bytes of a packet from the IP header on, or why it cannot be built. */
export const buildPacket = (packet: PacketBytesJson): Uint8Array | Fault => {
  try {
    return build(packet);
  } catch (error) {
    if (error instanceof Unbuildable) return new Fault(error.message);
    throw error;
  }
};
