/** The form for people, character by character; every expected text here was read by a person. */
import { describe, expect, test } from 'vitest';
import { Source } from '../../grammar/index.js';
import { colorsFor } from '../../src/reporters/colors.js';
import { excerpt } from '../../src/reporters/excerpt.js';
import { reporters } from '../../src/reporters/index.js';
import { columns } from '../../src/util/text.js';
import { finding, plain, related, report, span, ssh } from './sample.js';

const { full } = reporters;

describe('a finding', () => {
  test('the rule, its cause, a packet, what it means, what to do', () => {
    expect(full(report([ssh().diagnostic]), plain)).toBe(`\
error[shadowed-rule]: this rule can never match; line 5 decides its packets first
  --> rules.v4:7   filter/INPUT, rule 3 of 3
   |
 5 | -A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 1:1024 -j ACCEPT
   |             ------------ ------        -------------- --------- accepts all of them
   ⋮
 7 | -A INPUT -s 192.0.2.7/32 -p tcp -m tcp --dport 22 -j DROP
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ never reached
   |
   = packet: tcp 192.0.2.7:40000 > 198.51.100.1:22 in eth0 new
             line 5 ACCEPT decides here; line 7 DROP would have applied
   = effect: SSH from 192.0.2.7 is accepted although line 7 says DROP
   = help:   move line 7 above line 5, or remove it

1 error in 31 rules of rules.v4
`);
  });

  test('possible: said in the title, with what it leans on; managed: with its owner; IPv6: named', () => {
    const source = new Source('rules.v6', '*filter\n-A KUBE-X -m set --match-set a src -j DROP\nCOMMIT\n');
    const diagnostic = finding(source, '-A KUBE-X -m set --match-set a src -j DROP', {
      level: 'info',
      certainty: 'possible',
      family: 6,
      table: 'filter',
      chain: 'KUBE-X',
      focus: [span(source, '-m set --match-set a src')],
      leansOn: ['-m set --match-set a src', '-m owner --uid-owner 0'],
      owner: 'kube-proxy',
    });
    expect(full(report([diagnostic]), plain)).toBe(`\
info[shadowed-rule] (possible): this rule can never match
  --> rules.v6:2   IPv6 filter/KUBE-X
   |
 2 | -A KUBE-X -m set --match-set a src -j DROP
   |           ^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = leans on: -m set --match-set a src, -m owner --uid-owner 0
   = owner:    kube-proxy manages this chain

1 info in 31 rules of rules.v4
`);
  });

  test("a program's rule in a built-in chain: the rule is its own, not the chain", () => {
    const source = new Source('rules.v4', '*nat\n-A POSTROUTING -j KUBE-POSTROUTING\nCOMMIT\n');
    const words = '-A POSTROUTING -j KUBE-POSTROUTING';
    const text = full(report([finding(source, words, { table: 'nat', chain: 'POSTROUTING', owner: 'kube-proxy' })]), plain);
    expect(text).toContain('= owner: kube-proxy manages this rule\n');
    const plugins = full(report([finding(source, words, { table: 'nat', chain: 'CNI-DN-1', owner: 'CNI plugins' })]), plain);
    expect(plugins).toContain('= owner: CNI plugins manage this chain\n');
  });

  test('many hosts: what there is by check and by host, worst first, nothing cut silently', () => {
    const sources = Array.from({ length: 24 }, (_, host) => new Source(`host${host}.v4`, '*filter\n-A INPUT -j DROP\nCOMMIT\n'));
    const found = sources
      .slice(2)
      .flatMap((source, index) => [
        finding(source, '-A INPUT -j DROP', { level: index === 7 ? 'error' : 'warning' }),
        ...(index < 3 ? [finding(source, 'INPUT', { check: 'odd-rule', level: 'info' })] : []),
      ]);
    const hosts = sources.map(({ name }) => {
      const at = (level: string) => found.filter((one) => one.source.name === name && one.level === level).length;
      return { name, error: at('error'), warning: at('warning'), info: at('info') };
    });
    const text = full(report(found, { hosts }), plain);
    const lines = text.slice(text.indexOf('By check')).split('\n');
    expect(lines.slice(0, 9)).toEqual([
      'By check',
      '   1  error[shadowed-rule] in 1 input',
      '  21  warning[shadowed-rule] in 21 inputs',
      '   3  info[odd-rule] in 3 inputs',
      '',
      'By host, worst first; 2 of 24 without findings',
      '  host9.v4   1 error',
      '  host2.v4   1 warning, 1 info',
      '  host3.v4   1 warning, 1 info',
    ]);
    expect(lines.slice(-4)).toEqual(['  and 2 hosts more', '', '1 error, 21 warnings, 3 info in 31 rules of rules.v4', '']);
    expect(full(report(found, { hosts: hosts.slice(0, 9) }), plain)).not.toContain('By check');
  });

  test('a cause in another file, and a place at the very end', () => {
    const { source } = ssh();
    const other = new Source('rules.v6', '*filter\n-A INPUT -j ACCEPT\nCOMMIT\n');
    const diagnostic = finding(source, 'COMMIT', {
      check: 'v6-less-strict',
      message: 'IPv6 lets in what IPv4 does not',
      related: [related(other, '-A INPUT -j ACCEPT', 'lets in everything', { source: other })],
    });
    const ending = finding(source, '', {
      level: 'warning',
      at: { start: source.text.length, end: source.text.length },
      message: 'here it ends',
    });
    expect(full(report([diagnostic, ending]), plain)).toBe(`\
error[v6-less-strict]: IPv6 lets in what IPv4 does not
  --> rules.v4:8
   |
 8 | COMMIT
   | ^^^^^^
   |
  ::: rules.v6:2
   |
 2 | -A INPUT -j ACCEPT
   | ------------------ lets in everything

warning[shadowed-rule]: here it ends
  --> rules.v4:9
   |
 9 |
   | ^

1 error, 1 warning in 31 rules of rules.v4
`);
  });

  test('many lines with one cause: the first ones are shown, the numbers of all are told', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `-A INPUT -s 192.0.2.${index}/32 -j DROP`);
    const source = new Source('rules.v4', `${lines.join('\n')}\n`);
    const dead = lines.slice(2).map((line) => related(source, line, 'dead too', { dead: true }));
    const diagnostic = finding(source, lines[1]!, { related: [related(source, lines[0]!, 'takes them'), ...dead] });
    const text = full(report([diagnostic]), plain);
    expect(text.match(/dead too/g)).toHaveLength(7);
    expect(text).toContain('\n   = the same holds for lines 10-30\n');
  });
});

