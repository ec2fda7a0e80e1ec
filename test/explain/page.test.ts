/** Whole rulesets explained: guarded hooks, what is open, services of Kubernetes, published ports, policies, programs, the way of a packet, chains. */
import { describe, expect, test } from 'vitest';
import { parse } from '../../grammar/index.js';
import { factsOf } from '../../src/analysis/facts.js';
import { explainChain } from '../../src/explain/chain.js';
import { toMarkdown, toText } from '../../src/explain/layout.js';
import { explainRuleset, pageBlocks } from '../../src/explain/page.js';
import { pathDiagram } from '../../src/explain/path.js';
import { readIpsets } from '../../src/model/ipset.js';
import { resolve } from '../../src/model/resolve.js';

const ruleset = (text: string) => resolve(parse(text, { name: 'rules.v4' }).document).rulesets[0]!;
const page = (text: string, ipset?: string) =>
  explainRuleset(ruleset(text), { sets: ipset === undefined ? null : readIpsets(ipset), mostRules: 20 });
const filter = (rules: string, policies = 'DROP'): string =>
  `*filter\n:INPUT ${policies} [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:WEB - [0:0]\n${rules}\nCOMMIT\n`;

describe('guarded hooks', () => {
  test('the policy, where rules leave something over', () => {
    const [input] = page(filter('-A INPUT -p tcp --dport 22 -j ACCEPT')).hooks;
    expect(input).toMatchObject({ hook: 'INPUT', policy: 'DROP', otherwise: 'what no rule decides meets the policy, DROP' });
  });

  test('a last rule for all stands in for the policy', () => {
    const [input] = page(filter('-A INPUT -p tcp --dport 22 -j ACCEPT\n-A INPUT -j REJECT', 'ACCEPT')).hooks;
    expect(input!.otherwise).toBe('line 7 rejects what is left (the policy, ACCEPT, is never asked)');
  });

  test('also in a chain that every packet jumps to', () => {
    const [input] = page(filter('-A INPUT -j WEB\n-A WEB -p tcp -j ACCEPT\n-A WEB -j DROP', 'ACCEPT')).hooks;
    expect(input!.otherwise).toContain('line 8 drops what is left');
  });

  test('not where the chain may return', () => {
    const [input] = page(filter('-A INPUT -j WEB\n-A WEB -p tcp -j RETURN\n-A WEB -j DROP', 'ACCEPT')).hooks;
    expect(input!.otherwise).toBe('what no rule decides meets the policy, ACCEPT');
  });
});

test('drops outside the filter table are named', () => {
  const raw = page('*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -s 192.0.2.0/24 -j DROP\nCOMMIT\n');
  expect(raw.dropsElsewhere).toEqual([{ chain: 'raw/PREROUTING', lines: [3] }]);
  expect(toText(pageBlocks(raw), 100)).toContain('packets are dropped, too: raw/PREROUTING (line 3).');
});

