/** The walk on small rulesets: what the kernel is known to do (test/kernel/trace.test.ts asks it). */
import { describe, expect, it } from 'vitest';
import { Fault, parse } from '../../grammar/index.js';
import { readNotation, readPacket, replyTo, type TraceContext, Tracer, traceJson } from '../../src/analysis/trace/index.js';
import { readAddresses, readRoutes } from '../../src/model/host.js';
import { readIpsets } from '../../src/model/ipset.js';
import { resolve } from '../../src/model/resolve.js';

const must = <T>(value: T | Fault): T => {
  if (value instanceof Fault) throw new Error(value.message);
  return value;
};

const host = {
  interfaces: must(
    readAddresses(
      JSON.stringify([
        { ifname: 'lo', link_type: 'loopback', addr_info: [{ local: '127.0.0.1', prefixlen: 8 }] },
        { ifname: 'eth0', link_type: 'ether', mtu: 1500, group: 'default', addr_info: [{ local: '192.0.2.1', prefixlen: 24 }] },
        { ifname: 'eth1', link_type: 'ether', mtu: 1400, group: 'default', addr_info: [{ local: '198.51.100.1', prefixlen: 24 }] },
      ]),
    ),
  ),
  routes: must(readRoutes('[{"dst":"default","dev":"eth1"},{"type":"blackhole","dst":"203.0.113.64/26"}]')),
};

const table = (name: string, ...lines: string[]): string => `*${name}\n${lines.join('\n')}\nCOMMIT\n`;

const tracer = (rules: string, context: TraceContext = {}): Tracer =>
  new Tracer(resolve(parse(rules, { family: 4 }).document).rulesets[0]!, { host, ...context });

const ask = (walk: Tracer, ...packets: string[]) =>
  packets.map((text) => traceJson(walk.trace(must(readPacket(must(readNotation(text)))))));

const trace = (rules: string, packet: string, context: TraceContext = {}) => ask(tracer(rules, context), packet)[0]!;

const out = 'tcp 192.0.2.7:40000 > 203.0.113.5:80 in eth0';

describe('the way through hooks', () => {
  const all = `${table('mangle', '-A PREROUTING', '-A FORWARD', '-A POSTROUTING', '-A INPUT', '-A OUTPUT')}${table('filter', '-A FORWARD', '-A INPUT', '-A OUTPUT')}`;

  it('goes by FORWARD and POSTROUTING, or to INPUT, as addresses and routes tell', () => {
    expect(trace(all, out)).toMatchObject({ matched: [2, 3, 9, 4], where: 'forward', seen: [{ at: 'eth1', ttl: 63 }] });
    expect(trace(all, 'tcp 192.0.2.7:40000 > 198.51.100.1:22 in eth0')).toMatchObject({ matched: [2, 5, 10], where: 'local' });
    expect(trace(all, 'udp 198.51.100.1:9 > 203.0.113.5:53 local')).toMatchObject({ matched: [6, 11, 4], where: 'out' });
  });

  it('comes back by lo where the host sends to itself', () => {
    expect(trace(all, 'tcp 192.0.2.1:9 > 192.0.2.1:22 local')).toMatchObject({ matched: [6, 11, 4, 2, 5, 10], where: 'local' });
  });

  it('ends where routing or the TTL says so', () => {
    expect(trace(all, 'tcp 192.0.2.7:1 > 203.0.113.70:80 in eth0')).toMatchObject({
      matched: [2],
      verdict: 'dropped',
      by: { by: 'kernel' },
    });
    expect(trace(all, `${out} ttl=1`)).toMatchObject({ matched: [2], verdict: 'rejected', by: { by: 'kernel' } });
  });

  it('goes on from table to table after ACCEPT, and ends with DROP', () => {
    const rules = `${table('mangle', '-A FORWARD -j ACCEPT', '-A FORWARD -j DROP')}${table('filter', ':FORWARD DROP [0:0]', '-A FORWARD -p udp -j ACCEPT')}`;
    expect(trace(rules, out)).toMatchObject({ matched: [2], verdict: 'dropped', by: { by: 'policy', chain: 'filter/FORWARD' } });
  });

  it('returns from a goto to where the last jump stood', () => {
    const rules = table('filter', '-A FORWARD -j a', '-A FORWARD -j DROP', '-A a -g b', '-A a -j ACCEPT', '-A b');
    expect(trace(rules, out)).toMatchObject({ matched: [2, 4, 6, 3], verdict: 'dropped' });
  });
});

