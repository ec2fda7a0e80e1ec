/** The engine that the program ships: everything heavy hangs on this import. */
import { parse, print } from '../../grammar/index.js';
import { lintText } from '../lint.js';
import { checks } from '../rules/index.js';
import type { Engine } from './engine.js';

export const realEngine: Engine = {
  checks,
  lint: lintText,
  format: ({ name, text, likelyFamily }, { family, backend }) => {
    const { document, problems } = parse(text, { name, ...(family && { family }), ...(likelyFamily && { likelyFamily }) });
    const partlyUnread = problems.some(({ code, severity }) => code === 'syntax-error' && severity === 'error');
    return { text: print(document, backend ? { backend } : {}), partlyUnread };
  },
};
