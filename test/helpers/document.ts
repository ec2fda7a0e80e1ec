/** Holds a generated document to its committed text; `npm run docs` writes it anew. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Expects the file (path from the project's root) to hold the text, or writes it when documents are being made. */
export const expectDocument = (path: string, text: string): void => {
  const file = root + path;
  if (process.env.UPDATE_DOCS === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  let committed = '';
  try {
    committed = readFileSync(file, 'utf8');
  } catch {
    // Missing is stale.
  }
  expect(committed === text, `${path} is stale: run npm run docs`).toBe(true);
};
