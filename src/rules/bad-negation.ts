/** A `!` where none can stand. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'bad-negation',
  category: 'load',
  level: 'error',
  summary: 'A "!" where iptables takes none.',
  why: 'The "!" stands before the option that it turns round: "! -s 192.0.2.1", "-m tcp ! --dport 22". Behind the option it was read by iptables until 1.4.3 and is refused today; and some options cannot be turned round at all.',
  advice:
    'Move the "!" before the option. Where an option takes none, write two rules: one that lets the exception pass, and one for the rest.',
  examples: {
    find: [
      { title: 'the order of old scripts', text: '-A INPUT -s ! 192.0.2.1 -j DROP' },
      { title: 'an option that cannot be turned round', text: '-A INPUT -m limit ! --limit 3/minute -j DROP' },
    ],
    leave: [{ title: 'before the option', text: '-A INPUT ! -s 192.0.2.1 -p tcp -m tcp ! --dport 22 -j DROP' }],
  },
  checkDocument: reportProblems('bad-negation'),
});
