/** The language of queries: what can be said, and mistakes that point at their word. */
import { describe, expect, test } from 'vitest';
import { readQuery } from '../../src/query/language.js';

/** The message of a mistake with the words that it points at. */
const mistake = (text: string): string => {
  const read = readQuery(text);
  if (!('message' in read)) throw new Error(`"${text}" can be read`);
  return `[${text.slice(read.at, read.at + read.length)}] ${read.message}`;
};

describe('can be read', () => {
  test.each([
    'to port 22 in INPUT',
    'from 0.0.0.0/0 accepted in FORWARD',
    'decided by line 40',
    'decided by policy in filter/FORWARD',
    'matched by line 7',
    'dropped and not logged',
    'tcp from 192.0.2.0/24 to 198.51.100.7 port 443 in FORWARD arriving on eth0',
    'tcp,udp from 192.0.2.1-192.0.2.9, 198.51.100.0/24 port 1024-65535 to port ssh, 8000:8080',
    '(in INPUT or in FORWARD) new blocked leaving by ppp+',
    'protocol 47 from 2001:db8::/32',
    'NOT established TCP To Anywhere',
  ])('%s', (text) => {
    expect(readQuery(text)).not.toHaveProperty('message');
  });
});

describe('a mistake points at its word', () => {
  test.each([
    ['too port 22', '[too] too is neither a word of queries nor a protocol; did you mean to?'],
    ['tpc to port 22', '[tpc] tpc is neither a word of queries nor a protocol; did you mean tcp?'],
    ['to port 22 in INPT', '[INPT] INPT is no built-in chain; did you mean INPUT?'],
    ['in filtr/INPUT', '[filtr] filtr is no table; did you mean filter?'],
    ['in nat/FORWARD', '[nat/FORWARD] table nat has no chain FORWARD; it has PREROUTING, INPUT, OUTPUT and POSTROUTING'],
    ['from 192.0.2.300', '[192.0.2.300] 192.0.2.300 is no address'],
    ['from 192.0.2.0/33', '[192.0.2.0/33] /33 is no prefix length of IPv4: 0 to 32'],
    ['from 192.0.2.9-192.0.2.1', '[192.0.2.9-192.0.2.1] 192.0.2.9-192.0.2.1 is empty: it ends before it begins'],
    ['to port 70000', '[70000] there is no port 70000: the last one is 65535'],
    ['to port shh', '[shh] shh is no port and no service that is known'],
    ['decided by line x', '[x] x is no number of a line'],
    ['192.0.2.1 to port 22', '[192.0.2.1] 192.0.2.1 stands alone; write "from 192.0.2.1" or "to 192.0.2.1"'],
    ['decided line 4', '[line] "line" does not fit after "decided"'],
    ['drop in INPUT', '[drop] drop is no word of queries; write "dropped"'],
    ['allowed in input', '[allowed] allowed is no word of queries; write "accepted"'],
    ['dropped input', '[input] input is no word of queries; write "in INPUT"'],
    ['src 192.0.2.1', '[src] src is no word of queries; write "from"'],
    ['new dport 22', '[dport] dport is no word of queries; write "to port"'],
    ['who can reach ssh', '[who] who is no word of queries; write "from"'],
    ['ssh from anywhere', '[ssh] ssh is a service; write "to port ssh"'],
    ['to ssh in INPUT', '[ssh] ssh is no address but a service; write "port ssh"'],
    ['port 22/tcp', '[22/tcp] 22/tcp says two things; write "tcp to port 22"'],
    ['on eth0 new', '[on] "on" does not fit; did you mean "arriving on"?'],
    ['line 40', '[line] "line" does not fit; did you mean "decided by line"?'],
    ['to port 22, or', '[or] "or" does not fit after ","'],
  ])('%s', (text, message) => {
    expect(mistake(text)).toBe(message);
  });

  test('at the end, where something is missing', () => {
    expect(mistake('dropped and')).toBe('[] the query ends after "and", where more is needed');
    expect(mistake('')).toBe('[] the query is empty');
  });
});
