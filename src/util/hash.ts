/** A small stable hash for names of findings: FNV-1a, 64 bits (Fowler, Noll, Vo), without big integers and without Node. Not for secrets. */

/** Sixteen hexadecimal digits. The text goes in as UTF-16 units, low byte first. */
export const hash = (text: string): string => {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  const take = (byte: number): void => {
    low = (low ^ byte) >>> 0;
    // times 2^40 + 0x1b3: the products stay below 2^53
    const product = low * 0x1b3;
    high = (high * 0x1b3 + Math.floor(product / 0x1_0000_0000) + ((low << 8) >>> 0)) % 0x1_0000_0000;
    low = product % 0x1_0000_0000;
  };
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    take(unit & 0xff);
    take(unit >>> 8);
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
};