describe('narrow and wide', () => {
  test('long words are wrapped, a label that does not fit stands below', () => {
    const { diagnostic } = ssh();
    const text = full(report([{ ...diagnostic, label: 'never reached, whatever the packet is' }]), { ...plain, width: 64 });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(64);
    expect(text).toContain(
      `
error[shadowed-rule]: this rule can never match; line 5 decides
  its packets first
`.trim(),
    );
    expect(text).toContain('\n   | never reached, whatever the packet is\n');
    expect(text).toContain(`
   = packet: tcp 192.0.2.7:40000 > 198.51.100.1:22 in eth0 new
             line 5 ACCEPT decides here; line 7 DROP would have
             applied
`);
  });

  test('a long rule is cut in the middle, not under the carets', () => {
    const line = `-A INPUT -s 192.0.2.1/32 -m comment --comment "${'word '.repeat(60)}" -p tcp --dport 22 -m set --match-set ${'x'.repeat(200)} src -j DROP`;
    const marks = ['--dport 22', '-j DROP'].map((words) => [line.indexOf(words), line.indexOf(words) + words.length] as const);
    const cut = excerpt(line, marks, 90);
    expect(cut.text).toHaveLength(90);
    expect(cut.marks.map(([start, end]) => cut.text.slice(start, end))).toEqual(['--dport 22', '-j DROP']);
    expect(cut.text).toMatch(/^-A INPUT -s .*….* -p tcp --dport 22 .*….* src -j DROP$/);
  });

  test('a marked stretch that is itself too long loses its middle; so does a line of a megabyte', () => {
    const line = `-A INPUT -m comment --comment "${'x'.repeat(1_000_000)}" -j DROP`;
    const cut = excerpt(line, [[0, line.length]], 80);
    expect(cut.text).toHaveLength(80);
    expect(cut.marks).toEqual([[0, 80]]);
    expect(cut.text).toMatch(/^-A INPUT .*….*-j DROP$/);
  });

  test('a line of nothing but short marked words still fits', () => {
    const line = 'ab '.repeat(200);
    const marks = Array.from({ length: 200 }, (_, index) => [index * 3, index * 3 + 2] as const);
    expect(excerpt(line, marks, 60).text.length).toBeLessThanOrEqual(60);
  });

  test('carets up to the very edge, and no label: no empty row', () => {
    const line = `-A INPUT ${'x'.repeat(86)}`;
    const source = new Source('rules.v4', `${line}\n`);
    expect(full(report([finding(source, line)]), plain)).toContain(`   | ${'^'.repeat(95)}\n\n1 error`);
  });

  test('a long line of wide characters fits too', () => {
    const line = `-A INPUT -m comment --comment "${'防火墙'.repeat(100)}" -j DROP`;
    expect(columns(excerpt(line, [[0, 8]], 60).text)).toBeLessThanOrEqual(60);
    expect(excerpt('防火墙 ab', [[4, 6]], 60)).toEqual({ text: '防火墙 ab', marks: [[7, 9]] });
  });

  test('wide characters: the carets stand where the terminal shows the words', () => {
    const source = new Source('rules.v4', '-A INPUT -m comment --comment "防火墙" -j DROP\n');
    const text = full(
      report([
        finding(source, '-A', { at: span(source, '-A INPUT -m comment --comment "防火墙" -j DROP'), focus: [span(source, '-j DROP')] }),
      ]),
      plain,
    );
    expect(text).toContain(` 1 | -A INPUT -m comment --comment "防火墙" -j DROP\n   | ${' '.repeat(39)}^^^^^^^\n`);
  });
});

