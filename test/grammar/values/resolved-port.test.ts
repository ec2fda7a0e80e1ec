/** Ports as conntrack and dccp read them, and the services behind them. */
import { expect, test } from 'vitest';
import { portByService, serviceByPort } from '../../../grammar/netfilter/services.js';
import { resolvedPortRange } from '../../../grammar/values/resolved-port.js';
import { printed, said } from './reading.js';

test.each([
  ['ssh', '22'],
  ['www', '80'],
  ['080', '80'],
  ['5:', '5:65535'],
  [':5', '0:5'],
  ['ssh:http', '22:80'],
  ['90:80', '90:80'],
  ['65536', '0'],
  ['131152', '80'],
  ['', '0'],
  ['0x50', 'refused: "0x50" is neither a port nor a known service'],
  ['HTTP', 'refused: "HTTP" is neither a port nor a known service'],
  ['1:2:3', 'refused: "1:2:3" has more than two ends'],
])('--ctorigsrcport %s is saved as %s', (word, saved) => {
  expect(printed(resolvedPortRange, word)).toBe(saved);
});

test('a port is said with the name people know it by', () => {
  expect(said(resolvedPortRange, '443')).toBe('443 (https)');
  expect(said(resolvedPortRange, '6443')).toBe('6443 (kubernetes api)');
  expect(said(resolvedPortRange, '60001')).toBe('60001');
});

test('names that are only said are not read', () => {
  expect(serviceByPort(53)).toBe('dns');
  expect(portByService('dns')).toBeUndefined();
  expect(portByService('domain')).toBe(53);
});

test('a protocol narrows what a name means', () => {
  expect(portByService('biff')).toBe(512);
  expect(portByService('biff', 'udp')).toBe(512);
  expect(portByService('biff', 'tcp')).toBeUndefined();
});