describe('connections', () => {
  const states = table(
    'filter',
    ...['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED'].map((state) => `-A FORWARD -m conntrack --ctstate ${state}`),
  );
  const answer = 'tcp 203.0.113.5:80 > 192.0.2.7:40000 in eth1';

  it('are NEW until answered, then ESTABLISHED', () => {
    const told = ask(
      tracer(states),
      `${out} syn seq=1000`,
      `${answer} syn,ack seq=9 ack_seq=1001 keep`,
      `${out} ack seq=1001 ack_seq=10 keep`,
      out,
    );
    expect(told.map(({ matched }) => matched)).toEqual([[3], [5], [5], [3]]);
  });

  it('make errors that quote them RELATED, others INVALID', () => {
    const inner = { src: '192.0.2.7', dst: '203.0.113.5', proto: 'udp', sport: 9, dport: 53 };
    const error = JSON.stringify({ in: 'eth1', src: '203.0.113.9', dst: '192.0.2.7', proto: 'icmp', icmp_type: 3, inner, keep: true });
    const told = ask(tracer(states), error, 'udp 192.0.2.7:9 > 203.0.113.5:53 in eth0', error);
    expect(told.map(({ matched }) => matched)).toEqual([[2], [3], [4]]);
  });

  it('do not begin with an answer', () => {
    expect(
      ask(tracer(states), `${out} syn,ack`, `${out} ack`, 'icmp 192.0.2.7 > 203.0.113.5 in eth0 pong').map(({ matched }) => matched),
    ).toEqual([[2], [3], [2]]);
  });

  it('begin with DCCP whatever its checksum, never with UDP-Lite that comes in', () => {
    const other = (proto: string, more: object = {}) =>
      JSON.stringify({ in: 'eth0', src: '192.0.2.7', dst: '203.0.113.5', proto, sport: 9, dport: 53, ...more });
    const told = ask(tracer(states), other('dccp'), other('dccp', { badsum: true }), other('udplite'));
    expect(told.map(({ matched }) => matched)).toEqual([[3], [3], [2]]);
    const sent = JSON.stringify({ in: 'local', src: '198.51.100.1', dst: '203.0.113.5', proto: 'udplite', sport: 9, dport: 53 });
    expect(trace(table('filter', '-A OUTPUT -m conntrack --ctstate NEW'), sent).matched).toEqual([2]);
  });

  it('do not begin with IPv6 that has no protocol behind its headers', () => {
    const rules = table('mangle', '-A PREROUTING -m conntrack --ctstate INVALID', '-A PREROUTING -m conntrack --ctstate NEW');
    const walk = new Tracer(resolve(parse(rules, { family: 6 }).document).rulesets[0]!, { host });
    const packet = (more: object) => JSON.stringify({ in: 'eth0', src: '2001:db8::7', dst: '2001:db8::1', ...more });
    const told = ask(walk, packet({ proto: 'ah' }), packet({ proto: 'esp' }));
    expect(told.map(({ matched }) => matched)).toEqual([[2], [3]]);
  });

  it('have the protocol that the back end sees behind headers of IPv6', () => {
    const { document } = parse(table('filter', '-A FORWARD -p ah', '-A FORWARD -p tcp', '-A FORWARD ! -p udp', '-A FORWARD -j DROP'), {
      family: 6,
    });
    const packet = (more: object) => JSON.stringify({ in: 'eth0', src: '2001:db8::7', dst: '2001:db8:5::1', out: 'eth1', ...more });
    const cut = packet({ proto: 60, frag: { offset: 8, len: 16, mf: false } });
    const told = (backend: 'legacy' | 'nft' | null) =>
      ask(new Tracer(resolve(document).rulesets[0]!, { host, backend }), packet({ proto: 'tcp', ext: [{ type: 'ah' }] }), cut).map(
        ({ matched, certain }) => (certain ? matched.join() : '?'),
      );
    expect(told('nft')).toEqual(['2,4,5', '5']);
    expect(told('legacy')).toEqual(['3,4,5', '']);
    expect(told(null)).toEqual(['?', '?']);
  });

  it('that were never confirmed may still count for connlimit, for a moment', () => {
    const rules = table('filter', '-A FORWARD -p tcp -m connlimit --connlimit-above 1', '-A FORWARD -j DROP');
    const other = out.replace('40000', '40001');
    expect(ask(tracer(rules), out, other, `${other} wait_ms=100`).map(({ certain }) => certain)).toEqual([true, false, true]);
  });

  it('look INVALID in raw, before tracking', () => {
    expect(
      trace(table('raw', '-A PREROUTING -m conntrack --ctstate INVALID', '-A PREROUTING -m conntrack --ctstate NEW'), out).matched,
    ).toEqual([2]);
  });

  it('can be told', () => {
    expect(trace(states, `${out} state=ESTABLISHED`).matched).toEqual([5]);
  });
});

