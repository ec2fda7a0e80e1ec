/** The list of checks is whole, and each check is worth its page. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { categories } from '../../src/diagnostic/diagnostic.js';
import { checks } from '../../src/rules/index.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const files = readdirSync(`${root}src/rules`).map((file) => file.replace(/\.ts$/, ''));
const ids = files.filter((file) => file !== 'index' && file !== 'define').sort();

describe('the list of checks', () => {
  it('holds every file of the folder, and nothing else', () => {
    expect(checks.map(({ id }) => id).sort()).toEqual(ids);
  });

  it('is ordered by category, and by name within one', () => {
    const inOrder = [...checks].sort((a, b) => categories.indexOf(a.category) - categories.indexOf(b.category) || (a.id < b.id ? -1 : 1));
    expect(checks.map(({ id }) => id)).toEqual(inOrder.map(({ id }) => id));
  });

  it.each(checks.map((check) => [check.id, check] as const))('%s stands in the file of its name', (id) => {
    expect(readFileSync(`${root}src/rules/${id}.ts`, 'utf8')).toContain(`id: '${id}'`);
  });

  it.each(checks.map((check) => [check.id, check] as const))(
    '%s is a name in kebab-case, with texts that end in full stops',
    (id, check) => {
      expect(id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      for (const text of [check.summary, check.why, check.advice]) expect(text).toMatch(/\S[.)]$/);
      expect(check.summary.length).toBeLessThan(110);
    },
  );

  it.each(checks.map((check) => [check.id, check] as const))('%s shows what it finds and what it leaves alone', (_id, { examples }) => {
    expect(examples.find.length).toBeGreaterThan(0);
    expect(examples.leave.length).toBeGreaterThan(0);
  });
});

/** Codes of the language's complaints, from the calls that make them. */
const codesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      [...readFileSync(`${folder}/${file}`, 'utf8').matchAll(/(?:code: |complain(?:At)?\(\s*)'([a-z-]+)'/g)].map(([, code]) => code!),
    );

describe('what the language complains of', () => {
  const codes = [...new Set([...codesIn(`${root}grammar`), ...codesIn(`${root}src/model`)])].sort();

  it('is found in the source', () => {
    expect(codes).toContain('syntax-error');
    expect(codes.length).toBeGreaterThan(10);
  });

  it.each(codes)('%s has its check', (code) => {
    expect(ids).toContain(code);
  });
});
