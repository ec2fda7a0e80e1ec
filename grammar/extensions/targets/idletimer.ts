/** `-j IDLETIMER`: tells userspace when nothing has matched for a while (libxt_IDLETIMER.c, net/netfilter/xt_IDLETIMER.c). */
import { bareName, lostBare } from '../../values/bare-name.js';
import { integer } from '../../values/integer.js';
import { none } from '../../values/value.js';
import { defineTarget } from '../define.js';
import { goesOn } from '../effects.js';

/** The kernel counts in milliseconds of a signed 32-bit number. */
const longest = 2_147_482;

const taken = ['.', '..', 'power', 'subsystem', 'uevent'];

export const idletimer = defineTarget({
  name: 'IDLETIMER',
  manual: 'iptables-extensions(8) IDLETIMER; net/netfilter/xt_IDLETIMER.c',
  options: {
    timeout: { flag: '--timeout', value: integer(1, longest), required: true },
    label: { flag: '--label', value: bareName(27), required: true },
    alarm: { flag: '--alarm', value: none },
  },
  // The label becomes the name of a file in /sys, beside those that every device has.
  check: ({ label: { value } }) => {
    if (value === '' || value.includes('/')) return 'the label is empty or holds a slash';
    return taken.includes(value) ? `the kernel has a file of the name ${value} where the label's would be` : undefined;
  },
  effect: goesOn,
  hasSideEffect: true,
  lostOnSave: ({ label }) => (label.value === '' ? undefined : lostBare('--label', label.value)),
  say: ({ timeout, label, alarm }) =>
    `Restart the idle timer ${label.value} (${timeout.value} s${alarm ? ', counted while the host sleeps, too' : ''})`,
  examples: [
    {
      rule: '-j IDLETIMER --label wan --timeout 42',
      saved: '-j IDLETIMER --timeout 42 --label wan',
      says: 'Restart the idle timer wan (42 s)',
    },
    { rule: '-j IDLETIMER --timeout 42', refused: '--label' },
    { rule: '-j IDLETIMER --timeout 0 --label wan', refused: '1 to' },
    { rule: '-j IDLETIMER --timeout 42 --label a/b', refused: 'slash' },
  ],
});
