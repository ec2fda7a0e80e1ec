/** `-j ULOG`: the predecessor of NFLOG, which newer kernels do not have (libipt_ULOG.c). */
import { integer } from '../../values/integer.js';
import { prefixText } from '../../values/prefix-text.js';
import { quote, sayQuoted } from '../../values/text.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';
import { detailed, join } from '../spell.js';

export const ulog = defineTarget({
  name: 'ULOG',
  manual: 'iptables-extensions(8) ULOG; extensions/libipt_ULOG.c of iptables 1.8.9',
  families: [4],
  options: {
    prefix: { flag: '--ulog-prefix', value: prefixText(31) },
    group: { flag: '--ulog-nlgroup', value: integer(1, 32) },
    copyRange: { flag: '--ulog-cprange', value: integer(0, Number.MAX_SAFE_INTEGER) },
    threshold: { flag: '--ulog-qthreshold', value: integer(1, 50) },
  },
  effect: goesOn,
  hasSideEffect: true,
  deprecated: 'ULOG was removed from Linux 3.17; NFLOG takes its place',
  save: ({ prefix, group, copyRange, threshold }) =>
    join(
      prefix && `--ulog-prefix ${quote(prefix.value)}`,
      group && group.value !== 1 && `--ulog-nlgroup ${group.value}`,
      copyRange && copyRange.value !== 0 && `--ulog-cprange ${copyRange.value}`,
      threshold && threshold.value !== 1 && `--ulog-qthreshold ${threshold.value}`,
    ),
  say: ({ prefix, group, copyRange, threshold }) =>
    detailed(join(`Log to netlink group ${group?.value ?? 1}`, prefix && `with prefix ${sayQuoted(prefix.value)}`), [
      copyRange && copyRange.value !== 0 && `the first ${copyRange.value} bytes of it`,
      threshold && `handed on in batches of ${threshold.value}`,
    ]),
  examples: [
    {
      rule: '-j ULOG --ulog-nlgroup 2 --ulog-prefix "in: " --ulog-qthreshold 1',
      saved: '-j ULOG --ulog-prefix "in: " --ulog-nlgroup 2',
      says: 'Log every packet to netlink group 2 with prefix "in: "',
    },
    { rule: '-j ULOG --ulog-nlgroup 33', refused: '1 to 32' },
  ],
});
