/** `--realm value[/mask]` or a name of /etc/iproute2/rt_realms (libxt_realm.c), of which every host has `cosmos`, 0. */
import { hex, type Mark, parseMark, wholeMark } from './mark.js';
import { defineValue } from './value.js';

/** A realm and the bits that count; or a name that only the host knows. */
export type Realm = ({ readonly kind: 'number' } & Mark) | { readonly kind: 'name'; readonly name: string };

const print = (realm: Realm): string => {
  if (realm.kind === 'name') return realm.name;
  if (realm.mask !== wholeMark) return `${hex(realm.value)}/${hex(realm.mask)}`;
  return realm.value === 0 ? 'cosmos' : hex(realm.value);
};

export const realm = defineValue<Realm>({
  arity: 1,
  expects: 'a realm: value, value/mask, or a name',
  parse: ({ 0: word }) => {
    if (word === 'cosmos') return { kind: 'number', value: 0, mask: wholeMark };
    if (/^[a-z_][\w.-]*$/i.test(word!)) return { kind: 'name', name: word! };
    const mark = parseMark(word!);
    return 'value' in mark ? { kind: 'number', ...mark } : mark;
  },
  print,
  say: print,
});
