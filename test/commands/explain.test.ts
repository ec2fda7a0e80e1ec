/** `iptlint explain` as a shell calls it. */
import { describe, expect, test } from 'vitest';
import { call } from './call.js';

const rules = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:SSH - [0:0]
-A INPUT -p tcp -m tcp --dport 22 -j SSH
-A SSH -s 192.0.2.0/24 -m comment --comment "the office" -j ACCEPT
COMMIT
`;
const explain = (...words: string[]) => call(['explain', ...words], { files: { 'rules.v4': rules }, stdin: null });

describe('--rule', () => {
  test.each([
    ['iptables -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 192.0.2.5', 'rewrite the destination to 192.0.2.5.'],
    ['sudo iptables -I INPUT 3 -p tcp --dport 22 -j ACCEPT', 'Accept TCP packets to port 22 (ssh).'],
    ['-A INPUT -s 10.0.0.0/8 -j DROP', 'Drop packets from 10.0.0.0/8.'],
    ['-t mangle -A FORWARD -j MARK --set-mark 1', 'Mark every packet with 0x1.'],
    ['-p udp --dport 53 -j ACCEPT', 'Accept UDP packets to port 53 (dns).'],
    ['-s 2001:db8::/32 -j DROP', 'Drop packets from 2001:db8::/32.'],
    ['ip6tables -A INPUT -p ipv6-icmp -j ACCEPT', 'Accept ICMPv6 packets.'],
    ['[12:3456] -A INPUT -i lo -j ACCEPT', 'Accept packets arriving on lo.'],
    ['iptables -D INPUT -p tcp --dport 25 -j DROP', 'The command deletes this rule from INPUT: Drop TCP packets to port 25 (smtp).'],
    ['iptables -I INPUT 3 -j DROP', 'The command puts this as rule 3 into INPUT: Drop every packet.'],
    ['iptables -I FORWARD -j DROP', 'The command puts this first in FORWARD: Drop every packet.'],
    ['iptables -R INPUT 2 -j DROP', 'The command puts this in the place of rule 2 of INPUT: Drop every packet.'],
    ['iptables -C INPUT -j DROP', 'The command asks whether INPUT holds this rule: Drop every packet.'],
    ['-A INPUT -m comment --comment "say \\"hi\\"" -j DROP', 'Comment: "say \\"hi\\"".'],
  ])('%s', async (text, words) => {
    const { stdout, code } = await explain('--rule', text);
    expect(stdout).toContain(words);
    expect(code).toBe(0);
  });

  test('several commands in a row are several rules', async () => {
    const { stdout } = await explain('--rule', 'iptables -A INPUT -p tcp --dport 22 -j ACCEPT && iptables -A INPUT -j DROP');
    expect(stdout).toContain('Accept TCP packets to port 22 (ssh).');
    expect(stdout).toContain('Drop every packet.');
  });

  test('chains of a file are known to it', async () => {
    expect((await explain('rules.v4', '--rule', '-A INPUT -j SSH')).stdout).toContain('Jump to chain SSH for every packet.');
    expect((await explain('--rule', '-A INPUT -j SSH')).stdout).toContain('not a chain that is known here');
  });

  test('what iptables refuses is said', async () => {
    expect((await explain('--rule', '-A INPUT -p tcp --dport 99999 -j ACCEPT')).stdout).toContain('port 99999 is above 65535');
  });

  test('a rule deleted by its number is found in the ruleset', async () => {
    expect((await explain('rules.v4', '--rule', 'iptables -D SSH 1')).stdout).toContain(
      'The command deletes rule 1 from SSH: Accept packets from 192.0.2.0/24.',
    );
    expect((await explain('rules.v4', '--rule', 'iptables -D SSH 9')).stderr).toContain('filter/SSH has no rule 9');
    expect((await explain('--rule', 'iptables -D SSH 1')).stderr).toContain('give the ruleset, too');
  });

  test.each(['iptables -P INPUT DROP', 'iptables -N WEB', 'iptables --flush'])('%s holds no rule', async (text) => {
    const { code, stderr } = await explain('--rule', text);
    expect(code).toBe(2);
    expect(stderr).toContain('a command without a rule');
  });

  test('what is no rule at all is an error', async () => {
    const { code, stdout, stderr } = await explain('--rule', 'hello world');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('hello');
  });
});

test('--path is the way of a packet alone', async () => {
  const { stdout, code } = await explain('rules.v4', '--path');
  expect(code).toBe(0);
  expect(stdout).toContain('PREROUTING   [connection tracking]');
  expect(stdout).not.toContain('What is guarded');
  const { paths } = JSON.parse((await explain('rules.v4', '--path', '-f', 'json')).stdout) as { paths: { path: { hook: string }[] }[] };
  expect(paths[0]!.path.map(({ hook }) => hook)).toEqual(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);
  expect((await explain('rules.v4', '--path', '--line', '7')).code).toBe(2);
});

describe('--line and --chain', () => {
  test('a line tells its place, and who calls its chain', async () => {
    const { stdout, code } = await explain('rules.v4', '--line', '7');
    expect(code).toBe(0);
    expect(stdout).toContain('Line 7 (filter/SSH, rule 1 of 1)');
    expect(stdout).toContain('Accept packets from 192.0.2.0/24.');
    expect(stdout).toContain('Called from line 6 (INPUT) for TCP packets to port 22 (ssh).');
    expect(stdout).toContain('"the office"');
  });

  test('a line that no packet reaches tells who takes its packets', async () => {
    const { stdout } = await call(['explain', '--line', '4'], {
      stdin: '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 192.0.2.0/24 -j DROP\n-A INPUT -s 192.0.2.7/32 -j ACCEPT\nCOMMIT\n',
    });
    expect(stdout).toContain('No packet reaches it: line 3 takes all of them first.');
  });

  test.each([
    ['5', 'no rule stands on line 5'],
    ['99', 'there is no line 99'],
    ['x', '--line takes the number of a line'],
  ])('--line %s', async (line, message) => {
    const { code, stderr } = await explain('rules.v4', '--line', line);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('a chain, by table or alone', async () => {
    const { stdout } = await explain('rules.v4', '--chain', 'filter/SSH');
    expect(stdout).toContain('Accept packets from 192.0.2.0/24. Comment: "the office".');
    expect((await explain('rules.v4', '--chain', 'SSH')).stdout).toBe(stdout);
  });

  test('a chain that is not there', async () => {
    const { code, stderr } = await explain('rules.v4', '--chain', 'filter/INPT');
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean filter/INPUT?');
  });

  test('two of them at once are refused', async () => {
    expect((await explain('rules.v4', '--line', '7', '--chain', 'SSH')).code).toBe(2);
  });
});

describe('the whole', () => {
  test('as text, from standard input too', async () => {
    const { stdout, code } = await explain('rules.v4');
    expect(code).toBe(0);
    expect(stdout).toContain('What is open on this host (INPUT)');
    expect(stdout).toContain('TCP port 22 (ssh)  192.0.2.0/24  7');
    const piped = await call(['explain', '--stdin-filename', 'rules.v4'], { stdin: rules });
    expect(piped.stdout).toBe(stdout.replaceAll('explain rules.v4', 'explain'));
  });

  test('as Markdown', async () => {
    expect((await explain('rules.v4', '-f', 'markdown')).stdout).toContain('| TCP port 22 (ssh) | 192.0.2.0/24 | 7 |');
  });

  test('as JSON', async () => {
    const told = JSON.parse((await explain('rules.v4', '-f', 'json')).stdout);
    expect(told.version).toBe(1);
    expect(told.rulesets[0].hooks[0]).toMatchObject({ hook: 'INPUT', policy: 'DROP' });
    expect(told.rulesets[0].exposure[0].rows[0]).toMatchObject({ service: 'TCP port 22 (ssh)', from: ['192.0.2.0/24'], lines: [7] });
    expect(told.rulesets[0].chains.find(({ chain }: { chain: string }) => chain === 'SSH').rules[0].sentence).toBe(
      'Accept packets from 192.0.2.0/24.',
    );
  });

  test('a bundle: both families, and the sets beside them', async () => {
    const { stdout } = await call(['explain', 'host'], {
      files: { 'host/iptables-save': rules, 'host/ip6tables-save': '*filter\n:INPUT DROP [0:0]\nCOMMIT\n', 'host/ipset-save': '' },
      stdin: null,
    });
    expect(stdout).toContain('host/iptables-save: IPv4 rules');
    expect(stdout).toContain('host/ip6tables-save: IPv6 rules');
  });

  test('a file that is not there', async () => {
    expect((await explain('none.v4')).code).toBe(3);
  });

  test('no file and a terminal: a short help', async () => {
    expect((await explain()).code).toBe(2);
  });

  test('what could not be read is told, with exit code 3', async () => {
    const { code, stderr, stdout } = await call(['explain'], { stdin: rules.replace('COMMIT', '-A INPUT hello -j ACCEPT\nCOMMIT') });
    expect(code).toBe(3);
    expect(stderr).toContain('not all of it could be read');
    expect(stdout).toContain('Not all of the text could be read');
  });
});

test('published ports: who reaches them, or who refuses them', async () => {
  const docker = `*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 3306 -j DNAT --to-destination 172.17.0.3:3306
-A DOCKER -d 127.0.0.1/32 ! -i docker0 -p tcp -m tcp --dport 5432 -j DNAT --to-destination 172.17.0.4:5432
COMMIT
*filter
:FORWARD DROP [0:0]
-A FORWARD -s 198.51.100.0/24 -j DROP
-A FORWARD -d 172.17.0.2/32 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT
`;
  const { stdout } = await call(['explain', 'docker.v4'], { files: { 'docker.v4': docker }, stdin: null });
  expect(stdout).toMatch(/\*:8080 .* anywhere but 198\.51\.100\.0\/24 /);
  expect(stdout).toMatch(/\*:3306 .* nobody: line 10 and policy refuse it /);
  expect(stdout).toMatch(/127\.0\.0\.1:5432 .* nobody from outside /);
});
