/** `--uid-owner`, `--gid-owner`: a user or group by number or name, or a range of numbers, first-last or first:last (libxt_owner.c). */
import { readInteger } from './integer.js';
import { defineValue, Fault } from './value.js';

/** Inclusive range of numbers; or a name, whose number only the host knows. */
export type OwnerIds =
  | { readonly kind: 'range'; readonly first: number; readonly last: number }
  | { readonly kind: 'name'; readonly name: string };

/** (uid_t)-1 is nobody's. */
const highest = 0xfffffffe;

const print = (ids: OwnerIds): string =>
  ids.kind === 'name' ? ids.name : ids.first === ids.last ? String(ids.first) : `${ids.first}-${ids.last}`;

export const ownerIds = defineValue<OwnerIds>({
  arity: 1,
  expects: 'a number, a range first-last, or a name',
  parse: ({ 0: word }) => {
    if (word === 'root') return { kind: 'range', first: 0, last: 0 };
    const parts = word!.split(/[-:]/).map(readInteger);
    const [first, last = first] = parts;
    if (parts.length <= 2 && first !== undefined && last !== undefined && !parts.includes(undefined)) {
      if (first > highest || last > highest) return new Fault(`the highest number is ${highest}`);
      return first <= last ? { kind: 'range', first, last } : new Fault(`the range ${word} is upside down`);
    }
    return /^[a-z_][^\s:]*$/i.test(word!)
      ? { kind: 'name', name: word! }
      : new Fault(`"${word}" is neither a number, a range first-last nor a name`);
  },
  print,
  say: (ids) =>
    ids.kind === 'range' && ids.first !== ids.last
      ? `${ids.first} to ${ids.last}`
      : ids.kind === 'range' && ids.first === 0
        ? '0 (root)'
        : print(ids),
});
