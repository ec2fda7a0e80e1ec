import { describe, expect, it } from 'vitest';
import { Fault } from '../../grammar/index.js';
import { readAddresses, readRoutes } from '../../src/model/host.js';

describe('reading ip -j addr', () => {
  it('reads interfaces, addresses, groups', () => {
    const json = JSON.stringify([
      {
        ifname: 'eth0',
        link_type: 'ether',
        address: '02:00:00:00:00:01',
        mtu: 1500,
        group: '5',
        addr_info: [{ family: 'inet', local: '192.0.2.1', prefixlen: 24, broadcast: '192.0.2.255' }],
      },
      { ifname: 'tun0', link_type: 'none', group: 'default', addr_info: [{ family: 'inet6', local: '2001:db8::1', prefixlen: 64 }] },
      {},
    ]);
    expect(readAddresses(json)).toEqual([
      {
        name: 'eth0',
        mac: 0x020000000001,
        linkType: 'ether',
        mtu: 1500,
        group: 5,
        addresses: [{ family: 4, address: 0xc0000201, prefix: 24, broadcast: 0xc00002ff, peer: null }],
      },
      {
        name: 'tun0',
        mac: null,
        linkType: 'none',
        mtu: null,
        group: 0,
        addresses: [{ family: 6, address: 0x20010db8000000000000000000000001n, prefix: 64, broadcast: null, peer: null }],
      },
    ]);
  });

  it('says what is wrong with anything else', () => {
    expect(readAddresses('eth0: <UP>')).toBeInstanceOf(Fault);
    expect(readAddresses('{}')).toBeInstanceOf(Fault);
  });
});

describe('reading ip -j route', () => {
  it('reads destinations, types and devices of both families', () => {
    const json = `${JSON.stringify([
      { dst: 'default', gateway: '192.0.2.254', dev: 'eth0', flags: [] },
      { type: 'blackhole', dst: '198.51.100.0/24' },
      { dst: '203.0.113.9', dev: 'tun0', metric: 50 },
      { dst: '10.0.0.0/8', nexthops: [{ gateway: '192.0.2.3', dev: 'eth1' }] },
    ])}\n${JSON.stringify([{ dst: '2001:db8::/32', dev: 'eth0' }])}`;
    expect((readRoutes(json) as object[]).map((route) => ({ ...route }))).toMatchObject([
      { family: 4, type: 'unicast', prefix: 0, device: 'eth0' },
      { family: 4, type: 'blackhole', address: 0xc6336400, prefix: 24, device: null },
      { family: 4, address: 0xcb007109, prefix: 32, device: 'tun0', metric: 50 },
      { family: 4, prefix: 8, device: 'eth1' },
      { family: 6, address: 0x20010db8000000000000000000000000n, prefix: 32 },
    ]);
  });

  it('leaves the family of a default route open where nothing tells it', () => {
    expect(readRoutes('[{"dst":"default","dev":"eth1"}]')).toMatchObject([{ family: null, prefix: 0, device: 'eth1' }]);
  });
});
