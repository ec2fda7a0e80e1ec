/** Options given twice. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'repeated-option',
  category: 'load',
  level: 'error',
  summary: 'An option that is given twice in one rule.',
  why: 'A rule holds one value for each option: iptables refuses "-s a -s b" and does not take the second for an alternative. The meaning told here is that of the first.',
  advice: 'Write one rule for each value; -s and -d take a list, "-s 192.0.2.1,192.0.2.2", and ports go into -m multiport --dports.',
  examples: {
    find: [{ title: 'two sources', text: '-A INPUT -s 192.0.2.1 -s 192.0.2.2 -j ACCEPT' }],
    leave: [{ title: 'a list of sources', text: '-A INPUT -s 192.0.2.1,192.0.2.2 -j ACCEPT' }],
  },
  checkDocument: reportProblems('repeated-option'),
});
