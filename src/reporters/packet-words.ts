/** A witness on one line, as tcpdump's readers know it: `tcp 192.0.2.1:40000 > 198.51.100.1:22 in eth0 new`. */
import type { PacketJson } from '../diagnostic/diagnostic.js';

export const packetWords = (packet: PacketJson): string => {
  const { in: inward, out, src, dst, proto, sport, dport, flags, state, ...rest } = packet;
  return [
    String(proto),
    `${end(src, sport)} > ${end(dst, dport)}`,
    flags && `flags ${flags}`,
    ...Object.entries(rest)
      .filter(([key, value]) => key !== 'id' && value !== undefined && value !== null)
      .map(([key, value]) => `${key.replaceAll('_', ' ')} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`),
    inward === 'local' ? 'sent by this host' : inward && `in ${inward}`,
    out && `out ${out}`,
    state?.toLowerCase(),
  ]
    .filter(Boolean)
    .join(' ');
};

const end = (address: string, port: number | undefined): string => {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
};
