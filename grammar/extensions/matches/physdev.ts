/** `-m physdev`: the ports of a bridge that a bridged packet came in by and leaves by. */
import { all, any, named, none as never, not, notIf, type Predicate, some } from '../../packet/predicate.js';
import { lostBare, printBare } from '../../values/bare-name.js';
import { type InterfaceName, interfaceName } from '../../values/interface-name.js';
import { none } from '../../values/value.js';
import { defineMatch, type MeaningContext, type Phrase, phrase, type Use } from '../define.js';
import { ask } from '../spell.js';

/** It came in by a port of a bridge. (The kernel tells a bridged packet from one whose port has gone meanwhile; this does not.) */
const cameByPort = ask('physdev', 'packet', '--physdev-is-in', {}, ['physicalIn']);
/** It leaves by a port of a bridge, as the bridge has decided: known for bridged traffic in FORWARD and POSTROUTING alone. */
const leavesByPort = ask('physdev', 'packet', '--physdev-is-out', {}, ['physicalOut']);

/** The name of a port; unlike those of -i it may be empty, which no port's is. */
const portName: typeof interfaceName = {
  ...interfaceName,
  parse: (words, context) => (words[0] === '' ? { name: '', prefix: false } : interfaceName.parse(words, context)),
  print: (value, context) => printBare(interfaceName.print(value, context)),
  say: (value, context) => interfaceName.say(value, context) || 'without a name',
};

const isOf = (field: 'physicalIn' | 'physicalOut', { value, negated }: Use<InterfaceName>): Predicate =>
  notIf(negated, value.name === '' && !value.prefix ? never : named(field, value.name, value.prefix));

const sayPort = (
  slot: 'arriving' | 'leaving',
  words: string,
  use: Use<InterfaceName> | undefined,
  context: MeaningContext,
): readonly Phrase[] =>
  use
    ? [
        phrase(
          slot,
          `${words} ${use.negated ? 'any bridge port but' : 'bridge port'} ${portName.say(use.value, { ...context, negated: false })}`,
        ),
      ]
    : [];

export const physdev = defineMatch({
  name: 'physdev',
  manual: 'iptables-extensions(8) physdev; net/netfilter/xt_physdev.c',
  decidedBy: 'packet',
  // In the order that iptables-save prints.
  options: {
    isIn: { flag: '--physdev-is-in', value: none, negatable: true },
    in: { flag: '--physdev-in', value: portName, negatable: true },
    isOut: { flag: '--physdev-is-out', value: none, negatable: true },
    out: { flag: '--physdev-out', value: portName, negatable: true },
    isBridged: { flag: '--physdev-is-bridged', value: none, negatable: true },
  },
  // What a packet of this host leaves by is not known yet in OUTPUT; with --physdev-is-bridged the kernel does not mind.
  placeFor: ({ out, isOut, isBridged }) =>
    (out || isOut) && (!isBridged || isBridged.negated) ? { hooks: ['PREROUTING', 'INPUT', 'FORWARD', 'POSTROUTING'] } : undefined,
  check: (_given, { order }) => (order.length === 0 ? 'an option is missing' : undefined),
  // As physdev_mt does: what did not cross a bridge matches just where all that is asked is negated.
  matches: ({ isIn, in: inPort, isOut, out, isBridged }, { order }) =>
    some(
      all(not(cameByPort), order.every(({ negated }) => negated) ? any : never),
      all(
        cameByPort,
        isIn?.negated ? never : any,
        isOut && notIf(isOut.negated, leavesByPort),
        isBridged && notIf(isBridged.negated, leavesByPort),
        inPort && isOf('physicalIn', inPort),
        out && all(leavesByPort, isOf('physicalOut', out)),
      ),
    ),
  lostOnSave: ({ in: inPort, out }, context) =>
    [inPort && ['--physdev-in', inPort], out && ['--physdev-out', out]]
      .flatMap((port) => (port ? [port as [string, Use<InterfaceName>]] : []))
      .map(([flag, { value }]) =>
        lostBare(flag, value.name === '' && !value.prefix ? '' : interfaceName.print(value, { ...context, negated: false })),
      )
      .find((lost) => lost !== undefined),
  say: ({ isIn, in: inPort, isOut, out, isBridged }, context) => {
    const phrases: Phrase[] = [];
    if (isIn) phrases.push(phrase('arriving', isIn.negated ? 'not arriving by a bridge port' : 'arriving by a bridge port'));
    phrases.push(...sayPort('arriving', 'arriving by', inPort, context));
    if (isOut) phrases.push(phrase('leaving', isOut.negated ? 'not leaving by a bridge port' : 'leaving by a bridge port'));
    phrases.push(...sayPort('leaving', 'leaving by', out, context));
    if (isBridged) phrases.push(phrase('adjective', isBridged.negated ? 'that are not bridged' : 'bridged'));
    return phrases;
  },
  examples: [
    {
      rule: '-m physdev --physdev-out eth1 --physdev-in eth+',
      saved: '-m physdev --physdev-in eth+ --physdev-out eth1',
      chain: 'FORWARD',
      says: 'leaving by bridge port eth1',
    },
    { rule: '-m physdev --physdev-is-bridged', chain: 'FORWARD', says: 'bridged' },
    { rule: '-m physdev ! --physdev-is-in', says: 'not arriving by a bridge port' },
    { rule: '-m physdev --physdev-in interface-too-long', refused: '15' },
    { rule: '-m physdev', refused: 'missing' },
  ],
});
