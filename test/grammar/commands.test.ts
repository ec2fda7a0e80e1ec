/** Commands of a restored file run in order: which line fails, and what stands at the end. Measured with 1.8.9, both back ends. */
import { describe, expect, test } from 'vitest';
import { type Backend, parse, print } from '../../grammar/index.js';
import { lintText } from '../../src/lint.js';

const textOf = (lines: readonly string[]): string => `*filter\n${lines.join('\n')}\nCOMMIT\n`;

/** The line at which loading stops, counted from the first command; the rules where it does not. */
const outcome = (lines: readonly string[], backend: Backend): string => {
  const text = textOf(lines);
  const { diagnostics } = lintText([{ name: 'x', text }], { family: 4, backend, select: ['load'] });
  const [first] = diagnostics.filter(({ level }) => level === 'error');
  if (first) return `stops at ${first.source.position(first.at.start).line - 1}`;
  return print(parse(text, { family: 4 }).document, { backend })
    .split('\n')
    .filter((line) => /^(?:\[\d+:\d+\] )?(?:-A|:)/.test(line))
    .map((line) => line.replace(/^(:.*) \[\d+:\d+\]$/, '$1'))
    .join(' | ');
};

const same: readonly (readonly [lines: readonly string[], outcome: string])[] = [
  // Chains that are missing, built in, filled, or led to.
  [['-F NOPE'], 'stops at 1'],
  [['-Z NOPE'], 'stops at 1'],
  [['-X NOPE'], 'stops at 1'],
  [['-X INPUT'], 'stops at 1'],
  [['-E NOPE B'], 'stops at 1'],
  [['-E INPUT B'], 'stops at 1'],
  [['-N A', '-E A INPUT'], 'stops at 2'],
  [['-N A', '-E A A'], 'stops at 2'],
  [[':A - [0:0]', '-A A -j ACCEPT', '-X A'], 'stops at 3'],
  [[':A - [0:0]', '-A INPUT -j A', '-X A'], 'stops at 3'],
  [[':A - [0:0]', '-A INPUT -g A', '-X'], 'stops at 3'],
  [[':A - [0:0]', '-A A -j ACCEPT', '-X'], 'stops at 3'],
  [[':A - [0:0]', '-A A -j ACCEPT', '-F A', '-X A'], ''],
  [[':A - [0:0]', '-A A -j ACCEPT', '-D A 1', '-X'], ''],
  [[':A - [0:0]', '-A INPUT -j A', '-F INPUT', '-X A'], ''],
  [['-F INPUT', '-Z INPUT', '-Z', '-F', '-X'], ''],
  // Numbers.
  [['-A INPUT -j ACCEPT', '-D INPUT 2'], 'stops at 2'],
  [['-A INPUT -j ACCEPT', '-D INPUT 0'], 'stops at 2'],
  [['-A INPUT -j ACCEPT', '-D INPUT 1 2'], 'stops at 2'],
  [['-A INPUT -j ACCEPT', '-D INPUT 1 -j ACCEPT'], 'stops at 2'],
  [['-A INPUT -j ACCEPT', '-R INPUT 2 -j DROP'], 'stops at 2'],
  [['-A INPUT -j ACCEPT', '-R INPUT -j DROP'], 'stops at 2'],
  [['-A INPUT -j ACCEPT', '-I INPUT 3 -j DROP'], 'stops at 2'],
  [['-A INPUT -j ACCEPT', '-I INPUT 1x -j DROP'], 'stops at 2'],
  [['-A INPUT -j ACCEPT', '-I INPUT 2 -j DROP'], '-A INPUT -j ACCEPT | -A INPUT -j DROP'],
  [['-A INPUT -j ACCEPT', '-I INPUT 0x1 -j DROP'], '-A INPUT -j DROP | -A INPUT -j ACCEPT'],
  [['-A INPUT -j ACCEPT', '-A INPUT -j DROP', '-D INPUT 1', '-D INPUT 1', '-D INPUT 1'], 'stops at 5'],
  // Rules by their words.
  [['-A INPUT -j ACCEPT', '-D INPUT -j DROP'], 'stops at 2'],
  [['-A INPUT -p tcp --dport 80', '-D INPUT -p tcp -m tcp --dport 80'], ''],
  [['-C INPUT -j ACCEPT'], 'stops at 1'],
  [['-A INPUT -j ACCEPT', '-C INPUT -j ACCEPT'], '-A INPUT -j ACCEPT'],
  // Lists of addresses are several rules.
  [['-A INPUT -s 192.0.2.1,192.0.2.2', '-D INPUT -s 192.0.2.2,192.0.2.1'], ''],
  [['-A INPUT -s 192.0.2.1,192.0.2.2', '-D INPUT -s 192.0.2.1,192.0.2.3'], 'stops at 2'],
  [['-A INPUT -s 192.0.2.1,192.0.2.2', '-D INPUT -s 192.0.2.1', '-D INPUT 2'], 'stops at 3'],
  [['-I INPUT -s 192.0.2.1,192.0.2.2'], '-A INPUT -s 192.0.2.2/32 | -A INPUT -s 192.0.2.1/32'],
  [['-A INPUT -s 192.0.2.1,192.0.2.2', '-I INPUT 2 -i lo'], '-A INPUT -s 192.0.2.1/32 | -A INPUT -i lo | -A INPUT -s 192.0.2.2/32'],
  [['-A INPUT -i lo', '-I INPUT -s 192.0.2.1,192.0.2.2', '-D INPUT 3'], '-A INPUT -s 192.0.2.2/32 | -A INPUT -s 192.0.2.1/32'],
  [['-A INPUT -j DROP', '-R INPUT 1 -s 192.0.2.1,192.0.2.2'], 'stops at 2'],
  // Words of commands.
  [['-P INPUT DROP x'], 'stops at 1'],
  [['-P INPUT'], 'stops at 1'],
  [['-F INPUT x'], 'stops at 1'],
  [['-N A', '-E A'], 'stops at 2'],
  [['-N A', '-E A ACCEPT'], 'stops at 2'],
  [['-N A', '-E A a-name-of-twenty-nine-bytes--'], 'stops at 2'],
  [['-Z INPUT 1'], 'stops at 1'],
  [['-A INPUT -j ACCEPT', '-Z INPUT 0'], 'stops at 2'],
  [['-A INPUT -j ACCEPT', '-Z INPUT x'], 'stops at 2'],
  // Listings.
  [['-S NOPE'], 'stops at 1'],
  [['-L NOPE 1'], 'stops at 1'],
  [['-L INPUT x'], 'stops at 1'],
  [['-S INPUT', '-L INPUT 7', '-A INPUT -j ACCEPT'], '-A INPUT -j ACCEPT'],
  [['-L -n', '-L --line-numbers', '-L -v -x', '-L -Z', '-Z -L'], ''],
  [['-S -n'], 'stops at 1'],
  [['-L -w'], 'stops at 1'],
  [['-N -x'], 'stops at 1'],
  [['-N !x'], 'stops at 1'],
  [['-N "a b"'], 'stops at 1'],
  [['-AINPUT -j ACCEPT'], '-A INPUT -j ACCEPT'],
  [['-IINPUT 1 -j ACCEPT'], '-A INPUT -j ACCEPT'],
  [['--append=INPUT -j ACCEPT'], '-A INPUT -j ACCEPT'],
  [['-4 -A INPUT -j ACCEPT', '-6 -A INPUT -j DROP'], '-A INPUT -j ACCEPT'],
  [['-j ACCEPT -A INPUT'], '-A INPUT -j ACCEPT'],
  [['iptables -A INPUT -j ACCEPT'], 'stops at 1'],
  [['-L', '-A INPUT -j ACCEPT'], '-A INPUT -j ACCEPT'],
  // What plain loading passes over.
  [[':INPUT ACCEPT x'], ':INPUT ACCEPT'],
  [[':INPUT ACCEPT [0:0] x'], ':INPUT ACCEPT'],
  [['[1:2]-A INPUT -j ACCEPT'], '[1:2] -A INPUT -j ACCEPT'],
  [['[1:x] -A INPUT -j ACCEPT'], '-A INPUT -j ACCEPT'],
  [['[1:] -A INPUT -j ACCEPT'], '-A INPUT -j ACCEPT'],
  [['[1] -A INPUT -j ACCEPT'], 'stops at 1'],
  [['[18446744073709551616:2] -A INPUT -j ACCEPT'], '[18446744073709551615:2] -A INPUT -j ACCEPT'],
  [['[1:2] -N A'], ':A -'],
  [['[1:2 -A INPUT -j ACCEPT'], 'stops at 1'],
  [[':INPUT DROP [0:0]', ':INPUT ACCEPT [0:0]'], ':INPUT ACCEPT'],
];

