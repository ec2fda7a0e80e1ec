/** docs/query.md: its commands are run, and what they print is what the page shows; its grammar is the parser's. `npm run docs` writes both anew. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { queryParser, queryTokens } from '../../src/query/language.js';
import { call } from '../commands/call.js';
import { expectDocument } from '../helpers/document.js';
import { type Node, sequence } from '../helpers/ebnf.js';

const path = 'docs/query.md';
const page = readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

/** Words of a command as a shell splits them. */
const wordsOf = (command: string): string[] => [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => (quoted ?? plain)!);

const grammar = (): string => {
  const productions = queryParser().getSerializedGastProductions() as Node[];
  const lines = productions.map(({ name, definition }) => `${name} = ${sequence(definition ?? []).replace(/^\( (.*) \)$/, '$1')} ;`);
  const tokens = queryTokens
    .filter(({ name }) => name !== 'Space')
    .map(({ name, PATTERN }) => `${name} = ${PATTERN instanceof RegExp ? `/${PATTERN.source}/` : `"${PATTERN}"`} ;`);
  return [...lines, '', ...tokens].join('\n');
};

test('what docs/query.md shows is what the program prints', async () => {
  const files = Object.fromEntries([...page.matchAll(/```text file=(\S+)\n([\s\S]*?)```/g)].map(([, name, text]) => [name!, text!]));
  let text = page.replace(/```ebnf\n[\s\S]*?```/, () => `\`\`\`ebnf\n${grammar()}\n\`\`\``);
  for (const [block, command] of page.matchAll(/```console\n\$ (.*)\n[\s\S]*?```/g)) {
    const { stdout, stderr } = await call(wordsOf(command!).slice(1), { files, engine: 'real' });
    text = text.replace(block, () => `\`\`\`console\n$ ${command}\n${stdout}${stderr}\`\`\``);
  }
  expectDocument(path, text);
});
