/** Options that do not go together. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'option-conflict',
  category: 'load',
  level: 'error',
  summary: 'Options of one rule that do not go together.',
  why: 'The words can be read one by one, but the extension refuses them together, or refuses the rule that it stands in. Some such faults only the kernel notices: iptables-restore then names the line of COMMIT, not that of the rule.',
  advice: 'Take one of the options out, or write two rules.',
  examples: {
    find: [
      { title: 'two ways to ask for flags', text: '-A INPUT -p tcp -m tcp --syn --tcp-flags ACK ACK -j ACCEPT' },
      { title: 'a match that asks nothing', text: '-A OUTPUT -m owner -j ACCEPT' },
    ],
    leave: [{ title: 'two options that go together', text: '-A INPUT -p tcp -m tcp --syn --dport 22 -j ACCEPT' }],
  },
  checkDocument: reportProblems('option-conflict'),
});
