/** The service matrix on small rulesets: hosts, routers, Docker, Kubernetes. */
import { describe, expect, it, test } from 'vitest';
import { Fault } from '../../grammar/index.js';
import { readAddresses } from '../../src/model/host.js';
import type { Ruleset } from '../../src/model/ruleset.js';
import { type ExposureKind, type ExposureOptions, exposureOf } from '../../src/query/exposure.js';
import { filter, rulesetOf } from './world.js';

const table = (name: string, ...lines: string[]): string => `*${name}\n${lines.join('\n')}\nCOMMIT\n`;

/** "tcp 8080 goes to 172.17.0.2:80 from anywhere on eth0 (4,9)", a line a row. */
const rows = (ruleset: Ruleset, kind: ExposureKind = 'host', more: Partial<ExposureOptions> = {}): string[] =>
  exposureOf(ruleset, { most: 50, ...more })
    .filter((one) => one.kind === kind)
    .flatMap((one) =>
      one.rows.map(({ service, goesTo, names, from, to, arriving, leaving, only, translatedBy, lines, byPolicy }) =>
        [
          service,
          goesTo.length > 0 && `goes to ${goesTo.join(', ')}`,
          names.length > 0 && `[${names.join(', ')}]`,
          `from ${from.join(', ')}`,
          to && `to ${to}`,
          arriving && `on ${arriving}`,
          leaving && `by ${leaving}`,
          only.length > 0 && `only ${only.join(' and ')}`,
          `(${[...translatedBy, ...lines, ...(byPolicy ? ['policy'] : [])]})`,
        ]
          .filter(Boolean)
          .join(' '),
      ),
    );

test('conditions are told in words', () => {
  const only = (...lines: readonly string[]) =>
    exposureOf(filter(...lines), { most: 50 }).flatMap((one) => (one.kind === 'host' ? one.rows.flatMap((row) => row.only) : []));
  expect(only('-A INPUT -p udp -m limit --limit 3/min -j DROP', '-A INPUT -p udp -m udp --dport 53 -j ACCEPT', '-A INPUT -j DROP')).toEqual(
    [expect.stringMatching(/^more than 3 a minute/)],
  );
  expect(only('-A INPUT -p tcp -m set ! --match-set bad src -j ACCEPT', '-A INPUT -j DROP')).toEqual(['whose source is not in set bad']);
  expect(only('-A INPUT -p tcp -m geoip --src-cc DE -j ACCEPT', '-A INPUT -j DROP')[0]).toContain('geoip');
});

const refused = (ruleset: Ruleset) => exposureOf(ruleset, { most: 50 }).flatMap((one) => one.refused);

