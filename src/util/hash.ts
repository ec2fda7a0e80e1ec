/** A small stable hash for names of findings: FNV-1a, 64 bits (Fowler, Noll, Vo), without big integers and without Node. Not for secrets. */

/** Sixteen hexadecimal digits. The text goes in as UTF-16 units, low byte first. */
export const hash = (text: string): string => {
  // Four sixteenths, the lowest first: all products stay small integers.
  let a = 0x2325;
  let b = 0x8422;
  let c = 0x9ce4;
  let d = 0xcbf2;
  for (let at = 0; at < 2 * text.length; at++) {
    const unit = text.charCodeAt(at >> 1);
    a ^= at & 1 ? unit >>> 8 : unit & 0xff;
    // Times 2^40 + 0x1b3.
    d = d * 0x1b3 + (b << 8);
    c = c * 0x1b3 + (a << 8);
    b *= 0x1b3;
    a *= 0x1b3;
    b += a >>> 16;
    c += b >>> 16;
    d += c >>> 16;
    a &= 0xffff;
    b &= 0xffff;
    c &= 0xffff;
    d &= 0xffff;
  }
  return [d, c, b, a].map((part) => part.toString(16).padStart(4, '0')).join('');
};