describe('what is open', () => {
  const rows = (text: string) => page(text).exposure.find(({ hook }) => hook === 'INPUT')!;

  test('service, source, interface and line; replies and loopback are left out', () => {
    const { rows: open } = rows(
      filter(
        '-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -s 10.0.0.0/8 -i eth0 -p tcp -m conntrack --ctstate NEW -m tcp --dport 22 -j ACCEPT',
      ),
    );
    expect(open).toEqual([
      { service: 'TCP port 22 (ssh)', from: ['10.0.0.0/8'], to: '', arriving: 'eth0', leaving: '', only: '', lines: [8] },
    ]);
  });

  test('connections that DNAT has sent on are new ones', () => {
    const { rows: open } = rows(
      filter(
        '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT\n-A INPUT -p udp -m conntrack ! --ctstate DNAT,NEW -j ACCEPT',
      ),
    );
    expect(open).toMatchObject([{ service: 'everything', only: 'sent on by DNAT', lines: [6] }]);
  });

  test('what the jump asks holds for the rules behind it', () => {
    const { rows: open } = rows(filter('-A INPUT -i eth1 -j WEB\n-A WEB -p tcp -m multiport --dports 80,443 -j ACCEPT'));
    expect(open).toMatchObject([{ service: 'TCP ports 80 (http) or 443 (https)', arriving: 'eth1', lines: [7] }]);
  });

  test('rules that differ by source alone are one row', () => {
    const { rows: open } = rows(
      filter('-A INPUT -s 192.0.2.1 -p udp --dport 53 -j ACCEPT\n-A INPUT -s 192.0.2.2 -p udp --dport 53 -j ACCEPT'),
    );
    expect(open).toMatchObject([{ service: 'UDP port 53 (dns)', from: ['192.0.2.1', '192.0.2.2'], lines: [6, 7] }]);
  });

  test('rules behind one for all are not told', () => {
    expect(rows(filter('-A INPUT -j DROP\n-A INPUT -p tcp --dport 22 -j ACCEPT')).rows).toEqual([]);
  });

  test('what is refused before is named', () => {
    expect(rows(filter('-A INPUT -s 192.0.2.0/24 -j DROP\n-A INPUT -p tcp --dport 22 -j ACCEPT')).refusedFirst).toEqual([6]);
  });

  test('a jump from a network to a rule for a part of it tells the part', () => {
    const { rows: open } = rows(filter('-A INPUT -s 192.0.2.0/24 -j WEB\n-A WEB -s 192.0.2.7/32 -p tcp -m tcp --dport 80 -j ACCEPT'));
    expect(open).toMatchObject([{ service: 'TCP port 80 (http)', from: ['192.0.2.7'] }]);
  });

  test('a way that asks for two protocols or for two networks lets nothing in', () => {
    expect(rows(filter('-A INPUT -p icmp -j WEB\n-A WEB -p tcp -m tcp --dport 80 -j ACCEPT')).rows).toEqual([]);
    expect(rows(filter('-A INPUT -s 192.0.2.0/24 -j WEB\n-A WEB -s 198.51.100.0/24 -j ACCEPT')).rows).toEqual([]);
    expect(rows(filter('-A INPUT ! -p icmp -j WEB\n-A WEB -p tcp -m tcp --dport 80 -j ACCEPT')).rows).toMatchObject([
      { service: 'TCP port 80 (http)' },
    ]);
  });

  test('rules that no packet reaches are left out where that is proved, and marked', () => {
    const text = filter('-A INPUT -s 192.0.2.0/24 -j DROP\n-A INPUT -s 192.0.2.7/32 -j ACCEPT');
    const rules = ruleset(text);
    const facts = factsOf(rules, {});
    const proved = explainRuleset(rules, { sets: null, mostRules: 20, isDead: (rule) => facts.status(rule) === 'dead' });
    expect(proved.exposure[0]!.rows).toEqual([]);
    expect(proved.chains[0]!.rules.map(({ isDead }) => isDead)).toEqual([undefined, true]);
    expect(toText(pageBlocks(proved), 100)).toContain('Accept packets from 192.0.2.7. No packet reaches it.');
  });

  test('two interfaces, or one wanted and unwanted, are no way in', () => {
    const forward = (rules: string) =>
      page(filter(rules))
        .exposure.find(({ hook }) => hook === 'FORWARD')!
        .rows.map(({ leaving }) => leaving);
    const web = '-A WEB -d 192.0.2.5 ! -i br1 -o br1 -p tcp --dport 80 -j ACCEPT';
    expect(forward(`-A FORWARD -o br0 -j WEB\n-A FORWARD -o br1 -j WEB\n${web}`)).toEqual(['br1']);
    expect(forward(`-A FORWARD -i br1 -j WEB\n${web}`)).toEqual([]);
    expect(forward(`-A FORWARD -o br+ -j WEB\n${web}`)).toEqual(['br*, also br1']);
  });

  test('what a match notes is no condition', () => {
    expect(rows(filter('-A INPUT -p tcp --dport 22 -m recent --name ssh --set -j ACCEPT')).rows).toMatchObject([{ only: '' }]);
  });

  test('a rule for another hook lets nothing in at this one', () => {
    expect(rows(filter('-A INPUT -j WEB\n-A OUTPUT -j WEB\n-A WEB -o eth0 -j ACCEPT\n-A WEB -i eth0 -j ACCEPT')).rows).toMatchObject([
      { arriving: 'eth0', leaving: '', lines: [9] },
    ]);
  });

  test('a policy that accepts is open to all', () => {
    expect(rows(filter('-A INPUT -p tcp --dport 25 -j DROP', 'ACCEPT')).rows).toMatchObject([
      { service: 'everything', from: ['anywhere'], only: 'what no rule refuses', lines: [] },
    ]);
    expect(toText(pageBlocks(page(filter('', 'ACCEPT'))), 100)).toContain('no rule refuses anything');
  });
});

