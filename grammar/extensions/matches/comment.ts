/** `-m comment`: a remark; it takes every packet. */
import { any } from '../../packet/predicate.js';
import { cutText, quote } from '../../values/text.js';
import { defineValue } from '../../values/value.js';
import { defineMatch, phrase } from '../define.js';

/** What is beyond 255 bytes is cut off without a word. */
const remark = defineValue<string>({
  arity: 1,
  expects: 'text of at most 255 bytes',
  parse: ({ 0: word }) => cutText(word!, 255),
  print: quote,
  say: (text) => text,
});

export const comment = defineMatch({
  name: 'comment',
  manual: 'iptables-extensions(8) comment; net/netfilter/xt_comment.c',
  decidedBy: 'packet',
  options: { comment: { flag: '--comment', value: remark, required: true } },
  matches: () => any,
  say: ({ comment }) => [phrase('note', comment.value)],
  examples: [
    { rule: '-m comment --comment "web servers"', says: 'web servers' },
    { rule: '-m comment --comment office', says: 'office' },
    { rule: `-m comment --comment "it's"`, saved: `-m comment --comment "it\\'s"` },
    { rule: '-m comment', refused: '--comment' },
    { rule: '-m comment ! --comment no', refused: '--comment' },
  ],
});