describe('translation', () => {
  const nat = table(
    'nat',
    '-A PREROUTING -i eth0 -p tcp --dport 80 -j DNAT --to-destination 198.51.100.9:8080',
    '-A POSTROUTING -o eth1 -j MASQUERADE',
  );

  it('changes what filter sees, and what leaves', () => {
    const rules = `${nat}${table('filter', '-A FORWARD -d 203.0.113.5', '-A FORWARD -d 198.51.100.9 -p tcp --dport 8080', '-A FORWARD -s 198.51.100.1')}`;
    expect(trace(rules, out)).toMatchObject({
      matched: [2, 7, 3],
      seen: [{ at: 'eth1', src: '198.51.100.1', dst: '198.51.100.9', dport: 8080 }],
    });
  });

  it('is undone for the answer, without asking nat again', () => {
    const walk = tracer(nat);
    const first = walk.trace(must(readPacket(must(readNotation(out)))));
    const reply = replyTo(first)!;
    expect(reply).toMatchObject({ in: 'eth1', src: '198.51.100.9', dst: '198.51.100.1', sport: 8080, dport: 40000, flags: 'SYN,ACK' });
    expect(traceJson(walk.trace(must(readPacket(reply))))).toMatchObject({
      matched: [],
      seen: [{ at: 'eth0', src: '203.0.113.5', dst: '192.0.2.7', sport: 80, dport: 40000 }],
    });
  });

  it('passes over packets that are not tracked', () => {
    expect(trace(`${table('raw', '-A PREROUTING -j NOTRACK')}${nat}`, out).matched).toEqual([2]);
  });
});

describe('what is not known', () => {
  it('is told with its reason, and both ways', () => {
    const rules = table('filter', ':FORWARD DROP [0:0]', '-A FORWARD -m set --match-set allowed src -j ACCEPT');
    const told = trace(rules, out);
    expect(told).toMatchObject({ certain: false, verdict: 'unknown' });
    expect(told.reasons![0]).toMatchObject({ reason: 'what the set allowed holds is not known', help: 'give the sets: --ipset FILE' });
    expect(told.ways!.map(({ verdict, matched }) => [verdict, matched])).toEqual([
      ['dropped', []],
      ['delivered', [3]],
    ]);
  });

  it('matters only where the answer hangs on it', () => {
    const rules = table(
      'filter',
      '-A FORWARD -p udp -m set --match-set allowed src -j ACCEPT',
      '-A FORWARD -m time --timestart 8:00 -p icmp -j DROP',
    );
    expect(trace(rules, out)).toMatchObject({ certain: true, matched: [] });
  });

  it('has one answer along the way', () => {
    const rules = table('filter', '-A FORWARD -m set --match-set allowed src', '-A FORWARD -m set ! --match-set allowed src -j DROP');
    expect(trace(rules, out).ways!.map(({ matched }) => matched)).toEqual([[3], [2]]);
  });

  it('is settled by sets', () => {
    const rules = table('filter', '-A FORWARD -m set --match-set allowed src,dst');
    const sets = readIpsets('create allowed hash:net,port\nadd allowed 192.0.2.0/24,tcp:80\nadd allowed 192.0.2.8/29,tcp:80 nomatch\n');
    expect(trace(rules, out, { sets })).toMatchObject({ certain: true, matched: [2] });
    expect(trace(rules, out.replace('192.0.2.7', '192.0.2.9'), { sets })).toMatchObject({ certain: true, matched: [] });
  });

  it('is the way in without addresses', () => {
    const rules = table('filter', '-A INPUT -j DROP', '-A FORWARD -j ACCEPT');
    expect(trace(rules, out, { host: null })).toMatchObject({ certain: false, verdict: 'unknown' });
    expect(trace(rules, `${out} to this host`, { host: null })).toMatchObject({ certain: true, matched: [2] });
    expect(trace(rules, `${out} out eth1`, { host: null })).toMatchObject({ certain: true, matched: [3] });
  });
});

describe('matches that remember', () => {
  const three = [out, out, out];

  it.each([
    ['-m limit --limit 1/hour --limit-burst 2', [true, true, false]],
    ['-m statistic --mode nth --every 2 --packet 1', [false, true, false]],
    ['-m quota --quota 100', [true, true, false]],
    ['-m recent --update --seconds 60', [false, false, false]],
    ['-m hashlimit --hashlimit-above 1/hour --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name h', [false, true, true]],
  ])('%s', (words, expected) => {
    const walk = tracer(table('filter', `-A FORWARD ${words}`));
    expect(ask(walk, ...three).map(({ matched }) => matched.length > 0)).toEqual(expected);
  });

  it('count only what comes as far', () => {
    const walk = tracer(
      table(
        'filter',
        '-A FORWARD -p tcp -m limit --limit 1/hour --limit-burst 1 -m tcp --dport 99',
        '-A FORWARD -p udp -m limit --limit 1/hour --limit-burst 1',
      ),
    );
    expect(ask(walk, out, 'udp 192.0.2.7:9 > 203.0.113.5:99 in eth0').map(({ matched }) => matched)).toEqual([[], [3]]);
  });

  it('are not known where anything may have come before', () => {
    expect(trace(table('filter', '-A FORWARD -m limit --limit 3/min'), out, { history: 'unknown' })).toMatchObject({
      certain: false,
      verdict: 'delivered',
    });
  });
});

describe('lines with lists of addresses', () => {
  it('are several rules of the kernel', () => {
    expect(trace(table('filter', '-A FORWARD -s 192.0.2.0/24,192.0.2.7'), out).matched).toEqual([2, 2]);
  });
});
