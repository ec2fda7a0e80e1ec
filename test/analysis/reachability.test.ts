/** What the kernel does, case by case: which lines are dead, why, and by whom. */
import { describe, expect, it } from 'vitest';
import { parse } from '../../grammar/index.js';
import { contextResolver } from '../../src/analysis/context.js';
import { factsOf } from '../../src/analysis/facts.js';
import type { Cause } from '../../src/analysis/reachability.js';
import type { LintOptions } from '../../src/diagnostic/result.js';
import { resolve } from '../../src/model/resolve.js';
import { packetJson } from '../../src/packets/pick.js';

const facts = (text: string, options: LintOptions = {}, family?: 4 | 6) => {
  const { document } = parse(text, { name: 'test', ...(family ? { family } : {}) });
  return factsOf(resolve(document).rulesets[0]!, options);
};

const filter = (...lines: readonly string[]): string => {
  const chains = new Set(lines.flatMap((line) => /^-A (\S+)/.exec(line)?.[1] ?? []).filter((name) => !/^[A-Z]+PUT$|^FORWARD$/.test(name)));
  for (const line of lines) for (const match of line.matchAll(/-[jg] (\S+)/g)) if (/^[a-z]/.test(match[1]!)) chains.add(match[1]!);
  return [
    '*filter',
    ':INPUT ACCEPT [0:0]',
    ':FORWARD ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ...[...chains].map((name) => `:${name} - [0:0]`),
    ...lines,
    'COMMIT',
    '',
  ].join('\n');
};

/** Each dead rule as `its number among all rules: cause by numbers`. */
const deaths = (text: string, options: LintOptions = {}): string[] => {
  const desk = facts(text, options);
  return desk.dead().map((rule) => {
    const { cause, by } = desk.verdict(rule);
    return `${rule.id + 1}: ${cause}${by.length > 0 ? ` by ${by.map((one) => one.id + 1).join(' ')}` : ''}`;
  });
};

