/** Commands that fail as they run. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'failing-command',
  category: 'load',
  level: 'error',
  summary: 'A line that works on a rule or chain that is not there, or deletes a chain that is in use.',
  why: 'Lines run one after the other. -D wants a rule that stands in the chain at that moment, -I and -R a number within its length; -F, -Z, -X and -E want a chain of the table, and -X one that is empty and that no rule leads to. iptables-restore stops at the first that fails and loads nothing of the table. With --noflush (-n) rules and chains that the kernel already holds count too; they are not known here, and neither is what a script of iptables commands finds, so nothing is said of its commands.',
  advice: 'Correct the number or the rule, or move the line behind the one that makes what it wants.',
  examples: {
    find: [
      { title: 'a place beyond the end', text: '-A INPUT -i lo -j ACCEPT\n-I INPUT 5 -j DROP' },
      { title: 'a chain that rules still lead to', text: ':WEB - [0:0]\n-A INPUT -j WEB\n-X WEB' },
      { title: 'a rule that is not there', text: '-A INPUT -i lo -j ACCEPT\n-D INPUT -i eth0 -j ACCEPT' },
    ],
    leave: [
      { title: 'right behind the last rule', text: '-A INPUT -i lo -j ACCEPT\n-I INPUT 2 -j DROP' },
      { title: 'a chain that was emptied first', text: ':WEB - [0:0]\n-A WEB -j DROP\n-F WEB\n-X WEB' },
    ],
  },
  checkDocument: reportProblems('failing-command'),
});
