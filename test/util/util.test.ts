/** Small tools without domain words. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { closest } from '../../src/util/closest.js';
import { unifiedDiff } from '../../src/util/diff.js';
import { glob } from '../../src/util/glob.js';
import { hash } from '../../src/util/hash.js';
import { columns, harmless, listed, wrap } from '../../src/util/text.js';

vi.setConfig({ testTimeout: 60_000 });

test.each([
  ['shadowd-rule', 'shadowed-rule'],
  ['shadowed-rlue', 'shadowed-rule'],
  ['Json', 'json'],
  ['jsn', 'json'],
  ['xml', null],
  ['something-else', null],
])('closest(%s) is %s', (word, near) => {
  expect(closest(word, ['json', 'jsonl', 'shadowed-rule', 'duplicate-rule'])).toBe(near);
});

test.each([
  ['*.v4', 'rules.v4', true],
  ['*.v4', 'hosts/rules.v4', true],
  ['hosts/*.v4', 'hosts/rules.v4', true],
  ['hosts/*.v4', 'hosts/a/rules.v4', false],
  ['hosts/**', 'hosts/a/rules.v4', true],
  ['**/rules.v4', 'rules.v4', true],
  ['rules.v?', 'rules.v6', true],
  ['rules.{v4,v6}', 'rules.v6', true],
  ['rules.{v4,v6}', 'rules.v5', false],
  ['KUBE-*', 'KUBE-SVC-X', true],
  ['a.c', 'abc', false],
  ['a(b|c)+', 'ab', false],
])('glob %s on %s: %s', (pattern, name, fits) => {
  expect(glob(pattern)(name)).toBe(fits);
});

test('hash: 64 bits of FNV-1a over two bytes a character', () => {
  const reference = (text: string): string => {
    let value = 0xcbf29ce484222325n;
    for (const byte of Buffer.from(text, 'utf16le')) value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
    return value.toString(16).padStart(16, '0');
  };
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(hash(text)).toBe(reference(text));
    }),
  );
});

describe('text', () => {
  test('harmless keeps every place', () => {
    expect(harmless('a\x1b[31m\u202e\udcff\tb')).toBe('a␛[31m\ufffd\ufffd b');
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => harmless(text).length === text.length));
  });
  test('columns', () => {
    expect([columns('abc'), columns('防火墙'), columns('é'), columns('e\u0301'), columns('…')]).toEqual([3, 6, 1, 1, 1]);
  });
  test('wrap', () => {
    expect(wrap('aa bb cc', 5)).toEqual(['aa bb', 'cc']);
    expect(wrap('a-very-long-word b', 5)).toEqual(['a-very-long-word', 'b']);
  });
  test('listed', () => {
    expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'], 'or')]).toEqual(['', 'a', 'a and b', 'a, b or c']);
  });
});

describe('unifiedDiff', () => {
  const hasPatch = spawnSync('patch', ['--version']).status === 0;
  const folder = mkdtempSync(join(tmpdir(), 'iptlint-diff-'));
  const text = fc
    .tuple(fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 30 }), fc.boolean())
    .map(([lines, ends]) => lines.join('\n') + (ends ? '\n' : ''));

  test('a change with three lines around it', () => {
    const before = '1\n2\n3\n4\n5\n6\n7\n8\n9\n';
    expect(unifiedDiff(before, before.replace('5', 'five'), 'rules.v4')).toBe(
      '--- rules.v4\n+++ rules.v4\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n',
    );
    expect(unifiedDiff(before, before, 'rules.v4')).toBe('');
  });

  test.skipIf(!hasPatch)('patch(1) makes the one text from the other', () => {
    const path = join(folder, 'text');
    fc.assert(
      fc.property(text, text, (before, after) => {
        if (before === after) return;
        writeFileSync(path, before);
        const out = execFileSync('patch', ['-s', '-o', '-', path], { input: unifiedDiff(before, after, 'text') });
        expect(out.toString()).toBe(after);
      }),
      { numRuns: 40 },
    );
    rmSync(folder, { recursive: true });
  });

  test('two long texts with nothing in common do not take forever', () => {
    const lines = (word: string) => Array.from({ length: 20_000 }, (_, index) => `${word} ${index}\n`).join('');
    const start = performance.now();
    const diff = unifiedDiff(lines('old'), lines('new'), 'x');
    expect(diff.split('\n')).toHaveLength(40_000 + 4);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
