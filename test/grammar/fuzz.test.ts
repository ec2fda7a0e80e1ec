/** Whatever the bytes, reading answers: no throw, no lost rule line, no lost text. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DocumentNode, parse, print, type RuleNode, type Span } from '../../grammar/index.js';
import { lintText } from '../../src/lint.js';
import { corpus } from '../helpers/corpus.js';

/** Rule lines as a plain eye sees them, where nothing around them is broken. */
const ruleLines = (text: string): number => text.split(/\r?\n/).filter((line) => /^(?:\[\d+:\d+\] +)?-A +[^\s"]/.test(line)).length;

const rulesOf = (document: DocumentNode): RuleNode[] =>
  document.items.flatMap((item) => (item.kind === 'table' ? item.items : [])).filter((item) => item.kind === 'rule');

/** Every character of the text that is not blank lies in some node. */
const uncovered = (document: DocumentNode, told: readonly Span[] = []): string => {
  const { text } = document.source;
  const covered = new Uint8Array(text.length);
  const mark = (node: Span) => covered.fill(1, node.start, node.end);
  for (const span of told) mark(span);
  for (const item of document.items) {
    if (item.kind !== 'table') mark(item);
    else {
      if (item.header) mark({ start: item.start, end: item.header.end });
      if (item.commit) mark(item.commit);
      for (const line of item.items) mark(line);
    }
  }
  let left = '';
  for (let at = 0; at < text.length; at++) if (!covered[at] && !/[\s\ufeff]/.test(text[at]!)) left += text[at];
  return left;
};

const seeds = [
  '*filter\n:INPUT DROP [0:0]\n:A - [0:0]\n-A INPUT -s 192.0.2.0/24 -p tcp -m multiport --dports 22,80:90 -m comment --comment "x \\"y\\"" -j A\n-A A ! -i lo -m conntrack ! --ctstate NEW -j LOG --log-prefix "a b"\n-A A -j REJECT --reject-with icmp-port-unreachable\nCOMMIT\n',
  '*nat\n:PREROUTING ACCEPT [1:2]\n[3:4] -A PREROUTING -d 203.0.113.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 192.0.2.5:8080\n-A POSTROUTING -o eth+ -j MASQUERADE --random-fully\nCOMMIT\n',
  '*mangle\n-A PREROUTING -p icmp -m icmp --icmp-type 8 -m limit --limit 5/sec -j MARK --set-xmark 0x1/0xff\nCOMMIT\n',
  '#!/bin/sh\nIPT=/sbin/iptables\nNET=192.0.2.0/24\n$IPT -P INPUT DROP\n$IPT -A INPUT -s $NET -j ACCEPT || exit 1\niptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE\n',
];

const realLines =
  corpus.length > 0
    ? corpus
        .filter((entry) => entry.rules < 300)
        .slice(0, 120)
        .map((entry) => entry.text())
    : [];
const seed = fc.constantFrom(...seeds, ...realLines);

/** Cuts, swaps and inserts, as a clumsy editor or a broken pipe would. */
const mutated = fc
  .tuple(
    seed,
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat(12),
        fc.oneof(
          fc.string({ maxLength: 6 }),
          fc.constantFrom('"', '\\', '!', '\n', '\r\n', '\0', ' -j ', '[', ':', '*', '#', '-A', '\ufeff', '\ud800', '--'),
        ),
      ),
      { maxLength: 6 },
    ),
  )
  .map(([text, edits]) => {
    let result = text;
    for (const [at, length, insert] of edits) {
      const place = at % (result.length + 1);
      result = result.slice(0, place) + insert + result.slice(place + length);
    }
    return result;
  });

const check = (text: string) => {
  const { document, problems } = parse(text);
  // What stands behind a NUL byte is told, and is no part of the line.
  const cut = problems.filter(({ message }) => message.startsWith('a NUL byte'));
  expect(uncovered(document, cut)).toBe('');
  for (const problem of problems) {
    expect(problem.start).toBeGreaterThanOrEqual(0);
    expect(problem.end).toBeLessThanOrEqual(text.length);
    expect(problem.message).not.toMatch(/could not be read \(/);
  }
  const printed = print(document);
  expect(print(parse(printed).document).length).toBeGreaterThanOrEqual(0);
  lintText([{ name: 'x', text }]);
};

describe('reading never throws and never loses text', () => {
  test('mutated rulesets', () => {
    fc.assert(fc.property(mutated, check), { numRuns: 400 });
  });

  test('random text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), check), { numRuns: 400 });
  });

  test('random lines of rule words', () => {
    const word = fc.constantFrom(
      '-A',
      'INPUT',
      '-j',
      '-m',
      'tcp',
      '--dport',
      '22',
      '!',
      '-s',
      '192.0.2.1',
      '-p',
      '"',
      '"a b"',
      '--comment',
      'comment',
      '[1:2]',
      ':X',
      '-',
      '#',
      '*filter',
      'COMMIT',
      '\t',
      '-I',
      '1',
      '--',
      '--to-destination',
      'DNAT',
      '-g',
      '"-A"',
    );
    fc.assert(
      fc.property(
        fc
          .array(
            fc.array(word, { maxLength: 12 }).map((words) => words.join(' ')),
            { maxLength: 8 },
          )
          .map((lines) => `*filter\n${lines.join('\n')}\nCOMMIT\n`),
        check,
      ),
      { numRuns: 400 },
    );
  });

  test('a broken line costs no other rule', () => {
    fc.assert(
      fc.property(fc.constantFrom(...seeds.slice(0, 3)), fc.nat(), fc.stringMatching(/^[a-z{}%<>=?., ]{1,40}$/), (text, at, junk) => {
        const lines = text.split('\n');
        const place = 1 + (at % (lines.length - 3));
        lines.splice(place, 0, junk);
        const broken = lines.join('\n');
        expect(rulesOf(parse(broken).document).length).toBe(ruleLines(text));
      }),
    );
  });
});

describe('large and deep input gets an answer', () => {
  test('a line of a megabyte', () => {
    const long = 'x'.repeat(1_000_000);
    for (const line of [
      `-A INPUT -m comment --comment "${long}" -j ACCEPT`,
      `-A INPUT ${long}`,
      long,
      `-A INPUT --comment "${long}`,
      `-A INPUT ${'! '.repeat(300_000)}`,
      `:${long} - [0:0]`,
    ])
      check(`*filter\n${line}\n-A INPUT -j DROP\nCOMMIT\n`);
  });

  test('jumps 10,000 deep and 100,000 chains', () => {
    const deep = Array.from({ length: 10_000 }, (_, i) => `:C${i} - [0:0]`).join('\n');
    const jumps = Array.from({ length: 9_999 }, (_, i) => `-A C${i} -j C${i + 1}`).join('\n');
    check(`*filter\n${deep}\n-A INPUT -j C0\n${jumps}\nCOMMIT\n`);
    check(`*filter\n${Array.from({ length: 100_000 }, (_, i) => `:C${i} - [0:0]`).join('\n')}\nCOMMIT\n`);
  });

  test.skipIf(corpus.length === 0)('no rule of a shared ruleset is lost', () => {
    const wrong = corpus.flatMap((entry) => {
      const { document } = parse(entry.text(), { family: entry.family });
      const read = rulesOf(document).filter((rule) => rule.command === 'append' || rule.command === 'insert').length;
      return !entry.loads || read === entry.rules ? [] : [`${entry.path}: ${read} of ${entry.rules}`];
    });
    expect(wrong).toEqual([]);
  });
});
