/** A `*name` that is not a table. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'unknown-table',
  category: 'load',
  level: 'error',
  summary: 'A table that netfilter does not have.',
  why: 'There are five tables: raw, mangle, nat, filter and security. iptables-restore stops at any other name, so nothing from there on is loaded. The lines of such a table are not judged here either.',
  advice: 'Correct the name; it is written in small letters.',
  examples: {
    find: [{ title: 'capitals', text: '*FILTER\n-A INPUT -j ACCEPT\nCOMMIT\n' }],
    leave: [{ title: 'the table that few rulesets use', text: '*security\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n' }],
  },
  checkDocument: reportProblems('unknown-table'),
});