describe('both back ends', () => {
  test.each(same)('%j: %s', (lines, wanted) => {
    for (const backend of ['legacy', 'nft'] as const) expect(outcome(lines, backend)).toBe(wanted);
  });
});

describe('where they differ', () => {
  test.each<[readonly string[], string, string]>([
    [[':A - [0:0]', '-A INPUT -j A', '-E A B', '-A B -j DROP'], ':B - | -A INPUT -j B | -A B -j DROP', 'stops at 3'],
    [['-N A', '-E A B', '-E B C'], ':C -', 'stops at 2'],
    // Numbers of -Z.
    [['-A INPUT -j ACCEPT', '-Z INPUT 1'], '-A INPUT -j ACCEPT', 'stops at 2'],
    [['-A INPUT -j ACCEPT', '-Z INPUT 2'], 'stops at 2', '-A INPUT -j ACCEPT'],
    [[':A - [0:0]', '-Z A 1'], 'stops at 2', ':A -'],
    [[':A - [0:0]', '-A A -j DROP', '-F', '-X'], '', 'stops at 4'],
    [['-A INPUT -j ACCEPT', '-R INPUT 1 -j DROP'], '-A INPUT -j DROP', 'stops at 2'],
    [[':A - [0:0]', '-A A -j DROP', ':A - [0:0]'], 'stops at 3', ':A -'],
    [[':A ACCEPT [0:0]'], 'stops at 1', ':A -'],
  ])('%j: legacy %s, nft %s', (lines, legacy, nft) => {
    expect(outcome(lines, 'legacy')).toBe(legacy);
    expect(outcome(lines, 'nft')).toBe(nft);
  });
});

