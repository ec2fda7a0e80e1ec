/** What is told of a host beside its rules changes what is found: every flag of context, and --effort, on a ruleset where it matters. */
import { describe, expect, test, vi } from 'vitest';
import { parse } from '../../grammar/index.js';
import { factsOf } from '../../src/analysis/facts.js';
import { resolve } from '../../src/model/resolve.js';
import { call } from './call.js';

vi.setConfig({ testTimeout: 60_000 });

const filter = (...rules: string[]): string =>
  ['*filter', ':INPUT DROP [0:0]', ':FORWARD DROP [0:0]', ':OUTPUT ACCEPT [0:0]', ...rules, 'COMMIT', ''].join('\n');

/** Ids and levels of what is found. */
const found = async (text: string, words: readonly string[], files: Record<string, string> = {}, name = 'rules.v4') => {
  const { stdout, stderr, code } = await call(['-f', 'json', ...words, name], { files: { [name]: text, ...files }, engine: 'real' });
  if (stdout === '') throw new Error(stderr);
  const { findings, inputs } = JSON.parse(stdout) as {
    findings: { rule: string; level: string; line: number; message: string; certainty: string }[];
    inputs: { family: number }[];
  };
  return { code, stderr, findings, inputs, ids: findings.map(({ rule }) => rule) };
};

test('--ipset: a rule behind its own set is dead only where the set is known', async () => {
  const text = filter('-A INPUT -m set --match-set office src -j ACCEPT', '-A INPUT -s 192.0.2.7/32 -j DROP');
  const sets = 'create office hash:net family inet hashsize 1024 maxelem 65536\nadd office 192.0.2.0/24\n';
  expect((await found(text, ['--select', 'shadowed-rule'])).ids).toEqual([]);
  expect((await found(text, ['--select', 'shadowed-rule', '--ipset', 'sets'], { sets })).ids).toEqual(['shadowed-rule']);
  expect(
    (await found(text, ['--select', 'shadowed-rule', '--ipset', 'sets'], { sets: sets.replaceAll('192.0.2', '198.51.100') })).ids,
  ).toEqual([]);
});

test('--addresses: a rule in FORWARD for an own address', async () => {
  const text = filter('-A FORWARD -d 192.0.2.1/32 -j DROP');
  const addresses = JSON.stringify([{ ifname: 'eth0', addr_info: [{ family: 'inet', local: '192.0.2.1', prefixlen: 24 }] }]);
  const words = ['--select', 'shadowed-rule'];
  expect((await found(text, words)).ids).toEqual([]);
  const { ids, findings } = await found(text, [...words, '--addresses', 'a.json'], { 'a.json': addresses });
  expect(ids).toEqual(['shadowed-rule']);
  expect(findings[0]!.message).toContain('the addresses given send no packet that it asks for to FORWARD');
});

test('--addresses: a rule for an own address behind one for all own addresses', async () => {
  const text = filter('-A OUTPUT -m addrtype --dst-type LOCAL -j ACCEPT', '-A OUTPUT -d 192.0.2.1/32 -j DROP');
  const addresses = (own: string) =>
    JSON.stringify([
      { ifname: 'eth0', link_type: 'ether', addr_info: [{ family: 'inet', local: own, prefixlen: 24, broadcast: '192.0.2.255' }] },
    ]);
  const words = ['--select', 'shadowed-rule'];
  expect((await found(text, words)).ids).toEqual([]);
  expect((await found(text, [...words, '--addresses', 'a.json'], { 'a.json': addresses('192.0.2.1') })).ids).toEqual(['shadowed-rule']);
  expect((await found(text, [...words, '--addresses', 'a.json'], { 'a.json': addresses('192.0.2.2') })).ids).toEqual([]);
});

describe('--routes: a container network over a network that the host reaches elsewhere', () => {
  const text = [
    '*nat',
    ':POSTROUTING ACCEPT [0:0]',
    '-A POSTROUTING -s 172.18.0.0/16 ! -o br-0123456789ab -j MASQUERADE',
    'COMMIT',
    '',
  ].join('\n');
  const withRoute = async (dst: string, dev: string) => {
    const { findings } = await found(text, ['--select', 'overlapping-ranges', '--managed', 'full', '--routes', 'r.json'], {
      'r.json': JSON.stringify([
        { dst: 'default', gateway: '192.0.2.1', dev: 'eth0' },
        { dst, dev },
      ]),
    });
    return findings.map(({ level, certainty }) => `${level} ${certainty}`);
  };
  test('nothing told without', async () => expect((await found(text, ['--select', 'overlapping-ranges'])).ids).toEqual([]));
  test('within it', async () => expect(await withRoute('172.18.4.0/24', 'tun0')).toEqual(['warning proved']));
  test('the same', async () => expect(await withRoute('172.18.0.0/16', 'tun0')).toEqual(['warning proved']));
  test('around it: it may have been left free on purpose', async () =>
    expect(await withRoute('172.16.0.0/12', 'tun0')).toEqual(['info possible']));
  test('beside it', async () => expect(await withRoute('172.19.0.0/16', 'tun0')).toEqual([]));
  test('its own', async () => expect(await withRoute('172.18.0.0/16', 'br-0123456789ab')).toEqual([]));
  test('an address of the host tells it, too', async () => {
    const addresses = JSON.stringify([{ ifname: 'eth1', addr_info: [{ family: 'inet', local: '172.18.9.9', prefixlen: 24 }] }]);
    const { ids } = await found(text, ['--select', 'overlapping-ranges', '--addresses', 'a.json'], { 'a.json': addresses });
    expect(ids).toEqual(['overlapping-ranges']);
  });
});