const services = (rules: string): string =>
  `*nat\n:PREROUTING ACCEPT [0:0]\n${[...new Set(rules.match(/KUBE-[A-Z0-9-]+/g))].map((name) => `:${name} - [0:0]`).join('\n')}\n-A PREROUTING -j KUBE-SERVICES\n${rules}\nCOMMIT\n`;

const endpoint = (letter: string, address: string, hairpin = true): string =>
  `${hairpin ? `-A KUBE-SEP-${letter.repeat(16)} -s ${address}/32 -m comment --comment "shop/web:http" -j KUBE-MARK-MASQ\n` : ''}-A KUBE-SEP-${letter.repeat(16)} -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination ${address}:8080\n`;

describe('Kubernetes', () => {
  const three = services(
    `-A KUBE-SERVICES -d 192.0.2.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-WWWWWWWWWWWWWWWW
-A KUBE-SERVICES -d 203.0.113.5/32 -p tcp -m comment --comment "shop/web:http external IP" -m tcp --dport 80 -j KUBE-EXT-WWWWWWWWWWWWWWWW
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30080 -j KUBE-EXT-WWWWWWWWWWWWWWWW
-A KUBE-EXT-WWWWWWWWWWWWWWWW -m comment --comment "masquerade traffic for shop/web:http external destinations" -j KUBE-MARK-MASQ
-A KUBE-EXT-WWWWWWWWWWWWWWWW -j KUBE-SVC-WWWWWWWWWWWWWWWW
-A KUBE-SVC-WWWWWWWWWWWWWWWW ! -s 198.51.100.0/24 -d 192.0.2.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-WWWWWWWWWWWWWWWW -m comment --comment "shop/web:http -> 198.51.100.1:8080" -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-AAAAAAAAAAAAAAAA
-A KUBE-SVC-WWWWWWWWWWWWWWWW -m comment --comment "shop/web:http -> 198.51.100.2:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-BBBBBBBBBBBBBBBB
-A KUBE-SVC-WWWWWWWWWWWWWWWW -m comment --comment "shop/web:http -> 198.51.100.3:8080" -j KUBE-SEP-CCCCCCCCCCCCCCCC
${endpoint('A', '198.51.100.1')}${endpoint('B', '198.51.100.2')}${endpoint('C', '198.51.100.3', false)}`,
  );

  test('a service with its addresses, and the true share of each endpoint', () => {
    const [service, ...others] = page(three).kubernetes!.services;
    expect(others).toEqual([]);
    expect(service).toMatchObject({
      name: 'shop/web:http',
      protocol: 'tcp',
      cluster: ['192.0.2.10:80'],
      nodePorts: ['30080'],
      external: ['203.0.113.5:80'],
      affinity: null,
      masqueraded: ['all from outside', 'sources outside 198.51.100.0/24'],
    });
    expect(service!.endpoints.map(({ address, hairpin }) => [address, hairpin])).toEqual([
      ['198.51.100.1:8080', true],
      ['198.51.100.2:8080', true],
      ['198.51.100.3:8080', false],
    ]);
    for (const { share } of service!.endpoints) expect(share).toBeCloseTo(1 / 3, 6);
  });

  test('services that no built-in chain leads to are told as such', () => {
    expect(page(three).kubernetes!.notVisible).toBeNull();
    expect(page(three.replace('-A PREROUTING -j KUBE-SERVICES\n', '')).kubernetes!.notVisible).toContain(
      'no packet comes to these services',
    );
  });

  test('uneven probabilities are told as they are', () => {
    const [service] = page(three.replace('0.50000000000', '0.10000000000')).kubernetes!.services;
    expect(service!.endpoints.map(({ share }) => Math.round(share * 1000))).toEqual([333, 67, 600]);
  });

  test('session affinity: the second look at an endpoint is no second share', () => {
    const [service] = page(
      services(`-A KUBE-SERVICES -d 192.0.2.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-WWWWWWWWWWWWWWWW
-A KUBE-SVC-WWWWWWWWWWWWWWWW -m comment --comment "shop/web:http" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-AAAAAAAAAAAAAAAA --rsource -j KUBE-SEP-AAAAAAAAAAAAAAAA
-A KUBE-SVC-WWWWWWWWWWWWWWWW -m comment --comment "shop/web:http" -j KUBE-SEP-AAAAAAAAAAAAAAAA
${endpoint('A', '198.51.100.1')}`),
    ).kubernetes!.services;
    expect(service).toMatchObject({ affinity: 10800, endpoints: [{ address: '198.51.100.1:8080', share: 1 }] });
  });

  test('a service without endpoints', () => {
    const [service] = page(
      '*filter\n:FORWARD ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n-A FORWARD -j KUBE-SERVICES\n-A KUBE-SERVICES -d 192.0.2.11/32 -p tcp -m comment --comment "shop/mail has no endpoints" -m tcp --dport 25 -j REJECT\nCOMMIT\n',
    ).kubernetes!.services;
    expect(service).toMatchObject({
      name: 'shop/mail',
      cluster: ['192.0.2.11:25'],
      endpoints: [],
      refused: 'rejected: no endpoints (line 5)',
    });
  });

  const ipvs =
    '*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-MARK-MASQ - [0:0]\n:KUBE-SERVICES - [0:0]\n-A PREROUTING -j KUBE-SERVICES\n-A KUBE-SERVICES ! -s 198.51.100.0/24 -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ\nCOMMIT\n';

  test('ipvs mode says what cannot be seen', () => {
    const found = page(ipvs).kubernetes!;
    expect(found).toMatchObject({ mode: 'ipvs', services: [] });
    expect(found.notVisible).toContain('--ipset');
  });

  test('ipvs mode with chains left over from iptables mode', () => {
    const {
      mode,
      services: told,
      notVisible,
    } = page(
      three
        .replace(/-A KUBE-SERVICES .*\n/g, '')
        .replace('-A PREROUTING', '-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT\n-A PREROUTING'),
    ).kubernetes!;
    expect([mode, told]).toEqual(['ipvs', []]);
    expect(notVisible).toContain('left over from iptables mode');
  });

  test('ipvs mode: addresses come from the sets', () => {
    const found = page(ipvs, 'create KUBE-CLUSTER-IP hash:ip,port family inet\nadd KUBE-CLUSTER-IP 192.0.2.10,tcp:443\n').kubernetes!;
    expect(found.services).toMatchObject([{ protocol: 'tcp', cluster: ['192.0.2.10:443'] }]);
    expect(found.notVisible).toContain('ipvsadm');
  });

  test('network policies of kube-router, by pod', () => {
    const found = page(`*filter
:FORWARD ACCEPT [0:0]
:KUBE-NWPLCY-AAAAAAAAAAAAAAAA - [0:0]
:KUBE-POD-FW-BBBBBBBBBBBBBBBB - [0:0]
-A FORWARD -d 198.51.100.1/32 -m comment --comment "rule to jump traffic destined to POD name:web-1 namespace: shop to chain KUBE-POD-FW-BBBBBBBBBBBBBBBB" -j KUBE-POD-FW-BBBBBBBBBBBBBBBB
-A KUBE-POD-FW-BBBBBBBBBBBBBBBB -d 198.51.100.1/32 -m comment --comment "run through nw policy allow-web" -j KUBE-NWPLCY-AAAAAAAAAAAAAAAA
-A KUBE-POD-FW-BBBBBBBBBBBBBBBB -m comment --comment "rule to REJECT traffic destined for POD name:web-1 namespace: shop" -m mark ! --mark 0x10000/0x10000 -j REJECT
COMMIT
`).policies!;
    expect(found.pods).toMatchObject([
      { pod: 'shop/web-1', address: '198.51.100.1', ingress: ['allow-web'], egress: [], otherwise: 'rejected' },
    ]);
  });
});

