/** A finding keeps its name while what it is about stays the same. */
import { expect, test } from 'vitest';
import { Source } from '../../grammar/index.js';
import { fingerprints } from '../../src/diagnostic/fingerprint.js';
import { finding, related } from '../reporters/sample.js';

const rule = '-A INPUT -s 192.0.2.7/32 -j DROP';
const cause = '-A INPUT -s 192.0.2.0/24 -j ACCEPT';
const nameIn = (text: string, words = rule, reason = cause, name = 'rules.v4', more = {}): string => {
  const source = new Source(name, text);
  return fingerprints([
    finding(source, words, { table: 'filter', chain: 'INPUT', related: [related(source, reason, 'takes it')], ...more }),
  ])[0]!;
};
const first = nameIn(`${cause}\n${rule}\n`);

test.each([
  ['other lines', nameIn(`# words\n-A INPUT -i lo -j ACCEPT\n\n${cause}\n-A INPUT -p icmp -j ACCEPT\n${rule}\n`)],
  ['counters', nameIn(`[1:2] ${cause}\n[30:4000] ${rule}\n`, `[30:4000] ${rule}`, `[1:2] ${cause}`)],
  ['blanks', nameIn(`${cause}\n${rule.replaceAll(' ', '  ')}\n`, rule.replaceAll(' ', '  '))],
  ['level and wording', nameIn(`${cause}\n${rule}\n`, rule, cause, 'rules.v4', { level: 'info', message: 'said otherwise' })],
])('%s do not change it', (_what, name) => {
  expect(name).toBe(first);
});

test.each([
  ['the rule', nameIn(`${cause}\n-A INPUT -s 192.0.2.8/32 -j DROP\n`, '-A INPUT -s 192.0.2.8/32 -j DROP')],
  ['its cause', nameIn(`-A INPUT -j ACCEPT\n${rule}\n`, rule, '-A INPUT -j ACCEPT')],
  ['the file', nameIn(`${cause}\n${rule}\n`, rule, cause, 'other.v4')],
  ['the table', nameIn(`${cause}\n${rule}\n`, rule, cause, 'rules.v4', { table: 'mangle' })],
  ['the chain', nameIn(`${cause}\n${rule}\n`, rule, cause, 'rules.v4', { chain: 'FORWARD' })],
  ['the check', nameIn(`${cause}\n${rule}\n`, rule, cause, 'rules.v4', { check: 'duplicate-rule' })],
])('%s does', (_what, name) => {
  expect(name).not.toBe(first);
});

test('equal findings are told apart', () => {
  const source = new Source('rules.v4', rule);
  const [a, b] = fingerprints([finding(source, rule), finding(source, rule)]);
  expect(b).toBe(`${a}-2`);
});
