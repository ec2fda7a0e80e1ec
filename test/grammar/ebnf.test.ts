import { test } from 'vitest';
import { expectDocument } from '../helpers/document.js';
import { grammarAsEbnf } from '../helpers/ebnf.js';

test('the committed EBNF is that of the live parser', () => {
  expectDocument('grammar/iptables-save.ebnf', grammarAsEbnf());
});