describe('containers', () => {
  test('a port that Docker published, with container and bridge', () => {
    expect(
      page(
        '*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\n-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\n-A DOCKER -d 127.0.0.1/32 -p tcp -m tcp --dport 53 -j DNAT --to-destination 172.17.0.3:53\nCOMMIT\n',
      ).published,
    ).toEqual([
      { program: 'Docker', protocol: 'tcp', host: '*:8080', container: '172.17.0.2:80', bridge: 'docker0', name: null, line: 7 },
      { program: 'Docker', protocol: 'tcp', host: '127.0.0.1:53', container: '172.17.0.3:53', bridge: 'docker0', name: null, line: 8 },
    ]);
  });
});

describe('chains', () => {
  const chain = (name: string, rules: string) => explainChain(ruleset(filter(rules)).tables.get('filter')!.chains.get(name)!);

  test('what it does, who calls it, what falls through', () => {
    const web = chain(
      'WEB',
      '-A INPUT -p tcp --dport 80 -j WEB\n-A FORWARD -p tcp --dport 80 -j WEB\n-A WEB -s 192.0.2.0/24 -j ACCEPT\n-A WEB -s 198.51.100.0/24 -j LOG\n-A WEB -s 203.0.113.0/24 -j DROP',
    );
    expect(web.summary).toBe('3 rules: 1 accepts, 1 drops and 1 logs.');
    expect(web.calledBy).toEqual(['Called from lines 6 (INPUT) and 7 (FORWARD) for TCP packets to port 80 (http).']);
    expect(web.fallsThrough).toBe('What no rule decides goes back to the caller.');
    expect(web.rules.map(({ line, number }) => [line, number])).toEqual([
      [8, 1],
      [9, 2],
      [10, 3],
    ]);
  });

  test('a target that is not known is no deed', () => {
    expect(
      chain('WEB', '-A WEB -p tcp -j CLASSIFY --set-class 1:1\n-A WEB -s 192.0.2.1 -j NOWHERE\n-A WEB -j MARK --set-mark 1').summary,
    ).toBe('3 rules: 1 has the target CLASSIFY, 1 marks and 1 jumps to NOWHERE (not known here).');
  });

  test('outside the filter table an accepted packet only goes on', () => {
    const raw = ruleset('*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -s 192.0.2.1 -j DROP\nCOMMIT\n').tables.get('raw')!;
    expect(explainChain(raw.chains.get('PREROUTING')!).summary).toBe('One rule. A list of what is refused: all else passes.');
  });

  test('one that nobody calls', () => {
    expect(chain('WEB', '-A WEB -j DROP').calledBy).toEqual(['No rule calls it: no packet ever comes here.']);
  });

  test('a list of what is allowed', () => {
    expect(chain('INPUT', '-A INPUT -p tcp --dport 22 -j ACCEPT\n-A INPUT -p icmp -j ACCEPT').summary).toBe(
      '2 rules: both accept. A list of what is allowed: all else is refused.',
    );
  });
});

