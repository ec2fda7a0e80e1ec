/** Walks fixtures/: sound rulesets stay silent, broken texts get the report that stands beside them. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { lintText } from '../src/lint.js';
import { expectDocument } from './helpers/document.js';

const root = fileURLToPath(new URL('../fixtures/', import.meta.url));
const filesIn = (folder: string): string[] => readdirSync(root + folder).filter((name) => name.endsWith('.rules'));

const lint = (path: string) => lintText([{ name: path, text: readFileSync(root + path, 'utf8') }]);

describe('sound rulesets', () => {
  test.each(filesIn('ok'))('%s has nothing at warning level', (name) => {
    // Findings in chains that a program manages are told at info (settle.ts).
    const loud = lint(`ok/${name}`).diagnostics.filter((found) => found.level !== 'info' && !found.owner);
    expect(loud.map((found) => `${found.check}: ${found.message}`)).toEqual([]);
  });
});

describe('broken texts', () => {
  test.each(filesIn('broken'))('%s is told with line and column, and read on', (name) => {
    const lines = lint(`broken/${name}`).diagnostics.map((found) => {
      const { line, column } = found.source.position(found.at.start);
      return `${line}:${column} ${found.level} ${found.check}: ${found.message}${found.help ? ` [${found.help}]` : ''}`;
    });
    expectDocument(`fixtures/broken/${name.replace(/\.rules$/, '.expected')}`, `${lines.join('\n')}\n`);
  });
});