const cases: readonly (readonly [what: string, text: string, expected: readonly string[]])[] = [
  ['one earlier rule takes all', filter('-A INPUT -s 10.0.0.0/8 -j DROP', '-A INPUT -s 10.1.0.0/16 -j ACCEPT'), ['2: rule by 1']],
  [
    'several together take all, the others are not told',
    filter(
      '-A INPUT -s 192.0.2.0/24 -j DROP',
      '-A INPUT -s 10.0.0.0/9 -j DROP',
      '-A INPUT -s 10.128.0.0/9 -j ACCEPT',
      '-A INPUT -s 10.0.0.0/8 -j ACCEPT',
    ),
    ['4: rules by 2 3'],
  ],
  ['after a rule that takes everything', filter('-A INPUT -j DROP', '-A INPUT -p tcp -j ACCEPT'), ['2: catch-all by 1']],
  [
    'after a chain that decides everything',
    filter('-A INPUT -j log', '-A INPUT -p tcp -j ACCEPT', '-A log -j LOG', '-A log -j DROP'),
    ['2: deciding-chain by 1'],
  ],
  [
    'a chain with an exception decides not everything',
    filter('-A INPUT -j log', '-A INPUT -p tcp -j ACCEPT', '-A log -s 192.0.2.1 -j RETURN', '-A log -j DROP'),
    [],
  ],
  ['LOG and rules without a target let pass', filter('-A INPUT -j LOG', '-A INPUT', '-A INPUT -p tcp -j ACCEPT'), []],
  ['ACCEPT in one chain is nothing to another hook', filter('-A INPUT -j ACCEPT', '-A FORWARD -j DROP'), []],
  ['RETURN in a built-in chain is its policy', filter('-A INPUT -p tcp -j RETURN', '-A INPUT -p tcp -j DROP'), ['2: rule by 1']],
  [
    'goto does not come back to its chain',
    filter('-A INPUT -p tcp -g other', '-A INPUT -p tcp -j DROP', '-A other -s 192.0.2.1 -j ACCEPT'),
    ['2: rule by 1'],
  ],
  [
    'the end of a chain that goto entered returns to where the last jump left',
    filter(
      '-A INPUT -j first',
      '-A INPUT -p tcp -j DROP',
      '-A first -g second',
      '-A first -p tcp -j ACCEPT',
      '-A second -s 192.0.2.1 -j ACCEPT',
    ),
    ['4: catch-all by 3'],
  ],
  [
    'what a chain asks never arrives',
    filter('-A INPUT -p tcp -j web', '-A web -p udp -j DROP', '-A web -p tcp -j ACCEPT'),
    ['2: callers by 1'],
  ],
  ['a chain that nobody calls', filter('-A INPUT -j ACCEPT', '-A alone -j DROP'), ['2: chain']],
  [
    'two states exclude each other',
    filter('-A INPUT -m conntrack --ctstate NEW -m conntrack --ctstate ESTABLISHED -j ACCEPT'),
    ['1: contradiction'],
  ],
  ['-o below INPUT never matches', filter('-A INPUT -j sub', '-A sub -o eth0 -j DROP', '-A sub ! -o eth0 -j LOG'), ['2: interface']],
  ['-i below OUTPUT never matches', filter('-A OUTPUT -j sub', '-A sub -i eth0 -j DROP'), ['2: interface']],
  [
    'two equal limits have a state each',
    filter('-A INPUT -m limit --limit 1/sec -j ACCEPT', '-A INPUT -m limit --limit 1/sec -j ACCEPT'),
    [],
  ],
  [
    'two equal sets have one answer',
    filter('-A INPUT -m set --match-set one src -j ACCEPT', '-A INPUT -m set --match-set one src -j DROP'),
    ['2: rule by 1'],
  ],
  [
    'a set and its negation are everything',
    filter('-A INPUT -m set --match-set one src -j ACCEPT', '-A INPUT -m set ! --match-set one src -j DROP', '-A INPUT -p tcp -j LOG'),
    ['3: rules by 1 2'],
  ],
  [
    'all ports of TCP are not all of TCP in FORWARD',
    filter(
      '-A FORWARD -p tcp -m tcp --dport 0:1023 -j ACCEPT',
      '-A FORWARD -p tcp -m tcp --dport 1024:65535 -j ACCEPT',
      '-A FORWARD -p tcp -j DROP',
    ),
    [],
  ],
  [
    'in INPUT they are: fragments are put together before',
    filter(
      '-A INPUT -p tcp -m tcp --dport 0:1023 -j ACCEPT',
      '-A INPUT -p tcp -m tcp --dport 1024:65535 -j ACCEPT',
      '-A INPUT -p tcp -j DROP',
    ),
    ['3: rules by 1 2'],
  ],
  [
    'and in FORWARD where connections are tracked',
    filter(
      '-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT',
      '-A FORWARD -p tcp -m tcp --dport 0:1023 -j ACCEPT',
      '-A FORWARD -p tcp -m tcp --dport 1024:65535 -j ACCEPT',
      '-A FORWARD -p tcp -j DROP',
    ),
    ['4: rules by 2 3'],
  ],
  [
    'states that connection tracking never gives to such packets',
    filter(
      '-A INPUT -p tcp -m tcp --tcp-flags ALL NONE -m conntrack --ctstate NEW -j DROP',
      '-A INPUT -p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK -m state --state NEW -j DROP',
      '-A INPUT -p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK -m state --state NEW,INVALID -j DROP',
      '-A INPUT -p tcp -m tcp --tcp-flags FIN,ACK FIN,ACK -m state --state NEW -j DROP',
      '-A INPUT -p tcp -m tcp --tcp-flags RST RST -m state --state NEW -j DROP',
      '-A INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m state --state NEW -j DROP',
      '-A INPUT -p icmp -m icmp --icmp-type 3 -m conntrack --ctstate NEW -j DROP',
      '-A INPUT -p icmp -m icmp --icmp-type 3 -m conntrack --ctstate NEW,RELATED -j DROP',
      '-A INPUT -p icmp -m icmp --icmp-type 8 -m conntrack --ctstate NEW -j ACCEPT',
    ),
    ['1: state', '2: state', '7: state'],
  ],
  ['an unknown target may let pass', filter('-A INPUT -j UNHEARD', '-A INPUT -p tcp -j ACCEPT'), []],
  [
    'nat sees new connections only',
    '*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -m conntrack --ctstate ESTABLISHED -j ACCEPT\nCOMMIT\n',
    ['1: hook'],
  ],
  [
    'a mark taken away before it is asked: who took it away is told',
    '*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j MARK --set-xmark 0x0/0x10000\n-A PREROUTING -m mark --mark 0x1/0x1 -m ttl --ttl-lt 5 -j DROP\n-A PREROUTING -m mark --mark 0x10000/0x10000 -j ACCEPT\nCOMMIT\n',
    ['3: rule by 1'],
  ],
  [
    'rules of hooks that are not on the way have no part in it',
    `*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -i eth1 -d 192.168.0.0/16 -j DROP\n-A OUTPUT -o lo -j DROP\nCOMMIT\n${filter('-A FORWARD -i eth1 -d 192.168.1.1/32 -j ACCEPT')}`,
    ['3: path by 1'],
  ],
  [
    'what raw drops never reaches filter',
    `*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -s 192.0.2.0/24 -j DROP\nCOMMIT\n${filter('-A INPUT -s 192.0.2.7/32 -j DROP', '-A OUTPUT -s 192.0.2.7/32 -j DROP')}`,
    ['2: path by 1'],
  ],
  [
    'what comes in by lo is not asked of nat again',
    '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i lo -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080\nCOMMIT\n',
    ['1: loopback'],
  ],
  [
    'what raw lets pass untracked has no connection behind it',
    `*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p udp -m conntrack ! --ctstate UNTRACKED -j DROP\nCOMMIT\n${filter('-A OUTPUT -p udp -m conntrack --ctstate ESTABLISHED -j ACCEPT', '-A OUTPUT -p udp -m conntrack --ctstate UNTRACKED -j ACCEPT', '-A OUTPUT -p tcp -m conntrack --ctstate ESTABLISHED -j ACCEPT')}`,
    ['2: path by 1'],
  ],
  [
    'marks set in mangle are what filter sees',
    `*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -j MARK --set-xmark 0x1/0xff\nCOMMIT\n${filter('-A INPUT -m mark --mark 0x2/0xff -j DROP', '-A INPUT -m mark --mark 0x1/0xff -j ACCEPT', '-A OUTPUT -m mark --mark 0x2/0xff -j DROP')}`,
    ['2: path by 1'],
  ],
  [
    'new connections to a port that DNAT changed never reach filter by the old one, those of the host itself do',
    `*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 192.0.2.10:8080\nCOMMIT\n${filter(
      '-A FORWARD -i eth0 -p tcp -m tcp --dport 80 -m conntrack --ctstate NEW -j DROP',
      '-A FORWARD -p tcp -m tcp --dport 8080 -m conntrack --ctstate NEW -j ACCEPT',
      '-A INPUT -p tcp -m tcp --dport 80 -m conntrack --ctstate NEW -j ACCEPT',
      '-A FORWARD -p tcp -m tcp --dport 80 -m conntrack --ctstate ESTABLISHED -j ACCEPT',
    )}`,
    ['2: path by 1'],
  ],
];

