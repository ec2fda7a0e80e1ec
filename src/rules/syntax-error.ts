/** Lines, words and quotes that cannot be read. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'syntax-error',
  category: 'load',
  level: 'error',
  summary: 'A line, or a word in it, that iptables-restore cannot read.',
  why: 'iptables-restore stops at the first line that it cannot read and loads nothing of that table; tables before it stay loaded. What the line was meant to say is not known, so nothing is concluded from it, and findings that it could change are told as possible.',
  advice: 'Correct the line. Comments need a line of their own that begins with "#"; text from a template has to be rendered first.',
  examples: {
    find: [
      { title: 'a comment behind a rule', text: '-A INPUT -p tcp --dport 22 -j ACCEPT # ssh' },
      { title: 'a word that is no option', text: '-A INPUT tcp -j ACCEPT' },
    ],
    leave: [
      {
        title: 'a comment on its own line, and a comment value that looks like an option',
        text: '# ssh\n-A INPUT -p tcp -m tcp --dport 22 -m comment --comment -j -j ACCEPT',
      },
    ],
  },
  checkDocument: reportProblems('syntax-error'),
});
