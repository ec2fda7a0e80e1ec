/** A slip gives one message, where it is, with what was meant where that can be told. */
import { expect, test } from 'vitest';
import { lintText } from '../../src/lint.js';

const head = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:WEB - [0:0]\n-A WEB -j DROP\n';
const first = head.split('\n').length;

/** What is told of a text whose line behind the head is wrong: line from there, column, level, message, help. */
const told = (line: string, rest = 'COMMIT\n'): readonly string[] =>
  lintText([{ name: 'x', text: `${head}${line}\n${rest}` }], { family: 4, select: ['load'] }).diagnostics.map(
    ({ source, at, level, message, help }) => {
      const place = source.position(at.start);
      return `${place.line - first}:${place.column} ${level}: ${message}${help === undefined ? '' : ` [${help}]`}`;
    },
  );

test.each<[string, string]>([
  // Words that fit nowhere hide what stands behind them.
  ['-A INPUT lo -i -j ACCEPT', '0:10 error: "lo" stands where an option such as -p, -m or -j is expected'],
  ['-A FORWARD 192.0.2.1 -s ! -o eth0', '0:12 error: "192.0.2.1" stands where an option such as -p, -m or -j is expected'],
  ['-A INPUT -i eth0 WEB', '0:18 error: "WEB" stands where an option such as -p, -m or -j is expected'],
  ['- [0:0]', '0:1 error: "-" stands where an option such as -p, -m or -j is expected'],
  // A value that was forgotten.
  ['-A INPUT -s -j ACCEPT', '0:10 error: -s wants an address, a network address/prefix, or a list of them, and -j stands there'],
  ['-A INPUT -m --ctstate INVALID -j DROP', '0:10 error: -m wants the name of a match'],
  ['-A INPUT -i lo -j', '0:16 error: -j wants the name of a target or chain'],
  // An option that was lost takes nothing else with it.
  [
    '-A INPUT -m conntrack --ctstat3 NEW',
    '0:23 error: --ctstat3 is not an option of iptables or of the extensions named before it [did you mean --ctstate?]',
  ],
  ['-A INPUT -m recent -', '0:20 error: "-" stands where an option such as -p, -m or -j is expected'],
  // Names.
  ['-A INPUT -p tpc --dport 22 -j DROP', '0:13 error: -p: "tpc" is not a known protocol [did you mean tcp?]'],
  ['-A INPUT -p icpm -j DROP', '0:13 error: -p: "icpm" is not a known protocol [did you mean icmp?]'],
  ['-A INPUT -p xyz -j DROP', '0:13 error: -p: "xyz" is not a known protocol [it wants a protocol name or a number from 0 to 255]'],
  [
    '-A INPUT -p tcp/udp --dport 53',
    '0:13 error: -p: "tcp/udp" is not a known protocol [a rule has one protocol: write one rule for each]',
  ],
  // Ports.
  [
    '-A INPUT -p tcp --dport 22,80 -j ACCEPT',
    '0:25 error: --dport: "22,80" is neither a port nor a known service [for several ports write -m multiport with --dports or --sports]',
  ],
  ['-A INPUT -p tcp --dport 100-200', '0:25 error: --dport: "100-200" is neither a port nor a known service [write the range as 100:200]'],
  // Blanks in a list are told with the value before them.
  ['-A INPUT -p tcp, udp -j DROP', '0:13 error: -p: "tcp," is not a known protocol [a rule has one protocol: write one rule for each]'],
  [
    '-A INPUT -s 192.0.2.1, 192.0.2.2 -j DROP',
    '0:13 error: -s: an address is missing [a list has no blanks in it, and no comma at its end]',
  ],
  // A value that a blank cut in two is told once.
  ['-A INPUT -s 10.0.0. 1/8 -j DROP', '0:13 error: -s: "10.0.0." is not an IPv4 address [a blank ends a value: write 10.0.0.1/8]'],
  ['-A OUTPUT -d 192.  0.2.1 -p tc p -j DROP', '0:14 error: -d: "192." is not an IPv4 address [a blank ends a value: write 192.0.2.1]'],
  // Lists without commas.
  [
    '-A INPUT -p tcp -m tcp --dport 80 443 -j DROP',
    '0:35 error: "443" stands where an option such as -p, -m or -j is expected [for several ports write -m multiport with --dports 80,443]',
  ],
  [
    '-A INPUT -p tcp -m multiport --source-ports 80 443:445 -j DROP',
    '0:48 error: "443:445" stands where an option such as -p, -m or -j is expected [a list has commas and no blanks: 80,443:445]',
  ],
  [
    '-A INPUT -s 192.0.2.1 192.0.2.7 -j DROP',
    '0:23 error: "192.0.2.7" stands where an option such as -p, -m or -j is expected [a list has commas and no blanks: 192.0.2.1,192.0.2.7]',
  ],
  // What must stand before an option.
  [
    '-A INPUT --dport 80 -j ACCEPT',
    '0:10 error: --dport is not an option of iptables [it wants -p tcp or -p udp or -p dccp or -p sctp before it]',
  ],
  ['-A INPUT -p tcp -J DROP', '0:17 error: -J is not an option of iptables [did you mean -j?]'],
  // Dashes.
  ['-A INPUT -p tcp -dport 22 -j ACCEPT', '0:17 error: -dport has one dash: iptables reads it as -d port [did you mean --dport?]'],
  ['-A INPUT -p tcp -ctstate NEW', '0:17 error: -ctstate has one dash: iptables reads it as -c tstate [did you mean --ctstate?]'],
  [
    '-A INPUT -p udp \u2013j ACCEPT',
    '0:17 error: "\u2013j" stands where an option such as -p, -m or -j is expected [its dash is one of word processors: write -j]',
  ],
  [
    '-A INPUT -p tcp \u2014dport 22',
    '0:17 error: "\u2014dport" stands where an option such as -p, -m or -j is expected [its dash is one of word processors: write --dport]',
  ],
  // Blanks.
  [
    '-A INPUT -m comment --comment ssh from home -j ACCEPT',
    '0:35 error: "from" stands where an option such as -p, -m or -j is expected [put the whole text behind --comment in quotes]',
  ],
  [
    '-A INPUT -m iprange --src-range 192.0.2.1-192.0.2.5 - -j DROP',
    '0:53 error: "-" stands where an option such as -p, -m or -j is expected [a range has no blanks in it]',
  ],
  ['-A INPUT -p igmmp -j DROP', '0:13 error: -p: "igmmp" is not a known protocol [did you mean igmp?]'],
  ['-A INPUT -p tcp --dport htpps', '0:25 error: --dport: "htpps" is neither a port nor a known service [did you mean https?]'],
  ['-A INPUT -p tcp --dport htttp', '0:25 error: --dport: "htttp" is neither a port nor a known service [did you mean http?]'],
  [
    '-A INPUT -m conntrack --ctstate ESTABLISHD',
    '0:33 error: --ctstate: "ESTABLISHD" is not a connection state (INVALID NEW RELATED ESTABLISHED UNTRACKED SNAT DNAT) [did you mean ESTABLISHED?]',
  ],
  ['-A INPUT -j ACEPT', '0:1 error: "ACEPT" is neither a chain of the table filter nor a target [did you mean ACCEPT?]'],
  ['-A INPUT -j DROP;', '0:1 error: "DROP;" is neither a chain of the table filter nor a target [did you mean DROP?]'],
  ['-A INPUT -j WBE', '0:1 error: "WBE" is neither a chain of the table filter nor a target [did you mean WEB?]'],
])('%s', (line, message) => expect(told(line)).toEqual([message]));

