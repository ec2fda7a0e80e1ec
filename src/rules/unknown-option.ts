/** Options that iptables does not know where they stand. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'unknown-option',
  category: 'load',
  level: 'error',
  summary: 'An option that iptables does not have, or not at this place.',
  why: 'Options of an extension count only behind the -m or -j that names it; only those of tcp, udp, icmp and a few more come with -p. Anything else stops iptables-restore, and nothing of the table is loaded.',
  advice: 'Correct the spelling, or name the extension before the option, as in "-m multiport --dports 80,443".',
  examples: {
    find: [
      { title: 'the match is missing', text: '-A INPUT -p tcp --dports 80,443 -j ACCEPT' },
      { title: 'a slip of the pen', text: '-A INPUT -p tcp -m tcp --dprot 80 -j ACCEPT' },
    ],
    leave: [{ title: 'an abbreviation that means one option only', text: '-A INPUT -p tcp --destination-p 80 -j ACCEPT' }],
  },
  checkDocument: reportProblems('unknown-option'),
});