test('--sysctl: a gateway whose kernel does not forward', async () => {
  const text = filter('-A FORWARD -i eth1 -o eth0 -j ACCEPT');
  const ids = async (value: number) => (await found(text, ['--sysctl', 's.txt'], { 's.txt': `net.ipv4.ip_forward = ${value}\n` })).ids;
  const [off, on, none] = [await ids(0), await ids(1), (await found(text, [])).ids];
  expect(on).toEqual(none);
  expect(off.filter((id) => !none.includes(id))).toEqual(['forwarding-off']);
});

test('--effort reaches the analysis as its budget', async () => {
  const { wordEngine } = await import('./call.js');
  const budgets: number[] = [];
  const engine: typeof wordEngine = {
    ...wordEngine,
    lint: (inputs, options) => {
      const [ruleset] = resolve(parse(inputs[0]!.text, { name: inputs[0]!.name }).document).rulesets;
      budgets.push(factsOf(ruleset!, options).reachability.effort);
      return wordEngine.lint(inputs, options);
    },
  };
  const files = { 'rules.v4': filter('-A INPUT -j ACCEPT') };
  for (const words of [['--effort', 'low'], [], ['--effort', 'high']]) await call([...words, 'rules.v4'], { files, engine });
  const [low, normal, high] = budgets;
  expect(low).toBeLessThan(normal!);
  expect(normal).toBeLessThan(high!);
});

describe('context that cannot be read is told: 3', () => {
  test.each(['addresses', 'routes'])('--%s', async (flag) => {
    const { code, stderr } = await found(filter(), [`--${flag}`, 'x.json'], { 'x.json': 'not JSON' });
    expect(code).toBe(3);
    expect(stderr).toContain('iptlint: x.json: not JSON');
  });
});

describe('the family of a text that tells none', () => {
  const silent = filter('-A INPUT -j ACCEPT');
  const family = async (name: string, text = silent, words: string[] = []) =>
    (await found(text, words, {}, name)).inputs.map((input) => input.family);
  test.each([
    ['rules.v6', 6],
    ['web.v6.rules', 6],
    ['ip6tables-save', 6],
    ['ip6tables.rules', 6],
    ['rules.ipv6', 6],
    ['rules.v4', 4],
    ['iptables-save', 4],
    ['web.rules', 4],
    ['v6/web.rules', 4],
  ])('%s: %i', async (name, wanted) => expect(await family(name)).toEqual([wanted]));
  test('addresses, a header line and --family go before the name', async () => {
    expect(await family('rules.v6', filter('-A INPUT -s 192.0.2.1/32 -j ACCEPT'))).toEqual([4]);
    expect(await family('rules.v6', `# Generated by iptables-save v1.8.9 on Sat Nov 21 00:00:00 2026\n${silent}`)).toEqual([4]);
    expect(await family('rules.v6', silent, ['--family', '4'])).toEqual([4]);
  });
  test('a pair and a bundle: one host, both families', async () => {
    const pair = await call(['-f', 'json', 'rules.v4', 'rules.v6'], { files: { 'rules.v4': silent, 'rules.v6': silent }, engine: 'real' });
    expect(JSON.parse(pair.stdout).inputs.map((input: { family: number }) => input.family)).toEqual([4, 6]);
    const strict = filter(
      '-A INPUT -i lo -j ACCEPT',
      '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      '-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT',
    );
    const files = { 'web/iptables-save': strict, 'web/ip6tables-save': strict.replace(':INPUT DROP', ':INPUT ACCEPT') };
    const asked = ['-f', 'json', '--select', 'v6-less-strict'];
    const bundle = await call([...asked, 'web'], { files, engine: 'real' });
    const apart = await call([...asked, 'a', 'b'], {
      files: { 'a/iptables-save': strict, 'b/ip6tables-save': files['web/ip6tables-save'] },
      engine: 'real',
    });
    expect(JSON.parse(bundle.stdout).findings.map(({ path }: { path: string }) => path)).toEqual(['web/ip6tables-save']);
    expect(JSON.parse(apart.stdout).findings).toEqual([]);
  });
});
