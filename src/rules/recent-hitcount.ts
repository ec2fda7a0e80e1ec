/** --hitcount of `-m recent` beyond what older kernels count. */
import { rulesLike } from '../model/makes.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { isAtLeast } from '../model/source-nat.js';
import { defineCheck, gatherByCause } from './define.js';

/**
 * How many packets of an address a list can remember, and the first kernel that remembers more by itself: net/netfilter/xt_recent.c, commits abc86d0f9924 and
 * f4ebd03496f6. Linux 6.18 was asked: it takes 65535.
 */
const limits = [
  { most: 255, until: [6, 11], instead: '' },
  { most: 20, until: [3, 19], instead: ', unless xt_recent was loaded with a larger ip_pkt_list_tot' },
] as const;

const kernel = (release: string) => ({ sysctl: { name: 'sysctl.txt', text: `kernel.osrelease = ${release}\n` } });
const scan = (hitcount: number) =>
  `-A INPUT -p tcp --syn -m recent --set --name scan\n-A INPUT -p tcp --syn -m recent --rcheck --seconds 60 --hitcount ${hitcount} --name scan -j DROP`;

export default defineCheck({
  id: 'recent-hitcount',
  category: 'load',
  level: 'info',
  summary: 'A --hitcount that older kernels refuse.',
  why: 'A list of -m recent remembers so many packets of each address. Since Linux 3.19 it is made as long as the largest --hitcount that asks it, up to 255; since Linux 6.11 up to 65535. Kernels before 3.19 remember 20, or what the module option ip_pkt_list_tot says. A rule that asks for more than the kernel can remember is refused, and nothing of its table is loaded. With sysctl -a given (kernel.osrelease) only that kernel counts.',
  advice: 'Count fewer packets in a shorter time, or use -m hashlimit, which has no such limit.',
  examples: {
    find: [
      { title: 'more than 255: a warning', text: scan(300) },
      { title: 'more than 20', text: scan(40) },
      { title: 'the kernel is known to be older: an error', text: scan(300), context: kernel('6.1.0-18-amd64') },
    ],
    leave: [
      { title: 'what every kernel counts', text: scan(20) },
      { title: 'the kernel is known to be newer', text: scan(300), context: kernel('6.12.9') },
    ],
  },
  checkRuleset: ({ ruleset, kernel, report }) => {
    const findings = gatherByCause();
    const counting = rulesLike(ruleset, ({ outline }) =>
      outline.matches.some(({ name, options }) => name === 'recent' && options.some(({ key }) => key === 'hitcount')),
    );
    for (const rule of counting)
      for (const { spec, options } of rule.node.matches)
        for (const option of options) {
          if (spec?.name !== 'recent' || !option.spec || option.key !== 'hitcount') continue;
          const hits = option.value as number; // of the spec
          const limit = limits.find(({ most }) => hits > most);
          if (!limit || (kernel && isAtLeast(kernel, limit.until))) continue;
          const { most, until, instead } = limit;
          findings.add(`${most}`, spanOf(rule.node), () => ({
            ...placeOfRule(rule),
            focus: [spanOf(option)],
            label: `more than ${most}`,
            level: kernel ? 'error' : most === 20 ? 'info' : 'warning',
            certainty: 'possible',
            leansOn: [kernel ? 'what the distribution added to its kernel, and how xt_recent was loaded' : 'the kernel of the host'],
            message: `--hitcount ${hits}: kernels before ${until.join('.')} count to ${most} at most and refuse the rule${instead}`,
            help: 'count fewer packets in a shorter time, or use -m hashlimit',
          }));
        }
    findings.tell(report);
  },
});
