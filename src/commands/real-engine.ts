/** The engine that the program ships: everything heavy hangs on this import. */
import { parse, print } from '../../grammar/index.js';
import { lintText } from '../lint.js';
import { checks } from '../rules/index.js';
import type { Engine } from './engine.js';

export const realEngine: Engine = {
  checks,
  lint: lintText,
  format: ({ name, text }, { family, backend }) => {
    const { document, problems } = parse(text, { name, ...(family && { family }) });
    return { text: print(document, backend ? { backend } : {}), partlyUnread: problems.some(({ code }) => code === 'syntax-error') };
  },
};
