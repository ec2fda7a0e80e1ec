/** Options of IPv6 extension headers: `type[:length],...`, at most sixteen, numbers cut to 8 bits (libip6t_hbh.c, libip6t_dst.c). */
import { readLongInteger } from './long-integer.js';
import { defineValue, Fault } from './value.js';

/** Numbers go through strtoul(3) and keep 8 bits, negative ones too. */
const readLowByte = (word: string): number | undefined => {
  const [, minus, digits = ''] = /^[ \t\n\v\f\r]*(?:(-)|\+)?(.*)$/.exec(word) ?? [];
  const value = readLongInteger(/^[0-9]/.test(digits) ? digits : '');
  if (value === undefined || value > 0xffff_ffff_ffff_ffffn) return undefined;
  return Number(BigInt.asUintN(8, minus === undefined ? value : -value));
};

/** One option, with the length it must have, if it must. */
export interface Ipv6Option {
  readonly type: number;
  readonly length: number | null;
}

/** IP6T_OPTS_OPTSNR. */
const most = 16;

/** The length that stands for "whichever". */
const anyLength = 255;

const print = (options: readonly Ipv6Option[]): string =>
  options.map(({ type, length }) => (length === null ? String(type) : `${type}:${length}`)).join(',');

export const ipv6Options = defineValue<readonly Ipv6Option[]>({
  arity: 1,
  expects: `options type[:length], separated by commas, at most ${most}`,
  parse: ({ 0: word }) => {
    const parts = word!.split(',');
    if (parts.length > most) return new Fault(`more than ${most} options`);
    const options: Ipv6Option[] = [];
    for (const part of parts) {
      const [typeWord = '', lengthWord, ...rest] = part.split(':');
      const type = readLowByte(typeWord);
      const length = lengthWord === undefined ? null : readLowByte(lengthWord);
      if (type === undefined || length === undefined || rest.length > 0) return new Fault(`"${part}" is not type or type:length`);
      if (type === 0 && length !== null) return new Fault('option 0 is one byte of padding and has no length');
      const settled = length === anyLength ? null : length;
      options.push({ type, length: settled });
    }
    return options;
  },
  print,
  say: print,
});