test('network policies of Calico: both directions bear the name that one of them tells', () => {
  const { policies } = page(
    '*filter\n:FORWARD ACCEPT [0:0]\n:cali-tw-cali1 - [0:0]\n:cali-fw-cali1 - [0:0]\n:cali-pi-_Qx - [0:0]\n:cali-po-_Qx - [0:0]\n-A FORWARD -o cali1 -g cali-tw-cali1\n-A FORWARD -i cali1 -g cali-fw-cali1\n-A cali-tw-cali1 -j cali-pi-_Qx\n-A cali-tw-cali1 -m comment --comment "Drop if no policies passed packet" -j DROP\n-A cali-fw-cali1 -j cali-po-_Qx\n-A cali-pi-_Qx -p tcp -m comment --comment "Policy default/knp.default.web ingress" -j MARK --set-xmark 0x10000/0x10000\nCOMMIT\n',
  );
  expect(policies!.pods).toMatchObject([
    { pod: 'interface cali1', ingress: ['default/knp.default.web'], egress: ['default/knp.default.web'], otherwise: 'dropped' },
  ]);
  expect(policies!.policies.map(({ chain, direction, rules }) => [chain, direction, rules])).toEqual([
    ['cali-pi-_Qx', 'to', 1],
    ['cali-po-_Qx', 'from', 0],
  ]);
});

