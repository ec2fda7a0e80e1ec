/** Lines of a script that are not plain commands. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'unread-line',
  category: 'meta',
  level: 'info',
  summary: 'A line of a script that is more than a plain iptables command, and is not read.',
  why: 'Scripts are read as far as they are plain commands with plain variables. Loops, conditions and substitutions are not run, so the rules that they would add are missing from the picture; findings that they could change are told as possible.',
  advice:
    'Lint what the script leads to: run it in a network namespace of its own (unshare -n) and lint the output of iptables-save there.',
  examples: {
    find: [{ title: 'a loop', text: '#!/bin/sh\nfor port in 80 443; do\niptables -A INPUT -p tcp --dport 22 -j ACCEPT\ndone\n' }],
    leave: [{ title: 'plain commands and a plain variable', text: '#!/bin/sh\nLAN=192.0.2.0/24\niptables -A INPUT -s $LAN -j ACCEPT\n' }],
  },
  checkDocument: reportProblems('unread-line'),
});
