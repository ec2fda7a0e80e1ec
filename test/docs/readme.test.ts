/** The README's commands are run, and what they print is what stands there. `npm run docs` writes it anew. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { encode, type Streams } from '../../src/commands/io.js';
import { main } from '../../src/commands/main.js';
import { expectDocument } from '../helpers/document.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The words of a command line, as a shell splits them: quotes of both kinds. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/(?:"([^"]*)"|'([^']*)'|([^\s"']+))(?=\s|$)/g)].map(([, double, single, bare]) => double ?? single ?? bare!);

const run = async (line: string): Promise<string> => {
  const [program, ...words] = wordsOf(line);
  expect(program).toBe('iptlint');
  let printed = '';
  const output = {
    isTerminal: false,
    columns: 100,
    write: (text: string) => {
      const bytes = encode(text);
      printed += typeof bytes === 'string' ? bytes : bytes.toString('utf8');
    },
  };
  const streams: Streams = {
    stdin: { isTerminal: true, read: async () => new Uint8Array() },
    stdout: output,
    stderr: output,
    env: {},
    cwd: root,
  };
  await main(words, streams);
  return printed;
};

test('the commands of the README print what it shows', async () => {
  const readme = readFileSync(`${root}README.md`, 'utf8');
  const blocks = [...readme.matchAll(/^```console\n\$ (iptlint [^\n]*)\n[\s\S]*?^```$/gm)];
  expect(blocks.length).toBeGreaterThan(2);
  let written = readme;
  for (const [block, line] of blocks) written = written.replace(block!, () => `\`\`\`console\n$ ${line}\n`.concat('@@', line!, '@@\n```'));
  for (const [, line] of blocks) {
    const printed = await run(line!);
    expect(printed).not.toMatch(/^iptlint: a fault/m);
    written = written.replace(`@@${line}@@`, () => printed.trimEnd());
  }
  expectDocument('README.md', written);
});
