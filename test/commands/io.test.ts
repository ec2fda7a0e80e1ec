/** Bytes in, the same bytes out, whatever they are; and what is known of the terminal. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../src/commands/io.js';
import { lintText } from '../../src/lint.js';
import { call, table } from './call.js';

const bytes = (...list: number[]): Uint8Array => Uint8Array.from(list);
const textOf = (input: Uint8Array): string => {
  const reading = decode(input);
  if ('fault' in reading) throw new Error(reading.fault);
  return reading.text;
};

describe('bytes that are not UTF-8', () => {
  test.each([
    ['Latin-1 ü', bytes(0x61, 0xfc, 0x62), 'a\udcfcb'],
    ['a lone continuation byte', bytes(0x80), '\udc80'],
    ['a sequence cut short', bytes(0xe2, 0x82, 0x0a, 0x61), '\udce2\udc82\na'],
    ['an overlong slash', bytes(0xc0, 0xaf), '\udcc0\udcaf'],
    ['a surrogate in UTF-8', bytes(0xed, 0xb2, 0x80), '\udced\udcb2\udc80'],
    ['good text beside it', bytes(0xc3, 0xbc, 0xff, 0xf0, 0x9f, 0x94, 0xa5), 'ü\udcff🔥'],
  ])('%s', (_what, input, text) => {
    expect(textOf(input)).toBe(text);
    expect(Buffer.from(encode(text))).toEqual(Buffer.from(input));
  });

  test('any bytes come back as they were', () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.constantFrom(0x0a, 0x41, 0x80, 0xbf, 0xc3, 0xe2, 0x82, 0xac, 0xed, 0xa0, 0xf0, 0x9f, 0xff), { maxLength: 40 })
        .map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(anyBytes, (input) => {
        const reading = decode(input);
        if ('fault' in reading) return;
        expect(Buffer.from(encode(reading.text))).toEqual(Buffer.from(input));
      }),
      { numRuns: 500 },
    );
  });

  test('fmt prints them as they were', async () => {
    const input = Buffer.concat([
      Buffer.from('*filter\n-A INPUT -m comment --comment "caf'),
      bytes(0xe9),
      Buffer.from('" -j ACCEPT\nCOMMIT\n'),
    ]);
    const { stdout, code } = await call(['fmt'], { stdin: input });
    expect(code).toBe(0);
    expect(Buffer.from(stdout, 'latin1')).toEqual(input);
  });
});

test('a dump in which iptables cut a prefix within a character is told of nothing, and printed as it is', async () => {
  const input = Buffer.concat([
    Buffer.from(`*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j LOG --log-prefix "${'ä'.repeat(14)}`),
    bytes(0xc3),
    Buffer.from('"\nCOMMIT\n'),
  ]);
  const { stdout } = await call(['fmt'], { stdin: input });
  expect(Buffer.from(stdout, 'latin1')).toEqual(input);
  expect(lintText([{ name: 'x', text: textOf(input) }], { select: ['load', 'non-canonical'] }).diagnostics).toEqual([]);
});

test.each([
  ['gzip', bytes(0x1f, 0x8b, 8, 0), 'compressed'],
  ['UTF-16', bytes(0xff, 0xfe, 0x2a, 0), 'UTF-16'],
])('%s is told, not read', async (_what, input, word) => {
  const { code, stderr } = await call(['x.v4'], { files: { 'x.v4': input } });
  expect(code).toBe(3);
  expect(stderr).toContain(word);
});

test('what looks like terminal commands in a ruleset does not reach the terminal', async () => {
  const text = table('-A INPUT -m comment --comment "bad-rule \x1b]0;owned\x07\x1b[31m\u202e" -j ACCEPT');
  for (const format of ['full', 'concise', 'markdown', 'junit']) {
    const { stdout } = await call(['-f', format], { stdin: text });
    expect(stdout).not.toMatch(/[\x1b\x07\u202e](?!\u202e)/);
  }
});