describe('dead rules and why', () => {
  it.each(cases)('%s', (_what, text, expected) => {
    expect(deaths(text)).toEqual(expected);
  });

  it('no packet of IPv6 has an extension header for its protocol, but the authentication header under nft', () => {
    const numbers = [43, 44, 50, 51, 59, 60];
    const text = filter(
      ...numbers.map((number) => `-A INPUT -p ${number}`),
      '-A INPUT -p 59 -m conntrack --ctstate NEW',
      '-A INPUT ! -p 44',
    );
    const dead = (options: LintOptions): readonly number[] =>
      facts(text, options, 6)
        .dead()
        .map(({ id }) => numbers[id] ?? -id);
    expect(dead({})).toEqual([43, 44, 60, -6]);
    expect(dead({ backend: 'legacy' })).toEqual([43, 44, 51, 60, -6]);
    expect(dead({ backend: 'nft' })).toEqual([43, 44, 60, -6]);
    expect(facts(text, {}, 4).dead()).toEqual([]);
  });

  it('a target is one until a line makes a chain of its name', () => {
    const text =
      '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j LOG\n-A INPUT -p tcp\n:LOG - [0:0]\n-A INPUT -j LOG\n-A INPUT -p udp\n-A LOG -j DROP\nCOMMIT\n';
    expect(deaths(text)).toEqual(['4: deciding-chain by 3']);
  });

  it('tells whether the takers give another verdict', () => {
    const desk = facts(filter('-A INPUT -s 10.0.0.0/8 -j DROP', '-A INPUT -s 10.1.0.0/16 -j ACCEPT', '-A INPUT -s 10.2.0.0/16 -j DROP'));
    expect(desk.dead().map((rule) => desk.verdict(rule).fate)).toEqual(['other', 'same']);
  });

  it('two translations to different hosts are not the same', () => {
    const desk = facts(
      `*nat\n${['192.0.2.1', '192.0.2.2', '192.0.2.1'].map((to) => `-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination ${to}\n`).join('')}COMMIT\n`,
    );
    expect(desk.dead().map((rule) => desk.verdict(rule).fate)).toEqual(['other', 'same']);
  });

  it('knows every cause that it promises', () => {
    const causes: readonly Cause[] = [
      'rule',
      'rules',
      'catch-all',
      'deciding-chain',
      'callers',
      'contradiction',
      'interface',
      'hook',
      'state',
      'chain',
      'path',
    ]; // `host` wants addresses: below
    const told = new Set(cases.flatMap(([, text]) => deaths(text).map((line) => /: ([a-z-]+)/.exec(line)![1]!)));
    expect(causes.filter((cause) => !told.has(cause))).toEqual([]);
  });
});

describe('live rules', () => {
  const packet = (text: string, rule: number, family?: 4 | 6) => {
    const desk = facts(text, {}, family);
    const found = desk.verdict(desk.ruleset.rules[rule]!).packet;
    return found && packetJson(found);
  };

  it('come with a natural packet', () => {
    expect(packet(filter('-A INPUT -i eth0 -s 192.0.2.0/24 -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT'), 0)).toEqual({
      in: 'eth0',
      src: '192.0.2.10',
      dst: '198.51.100.20',
      proto: 'tcp',
      sport: 40000,
      dport: 22,
      flags: 'SYN',
      state: 'NEW',
    });
  });

  it('that the kernel gives the state which is told', () => {
    // A reset that nobody waits for; one without flags where resets are taken before.
    const invalid = '-A INPUT -m conntrack --ctstate INVALID -j DROP';
    expect(packet(filter(invalid), 0)).toMatchObject({ proto: 'tcp', flags: 'RST', state: 'INVALID' });
    expect(packet(filter('-A INPUT -p tcp -m tcp --tcp-flags RST RST -j DROP', invalid), 1)).toMatchObject({
      proto: 'tcp',
      flags: 'NONE',
      state: 'INVALID',
    });
    // A limit that decides nothing does not stand in its way.
    const limited = filter('-A INPUT -p tcp -m tcp --tcp-flags RST RST -j DROP', '-A INPUT -m limit --limit 1/sec -j LOG', invalid);
    expect(packet(limited, 2)).toMatchObject({ proto: 'tcp', flags: 'NONE', state: 'INVALID' });
    // New ones get there as UDP.
    const late = filter(invalid.replace('DROP', 'LOG'), '-A INPUT -s 192.0.2.0/24 -p tcp -j DROP', '-A INPUT -s 192.0.2.10 -j ACCEPT');
    expect(packet(late, 2)).toMatchObject({ proto: 'udp', state: 'NEW' });
    // In raw every packet has no connection yet.
    expect(packet('*raw\n-A PREROUTING -i eth0 -j ACCEPT\nCOMMIT\n', 0)).toMatchObject({ proto: 'tcp', flags: 'SYN' });
  });

  it('of a protocol, and no extension header of IPv6', () => {
    const others = ['tcp', 'udp', 'icmpv6', 'gre', 'esp', '253'].map((protocol) => `-A INPUT -p ${protocol} -j DROP`);
    expect(packet(filter(...others, '-A INPUT -j ACCEPT'), 6, 6)).toMatchObject({ proto: 'ipv6' });
  });

  it('as an administrator would think of it first, where that packet gets there', () => {
    const text = filter(
      '-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN FIN,SYN -j DROP',
      '-A INPUT -p tcp -m tcp --tcp-flags SYN,RST SYN,RST -j DROP',
      '-A INPUT -m conntrack --ctstate INVALID -j DROP',
      '-A INPUT -i lo -j ACCEPT',
      '-A INPUT -i eth0 -s 192.0.2.0/24 -j ACCEPT',
      '-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT',
      '-A INPUT -i eth0 -j ACCEPT',
      '-A INPUT -p tcp -m tcp --dport 443 -j sub',
      '-A sub -m limit --limit 1/sec -j RETURN',
      '-A sub -s 198.51.100.0/24 -j ACCEPT',
    );
    expect(packet(text, 5)).toMatchObject({ in: 'eth1', dport: 80, flags: 'SYN', state: 'NEW' });
    expect(packet(text, 7)).toMatchObject({ in: 'eth1', dport: 443, flags: 'SYN', state: 'NEW' });
    expect(packet(text, 9)).toMatchObject({ in: 'eth1', src: '198.51.100.10', flags: 'SYN', state: 'NEW' });
  });

  it('of the host itself come from local', () => {
    expect(packet(filter('-A OUTPUT -o wan0 -p udp -m udp --dport 53 -j ACCEPT'), 0)).toMatchObject({
      in: 'local',
      out: 'wan0',
      proto: 'udp',
      dport: 53,
    });
  });

  it('of IPv6 have IPv6 addresses', () => {
    expect(packet(filter('-A INPUT -s 2001:db8:7::/48 -p tcp -j ACCEPT'), 0, 6)).toMatchObject({ src: '2001:db8:7::1', proto: 'tcp' });
  });

  it('name the unknown that every packet needs', () => {
    const desk = facts(
      filter(
        '-A INPUT -m set --match-set good src -j ACCEPT',
        '-A INPUT -m limit --limit 1/sec -p tcp -j ACCEPT',
        '-A INPUT -p tcp -j DROP',
        '-A INPUT -j LOG',
      ),
    );
    expect(desk.ruleset.rules.map((rule) => desk.verdict(rule).leansOn)).toEqual([
      ['-m set --match-set good src'],
      ['-m set --match-set good src', '-m limit --limit 1/sec'],
      ['-m set --match-set good src', '-m limit --limit 1/sec'],
      ['-m set --match-set good src'],
    ]);
  });
});

