/** A byte order mark before the first line. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'byte-order-mark',
  category: 'load',
  level: 'error',
  summary: 'The file begins with a byte order mark.',
  why: 'Some editors write three invisible bytes before the first line. For iptables-restore they are part of that line, which then is neither a comment nor a table, and the file is refused.',
  advice: 'Save the file as UTF-8 without byte order mark, or cut it: sed -i "1s/^\\xEF\\xBB\\xBF//" FILE.',
  examples: {
    find: [{ title: 'a file from an editor that marks UTF-8', text: '\uFEFF*filter\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n' }],
    leave: [
      {
        title: 'other letters than ASCII in a comment',
        text: '*filter\n-A INPUT -i lo -m comment --comment "für alle" -j ACCEPT\nCOMMIT\n',
      },
    ],
  },
  checkDocument: reportProblems('byte-order-mark'),
});
