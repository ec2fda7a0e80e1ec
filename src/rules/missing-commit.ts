/** A table without COMMIT. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'missing-commit',
  category: 'load',
  level: 'error',
  summary: 'A table that no COMMIT closes.',
  why: 'iptables-restore hands a table to the kernel when it reads COMMIT. Without it nothing of the table is loaded, and the rules that were there before stay in force. Tables before it are loaded all the same, so the host is left with a mixture.',
  advice:
    'End the table with a line that holds COMMIT and nothing else. If the file ends there, see whether it was cut off when it was copied.',
  examples: {
    find: [{ title: 'a file that was cut off', text: '*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT' }],
    leave: [{ title: 'a table as iptables-save writes it', text: '*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n' }],
  },
  checkDocument: reportProblems('missing-commit'),
});