it('rules of a chain whose jump is no few cubes are followed through earlier tables, too', () => {
  const text = [
    '*mangle',
    ':OUTPUT DROP [0:0]',
    'COMMIT',
    '*filter',
    ':OUTPUT ACCEPT [0:0]',
    ':A - [0:0]',
    '-A OUTPUT ! -s 2001:db8::/32 -m conntrack ! --ctstatus NONE -g A',
    '-A OUTPUT -s ::1/::3 -j ACCEPT',
    '-A A ! -s 2001:db8::/32 -j DROP',
    'COMMIT',
    '',
  ].join('\n');
  const desk = facts(text, {}, 6);
  expect(desk.ruleset.rules.map((rule) => desk.status(rule))).toEqual(['dead', 'dead', 'dead']);
});

describe('unknowns of a called chain', () => {
  const leans = (text: string): readonly (readonly string[])[] => {
    const desk = facts(text);
    return desk.ruleset.rules.map((rule) => desk.verdict(rule).leansOn);
  };

  it('are leaned on behind the jump, where the chain is called once', () => {
    const limited = ['-A X -m limit --limit 1/sec -j DROP', '-A INPUT -j X', '-A INPUT -p tcp -j ACCEPT'];
    expect(leans(filter(...limited))).toEqual([['-m limit --limit 1/sec'], [], ['-m limit --limit 1/sec']]);
    const foreign = ['-A X -j NOSUCH', '-A INPUT -j X', '-A INPUT -p tcp -j ACCEPT'];
    expect(leans(filter(...foreign))).toEqual([[], [], ['-j NOSUCH']]);
  });

  it('answer anew on every visit', () => {
    const text = filter('-A X -m limit --limit 1/sec -j DROP', '-A INPUT -j X', '-A INPUT -j X', '-A INPUT -p tcp -j ACCEPT');
    expect(leans(text).at(-1)).toEqual([]);
    expect(deaths(text)).toEqual([]);
  });
});

