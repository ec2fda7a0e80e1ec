/** Extensions without the options that they want. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'missing-option',
  category: 'load',
  level: 'error',
  summary: 'A match or target lacks an option that it cannot do without.',
  why: 'Some extensions have no meaning by themselves: DNAT has to know where to, -m mac which address. iptables refuses the rule, and with it the whole table.',
  advice: 'Add the option, or take the extension out.',
  examples: {
    find: [{ title: 'DNAT that does not say where to', text: '*nat\n-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT\nCOMMIT\n' }],
    leave: [{ title: 'an extension whose options all have defaults', text: '-A INPUT -m limit -j ACCEPT' }],
  },
  checkDocument: reportProblems('missing-option'),
});