describe('the last line', () => {
  test.each([
    ['nothing found', {}, 'No findings in 31 rules of rules.v4\n'],
    [
      'what is not shown, and why',
      { counts: { error: 0, warning: 0, info: 0, suppressed: 3, baseline: 5, uncertain: 1 } },
      'No findings in 31 rules of rules.v4; not shown: 3 silenced, 5 in the baseline, 1 only possible\n',
    ],
    [
      'part unread',
      { partlyUnread: true },
      'No findings in 31 rules of rules.v4\nPart of the input could not be read; what the lost lines could change is told as possible\n',
    ],
    [
      'open questions',
      { inconclusive: true },
      'No findings in 31 rules of rules.v4\nNot everything was decided: the budget ran out (--effort high allows more)\n',
    ],
    ['nothing read', { inputs: [], unreadable: [{ path: 'x', message: 'no such file' }] }, 'Nothing could be read\n'],
  ])('%s', (_what, more, text) => {
    expect(full(report([], more), plain)).toBe(text);
  });
});

test('colour changes nothing but colour', async () => {
  const sample = report([ssh().diagnostic]);
  const colored = full(sample, { ...plain, colors: await colorsFor(true) });
  expect(colored).toContain('\x1b[1m\x1b[31merror[shadowed-rule]');
  expect(colored.replace(/\x1b\[\d+m/g, '')).toBe(full(sample, plain));
});
