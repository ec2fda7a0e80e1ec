/** Every example of every check: what it must find, it finds; what it must leave alone, it leaves alone. */
import { describe, expect, it } from 'vitest';
import { lintText } from '../../src/lint.js';
import type { Check, CheckExample } from '../../src/rules/define.js';
import { checks } from '../../src/rules/index.js';

/** Lines of the filter table alone get the rest of a ruleset around them. */
const whole = ({ text }: CheckExample): string => {
  if (/^\uFEFF?(?:#.*\n)*\*|^#!/.test(text)) return text;
  const missing = ['INPUT', 'FORWARD', 'OUTPUT'].filter((name) => !new RegExp(`^:${name} `, 'm').test(text));
  return `*filter\n${missing.map((name) => `:${name} ACCEPT [0:0]\n`).join('')}${text}\nCOMMIT\n`;
};

const inputsOf = (example: CheckExample) =>
  [whole(example), ...(example.beside ?? [])].map((text, i) => ({ name: i === 0 ? 'example' : `beside ${i}`, text }));

const found = (check: Check, example: CheckExample) =>
  lintText(inputsOf(example), {
    select: [check.id],
    ...(example.context && { context: example.context }),
    ...(example.family && { family: example.family }),
    ...(example.backend && { backend: example.backend }),
  }).diagnostics;

for (const check of checks)
  describe(check.id, () => {
    it.each(check.examples.find.map((example) => [example.title, example] as const))('finds: %s', (_title, example) => {
      const findings = found(check, example);
      expect(findings.map((finding) => finding.check)).toContain(check.id);
      for (const { message, at, source, help } of findings) {
        expect(message).not.toMatch(/\.$|undefined|\[object/);
        expect(help ?? '').not.toMatch(/[^.]\.$|undefined|\[object/);
        expect(at.start).toBeLessThan(at.end);
        expect(at.end).toBeLessThanOrEqual(source.text.length);
      }
    });

    it.each(check.examples.leave.map((example) => [example.title, example] as const))('leaves alone: %s', (_title, example) => {
      expect(found(check, example)).toEqual([]);
    });
  });

describe('every ruleset that a check leaves alone', () => {
  const texts = checks.flatMap(({ id, examples }) => examples.leave.map((example) => [`${id}: ${example.title}`, example] as const));

  it.each(texts)('loads: %s', (_title, example) => {
    const { diagnostics } = lintText([{ name: 'example', text: whole(example) }], {
      ...(example.family && { family: example.family }),
      ...(example.backend && { backend: example.backend }),
    });
    expect(diagnostics.filter(({ category, level }) => category === 'load' && level === 'error')).toEqual([]);
  });
});
