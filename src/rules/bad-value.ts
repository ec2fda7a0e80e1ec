/** Values that an option does not take. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'bad-value',
  category: 'load',
  level: 'error',
  summary: 'A value that its option does not take.',
  why: 'An address, port, name or number is not one, or lies outside what the option takes. iptables-restore stops at the line and loads nothing of its table. What the rule was meant to match is not known, so nothing is concluded from that part of it.',
  advice:
    'Correct the value. Placeholders such as XX:XX or x.x.x.x stand in dumps that somebody made anonymous: they cannot be loaded, only read.',
  examples: {
    find: [
      { title: 'a port above 65535', text: '-A INPUT -p tcp -m tcp --dport 70000 -j ACCEPT' },
      { title: 'a prefix longer than an address', text: '-A INPUT -s 192.0.2.0/33 -j DROP' },
      { title: 'a service that /etc/services does not know', text: '-A INPUT -p tcp -m tcp --dport sssh -j ACCEPT' },
    ],
    leave: [{ title: 'a service name, a mask with dots', text: '-A INPUT -s 192.0.2.0/255.255.255.0 -p tcp -m tcp --dport ssh -j ACCEPT' }],
  },
  checkDocument: reportProblems('bad-value'),
});
