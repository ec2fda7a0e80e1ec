/** Texts that are put in front of log lines: at least one byte, quoted as iptables-save quotes, cut where they are too long (LOG, NFLOG, ULOG). */
import { cutText, quote, sayQuoted } from './text.js';
import { defineValue, Fault, type ValueType } from './value.js';

/** A text of which the first `longest` bytes count. */
export const prefixText = (longest: number): ValueType<string> =>
  defineValue<string>({
    arity: 1,
    expects: `text of at most ${longest} bytes`,
    parse: ({ 0: word }) => {
      if (word === '') return new Fault('the text is empty');
      return word!.includes('\n') ? new Fault('the text holds a line end') : cutText(word!, longest);
    },
    print: quote,
    say: sayQuoted,
  });
