/** `-m connlabel`: whether the packet's connection bears a label; `--set` gives it. */
import { all, notIf, test } from '../../packet/predicate.js';
import { hasConnection } from '../../packet/presence.js';
import { readLongInteger } from '../../values/long-integer.js';
import { defineValue, Fault, none } from '../../values/value.js';
import { defineMatch, phrase } from '../define.js';

/** Bits that a connection has (XT_CONNLABEL_MAXBIT). */
const highest = 127;

/** A label's number, of which 16 bits are kept. Names stand in the host's connlabel.conf, which a bare installation does not have. */
const label = defineValue<number>({
  arity: 1,
  expects: `the number of a label, 0 to ${highest}`,
  parse: ({ 0: word }) => {
    const number = readLongInteger(word!.replace(/^-(?=0+$)/, ''));
    // Kept as a signed int, and a negative one is looked up as a name.
    if (number === undefined || number > 0xffff_ffff_ffff_ffffn || BigInt.asIntN(32, number) < 0n)
      return new Fault(`"${word}" is not a number; names are known to the host's connlabel.conf alone`);
    const bit = Number(number % 65536n);
    return bit <= highest ? bit : new Fault(`label ${bit} is above ${highest}`);
  },
  print: (bit) => `"${bit}"`,
  say: String,
});

export const connlabel = defineMatch({
  name: 'connlabel',
  manual: 'iptables-extensions(8) connlabel; net/netfilter/xt_connlabel.c',
  // Another rule may set the label while the packet is on its way.
  decidedBy: 'history',
  options: {
    label: { flag: '--label', value: label, negatable: true, required: true },
    set: { flag: '--set', value: none },
  },
  hasSideEffect: ({ set }) => set !== undefined,
  // Without a connection the label is not there, so the negated match is true.
  matches: ({ label, set }) =>
    notIf(
      label.negated,
      all(
        hasConnection,
        test({
          extension: 'connlabel',
          text: `-m connlabel --label ${label.value}${set ? ' --set' : ''}`,
          decidedBy: 'history',
          reads: [],
          given: { label: label.value, set: set !== undefined },
        }),
      ),
    ),
  say: ({ label, set }) => [
    phrase(
      'condition',
      set
        ? `whose connection ${label.negated ? 'cannot be given' : 'now bears'} label ${label.value}`
        : `of connections ${label.negated ? 'without' : 'with'} label ${label.value}`,
    ),
  ],
  examples: [
    { rule: '-m connlabel --label 40', saved: '-m connlabel --label "40"', says: 'of connections with label 40' },
    { rule: '-m connlabel ! --label 0x10 --set', saved: '-m connlabel ! --label "16" --set', says: 'cannot be given label 16' },
    { rule: '-m connlabel --label 128', refused: 'above 127' },
    { rule: '-m connlabel --set', refused: '--label' },
  ],
});
