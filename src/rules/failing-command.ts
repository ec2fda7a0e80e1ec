/** -D, -I, -R that find nothing. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'failing-command',
  category: 'load',
  level: 'error',
  summary: 'A line that deletes, inserts or replaces what is not there.',
  why: 'Lines run one after the other. -D wants a rule that stands in the chain at that moment, -I and -R a number within its length. iptables-restore stops at the first that fails and loads nothing of the table. With --noflush (-n) rules that the kernel already holds count too; they are not known here.',
  advice: 'Correct the number or the rule, or move the line behind the one that makes what it wants.',
  examples: {
    find: [
      { title: 'a place beyond the end', text: '-A INPUT -i lo -j ACCEPT\n-I INPUT 5 -j DROP' },
      { title: 'a rule that is not there', text: '-A INPUT -i lo -j ACCEPT\n-D INPUT -i eth0 -j ACCEPT' },
    ],
    leave: [{ title: 'right behind the last rule', text: '-A INPUT -i lo -j ACCEPT\n-I INPUT 2 -j DROP' }],
  },
  checkDocument: reportProblems('failing-command'),
});