describe('chains of programs', () => {
  const istio = (more: string) =>
    page(
      `*nat\n:OUTPUT ACCEPT [0:0]\n:ISTIO_OUTPUT - [0:0]\n:ISTIO_REDIRECT - [0:0]\n-A OUTPUT -j ISTIO_OUTPUT\n${more}-A ISTIO_OUTPUT -p tcp -j ISTIO_REDIRECT\n-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001\nCOMMIT\n`,
    );

  test('few are explained, with what they translate', () => {
    const small = istio('');
    expect(small.chains.map(({ chain }) => chain)).toEqual(['OUTPUT', 'ISTIO_OUTPUT', 'ISTIO_REDIRECT']);
    expect(small.translations.map(({ sentence }) => sentence)).toEqual(['TCP packets: redirect to this host, port 15001.']);
    expect(toText(pageBlocks(small), 100)).not.toContain('left out');
  });

  test('many are left out, and chains that only lead there are named alone', () => {
    const large = istio(Array.from({ length: 50 }, (_, at) => `-A ISTIO_OUTPUT -d 192.0.2.${at} -j RETURN\n`).join(''));
    expect(large.chains).toEqual([]);
    const text = toText(pageBlocks(large), 100);
    expect(text).toContain('Chains that programs manage are left out here');
    expect(text).toContain('These only hand every packet on to such chains: nat/OUTPUT.');
    expect(text).toContain('1 rule in OUTPUT');
  });
});

test('the way of a packet: hooks and tables in the order of the kernel, nat behind filter at INPUT', () => {
  const { path } = page(
    '*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n-A INPUT -j SNAT --to-source 192.0.2.1\nCOMMIT\n*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j CT --notrack\nCOMMIT\n*filter\n:INPUT DROP [0:0]\nCOMMIT\n',
  );
  const lines = pathDiagram(path);
  expect(lines).toContain('PREROUTING   raw (1 rule) -> [connection tracking]');
  const at = lines.findIndex((line) => line.includes('INPUT'));
  expect(lines[at]).toMatch(/INPUT {8}filter \(0 rules, policy DROP\)$/);
  expect(lines[at + 1]).toMatch(/^ {35}-> nat \(1 rule\) {2}-> a program of this host$/);
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
});

test('a page as Markdown keeps names from being read as markup', () => {
  const text = toMarkdown(pageBlocks(page(filter('-A INPUT -s 192.0.2.1 -m comment --comment "<b>*x*</b>" -j ACCEPT'))));
  expect(text).toContain('# rules.v4');
  expect(text).toContain('\\<b\\>\\*x\\*\\</b\\>');
  expect(text).toContain('| Service | From |');
});

test('control characters of a comment never reach the terminal', () => {
  expect(toText(pageBlocks(page(filter('-A INPUT -m comment --comment "a\u001b[31mb" -j ACCEPT'))), 100)).not.toContain('\u001b');
});