describe('a second table of the same name', () => {
  const first = '*filter\n# kept\n:INPUT DROP [0:0]\n:A - [0:0]\n-A A -j ACCEPT\nCOMMIT\n';
  const second = '*filter\n-A INPUT -j ACCEPT\nCOMMIT\n';
  const note = '# *filter: replaced by the table of that name below\n# kept\n';

  test('replaces the first; legacy keeps its policies', () => {
    const { document } = parse(first + second);
    expect(print(document, { backend: 'legacy' })).toBe(`${note}*filter\n:INPUT DROP [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n`);
    expect(print(document, { backend: 'nft' })).toBe(`${note}*filter\n-A INPUT -j ACCEPT\nCOMMIT\n`);
  });

  test('printing it again changes nothing', () => {
    const once = print(parse(first + second).document);
    expect(print(parse(once).document)).toBe(once);
  });

  test('with a header line it is a dump of its own', () => {
    const header = '# Generated by iptables-save v1.8.9 on Sat Nov 21 00:00:00 2026\n';
    const text = header + second + header + second;
    expect(print(parse(text).document)).toBe(text);
  });
});

describe('what iptables-restore has room for', () => {
  const comment = (length: number): string => ` -m comment --comment ${'x'.repeat(length)}`;
  const line = (length: number): string => {
    let text = '-A INPUT';
    while (text.length + 222 < length - 60) text += comment(200);
    return text + comment(length - text.length - 22);
  };
  const words = (count: number): string => `-A INPUT${' -m comment --comment x'.repeat(60)}${' -v'.repeat(count - 242)}`;
  const isRefused = (rule: string): boolean => outcome([rule], 'legacy') === 'stops at 1';

  test.each([
    ['a word of 1023 bytes', `-A INPUT${comment(1023)}`, false],
    ['a word of 1024 bytes', `-A INPUT${comment(1024)}`, true],
    ['a quoted word of 1023 bytes', `-A INPUT -m comment --comment "${'x'.repeat(1023)}"`, false],
    ['a word of 1024 bytes in 512 characters', `-A INPUT -m comment --comment ${'ü'.repeat(512)}`, true],
    ['a line of 10239 bytes', line(10_239), false],
    ['a line of 10240 bytes', line(10_240), true],
    ['251 words', words(251), false],
    ['252 words', words(252), true],
  ])('%s', (_what, rule, refused) => expect(isRefused(rule)).toBe(refused));

  test('a command line of a script has room for more', () =>
    expect(lintText([{ name: 'x', text: `iptables -A INPUT${comment(1024)}\n` }], { select: ['load'] }).diagnostics).toEqual([]));
});

test('a script that deletes a chain in use leaves it', () => {
  const text = 'iptables -N A\niptables -N B\niptables -A A -j DROP\niptables -X A\niptables -X B\n';
  expect(print(parse(text).document)).toBe('*filter\n:A - [0:0]\n-A A -j DROP\nCOMMIT\n');
});

test('commands of a script may meet what the kernel holds already', () => {
  const text = 'iptables -D INPUT -j ACCEPT\niptables -F WEB\niptables -X WEB\niptables -I INPUT 5 -j DROP\niptables -C INPUT -j ACCEPT\n';
  expect(lintText([{ name: 'x', text }], { select: ['load'] }).diagnostics).toEqual([]);
  expect(print(parse(text).document)).toContain('-A INPUT -j DROP');
});