describe('context', () => {
  const named = (text: string) => ({ name: 'context', text });

  it('sets given are known', () => {
    const text = filter('-A INPUT -s 192.0.2.0/24 -j DROP', '-A INPUT -m set --match-set web src -j ACCEPT');
    expect(deaths(text)).toEqual([]);
    expect(deaths(text, { context: { ipset: named('create web hash:ip family inet\nadd web 192.0.2.7\nadd web 192.0.2.9\n') } })).toEqual([
      '2: rule by 1',
    ]);
  });

  it('nomatch makes an exception', () => {
    const ipset = named('create nets hash:net family inet\nadd nets 192.0.2.0/24\nadd nets 192.0.2.128/25 nomatch\n');
    const text = filter(
      '-A INPUT -m set --match-set nets src -j DROP',
      '-A INPUT -s 192.0.2.7/32 -j ACCEPT',
      '-A INPUT -s 192.0.2.200/32 -j ACCEPT',
    );
    expect(deaths(text, { context: { ipset } })).toEqual(['2: rule by 1']);
  });

  it('ports of a set ask for the protocol too', () => {
    const ipset = named('create web hash:ip,port family inet\nadd web 192.0.2.7,tcp:80\n');
    const text = filter(
      '-A INPUT -m set --match-set web dst,dst -j DROP',
      '-A INPUT -d 192.0.2.7/32 -p tcp -m tcp --dport 80 -j ACCEPT',
      '-A INPUT -d 192.0.2.7/32 -p udp -m udp --dport 80 -j ACCEPT',
    );
    expect(deaths(text, { context: { ipset } })).toEqual(['2: rule by 1']);
  });

  it('a set that SET changes stays unknown', () => {
    const text = filter(
      '-A INPUT -p icmp -j SET --add-set web src',
      '-A INPUT -s 192.0.2.0/24 -j DROP',
      '-A INPUT -m set --match-set web src -j ACCEPT',
    );
    expect(deaths(text, { context: { ipset: named('create web hash:ip family inet\nadd web 192.0.2.7\n') } })).toEqual([]);
  });

  it('addresses given make the type of an address known', () => {
    const addresses = named(JSON.stringify([{ ifname: 'eth0', addr_info: [{ family: 'inet', local: '192.0.2.1', prefixlen: 24 }] }]));
    const text = filter(
      '-A INPUT -d 192.0.2.1/32 -j ACCEPT',
      '-A INPUT -d 127.0.0.0/8 -j ACCEPT',
      '-A INPUT -m addrtype --dst-type LOCAL -j DROP',
    );
    expect(deaths(text)).toEqual([]);
    expect(deaths(text, { context: { addresses } })).toEqual(['3: rules by 1 2']);
  });

  it('addresses given tell INPUT from FORWARD, behind DNAT', () => {
    const addresses = named(
      JSON.stringify([
        {
          ifname: 'eth0',
          addr_info: [
            { family: 'inet', local: '192.0.2.1', prefixlen: 24, broadcast: '192.0.2.255' },
            { family: 'inet6', local: '2001:db8::1', prefixlen: 64 },
          ],
        },
      ]),
    );
    const text = filter(
      '-A INPUT -d 192.0.2.7/32 -j ACCEPT',
      '-A INPUT -d 192.0.2.0/24 -j ACCEPT',
      '-A INPUT -d 192.0.2.255/32 -j DROP',
      '-A INPUT -d 224.0.0.251/32 -j ACCEPT',
      '-A FORWARD -d 192.0.2.1/32 -j DROP',
      '-A FORWARD -d 127.0.0.0/8 -j DROP',
      '-A FORWARD -d 198.51.100.1/32 -j ACCEPT',
    );
    const nat = '*nat\n-A PREROUTING ! -i lo -p tcp -d 198.51.100.1/32 -j DNAT --to-destination 192.0.2.1\nCOMMIT\n';
    const fates = '-A FORWARD ! -i lo -p tcp -d 198.51.100.1/32 -m conntrack --ctstate NEW -j ACCEPT\n-A INPUT -p tcp -j ACCEPT\n';
    expect(deaths(text)).toEqual(['3: rule by 2']);
    expect(deaths(text, { context: { addresses } })).toEqual(['1: host', '3: rule by 2', '5: host', '6: host']);
    expect(deaths(`${nat}*filter\n${fates}COMMIT\n`, { context: { addresses } })).toEqual(['2: path by 1']);
    const proxy =
      '*mangle\n-A PREROUTING -p tcp -j TPROXY --on-port 8080\nCOMMIT\n*filter\n-A INPUT -d 198.51.100.9/32 -j ACCEPT\nCOMMIT\n';
    expect(deaths(proxy, { context: { addresses } })).toEqual([]);
    const six = facts(
      '*filter\n-A INPUT -d 2001:db8::1 -j ACCEPT\n-A INPUT -d 2001:db8::2 -j ACCEPT\n-A INPUT -d ff02::1 -j DROP\nCOMMIT\n',
      { context: { addresses } },
      6,
    );
    expect(six.ruleset.rules.map((rule) => six.status(rule))).toEqual(['live', 'dead', 'live']);
  });

  it('nothing given resolves nothing', () => {
    expect(contextResolver(facts(filter('-A INPUT -j DROP')).ruleset, {})).toBeUndefined();
  });
});

describe('facts for checks', () => {
  it('a rule whose packets get the same verdict later is redundant', () => {
    const desk = facts(filter('-A INPUT -s 10.1.0.0/16 -j DROP', '-A INPUT -s 192.0.2.1 -j ACCEPT', '-A INPUT -s 10.0.0.0/8 -j DROP'));
    expect(desk.ruleset.rules.map((rule) => desk.redundancy(rule)?.because.map((one) => one.id + 1) ?? null)).toEqual([[3], [], null]);
  });

  it('a rule with another verdict behind it is not', () => {
    const desk = facts(
      filter(
        '-A INPUT -s 10.1.0.0/16 -j ACCEPT',
        '-A INPUT -s 10.0.0.0/8 -j DROP',
        '-A INPUT -s 10.1.2.0/24 -m limit --limit 1/sec -j ACCEPT',
      ),
    );
    expect(desk.redundancy(desk.ruleset.rules[0]!)).toBeNull();
  });

  it('a rule that refuses with another answer is not: the sender would see it', () => {
    const desk = facts(
      filter(
        '-A INPUT -p tcp -j REJECT --reject-with tcp-reset',
        '-A INPUT -p udp -j REJECT',
        '-A INPUT -j REJECT --reject-with icmp-port-unreachable',
      ),
    );
    expect(desk.ruleset.rules.map((rule) => desk.redundancy(rule)?.because.map((one) => one.id + 1) ?? null)).toEqual([null, [3], null]);
  });

  it('a rule before LOG is not: its packets would be logged', () => {
    const desk = facts(filter('-A INPUT -s 10.1.0.0/16 -j DROP', '-A INPUT -j LOG', '-A INPUT -j DROP'));
    expect(desk.redundancy(desk.ruleset.rules[0]!)).toBeNull();
  });

  it('a jump to a chain that only counts changes nothing', () => {
    const desk = facts(filter('-A INPUT -j count', '-A INPUT -j real', '-A count -p tcp', '-A real -j LOG'));
    expect(desk.jumpsWithoutEffect()).toEqual([desk.ruleset.rules[0]]);
  });

  it('what falls through to the policy is told with a packet', () => {
    const desk = facts(filter('-A INPUT -p tcp -j ACCEPT', '-A FORWARD -j DROP'));
    const chains = desk.ruleset.tables.get('filter')!.chains;
    expect(packetJson(desk.fallThrough(chains.get('INPUT')!)!.packet!).proto).toBe('udp');
    expect(desk.fallThrough(chains.get('FORWARD')!)!.packet).toBeNull();
  });

  it('crossing rules are told with a packet of both', () => {
    const desk = facts(filter('-A INPUT -s 192.0.2.0/24 -j ACCEPT', '-A INPUT -p tcp -j DROP'));
    const [overlap] = desk.overlaps(desk.ruleset.rules[1]!);
    expect([overlap?.crossing, overlap && packetJson(overlap.packet).src]).toEqual([true, '192.0.2.10']);
  });
});

