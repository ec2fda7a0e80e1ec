/** What DNAT, SNAT, REDIRECT and MASQUERADE map to. */
import { expect, test } from 'vitest';
import { natPorts, natRange } from '../../../grammar/values/nat-range.js';
import { printed, said, value } from './reading.js';

test.each([
  ['192.0.2.5', '192.0.2.5'],
  ['192.0.2.5-192.0.2.5', '192.0.2.5'],
  ['192.0.2.9-192.0.2.5', '192.0.2.9-192.0.2.5'],
  ['192.0.2.5:80', '192.0.2.5:80'],
  ['192.0.2.5:http', '192.0.2.5:80'],
  ['192.0.2.5:0x50', '192.0.2.5:80'],
  ['192.0.2.5:010', '192.0.2.5:8'],
  ['192.0.2.5:80-80', '192.0.2.5:80'],
  ['192.0.2.1-192.0.2.9:1024-2047', '192.0.2.1-192.0.2.9:1024-2047'],
  ['192.0.2.5:1000-1009/ssh', '192.0.2.5:1000-1009/22'],
  [':8080', ':8080'],
  [':0', ':0'],
])('--to-destination %s is saved as %s', (word, saved) => {
  expect(printed(natRange, word)).toBe(saved);
});

test.each([
  ['2001:db8::5', '2001:db8::5'],
  ['[2001:db8::5]', '2001:db8::5'],
  ['[2001:DB8:0::5]:80', '[2001:db8::5]:80'],
  ['2001:db8::5-2001:db8::9', '2001:db8::5-2001:db8::9'],
  ['[2001:db8::5-2001:db8::9]:80-90/5', '[2001:db8::5-2001:db8::9]:80-90/5'],
  [':80', ':80'],
  ['[]:80', ':80'],
  // Without brackets the last group is no port, and what stands behind a bracket without a colon is lost: so reads 1.8.9.
  ['2001:db8::5:80', '2001:db8::5:80'],
  ['[2001:db8::5]80', '2001:db8::5'],
])('in IPv6 --to-destination %s is saved as %s', (word, saved) => {
  expect(printed(natRange, word, 6)).toBe(saved);
});

test.each([
  ['', 'not an address'],
  ['192.0.2', 'not an address'],
  ['192.0.2.05', 'not an address'],
  ['192.0.2.0/24', 'not an address'],
  ['192.0.2.5-', 'not an address'],
  ['192.0.2.5:80:90', 'not an address'],
  ['gateway', 'not an address'],
  ['192.0.2.5:', 'a port is missing'],
  ['192.0.2.5:80-', 'a port is missing'],
  ['192.0.2.5:65536', 'not a port'],
  ['192.0.2.5:90-80', 'upside down'],
  ['192.0.2.5:080', 'cannot stand behind a port'],
  ['192.0.2.5:80/90', 'cannot stand behind a port'],
  ['192.0.2.5:80-https', 'not a port'],
  ['192.0.2.5:http-https', 'neither a port nor a known service'],
  ['192.0.2.5:1000-2000/0', 'from 1 to 65535'],
])('--to-destination "%s" is refused: %s', (word, why) => {
  expect(printed(natRange, word)).toMatch(/^refused: /);
  expect(printed(natRange, word)).toContain(why);
});

test.each(['[2001:db8::5', '[2001:db8::5]-[2001:db8::9]:80', '192.0.2.5', '[]'])('in IPv6 --to-destination %s is refused', (word) => {
  expect(printed(natRange, word, 6)).toMatch(/^refused/);
});

test('addresses and ports are kept as numbers', () => {
  expect(value(natRange, '192.0.2.1-192.0.2.9:1000-1009/5')).toEqual({
    addresses: { first: 0xc0000201, last: 0xc0000209 },
    ports: { first: 1000, last: 1009, base: 5 },
  });
  expect(value(natRange, ':80')).toEqual({ addresses: null, ports: { first: 80, last: 80, base: null } });
});

test('a mapping reads as prose', () => {
  expect(said(natRange, '192.0.2.5:80')).toBe('192.0.2.5 port 80 (http)');
  expect(said(natRange, '192.0.2.1-192.0.2.9:80-90')).toBe('an address from 192.0.2.1 to 192.0.2.9 and a port from 80 to 90');
  expect(said(natRange, ':80-90')).toBe('a port from 80 to 90');
  expect(said(natRange, ':80-90/8080')).toBe('the ports 80 to 90 in order (8080 becomes 80)');
  expect(said(natRange, ':80-90/80')).toBe('the ports 80 to 90 in order (80 stays)');
});

test.each([
  ['3128', '3128'],
  ['0-0', '0'],
  ['1024-2047', '1024-2047'],
  ['ftp-data', '20'],
  ['10-ssh', 'refused: "ssh" is not a port from 0 to 65535'],
  ['ftp-ssh', 'refused: "ftp-ssh" is neither a port nor a known service'],
  ['10:20', 'refused: "10:20": a range of ports is written with "-"'],
])('--to-ports %s is saved as %s', (word, saved) => {
  expect(printed(natPorts, word)).toBe(saved);
});
