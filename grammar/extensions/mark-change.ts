/** The five ways to spell a change of a mark, which MARK and CONNMARK share: each is `--set-xmark value/mask`, `new = (old & ~mask) ^ value` (libxt_MARK.c). */
import { hex, type Mark, wholeMark } from '../values/mark.js';

/** `--set-mark value/mask`: bits of the value outside the mask are set, too. */
export const setMarkChange = ({ value, mask }: Mark): Mark => ({ value, mask: (value | mask) >>> 0 });
export const andMarkChange = (bits: number): Mark => ({ value: 0, mask: ~bits >>> 0 });
export const orMarkChange = (bits: number): Mark => ({ value: bits, mask: bits });
export const xorMarkChange = (bits: number): Mark => ({ value: bits, mask: 0 });

/** "the bit 0x4000", "the bits 0xff". */
const sayBits = (mask: number): string => `the bit${(mask & (mask - 1)) === 0 ? '' : 's'} ${hex(mask)}`;

/** "Mark with 0x1", "Mark with the bit 0x4000", "Mark with 0x1 in the bits 0xff", "Clear the bits 0xff of the mark"; `whom` is "" or "the connection ". */
export const sayMarkChange = ({ value, mask }: Mark, whom: '' | 'the connection ' = ''): string => {
  const owner = whom === '' ? 'the mark' : "the connection's mark";
  const set = (value & mask) >>> 0;
  const flipped = (value & ~mask) >>> 0;
  const parts: string[] = [];
  if (mask === wholeMark) parts.push(set === 0 ? `Clear ${owner}` : `Mark ${whom}with ${hex(set)}`);
  else if (mask !== 0)
    parts.push(
      set === 0
        ? `Clear ${sayBits(mask)} of ${owner}`
        : `Mark ${whom}with ${set === mask ? sayBits(set) : `${hex(set)} in ${sayBits(mask)}`}`,
    );
  if (flipped !== 0) parts.push(parts.length === 0 ? `Flip ${sayBits(flipped)} of ${owner}` : `flip ${sayBits(flipped)} of ${owner}`);
  return parts.length === 0 ? `Leave ${owner} as it is` : parts.join(' and ');
};