test('words that are no value put together either are told apart', () => {
  expect(told('-A INPUT -s 10.0.0. x -j DROP')).toEqual([
    '0:13 error: -s: "10.0.0." is not an IPv4 address [it wants an address, a network address/prefix, or a list of them]',
    '0:21 error: "x" stands where an option such as -p, -m or -j is expected',
  ]);
});

test.each(['COMMT', 'COMMyT', 'CO"MMIT', 'commit'])('%s for COMMIT', (word) => {
  const [message, ...others] = told(word, '*nat\n-A POSTROUTING -j ACCEPT\nCOMMIT\n');
  expect(others).toEqual([]);
  expect(message).toContain(`0:1 error: "${word}" is not COMMIT [`);
});

test('a table line that is missing is told once', () => {
  const lines = ':PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -j MASQUERADE\n';
  expect(told('COMMIT', `${lines}*mangle\n-A INPUT -j ACCEPT\nCOMMIT\n`).filter((message) => message.includes('error'))).toEqual([
    '1:1 error: the line stands outside a table: a *table line must come before it and COMMIT behind it',
  ]);
});

test('a built-in chain with a slip in its name', () => {
  const text = '*filter\n:INUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n';
  expect(lintText([{ name: 'x', text }], { select: ['load'] }).diagnostics.map(({ help }) => help)).toEqual(['did you mean INPUT?']);
});

test('a message stands on one line', () => {
  for (const message of told('-A INPUT -j "WEB')) expect(message).not.toContain('\n');
});
