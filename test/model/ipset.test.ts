import { describe, expect, it } from 'vitest';
import { entryPrefix, readIpsets } from '../../src/model/ipset.js';

const one = (text: string) => {
  const { sets, problems } = readIpsets(text);
  expect(problems).toEqual([]);
  return [...sets.values()][0]!;
};

describe('reading ipset save', () => {
  it('reads the options of a set', () => {
    expect(
      one(
        'create a hash:ip family inet6 hashsize 1024 maxelem 65536 netmask 64 timeout 300 counters comment skbinfo bucketsize 12 initval 0x1',
      ),
    ).toMatchObject({
      name: 'a',
      type: 'hash:ip',
      method: 'hash',
      dimensions: ['ip'],
      family: 6,
      mask: ((1n << 64n) - 1n) << 64n,
      expires: true,
      counters: true,
      whole: true,
      line: 1,
    });
  });

  it.each([
    ['hash:ip', '192.0.2.7', [{ kind: 'address', low: 0xc0000207, high: 0xc0000207 }]],
    ['hash:ip', '192.0.2.7-192.0.2.9', [{ kind: 'address', low: 0xc0000207, high: 0xc0000209 }]],
    ['hash:net', '192.0.2.0/24', [{ kind: 'address', low: 0xc0000200, high: 0xc00002ff }]],
    ['hash:mac', '02:00:00:00:00:0a', [{ kind: 'mac', mac: 0x02000000000a }]],
    [
      'hash:ip,mark',
      '192.0.2.7,0xff',
      [
        { kind: 'address', low: 0xc0000207, high: 0xc0000207 },
        { kind: 'mark', mark: 255 },
      ],
    ],
    [
      'hash:ip,port',
      '192.0.2.7,udp:53',
      [
        { kind: 'address', low: 0xc0000207, high: 0xc0000207 },
        { kind: 'port', protocol: 17, low: 53, high: 53 },
      ],
    ],
    [
      'hash:ip,port',
      '192.0.2.7,tcp:80-90',
      [
        { kind: 'address', low: 0xc0000207, high: 0xc0000207 },
        { kind: 'port', protocol: 6, low: 80, high: 90 },
      ],
    ],
    [
      'hash:ip,port',
      '192.0.2.7,icmp:host-unreachable',
      [
        { kind: 'address', low: 0xc0000207, high: 0xc0000207 },
        { kind: 'port', protocol: 1, low: 0x301, high: 0x301 },
      ],
    ],
    [
      'hash:ip,port',
      '192.0.2.7,icmp:200/1',
      [
        { kind: 'address', low: 0xc0000207, high: 0xc0000207 },
        { kind: 'port', protocol: 1, low: 0xc801, high: 0xc801 },
      ],
    ],
    [
      'hash:ip,port',
      '192.0.2.7,vrrp:0',
      [
        { kind: 'address', low: 0xc0000207, high: 0xc0000207 },
        { kind: 'port', protocol: 112, low: 0, high: 0 },
      ],
    ],
    ['bitmap:port range 1-1000', '80', [{ kind: 'port', protocol: null, low: 80, high: 80 }]],
    [
      'hash:net,iface',
      '192.0.2.0/24,physdev:eth1',
      [
        { kind: 'address', low: 0xc0000200, high: 0xc00002ff },
        { kind: 'iface', name: 'eth1', physical: true, prefix: false },
      ],
    ],
    [
      'hash:net,iface',
      '0.0.0.0/0,eth wildcard',
      [
        { kind: 'address', low: 0, high: 0xffffffff },
        { kind: 'iface', name: 'eth', physical: false, prefix: true },
      ],
    ],
    ['list:set size 8', 'other', [{ kind: 'set', name: 'other' }]],
  ])('reads an entry of %s: %s', (type, entry, parts) => {
    expect(one(`create s ${type}\nadd s ${entry}\n`).entries).toEqual([{ parts, nomatch: false, timeout: null }]);
  });

  it('reads IPv6 entries', () => {
    expect(one('create s hash:ip,port family inet6\nadd s 2001:db8::1,ipv6-icmp:neighbour-solicitation').entries[0]!.parts).toEqual([
      { kind: 'address', low: 0x20010db8000000000000000000000001n, high: 0x20010db8000000000000000000000001n },
      { kind: 'port', protocol: 58, low: 0x8700, high: 0x8700 },
    ]);
  });

  it('reads nomatch, timeout and a quoted comment', () => {
    const [a, b] = one(
      'create s hash:net comment timeout 0\nadd s 192.0.2.0/25 nomatch timeout 99\nadd s 192.0.2.0/24 comment "office of A nomatch"',
    ).entries;
    expect(a).toMatchObject({ nomatch: true, timeout: 99 });
    expect(b).toMatchObject({ nomatch: false, timeout: null });
  });

  it('tells the lines that it cannot read, and which sets they leave open', () => {
    const { sets, problems } = readIpsets('create a hash:ip\nadd a nonsense\ncreate b hash:wonder\nadd b 1\nadd a 192.0.2.1\n');
    expect(problems.map(({ line }) => line)).toEqual([2, 3, 4]);
    expect(sets.get('a')).toMatchObject({ whole: false, entries: [{ nomatch: false }] });
  });

  it('knows the prefix length of a range that is a network', () => {
    expect([
      entryPrefix(0xc0000200, 0xc00002ff),
      entryPrefix(0xc0000201, 0xc0000202),
      entryPrefix(5n, 5n),
      entryPrefix(0, 0xffffffff),
    ]).toEqual([24, undefined, 128, 0]);
  });
});
