/** `-j CONNMARK`: changes the connection's mark, or copies between it and the packet's (libxt_CONNMARK.c, net/netfilter/xt_connmark.c). */
import type { Rewrite } from '../../packet/rewrite.js';
import { integer } from '../../values/integer.js';
import { hex, type Mark, markNumber, markWithMask, printWholeMark, wholeMark } from '../../values/mark.js';
import { none } from '../../values/value.js';
import { defineTarget, type OrderedUse } from '../define.js';
import { goesOn } from '../effects.js';
import { andMarkChange, orMarkChange, sayMarkChange, setMarkChange, xorMarkChange } from '../mark-change.js';
import { join } from '../spell.js';
import { isTracked } from '../tracked.js';

const operations = ['setXmark', 'saveMark', 'restoreMark', 'setMark', 'andMark', 'orMark', 'xorMark'] as const;
const others = (key: (typeof operations)[number]): readonly string[] => operations.filter((other) => other !== key);

/** What it comes to. */
interface Action {
  readonly does: 'set' | 'save' | 'restore';
  readonly value: number;
  readonly connectionMask: number;
  readonly packetMask: number;
  /** Bits by which the result is shifted at the end: above 0 to the left, below to the right. */
  readonly shift: number;
}

/** Options take effect in the order in which they are written: a mask behind --set-mark replaces its own. */
const actionOf = (order: readonly OrderedUse[]): Action => {
  let does: Action['does'] = 'set';
  let value = 0;
  let connectionMask = wholeMark;
  let packetMask = wholeMark;
  let shift = 0;
  const set = (change: Mark) => {
    value = change.value;
    connectionMask = change.mask;
  };
  for (const use of order) {
    // The casts hold by the option table below.
    const number = use.value as number;
    const mark = use.value as Mark;
    if (use.key === 'setXmark') set(mark);
    else if (use.key === 'setMark') set(setMarkChange(mark));
    else if (use.key === 'andMark') set(andMarkChange(number));
    else if (use.key === 'orMark') set(orMarkChange(number));
    else if (use.key === 'xorMark') set(xorMarkChange(number));
    else if (use.key === 'saveMark') does = 'save';
    else if (use.key === 'restoreMark') does = 'restore';
    else if (use.key === 'connectionMask') connectionMask = number;
    else if (use.key === 'packetMask') packetMask = number;
    else if (use.key === 'mask') connectionMask = packetMask = number;
    else if (use.key === 'leftShift') shift = number;
    else if (use.key === 'rightShift') shift = -number;
  }
  return { does, value, connectionMask, packetMask, shift };
};

const rewriteOf = ({ does, value, connectionMask, packetMask, shift }: Action): Rewrite => {
  const field = does === 'restore' ? 'mark' : 'connectionMark';
  if (shift !== 0) return { kind: 'unknown', field };
  if (does === 'set') return { kind: 'xor', field, mask: connectionMask, value };
  return does === 'save'
    ? { kind: 'copy', field, from: 'mark', mask: connectionMask, fromMask: packetMask }
    : { kind: 'copy', field, from: 'connectionMark', mask: packetMask, fromMask: connectionMask };
};

const sayCopy = (action: Action): string => {
  const { connectionMask, packetMask } = action;
  const bits =
    connectionMask === wholeMark && packetMask === wholeMark
      ? ''
      : connectionMask === packetMask
        ? ` (bits ${hex(packetMask)})`
        : ` (bits ${hex(packetMask)} of the packet's, ${hex(connectionMask)} of the connection's)`;
  return action.does === 'save'
    ? `Save the packet's mark to its connection${bits}`
    : `Restore the packet's mark from its connection${bits}`;
};

export const connmark = defineTarget({
  name: 'CONNMARK',
  manual: 'iptables-extensions(8) CONNMARK; net/netfilter/xt_connmark.c',
  options: {
    setXmark: { flag: '--set-xmark', value: markWithMask, excludes: others('setXmark') },
    saveMark: { flag: '--save-mark', value: none, excludes: others('saveMark') },
    restoreMark: { flag: '--restore-mark', value: none, excludes: others('restoreMark') },
    setMark: { flag: '--set-mark', value: markWithMask, excludes: others('setMark') },
    andMark: { flag: '--and-mark', value: markNumber, excludes: others('andMark') },
    orMark: { flag: '--or-mark', value: markNumber, excludes: others('orMark') },
    xorMark: { flag: '--xor-mark', value: markNumber, excludes: others('xorMark') },
    leftShift: { flag: '--left-shift-mark', value: integer(0, 31) },
    rightShift: { flag: '--right-shift-mark', value: integer(0, 31) },
    connectionMask: { flag: '--ctmask', value: markNumber, excludes: ['mask'] },
    packetMask: { flag: '--nfmask', value: markNumber, excludes: ['mask'] },
    mask: { flag: '--mask', value: markNumber, excludes: ['connectionMask', 'packetMask'] },
  },
  check: (given) =>
    operations.some((key) => given[key])
      ? undefined
      : 'it is not told what to do: set, save or restore (--set-mark, --save-mark, --restore-mark ...)',
  effect: goesOn,
  actsOn: () => isTracked,
  rewrites: (_given, { order }) => [rewriteOf(actionOf(order))],
  save: (_given, { order }) => {
    const action = actionOf(order);
    return join(
      action.does === 'set'
        ? `--set-xmark ${printWholeMark({ value: action.value, mask: action.connectionMask })}`
        : `--${action.does}-mark --nfmask ${hex(action.packetMask)} --ctmask ${hex(action.connectionMask)}`,
      action.shift > 0 && `--left-shift-mark ${action.shift}`,
      action.shift < 0 && `--right-shift-mark ${-action.shift}`,
    );
  },
  say: (_given, { order }) => {
    const action = actionOf(order);
    const words =
      action.does === 'set' ? sayMarkChange({ value: action.value, mask: action.connectionMask }, 'the connection ') : sayCopy(action);
    return action.shift === 0
      ? words
      : `${words}, then shift it ${Math.abs(action.shift)} bits to the ${action.shift > 0 ? 'left' : 'right'}`;
  },
  examples: [
    {
      rule: '-j CONNMARK --set-mark 0x2',
      saved: '-j CONNMARK --set-xmark 0x2/0xffffffff',
      table: 'mangle',
      chain: 'PREROUTING',
      says: 'Mark the connection with 0x2',
    },
    {
      rule: '-j CONNMARK --restore-mark --mask 0xff',
      saved: '-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff',
      table: 'mangle',
      chain: 'PREROUTING',
      says: "Restore the packet's mark from its connection (bits 0xff)",
    },
    {
      rule: '-j CONNMARK --save-mark',
      saved: '-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff',
      says: "Save the packet's mark to its connection",
    },
    { rule: '-j CONNMARK --set-mark 1 --save-mark', refused: 'cannot stand together' },
    { rule: '-j CONNMARK --left-shift-mark 3', refused: 'not told what to do' },
  ],
});