describe('to this host', () => {
  it('tells what SYNPROXY answers', () => {
    const ruleset = rulesetOf(
      `${table('raw', '-A PREROUTING -p tcp -m tcp --dport 443 --tcp-flags FIN,SYN,RST,ACK SYN -j CT --notrack')}\n${table('filter', ':INPUT DROP [0:0]', '-A INPUT -p tcp -m tcp --dport 443 -m conntrack --ctstate INVALID,UNTRACKED -j SYNPROXY --mss 1460', '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT')}\n`,
    );
    expect(rows(ruleset)).toEqual(['tcp 443 (https) from anywhere (7)']);
  });

  it('tells services with their sources, and takes away what is refused before', () => {
    const ruleset = filter(
      '-A INPUT -i lo -j ACCEPT',
      '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      '-A INPUT -s 192.0.2.7/32 -j DROP',
      '-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT',
      '-A INPUT -s 203.0.113.5/32 -p tcp -m tcp --dport 22 -j ACCEPT',
      '-A INPUT -i eth1 -p udp -m udp --dport 53 -j ACCEPT',
    );
    expect(rows(ruleset)).toEqual([
      'udp 53 (dns) from anywhere but 192.0.2.7 on eth1 (10)',
      'tcp 22 (ssh) from 192.0.2.0/24 but 192.0.2.7, 203.0.113.5 (8,9)',
    ]);
  });

  it('gathers the sources of a row, however narrow, where few rows are told', () => {
    const ruleset = filter(
      '-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT',
      '-A INPUT -p tcp -m tcp --dport 443 -m mac --mac-source 02:00:00:00:00:aa -s 192.0.2.128/25 -j ACCEPT',
      '-A INPUT -s 203.0.113.5/32 -p tcp -m tcp --dport 22 -j ACCEPT',
    );
    expect(rows(ruleset, 'host', { most: 1 })).toEqual(['tcp 22 (ssh) from 192.0.2.0/24, 203.0.113.5 (5,7)']);
  });

  it('follows chains that give packets back', () => {
    const ruleset = filter(
      ':WEB - [0:0]',
      '-A INPUT -p tcp -j WEB',
      '-A WEB -s 198.51.100.0/24 -j RETURN',
      '-A WEB -p tcp -m tcp --dport 443 -j ACCEPT',
    );
    expect(rows(ruleset)).toEqual(['tcp 443 (https) from anywhere but 198.51.100.0/24 (8)']);
  });

  it('tells a policy that accepts, and nothing where nothing is accepted', () => {
    const open = rulesetOf('*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 23 -j DROP\nCOMMIT\n');
    expect(rows(open)).toContain('any protocol but tcp from anywhere (policy)');
    expect(rows(filter())).toEqual([]);
  });

  it('names the lines that take parts of a row in many pieces', () => {
    const ruleset = filter(
      '-A INPUT -s 192.0.2.7/32 -p tcp -m tcp --dport 1:1024 -j DROP',
      '-A INPUT -s 203.0.113.0/24 -p tcp -m tcp --dport 22:80 -j DROP',
      '-A INPUT -p tcp -m tcp --dport 1:2000 -j ACCEPT',
    );
    expect(rows(ruleset)).toEqual(['tcp 1-2000 from anywhere only what lines 5, 6 leave (7)']);
  });

  it('sees what raw and mangle drop, and who was not tracked', () => {
    const ruleset = rulesetOf(
      table('raw', '-A PREROUTING -s 198.51.100.0/24 -j DROP', '-A PREROUTING -p udp -m udp --dport 53 -j NOTRACK') +
        table(
          'filter',
          ':INPUT DROP [0:0]',
          '-A INPUT -m conntrack --ctstate UNTRACKED -j ACCEPT',
          '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
        ),
    );
    expect(rows(ruleset)).toEqual([
      'tcp 22 (ssh) from anywhere but 198.51.100.0/24 (8)',
      'udp 53 (dns) from anywhere but 198.51.100.0/24 (7)',
    ]);
  });

  it('knows that what comes from outside bears no mark but those of the rules', () => {
    const marked = (mark: string): Ruleset =>
      rulesetOf(
        table('mangle', '-A PREROUTING -i eth1 -j MARK --set-xmark 0x1/0xffffffff') +
          table('filter', ':INPUT DROP [0:0]', `-A INPUT -p tcp -m mark --mark ${mark} -j ACCEPT`),
      );
    expect(rows(marked('0x1'))).toEqual(['tcp from anywhere on eth1 (6)']);
    expect(rows(marked('0x2'))).toEqual([]);
  });

  it('has what a chain marked and gave back meet the rules behind', () => {
    const ruleset = filter(
      ':CHECK - [0:0]',
      ':GOOD - [0:0]',
      '-A INPUT -i eth0 -j CHECK',
      '-A INPUT -s 198.51.100.0/24 -j DROP',
      '-A INPUT -m mark --mark 0x4 -j ACCEPT',
      '-A CHECK -s 198.51.0.0/16 -j GOOD',
      '-A CHECK -s 198.51.0.0/16 -j RETURN',
      '-A GOOD -j MARK --set-xmark 0x4/0xffffffff',
    );
    expect(rows(ruleset)).toEqual(['everything from 198.51.0.0/16 but 198.51.100.0/24 on eth0 (9)']);
  });

  it('holds addresses of the host against the rules, where they are told', () => {
    const ruleset = filter(
      '-A INPUT -d 192.0.2.1/32 -p tcp -m tcp --dport 22 -j ACCEPT',
      '-A INPUT -d 192.0.2.2/32 -p tcp -m tcp --dport 80 -j ACCEPT',
    );
    const interfaces = readAddresses('[{"ifname":"eth0","addr_info":[{"local":"192.0.2.1","prefixlen":24}]}]');
    if (interfaces instanceof Fault) throw new Error(interfaces.message);
    expect(rows(ruleset)).toHaveLength(2);
    expect(rows(ruleset, 'host', { interfaces })).toEqual(['tcp 22 (ssh) from anywhere to 192.0.2.1 (5)']);
  });
});

