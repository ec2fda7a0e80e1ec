/**
 * Matches that look into the packet's bytes: search for text (net/netfilter/xt_string.c), u32 expressions (xt_u32.c), classic BPF
 * (net/core/filter.c), TCP and DCCP options, SCTP chunks (xt_sctp.c), IPv6 extension headers (net/ipv6/netfilter/ip6t_*.c).
 */
import type { Headers } from './dissect.js';
import { type Answer, Unknown } from './unknown.js';

const double = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
const word = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);

const lower = (byte: number): number => (byte >= 65 && byte <= 90 ? byte + 32 : byte);

/** Whether the wanted bytes lie between two offsets, counted from the IP header. */
export const findText = (bytes: Uint8Array, wanted: readonly number[], from: number, to: number, icase: boolean): boolean => {
  const fold = icase ? lower : (byte: number) => byte;
  const end = Math.min(to, bytes.length);
  for (let at = from; at + wanted.length <= end; at++) {
    if (wanted.every((byte, i) => fold(byte) === fold(bytes[at + i]!))) return true;
  }
  return false;
};

export interface U32 {
  readonly offset: number;
  readonly steps: readonly { readonly operator: '&' | '<<' | '>>' | '@'; readonly number: number }[];
  readonly ranges: readonly { readonly first: number; readonly last: number }[];
}

/** Whether all tests of a u32 expression hold; reading beyond the end is a no. */
export const u32Holds = (bytes: Uint8Array, tests: readonly U32[]): boolean =>
  tests.every(({ offset, steps, ranges }) => {
    if (bytes.length < 4 || offset > bytes.length - 4) return false;
    let base = 0;
    let value = double(bytes, offset);
    for (const { operator, number } of steps) {
      if (operator === '&') value = (value & number) >>> 0;
      else if (operator === '<<') value = number > 31 ? 0 : (value << number) >>> 0;
      else if (operator === '>>') value = number > 31 ? 0 : value >>> number;
      else {
        base += value;
        if (base + 4 > bytes.length || number > bytes.length - base - 4) return false;
        value = double(bytes, base + number);
      }
    }
    return ranges.some(({ first, last }) => first <= value && value <= last);
  });

export interface BpfInstruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly operand: number;
}

/** Runs a classic BPF program on the packet from its IP header on; a result other than 0 is a match. */
export const runBpf = (program: readonly BpfInstruction[], bytes: Uint8Array): Answer => {
  let a = 0;
  let x = 0;
  const memory = new Array<number>(16).fill(0);
  const outside = new Unknown('the BPF program asks for more than the packet (marks, interfaces, time)');
  for (let at = 0; at < program.length; at++) {
    const { code, jumpTrue, jumpFalse, operand: k } = program[at]!;
    const kind = code & 7;
    const size = code & 0x18;
    const mode = code & 0xe0;
    if (kind === 0 || kind === 1) {
      // ld, ldx
      let value: number;
      const wide = size === 0 ? 4 : size === 8 ? 2 : 1;
      if (mode === 0x20 || mode === 0x40) {
        let offset = (mode === 0x40 ? x + k : k) | 0;
        if (offset < 0) {
          if (offset < -0x100000 || offset >= -0x1000) return outside; // the link header, or what is no packet
          offset += 0x100000; // counted from the IP header
        }
        if (offset + wide > bytes.length) return false;
        value = wide === 4 ? double(bytes, offset) : wide === 2 ? word(bytes, offset) : bytes[offset]!;
      } else if (mode === 0) value = k;
      else if (mode === 0x60) value = memory[k] ?? 0;
      else if (mode === 0x80) value = bytes.length;
      else {
        if (k >= bytes.length) return false;
        value = (bytes[k]! & 15) * 4;
      }
      if (kind === 0) a = value >>> 0;
      else x = value >>> 0;
    } else if (kind === 2) memory[k] = a;
    else if (kind === 3) memory[k] = x;
    else if (kind === 4) {
      const by = code & 8 ? x : k;
      const operation = code & 0xf0;
      if ((operation === 0x30 || operation === 0x90) && by === 0) return false;
      if (operation === 0x00) a = (a + by) >>> 0;
      else if (operation === 0x10) a = (a - by) >>> 0;
      else if (operation === 0x20) a = Math.imul(a, by) >>> 0;
      else if (operation === 0x30) a = Math.floor(a / by);
      else if (operation === 0x40) a = (a | by) >>> 0;
      else if (operation === 0x50) a = (a & by) >>> 0;
      else if (operation === 0x60) a = (a << by) >>> 0;
      else if (operation === 0x70) a = a >>> by;
      else if (operation === 0x80) a = -a >>> 0;
      else if (operation === 0x90) a = a % by;
      else a = (a ^ by) >>> 0;
    } else if (kind === 5) {
      const by = (code & 8 ? x : k) >>> 0;
      const test = code & 0xf0;
      if (test === 0) at += k;
      else {
        const holds = test === 0x10 ? a === by : test === 0x20 ? a > by : test === 0x30 ? a >= by : (a & by) !== 0;
        at += holds ? jumpTrue : jumpFalse;
      }
    } else if (kind === 6) return (code & 0x18 ? a : k) !== 0;
    else if (code & 0x80) a = x;
    else x = a;
  }
  return false;
};

