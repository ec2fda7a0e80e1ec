/** `-m physdev`: the ports of a bridge that a bridged packet came in by and leaves by. */
import { all, any, named, none as never, not, notIf, some } from '../../packet/predicate.js';
import { type InterfaceName, interfaceName } from '../../values/interface-name.js';
import { none } from '../../values/value.js';
import { defineMatch, type MeaningContext, type Phrase, phrase, type Use } from '../define.js';
import { ask } from '../spell.js';

/** It came in by a port of a bridge. (The kernel tells a bridged packet from one whose port has gone meanwhile; this does not.) */
const cameByPort = ask('physdev', 'packet', '--physdev-is-in', {}, ['physicalIn']);
/** It leaves by a port of a bridge, as the bridge has decided: known for bridged traffic in FORWARD and POSTROUTING alone. */
const leavesByPort = ask('physdev', 'packet', '--physdev-is-out', {}, ['physicalOut']);

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
          `${words} ${use.negated ? 'any bridge port but' : 'bridge port'} ${interfaceName.say(use.value, { ...context, negated: false })}`,
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
    in: { flag: '--physdev-in', value: interfaceName, negatable: true },
    isOut: { flag: '--physdev-is-out', value: none, negatable: true },
    out: { flag: '--physdev-out', value: interfaceName, negatable: true },
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
        inPort && notIf(inPort.negated, named('physicalIn', inPort.value.name, inPort.value.prefix)),
        out && all(leavesByPort, notIf(out.negated, named('physicalOut', out.value.name, out.value.prefix))),
      ),
    ),
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
