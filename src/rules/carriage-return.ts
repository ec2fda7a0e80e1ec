/** Lines that end in CR LF. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'carriage-return',
  category: 'load',
  level: 'error',
  summary: 'Lines end in CR LF, as on Windows.',
  why: 'iptables-restore takes the carriage return for a part of the last word of each line: "*filter\\r" is no table, "ACCEPT\\r" no target. It refuses the file at its first such line. Told once; the lines are judged as if they ended in LF alone.',
  advice: 'Convert the file: sed -i "s/\\r$//" FILE, or dos2unix FILE. Git can keep it so with "*.rules text eol=lf" in .gitattributes.',
  examples: {
    find: [{ title: 'a file saved on Windows', text: '*filter\r\n-A INPUT -i lo -j ACCEPT\r\nCOMMIT\r\n' }],
    leave: [{ title: 'plain line ends', text: '*filter\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n' }],
  },
  checkDocument: reportProblems('carriage-return'),
});