/** Whether a TCP header has an option of this kind. */
export const hasTcpOption = (bytes: Uint8Array, headers: Headers, kind: number): boolean => {
  if (headers.tcpFlags === undefined) return false;
  const end = headers.transport + ((bytes[headers.transport + 12] ?? 0) >> 4) * 4;
  for (let at = headers.transport + 20; at < end; ) {
    if (bytes[at] === kind) return true;
    // One byte for "end" and "nothing"; the kernel steps over a length of 0 by one.
    at += (bytes[at] ?? 0) < 2 ? 1 : bytes[at + 1] || 1;
  }
  return false;
};

/** Bytes of an option list without those of some kinds, which become "nothing". */
export const stripTcpOptions = (bytes: Uint8Array, headers: Headers, kinds: ReadonlySet<number>): Uint8Array => {
  const stripped = Uint8Array.from(bytes);
  const end = headers.transport + ((bytes[headers.transport + 12] ?? 0) >> 4) * 4;
  for (let at = headers.transport + 20; at < end; ) {
    const length = (bytes[at] ?? 0) < 2 ? 1 : bytes[at + 1] || 1;
    if (kinds.has(bytes[at]!)) stripped.fill(1, at, Math.min(end, at + length));
    at += length;
  }
  return stripped;
};

/** Whether a DCCP header has an option of this kind. */
export const hasDccpOption = (bytes: Uint8Array, headers: Headers, kind: number): boolean => {
  const start = headers.transport;
  const type = ((bytes[start + 8] ?? 0) >> 1) & 15;
  const fixed = 12 + ((bytes[start + 8] ?? 0) & 1 ? 4 : 0) + (type === 0 ? 4 : type === 2 || type === 9 ? 0 : 8);
  const end = Math.min(bytes.length, start + (bytes[start + 4] ?? 0) * 4);
  for (let at = start + fixed; at < end; ) {
    if (bytes[at] === kind) return true;
    at += (bytes[at] ?? 0) < 32 ? 1 : bytes[at + 1] || 1;
  }
  return false;
};

/** Chunk types that a rule asks for, with the flags that each must have. */
export interface ChunkQuestion {
  readonly how: 'all' | 'any' | 'only';
  readonly chunks: readonly { readonly number: number; readonly flags: string }[] | 'ALL' | 'NONE';
}

/** Letters of flags by their bit; a small letter: not set. */
const chunkFlag: Readonly<Record<string, number>> = { e: 1, b: 2, u: 4, i: 8, t: 1 };

export const chunksMatch = (bytes: Uint8Array, headers: Headers, { how, chunks }: ChunkQuestion): boolean => {
  const wanted = new Map<number, string>();
  if (chunks === 'ALL') for (let number = 0; number < 256; number++) wanted.set(number, '');
  else if (chunks !== 'NONE') for (const { number, flags } of chunks) wanted.set(number, flags);
  const fits = (number: number, flags: number): boolean => {
    const letters = wanted.get(number);
    if (letters === undefined) return false;
    return [...letters].every((letter) => ((flags & (chunkFlag[letter.toLowerCase()] ?? 0)) !== 0) === (letter !== letter.toLowerCase()));
  };
  const missing = new Set(wanted.keys());
  for (let at = headers.transport + 12; at + 4 <= headers.length; ) {
    const number = bytes[at]!;
    const fit = fits(number, bytes[at + 1]!);
    if (how === 'any' && fit) return true;
    if (how === 'only' && !fit) return false;
    if (how === 'all' && fit) missing.delete(number);
    at += Math.max(4, (word(bytes, at + 2) + 3) & ~3);
  }
  return how === 'all' ? missing.size === 0 : how === 'only';
};

/** The first IPv6 extension header of a number. */
export const extensionHeader = (headers: Headers, number: number) => headers.extensions.find((one) => one.number === number);

/** Whether the options of a hop-by-hop or destination header begin with those wanted, in order. */
export const optionsMatch = (
  bytes: Uint8Array,
  start: number,
  length: number,
  wanted: readonly { readonly type: number; readonly length: number | null }[],
): boolean => {
  let at = start + 2;
  for (const { type, length: size } of wanted) {
    if (at >= start + length || bytes[at] !== type) return false;
    if (type !== 0 && size !== null && bytes[at + 1] !== size) return false;
    at += type === 0 ? 1 : (bytes[at + 1] ?? 0) + 2;
  }
  return true;
};
