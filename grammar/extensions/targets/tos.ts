/** `-j TOS`: changes the TOS byte, `new = (old & ~mask) ^ value` (libxt_TOS.c, net/netfilter/xt_DSCP.c). */
import { byte } from '../../values/integer.js';
import { printTos, printTosNumber, type Tos, tos as tosValue } from '../../values/tos.js';
import { defineTarget, type Use } from '../define.js';
import { goesOn } from '../effects.js';

interface Given {
  readonly set?: Use<Tos>;
  readonly and?: Use<number>;
  readonly or?: Use<number>;
  readonly xor?: Use<number>;
}

const changeOf = ({ set, and, or, xor }: Given): Tos => {
  if (set) return set.value;
  if (and) return { value: 0, mask: ~and.value & 0xff };
  if (or) return { value: or.value, mask: or.value };
  return { value: xor?.value ?? 0, mask: 0 };
};

const sayChange = (change: Tos): string => {
  const { value, mask } = change;
  if (mask === 0) return `Flip the bits ${printTosNumber(value)} of the TOS`;
  if (value === 0 && mask !== 0xff && mask !== 0x3f) return `Clear the bits ${printTosNumber(mask)} of the TOS`;
  return `Set the TOS to ${tosValue.say(change, { family: 4, negated: false })}`;
};

export const tos = defineTarget({
  name: 'TOS',
  manual: 'iptables-extensions(8) TOS; net/netfilter/xt_DSCP.c',
  options: {
    set: { flag: '--set-tos', value: tosValue, excludes: ['and', 'or', 'xor'] },
    and: { flag: '--and-tos', value: byte, excludes: ['set', 'or', 'xor'] },
    or: { flag: '--or-tos', value: byte, excludes: ['set', 'and', 'xor'] },
    xor: { flag: '--xor-tos', value: byte, excludes: ['set', 'and', 'or'] },
  },
  place: { tables: ['mangle'] },
  check: ({ set, and, or, xor }) => (set || and || or || xor ? undefined : 'it wants --set-tos, --and-tos, --or-tos or --xor-tos'),
  effect: goesOn,
  rewrites: (given) => [{ kind: 'xor', field: 'tos', ...changeOf(given) }],
  save: (given) => `--set-tos ${printTos(changeOf(given))}`,
  say: (given) => sayChange(changeOf(given)),
  examples: [
    {
      rule: '-j TOS --set-tos minimize-delay',
      saved: '-j TOS --set-tos 0x10/0x3f',
      table: 'mangle',
      chain: 'OUTPUT',
      says: 'Set the TOS to Minimize-Delay',
    },
    { rule: '-j TOS --and-tos 0x0f', saved: '-j TOS --set-tos 0x00/0xf0', table: 'mangle', chain: 'OUTPUT', says: 'Clear the bits 0xf0' },
    { rule: '-j TOS --xor-tos 1', saved: '-j TOS --set-tos 0x01/0x00', table: 'mangle', chain: 'OUTPUT', says: 'Flip the bits 0x01' },
    { rule: '-j TOS --set-tos 1 --or-tos 2', table: 'mangle', chain: 'OUTPUT', refused: 'cannot stand together' },
    { rule: '-j TOS', table: 'mangle', chain: 'OUTPUT', refused: '--set-tos' },
  ],
});
