/** Options of IPv6 extension headers: `type[:length],...`, at most sixteen, numbers cut to 8 bits (libip6t_hbh.c, libip6t_dst.c). */
import { readInteger } from './integer.js';
import { defineValue, Fault } from './value.js';

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
  parse: ([word]) => {
    const parts = word!.split(',');
    if (parts.length > most) return new Fault(`more than ${most} options`);
    const options: Ipv6Option[] = [];
    for (const part of parts) {
      const [typeWord = '', lengthWord, ...rest] = part.split(':');
      const type = readInteger(typeWord);
      const length = lengthWord === undefined ? null : readInteger(lengthWord);
      if (type === undefined || length === undefined || rest.length > 0) return new Fault(`"${part}" is not type or type:length`);
      if (type % 256 === 0 && length !== null) return new Fault('option 0 is one byte of padding and has no length');
      const settled = length === null || length % 256 === anyLength ? null : length % 256;
      options.push({ type: type % 256, length: settled });
    }
    return options;
  },
  print,
  say: print,
});