describe('limits', () => {
  it('ten thousand jumps deep', () => {
    const lines = ['-A INPUT -j d0'];
    for (let i = 0; i < 10_000; i++) lines.push(`-A d${i} -j d${i + 1}`);
    lines.push('-A d10000 -j DROP', '-A INPUT -p tcp -j ACCEPT');
    expect(deaths(filter(...lines))).toEqual(['10003: deciding-chain by 1']);
  });

  it('jumps in a circle are answered, not followed for ever', () => {
    expect(deaths(filter('-A INPUT -j one', '-A one -j two', '-A two -j one', '-A INPUT -j DROP'))).toEqual([]);
  });

  it('of many lines that could not be read all but the first share a question, and prove nothing', () => {
    const unread = Array.from({ length: 100 }, (_, i) => `-A INPUT -s 192.0.2.${i}/32 stray -j DROP`);
    const desk = facts(filter(...unread, '-A INPUT -p tcp -j ACCEPT', '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT'));
    const [last, dead] = desk.ruleset.rules.slice(-2).map((rule) => desk.verdict(rule));
    expect(last!.status).toBe('live');
    expect(last!.leansOn).toContain('a line that could not be read');
    expect(last!.leansOn).toContain('line 7, which could not be read');
    expect(last!.leansOn).toHaveLength(65);
    // Whatever they do, the line before it takes what they leave.
    expect(dead!.status).toBe('dead');
    expect(desk.ruleset.rules.slice(0, 100).every((rule) => desk.status(rule) === 'live')).toBe(true);
  });

  it('thousands of limits in one chain end in live and unknown, in bounded memory', () => {
    const desk = facts(filter(...Array.from({ length: 8000 }, (_, i) => `-A INPUT -p tcp -m limit --limit ${1 + (i % 50)}/min -j ACCEPT`)));
    const told = new Set(desk.ruleset.rules.map((rule) => desk.status(rule)));
    expect([...told].sort()).toEqual(['live', 'unknown']);
    expect(desk.inconclusive).toBe(true);
  });

  it('a budget of nothing says unknown, never a wrong word', () => {
    const text = filter(
      '-A INPUT -m mark --mark 1 -j ACCEPT',
      ...Array.from({ length: 40 }, (_, i) => `-A INPUT -s 10.0.${i}.0/24 -p tcp -m tcp --dport ${i}:${i + 40} -j DROP`),
    );
    const desk = facts(text, { effort: 'low' });
    expect(desk.ruleset.rules.every((rule) => desk.status(rule) !== 'dead')).toBe(true);
  });
});

describe('what a match changes, and what only one back end does', () => {
  it('a mark that --restore-skmark may have changed is not followed', () => {
    const lines = (match: string) =>
      [
        '*mangle',
        '-A PREROUTING -j MARK --set-mark 1',
        `-A PREROUTING -m socket ${match}-p udp -j LOG`,
        '-A PREROUTING -m mark --mark 2 -j DROP',
        'COMMIT',
        '',
      ].join('\n');
    const deadIn = (text: string) => {
      const one = facts(text);
      return one.dead().map((rule) => rule.index);
    };
    expect(deadIn(lines(''))).toEqual([2]);
    expect(deadIn(lines('--restore-skmark '))).toEqual([]);
  });

  it('a rule that only nft can match is dead under legacy', () => {
    const text = filter('-A INPUT -p tcp -m tcp ! --sport 0:65535 -j DROP');
    const status = (backend: 'legacy' | 'nft') => {
      const one = facts(text, { backend });
      return one.status(one.ruleset.rules[0]!);
    };
    expect(status('nft')).toBe('live');
    expect(status('legacy')).toBe('dead');
  });
});

describe('translation on the whole way', () => {
  const alive = (text: string): readonly boolean[] => {
    const one = facts(text);
    return one.ruleset.rules.map((rule) => one.status(rule) === 'live');
  };
  const lines = (...text: readonly string[]): string => `${text.join('\n')}\n`;

  it('NETMAP and REDIRECT write what later rules see, by hook', () => {
    expect(
      alive(
        lines(
          '*mangle',
          '-A PREROUTING -d 192.0.2.0/28 -j DROP',
          '-A OUTPUT -d 127.0.0.0/8 -j DROP',
          'COMMIT',
          '*nat',
          '-A PREROUTING -d 198.51.100.0/24 -j NETMAP --to 192.0.2.0/24',
          '-A OUTPUT -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080',
          'COMMIT',
          '*filter',
          '-A FORWARD -d 192.0.2.7/32 -m conntrack --ctstate NEW -j DROP',
          '-A FORWARD -d 203.0.113.0/24 -j DROP',
          '-A OUTPUT -d 127.0.0.1/32 -p tcp -m conntrack --ctstate NEW -j DROP',
          '-A OUTPUT -d 127.0.0.2/32 -p tcp -m conntrack --ctstate NEW -j DROP',
          'COMMIT',
        ),
      ),
    ).toEqual([true, true, true, true, true, true, true, false]);
  });

  it('what comes by lo was translated as it left: nat PREROUTING is not asked', () => {
    expect(alive(lines('*nat', '-A PREROUTING -i lo -j ACCEPT', '-A PREROUTING -i lo+ -j ACCEPT', 'COMMIT'))).toEqual([false, true]);
  });
});

