/** Quotes that are opened and never closed. */
import { defineCheck, reportProblems } from './define.js';

export default defineCheck({
  id: 'unclosed-quote',
  category: 'load',
  level: 'warning',
  summary: 'A quote that is not closed: the rest of the line is taken for part of the quoted word.',
  why: 'iptables-restore takes everything up to the end of the line into the word and says nothing. A target or a match behind the quote is then not a target or a match but text of a comment or a prefix, and the rule does something else than it seems to.',
  advice: 'Close the quote. Within quotes a quote is written \\".',
  examples: {
    find: [{ title: 'the target is part of the comment', text: '-A INPUT -p tcp -m comment --comment "ssh from the office -j ACCEPT' }],
    leave: [{ title: 'an escaped quote', text: '-A INPUT -p tcp -m comment --comment "the \\"old\\" office" -j ACCEPT' }],
  },
  checkDocument: reportProblems('unclosed-quote'),
});
