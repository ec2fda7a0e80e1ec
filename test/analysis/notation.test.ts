import { describe, expect, it } from 'vitest';
import { Fault } from '../../grammar/index.js';
import { readNotation } from '../../src/analysis/trace/notation.js';

describe('packets as people write them', () => {
  it.each([
    [
      'tcp 192.0.2.7:40000 > 198.51.100.5:22 in eth0 state=ESTABLISHED',
      { proto: 'tcp', src: '192.0.2.7', sport: 40000, dst: '198.51.100.5', dport: 22, in: 'eth0', state: 'ESTABLISHED', flags: 'ACK' },
    ],
    ['192.0.2.7 -> 198.51.100.5:22', { proto: 'tcp', src: '192.0.2.7', sport: 40000, dst: '198.51.100.5', dport: 22, flags: 'SYN' }],
    [
      'udp 192.0.2.7>198.51.100.5:53 out eth1 new',
      { proto: 'udp', src: '192.0.2.7', sport: 40000, dst: '198.51.100.5', dport: 53, out: 'eth1', state: 'NEW' },
    ],
    [
      'tcp [2001:db8::1]:9 to [2001:db8::2]:443 syn,ack',
      { proto: 'tcp', src: '2001:db8::1', sport: 9, dst: '2001:db8::2', dport: 443, flags: 'SYN,ACK' },
    ],
    ['icmp 192.0.2.7 > 198.51.100.5 echo-reply', { proto: 'icmp', src: '192.0.2.7', dst: '198.51.100.5', icmp_type: 0, icmp_code: 0 }],
    [
      'icmp 192.0.2.7 > 198.51.100.5 icmp type 3 icmp code 1',
      { proto: 'icmp', src: '192.0.2.7', dst: '198.51.100.5', icmp_type: 3, icmp_code: 1 },
    ],
    ['2001:db8::1 > 2001:db8::2 ping', { proto: 'icmpv6', src: '2001:db8::1', dst: '2001:db8::2', icmp_type: 128, icmp_code: 0 }],
    ['gre 192.0.2.7 > 198.51.100.5 sent by this host ttl 9', { proto: 'gre', src: '192.0.2.7', dst: '198.51.100.5', in: 'local', ttl: 9 }],
    [
      'udp 192.0.2.7:1 > 198.51.100.5:2 to this host mark=0x10 mac=02:00:00:00:00:01 payload="GET /"',
      {
        proto: 'udp',
        src: '192.0.2.7',
        sport: 1,
        dst: '198.51.100.5',
        dport: 2,
        hook: 'INPUT',
        mark: 16,
        src_mac: '02:00:00:00:00:01',
        payload: 'GET /',
      },
    ],
    ['{"src":"192.0.2.7","dst":"198.51.100.5","proto":"esp"}', { proto: 'esp', src: '192.0.2.7', dst: '198.51.100.5' }],
  ])('reads %s', (text, packet) => {
    expect(readNotation(text)).toEqual(packet);
  });

  it.each([
    ['', 'a packet reads: tcp'],
    ['tcp 192.0.2.7', 'a packet reads: tcp'],
    ['tcp 192.0.2.7 > 198.51.100.5', 'wants a destination port'],
    ['tcp 192.0.2.7 > 198.51.100.5:99999', '"99999" is not a port number'],
    ['tcp 192.0.2.300 > 198.51.100.5:1', '"192.0.2.300" is not an address'],
    ['tcp 192.0.2.7 > [2001:db8::1]:80', 'different families'],
    ['tpc 192.0.2.7 > 198.51.100.5:80', '"tpc" is not a protocol'],
    ['icmp 192.0.2.7 > 198.51.100.5:80', 'icmp has no ports'],
    ['tcp 192.0.2.7 > 198.51.100.5:80 in', '"in" wants a value'],
    ['tcp 192.0.2.7 > 198.51.100.5:80 wonderful', '"wonderful" is not understood'],
  ])('says what is wrong with "%s"', (text, message) => {
    const fault = readNotation(text);
    expect(fault).toBeInstanceOf(Fault);
    expect((fault as Fault).message).toContain(message);
  });
});