describe('what the kernel lets pass (test/kernel/whole-way.test.ts asks it)', () => {
  const alive = (...text: readonly string[]): readonly boolean[] => {
    const one = facts(`${text.join('\n')}\n`);
    return one.ruleset.rules.map((rule) => one.status(rule) === 'live');
  };

  it('what mangle or nat changes in OUTPUT may leave by another interface than filter saw', () => {
    const rest = ['*filter', '-A OUTPUT ! -o eth1 -j DROP', '-A FORWARD -j DROP', 'COMMIT', '*nat', '-A POSTROUTING -o eth0 -j LOG'];
    expect(alive(...rest, 'COMMIT')).toEqual([true, true, false]);
    expect(alive(...rest, '-A OUTPUT -d 203.0.113.7 -j DNAT --to-destination 10.1.0.9', 'COMMIT')).toEqual([true, true, true, true]);
    expect(alive(...rest, 'COMMIT', '*mangle', '-A OUTPUT -p udp -j MARK --set-mark 1', 'COMMIT')).toEqual([true, true, true, true]);
    expect(alive(...rest, 'COMMIT', '*mangle', '-A FORWARD -p udp -j MARK --set-mark 1', 'COMMIT')).toEqual([true, true, false, true]);
  });

  it('behind CT a packet looks NEW in raw, and a NOTRACK comes too late', () => {
    expect(
      alive(
        '*raw',
        '-A PREROUTING ! -i lo -j CT --zone 1',
        '-A PREROUTING ! -i lo -m conntrack --ctstate NEW',
        '-A PREROUTING ! -i lo -m conntrack --ctstate INVALID',
        '-A PREROUTING -j NOTRACK',
        'COMMIT',
        '*filter',
        '-A FORWARD ! -i lo -m conntrack --ctstate NEW',
        'COMMIT',
      ),
    ).toEqual([true, true, false, true, true]);
  });

  it('SYNPROXY lets pass what is no part of the handshake that it takes over', () => {
    expect(
      alive(
        '*filter',
        '-A FORWARD -p tcp -j SYNPROXY',
        '-A FORWARD -p tcp -m conntrack --ctstate INVALID -j DROP',
        '-A FORWARD -p tcp -m tcp --tcp-flags SYN,ACK,FIN,RST SYN -j DROP',
        'COMMIT',
      ),
    ).toEqual([true, true, false]);
  });

  it('new packets that follow the first one are translated as it was, or not, whatever they look like', () => {
    const rules = (length: string): readonly string[] => [
      '*mangle',
      '-A PREROUTING -d 203.0.113.9 -j DROP',
      '-A PREROUTING -d 203.0.113.7 -m ttl --ttl-lt 5 -j DROP',
      'COMMIT',
      '*nat',
      `-A PREROUTING -d 203.0.113.7 -p udp ${length} -j DNAT --to-destination 203.0.113.9`,
      'COMMIT',
      '*filter',
      '-A FORWARD -d 203.0.113.9 -p udp -m conntrack --ctstate NEW -m length --length 101: -j ACCEPT',
      '-A FORWARD ! -i lo -d 203.0.113.7 -p udp -m conntrack --ctstate NEW -m length --length 0:100 -j ACCEPT',
      '-A FORWARD -d 203.0.113.9 -p tcp -m conntrack --ctstate NEW -j ACCEPT',
      'COMMIT',
    ];
    expect(alive(...rules('-m length --length 0:100'))).toEqual([true, true, true, true, true, false]);
    expect(alive(...rules(''))).toEqual([true, true, true, true, false, false]);
  });

  it('but the first one must have got so far itself', () => {
    expect(
      alive(
        '*raw',
        '-A PREROUTING -d 192.0.2.2 -j DROP',
        '-A PREROUTING ! -i lo -p tcp -m tcp --dport 8080 -m ttl --ttl-lt 9 -j DROP',
        'COMMIT',
        '*nat',
        '-A PREROUTING -p tcp -m tcp --dport 8080 -m ttl --ttl-lt 9 -j DNAT --to-destination 192.0.2.2',
        'COMMIT',
        '*filter',
        '-A FORWARD -d 192.0.2.2 -m conntrack --ctstate NEW -j ACCEPT',
        'COMMIT',
      ),
    ).toEqual([true, true, false, false]);
  });

  it('CT --notrack alone puts no fragments together', () => {
    const rules = (target: string): readonly string[] => [
      '*raw',
      `-A PREROUTING -p tcp -j ${target}`,
      '-A PREROUTING -f -j DROP',
      'COMMIT',
    ];
    expect(alive(...rules('CT --notrack'))).toEqual([true, true]);
    expect(alive(...rules('CT --zone 1'))).toEqual([true, false]);
  });
});

