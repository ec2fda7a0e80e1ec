/** The answer to a delivered packet, as the host would see it come back. */
import { printAddress } from '../../../grammar/index.js';
import type { PacketJson } from '../../diagnostic/diagnostic.js';
import { tcpFlagNames } from './bytes.js';
import { Unknown } from './unknown.js';
import type { TraceResult } from './walk.js';

const echoReplies: Readonly<Record<number, number>> = { 8: 0, 128: 129, 13: 14, 17: 18 };

/** The reply in JSON; null where nothing answers, or it is not known where the packet ends up. */
export const replyTo = (result: TraceResult): PacketJson | null => {
  const { seen, packet } = result;
  if (!result.certain || result.verdict !== 'delivered' || !seen || seen.at instanceof Unknown) return null;
  const { flight } = seen;
  const [source, destination] = [flight.field('source'), flight.field('destination')];
  const [sourcePort, destinationPort] = [flight.field('sourcePort'), flight.field('destinationPort')];
  if ([source, destination, sourcePort, destinationPort].some((value) => value instanceof Unknown)) return null;
  const { headers, bytes } = flight;
  const base = {
    in: seen.at === 'local' ? 'local' : seen.at,
    src: printAddress(destination as number | bigint),
    dst: printAddress(source as number | bigint),
    proto: headers.protocol,
    keep: true,
    ...(typeof packet.id === 'string' ? { id: `${packet.id} reply` } : {}),
  };
  if (headers.icmpType !== undefined) {
    const type = echoReplies[headers.icmpType];
    if (type === undefined) return null;
    const at = headers.transport + 4;
    return { ...base, icmp_type: type, icmp_id: bytes[at]! * 256 + bytes[at + 1]! };
  }
  if (sourcePort === null) return base;
  const ports = { sport: destinationPort as number, dport: sourcePort as number };
  if (headers.tcpFlags === undefined) return { ...base, ...ports };
  const at = headers.transport + 4;
  const sequence = (((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0) + 1;
  const isSyn = (headers.tcpFlags & tcpFlagNames.SYN) !== 0;
  return { ...base, ...ports, flags: isSyn ? 'SYN,ACK' : 'ACK', seq: 5000, ack: sequence >>> 0 };
};