describe('ports that nat sends on', () => {
  const docker = (...more: string[]): Ruleset =>
    rulesetOf(
      table(
        'nat',
        ':DOCKER - [0:0]',
        '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER',
        '-A DOCKER -i docker0 -j RETURN',
        '-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80',
        '-A DOCKER -d 127.0.0.1/32 ! -i docker0 -p tcp -m tcp --dport 5432 -j DNAT --to-destination 172.17.0.4:5432',
      ) +
        table(
          'filter',
          ':FORWARD DROP [0:0]',
          ':DOCKER - [0:0]',
          ':DOCKER-USER - [0:0]',
          '-A FORWARD -j DOCKER-USER',
          '-A FORWARD -o docker0 -j DOCKER',
          '-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT',
          ...more,
        ),
    );

  it('tells the port as the outside sees it, and where it goes; what is bound to 127.0.0.1 is not there', () => {
    expect(rows(docker(), 'published')).toEqual([
      'tcp 8080 (http-alt) goes to 172.17.0.2:80 [Docker] from anywhere to this host on any but docker0 by docker0 (5,14)',
    ]);
  });

  it('heeds DOCKER-USER, before and after the translation', () => {
    expect(rows(docker('-A DOCKER-USER ! -s 192.0.2.0/24 -i eth0 -p tcp -m conntrack --ctorigdstport 8080 -j DROP'), 'published')).toEqual([
      'tcp 8080 (http-alt) goes to 172.17.0.2:80 [Docker] from anywhere to this host on any but docker0, eth0 by docker0 (5,14)',
      'tcp 8080 (http-alt) goes to 172.17.0.2:80 [Docker] from 192.0.2.0/24 to this host on eth0 by docker0 (5,14)',
    ]);
    // The port that the container sees.
    expect(rows(docker('-A DOCKER-USER -p tcp -m tcp --dport 8080 -j DROP'), 'published')).toHaveLength(1);
    expect(rows(docker('-A DOCKER-USER -p tcp -m tcp --dport 80 -j DROP'), 'published')).toEqual([]);
  });

  it('says of what gets nowhere who refuses it', () => {
    const ruleset = docker('-A DOCKER-USER -d 172.17.0.2/32 -j DROP');
    expect(rows(ruleset, 'published')).toEqual([]);
    expect(refused(ruleset)).toEqual([
      {
        service: 'tcp 8080 (http-alt)',
        goesTo: ['172.17.0.2:80'],
        translatedBy: [5],
        lines: [15],
        byPolicy: false,
        ifLocal: [],
      },
    ]);
  });

  it('has one row for packets that a chain marked and others, where one rule lets both in', () => {
    const ruleset = rulesetOf(
      table('nat', '-A PREROUTING -p tcp -m tcp --dport 30080 -j DNAT --to-destination 10.42.0.10:80') +
        table(
          'filter',
          ':FORWARD DROP [0:0]',
          ':POD - [0:0]',
          '-A FORWARD -m physdev --physdev-is-bridged -j POD',
          '-A FORWARD -p udp -m mark --mark 0x10000/0x10000 -j DROP',
          '-A FORWARD -d 10.42.0.0/24 -p tcp -j ACCEPT',
          '-A POD -j MARK --set-xmark 0x10000/0x10000',
        ),
    );
    expect(rows(ruleset, 'published')).toEqual(['tcp 30080 goes to 10.42.0.10:80 from anywhere (2,9)']);
    expect(rows(ruleset, 'through')).toEqual(['tcp any but 30080 from anywhere to 10.42.0.0/24 (9)']);
  });

  it('gathers the pods of a node port, which chance chooses among', () => {
    const ruleset = rulesetOf(
      table(
        'nat',
        ':KUBE-SERVICES - [0:0]',
        ':KUBE-NODEPORTS - [0:0]',
        ':KUBE-MARK-MASQ - [0:0]',
        ':KUBE-SVC-A - [0:0]',
        ':KUBE-SEP-A - [0:0]',
        ':KUBE-SEP-B - [0:0]',
        '-A PREROUTING -j KUBE-SERVICES',
        '-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-A',
        '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
        '-A KUBE-NODEPORTS -p tcp -m comment --comment "default/web:http" -m tcp --dport 30080 -j KUBE-SVC-A',
        '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
        '-A KUBE-SVC-A ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ',
        '-A KUBE-SVC-A -m comment --comment "default/web:http" -m statistic --mode random --probability 0.5 -j KUBE-SEP-A',
        '-A KUBE-SVC-A -m comment --comment "default/web:http" -j KUBE-SEP-B',
        '-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.1.7:8080',
        '-A KUBE-SEP-B -p tcp -m tcp -j DNAT --to-destination 10.244.2.5:8080',
      ) +
        table(
          'filter',
          ':FORWARD DROP [0:0]',
          '-A FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT',
          '-A FORWARD -s 10.244.0.0/16 -j ACCEPT',
        ),
    );
    expect(rows(ruleset, 'published')).toEqual([
      'tcp 30080 goes to 10.244.1.7:8080, 10.244.2.5:8080 [default/web:http] from anywhere to this host (16,17,21,22)',
      'tcp 80 (http) goes to 10.244.1.7:8080, 10.244.2.5:8080 [default/web:http] from anywhere to 10.96.0.10 (16,17,21,22)',
    ]);
  });

  it('follows REDIRECT to INPUT, and port forwards of a router with --ctstate DNAT', () => {
    const ruleset = rulesetOf(
      table(
        'nat',
        '-A PREROUTING -i lan0 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 3128',
        '-A PREROUTING -i wan0 -p tcp -m tcp --dport 2222 -j DNAT --to-destination 192.0.2.9:22',
      ) +
        table(
          'filter',
          ':INPUT DROP [0:0]',
          ':FORWARD DROP [0:0]',
          '-A INPUT -i lan0 -p tcp -m tcp --dport 3128 -j ACCEPT',
          '-A FORWARD -i wan0 -m conntrack --ctstate DNAT -j ACCEPT',
        ),
    );
    expect(rows(ruleset, 'published')).toEqual([
      'tcp 80 (http) goes to this host port 3128 from anywhere on lan0 (2,8)',
      'tcp 2222 goes to 192.0.2.9:22 from anywhere on wan0 (3,9)',
    ]);
  });

  it('takes a new address for another machine, and says what if it is not', () => {
    const rules =
      table('nat', '-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 192.0.2.1:8080') +
      table('filter', ':INPUT DROP [0:0]', ':FORWARD DROP [0:0]', '-A INPUT -p tcp -m tcp --dport 8080 -j ACCEPT');
    expect(refused(rulesetOf(rules))).toMatchObject([{ service: 'tcp 80 (http)', byPolicy: true, ifLocal: [7] }]);
    const interfaces = readAddresses('[{"ifname":"eth0","addr_info":[{"local":"192.0.2.1","prefixlen":24}]}]');
    if (interfaces instanceof Fault) throw new Error(interfaces.message);
    expect(rows(rulesetOf(rules), 'published', { interfaces })).toEqual(['tcp 80 (http) goes to 192.0.2.1:8080 from anywhere (2,7)']);
  });

  it('tells only the first of thousands of services, and counts the others', () => {
    const services = Array.from({ length: 9000 }, (_, i) => `10.96.${i >> 8}.${i & 255}`);
    const ruleset = rulesetOf(
      table(
        'nat',
        ...services.map((_, i) => `:SVC-${i} - [0:0]`),
        ...services.map((address, i) => `-A PREROUTING -d ${address}/32 -p tcp -m tcp --dport 80 -j SVC-${i}`),
        '-A PREROUTING -p tcp -m tcp --dport 30080 -j DNAT --to-destination 10.244.0.1:80',
        ...services.flatMap((_, i) => [
          `-A SVC-${i} -m comment --comment x`,
          `-A SVC-${i} -p tcp -m tcp -j DNAT --to-destination 10.244.1.1:80`,
        ]),
      ) + table('filter', ':FORWARD ACCEPT [0:0]'),
    );
    const [published] = exposureOf(ruleset, { most: 5 }).filter(({ kind }) => kind === 'published');
    expect(published!.rows.map(({ service }) => service)[0]).toBe('tcp 30080');
    expect(published!.rows).toHaveLength(5);
    expect(published!.rows.length + published!.leftOut).toBe(9001);
  });
});
