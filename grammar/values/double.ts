/** Numbers as strtod(3) reads them, and as C turns them into 32 bits. */

/** Blanks, a sign, then decimal or hexadecimal digits with a power, `inf` or `nan`; the rest is left. */
const pattern =
  /^[ \t\n\v\f\r]*([-+]?)(?:0x(?=\.?[0-9a-f])([0-9a-f]*)\.?([0-9a-f]*)(?:p([-+]?\d+))?|((?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)|(inf(?:inity)?)|(nan(?:\(\w*\))?))/i;

export interface ReadDouble {
  readonly value: number;
  /** What stands behind the number. */
  readonly rest: string;
}

/** The number that a word begins with; undefined: it begins with none. */
export const readDouble = (word: string): ReadDouble | undefined => {
  const found = pattern.exec(word);
  if (!found) return undefined;
  const [all, sign, whole, part = '', power = '0', decimal, infinite] = found;
  const value =
    whole !== undefined
      ? Number.parseInt(whole + part, 16) * 2 ** (Number(power) - 4 * part.length)
      : decimal !== undefined
        ? Number(decimal)
        : infinite !== undefined
          ? Number.POSITIVE_INFINITY
          : Number.NaN;
  return { value: sign === '-' ? -value : value, rest: word.slice(all.length) };
};

/** The lower 32 bits of the integer part; 0 of what 64 bits do not hold. */
export const lower32 = (value: number): number => (Math.abs(value) < 2 ** 63 ? Number(BigInt.asUintN(32, BigInt(Math.trunc(value)))) : 0);
