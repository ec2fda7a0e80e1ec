/** `-j MARK`: changes the mark that the packet carries inside this host (libxt_MARK.c, net/netfilter/xt_mark.c). */
import { type Mark, markNumber, markWithMask, printWholeMark } from '../../values/mark.js';
import { defineTarget, type Use } from '../define.js';
import { goesOn } from '../effects.js';
import { andMarkChange, orMarkChange, sayMarkChange, setMarkChange, xorMarkChange } from '../mark-change.js';

interface Given {
  readonly setXmark?: Use<Mark>;
  readonly setMark?: Use<Mark>;
  readonly andMark?: Use<number>;
  readonly orMark?: Use<number>;
  readonly xorMark?: Use<number>;
}

/** One of them is given. */
const changeOf = ({ setXmark, setMark, andMark, orMark, xorMark }: Given): Mark => {
  if (setXmark) return setXmark.value;
  if (setMark) return setMarkChange(setMark.value);
  if (andMark) return andMarkChange(andMark.value);
  if (orMark) return orMarkChange(orMark.value);
  return xorMarkChange(xorMark?.value ?? 0);
};

export const mark = defineTarget({
  name: 'MARK',
  manual: 'iptables-extensions(8) MARK; net/netfilter/xt_mark.c',
  options: {
    setXmark: { flag: '--set-xmark', value: markWithMask, excludes: ['setMark', 'andMark', 'orMark', 'xorMark'] },
    setMark: { flag: '--set-mark', value: markWithMask, excludes: ['setXmark', 'andMark', 'orMark', 'xorMark'] },
    andMark: { flag: '--and-mark', value: markNumber, excludes: ['setXmark', 'setMark', 'orMark', 'xorMark'] },
    orMark: { flag: '--or-mark', value: markNumber, excludes: ['setXmark', 'setMark', 'andMark', 'xorMark'] },
    xorMark: { flag: '--xor-mark', value: markNumber, excludes: ['setXmark', 'setMark', 'andMark', 'orMark'] },
  },
  check: ({ setXmark, setMark, andMark, orMark, xorMark }) =>
    setXmark || setMark || andMark || orMark || xorMark
      ? undefined
      : 'it wants --set-mark, --set-xmark, --and-mark, --or-mark or --xor-mark',
  effect: goesOn,
  rewrites: (given) => [{ kind: 'xor', field: 'mark', ...changeOf(given) }],
  save: (given) => `--set-xmark ${printWholeMark(changeOf(given))}`,
  say: (given) => sayMarkChange(changeOf(given)),
  examples: [
    { rule: '-j MARK --set-mark 1', saved: '-j MARK --set-xmark 0x1/0xffffffff', says: 'Mark every packet with 0x1' },
    { rule: '-j MARK --or-mark 0x4000', saved: '-j MARK --set-xmark 0x4000/0x4000', says: 'Mark every packet with the bit 0x4000' },
    { rule: '-j MARK --and-mark 0xff', saved: '-j MARK --set-xmark 0x0/0xffffff00', says: 'Clear the bits 0xffffff00 of the mark' },
    { rule: '-j MARK --set-mark 0x15/0xf', saved: '-j MARK --set-xmark 0x15/0x1f', says: 'Mark every packet with 0x15 in the bits 0x1f' },
    { rule: '-j MARK', refused: '--set-mark' },
    { rule: '-j MARK --set-mark 1 --or-mark 2', refused: 'cannot stand together' },
    { rule: '-j MARK --set-mark 4294967296', refused: '32 bits' },
  ],
});