describe('the way out of what the host sends', () => {
  const alive = (...lines: readonly string[]): readonly boolean[] => {
    const one = facts(`*mangle\n:FORWARD DROP [0:0]\n${lines.join('\n')}\nCOMMIT\n`);
    return one.ruleset.rules.filter(({ chain }) => chain.hook === 'POSTROUTING').map((rule) => one.status(rule) === 'live');
  };
  const filter = ['COMMIT', '*filter', ':OUTPUT DROP [0:0]', '-A OUTPUT -o eth0 -j ACCEPT'];
  const post = (...conditions: readonly string[]): readonly string[] => conditions.map((each) => `-A POSTROUTING ${each}`);

  it('is the one that OUTPUT saw, but for packets that mangle changed there', () => {
    const asked = post(
      '-o eth0',
      '-o eth1 -m conntrack --ctstate NEW',
      '-o eth1 -m conntrack --ctstate ESTABLISHED',
      '-o eth1 -p udp',
      '-o eth1 -p tcp -m conntrack --ctstate INVALID',
    );
    const restore = '-A OUTPUT -m conntrack --ctstate ESTABLISHED -j CONNMARK --restore-mark';
    expect(alive(...asked, ...filter)).toEqual([true, false, false, false, false]);
    expect(alive(restore, ...asked, ...filter)).toEqual([true, false, true, true, false]);
    // In a chain that is called, and where rules ask for the mark.
    expect(
      alive(
        ':MARKS - [0:0]',
        '-A OUTPUT -p udp -j MARKS',
        '-A OUTPUT -m mark --mark 9 -j DROP',
        '-A MARKS -p udp -m udp --dport 53 -j RETURN',
        '-A MARKS -j MARK --set-mark 7',
        ...post('-o eth1 -p tcp', '-o eth1 -p udp -m udp --dport 53', '-o eth1 -p udp -m udp --dport 54'),
        ...filter,
      ),
    ).toEqual([false, false, true]);
  });

  it('is another one behind a change that nobody knows of', () => {
    const asked = post('-o eth1 -p tcp', '-o eth1 -p udp');
    expect(alive('-A OUTPUT -p udp -j WONDER', ...asked, ...filter)).toEqual([false, true]);
    expect(alive(...asked, ...filter.toSpliced(3, 0, '-A OUTPUT -p udp -o eth0 -j NFQUEUE'))).toEqual([false, true]);
  });

  it('is another one for what nat sends elsewhere, and for later packets and answers', () => {
    const asked = post('-o eth1 -m conntrack --ctstate NEW -p tcp', '-o eth1 -m conntrack --ctstate NEW -p udp', '-o eth1 -p udp');
    const nat = (rule: string): readonly string[] => [...asked, 'COMMIT', '*nat', rule, ...filter];
    expect(alive(...nat('-A OUTPUT -p tcp -j DNAT --to-destination 192.0.2.1'))).toEqual([true, false, true]);
    expect(alive(...nat('-A INPUT -p tcp -j SNAT --to-source 192.0.2.1'))).toEqual([false, false, true]);
    expect(alive(...nat('-A OUTPUT -p tcp -j MARK --set-mark 7'))).toEqual([false, false, false]);
    // Sources that POSTROUTING gave are those of answers on lo only.
    expect(alive(...nat('-A POSTROUTING -o ppp0 -j MASQUERADE'))).toEqual([false, false, false, false]);
    expect(alive(...nat('-A POSTROUTING -j MASQUERADE'))).toEqual([false, false, true, true]);
    // No rule asks for the address that is written; a later packet is longer than the first.
    const long = post('-o eth1 -p udp -m conntrack --ctstate NEW -m length --length 101:', '-o eth1 -p tcp -m conntrack --ctstate NEW');
    const short = '-A OUTPUT -p udp -m length --length 0:100 -j DNAT --to-destination 192.0.2.1';
    expect(alive(...long, 'COMMIT', '*nat', short, ...filter)).toEqual([true, false]);
  });

  it('is that of the packet told, where no rule asks for it', () => {
    const one = facts(
      `*mangle\n:FORWARD DROP [0:0]\n-A OUTPUT -m conntrack --ctstate ESTABLISHED -j CONNMARK --restore-mark\n-A POSTROUTING -m conntrack --ctstate NEW\n${filter.join('\n').replace('eth0', 'ppp0')}\nCOMMIT\n`,
    );
    expect(one.verdict(one.ruleset.rules[1]!).packet?.names.get('outInterface')).toBe('ppp0');
  });
});

describe('what is dead on the whole way', () => {
  const text = (verdict: string) =>
    [
      '*mangle',
      '-A PREROUTING -p udp -j DROP',
      '-A OUTPUT -p udp -j DROP',
      'COMMIT',
      '*filter',
      `-A FORWARD -p udp -m udp --dport 53 -j ${verdict}`,
      'COMMIT',
      '',
    ].join('\n');

  it.each([
    ['ACCEPT', 'other'],
    ['DROP', 'same'],
  ])('-j %s behind -j DROP: %s fate, told with the rules on the way there', (verdict, fate) => {
    const one = facts(text(verdict));
    const found = one.verdict(one.ruleset.rules[2]!);
    expect(found).toMatchObject({ status: 'dead', cause: 'path', fate });
    expect(found.by).toEqual([one.ruleset.rules[0]]);
  });

  it('told with the fewest rules that make it so', () => {
    const one = facts(
      [
        '*raw',
        '-A PREROUTING -s 192.0.2.0/24 -j DROP',
        '-A PREROUTING -p tcp -m tcp --dport 23 -j DROP',
        '-A PREROUTING -j MARKS',
        '-A MARKS -p tcp -m tcp --dport 22 -j DROP',
        '-A MARKS -p tcp -m tcp --dport 24:30 -j DROP',
        'COMMIT',
        '*mangle',
        '-A PREROUTING -i eth0 -j MARK --set-mark 1',
        'COMMIT',
        '*filter',
        '-A FORWARD -s 198.51.100.0/24 -p tcp -m tcp --dport 22:23 -j ACCEPT',
        'COMMIT',
        '',
      ]
        .join('\n')
        .replace('*raw\n', '*raw\n:MARKS - [0:0]\n'),
    );
    const found = one.verdict(one.ruleset.rules.at(-1)!);
    expect(found).toMatchObject({ status: 'dead', cause: 'path' });
    expect(found.by.map((rule) => rule.id + 1)).toEqual([2, 4]);
  });
});

describe('hundreds of rules that ask sets of their own', () => {
  const count = 400;
  const asking = (i: number): string => `-m set --match-set s${i} src -m set --match-set d${(i * 7) % count} dst`;
  const text = filter(
    ...Array.from({ length: count }, (_, i) => `-A INPUT ${asking(i)} -j ACCEPT`),
    `-A INPUT ${asking(5)} -j DROP`,
    '-A INPUT -j DROP',
    '-A INPUT -p tcp -j ACCEPT',
  );
  const desk = facts(text);
  const [first] = desk.dead();

  it('are decided, one by one', () => {
    expect(deaths(text)).toEqual([`${count + 1}: rule by 6`, `${count + 3}: catch-all by ${count + 2}`]);
  });

  it('lean on their own sets alone', () => {
    const { rules } = first!.chain;
    for (const at of [0, 7, 399])
      expect([...desk.verdict(rules[at]!).leansOn].sort()).toEqual([
        `-m set --match-set d${(at * 7) % count} dst`,
        `-m set --match-set s${at} src`,
      ]);
    expect(desk.verdict(rules[count + 1]!).leansOn).toEqual([]);
  });

  it('are not redundant before a rule that drops the rest', () => {
    const { rules } = first!.chain;
    expect(desk.redundancy(rules[0]!)).toBeNull();
  });
});
