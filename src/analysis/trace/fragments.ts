/** Puts IP fragments together (RFC 791, 8200; net/ipv4/ip_fragment.c, net/ipv6/netfilter/nf_conntrack_reasm.c). */
import type { Headers } from './dissect.js';
import type { State } from './state.js';

interface Piece {
  readonly offset: number;
  readonly data: Uint8Array;
  readonly more: boolean;
  /** Everything before the fragment's data; of the first fragment it becomes the whole packet's header. */
  readonly header: Uint8Array;
}

/** Adds a fragment to those held; the whole packet once the last gap is filled, else null. */
export const collectFragment = (bytes: Uint8Array, headers: Headers, state: State, where: string): Uint8Array | null => {
  const { family, source, destination, protocol, identification, fragmentOffset, moreFragments, transport, length } = headers;
  const key = `fragments ${where} ${source}/${destination}/${family === 4 ? protocol : ''}/${identification}`;
  const data = bytes.slice(transport, length);
  const held = (Array.isArray(state.get(key)) ? (state.get(key) as readonly Piece[]) : []).filter(
    ({ offset }) => offset !== fragmentOffset,
  );
  // Pieces of eight bytes but for the last; what laps over another spoils the packet.
  const spoils =
    (moreFragments && data.length % 8 !== 0) ||
    held.some(({ offset, data: other }) => offset < fragmentOffset + data.length && fragmentOffset < offset + other.length);
  if (spoils) {
    state.set(key, undefined);
    return null;
  }
  const header = bytes.slice(0, transport);
  const pieces = [...held, { offset: fragmentOffset, data, more: moreFragments, header }].sort((a, b) => a.offset - b.offset);
  let reached = 0;
  for (const piece of pieces) {
    if (piece.offset !== reached) break;
    reached += piece.data.length;
    if (!piece.more) {
      state.set(key, undefined);
      return assemble(pieces, reached, headers);
    }
  }
  state.set(key, pieces);
  return null;
};

const assemble = (pieces: readonly Piece[], length: number, headers: Headers): Uint8Array => {
  let header = pieces[0]!.header;
  if (headers.family === 6) header = withoutFragmentHeader(header, headers);
  const whole = new Uint8Array(header.length + length);
  whole.set(header);
  for (const { offset, data } of pieces) whole.set(data, header.length + offset);
  if (headers.family === 4) {
    whole[2] = whole.length >> 8;
    whole[3] = whole.length & 255;
    whole[6] = whole[6]! & 0x40;
    whole[7] = 0;
  } else {
    whole[4] = (whole.length - 40) >> 8;
    whole[5] = (whole.length - 40) & 255;
  }
  return whole;
};

const withoutFragmentHeader = (header: Uint8Array, headers: Headers): Uint8Array => {
  const at = headers.extensions.find(({ number }) => number === 44)!.offset;
  const next = header[at]!;
  const before = headers.extensions.filter(({ offset }) => offset < at).at(-1);
  const whole = new Uint8Array(header.length - 8);
  whole.set(header.subarray(0, at));
  whole.set(header.subarray(at + 8), at);
  whole[before ? before.offset : 6] = next;
  return whole;
};
