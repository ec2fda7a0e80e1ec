/** Rules in one sentence: order and joints of the phrases, nouns said once, negation, lists, what is not understood. */
import { describe, expect, test } from 'vitest';
import { parse } from '../../grammar/index.js';
import { wordsOf } from '../../src/explain/sentence.js';
import { resolve } from '../../src/model/resolve.js';

/** The words of the first rule of a table that has the chain WEB. */
const said = (rule: string, { table = 'filter', policy = 'DROP', family = 4 as 4 | 6 } = {}) => {
  const chain = table === 'nat' ? 'PREROUTING' : 'INPUT';
  const line = rule.startsWith('-A') ? rule : `-A ${chain} ${rule}`;
  const { document } = parse(`*${table}\n:${chain} ${policy} [0:0]\n:WEB - [0:0]\n${line}\nCOMMIT\n`, { family });
  return wordsOf(resolve(document).rulesets[0]!.rules[0]!);
};

describe('order of the phrases', () => {
  test.each([
    [
      '-s 10.0.0.0/8 -i eth0 -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT',
      'Accept new TCP connections to port 22 (ssh) from 10.0.0.0/8 arriving on eth0.',
    ],
    ['-j DROP', 'Drop every packet.'],
    ['-j ACCEPT -m comment --comment "web servers"', 'Accept every packet.'],
    ['-s 192.0.2.0/24 -d 198.51.100.7 -j DROP', 'Drop packets from 192.0.2.0/24 to 198.51.100.7.'],
    ['-d 198.51.100.7 -p tcp --dport 443 -j ACCEPT', 'Accept TCP packets to port 443 (https) of 198.51.100.7.'],
    ['-p udp --sport 53 --dport 1024: -j ACCEPT', 'Accept UDP packets from port 53 (dns) to ports 1024 to 65535.'],
    ['-p udp --sport 67 -s 192.0.2.1 -j ACCEPT', 'Accept UDP packets from port 67 (dhcp server) of 192.0.2.1.'],
    [
      '-i eth0 -p tcp --dport 22 -m limit --limit 3/min -j ACCEPT',
      'Accept TCP packets to port 22 (ssh) arriving on eth0, at most 3 a minute.',
    ],
    ['-m mark --mark 0x1/0xff -s 192.0.2.7 -j ACCEPT', 'Accept packets from 192.0.2.7, marked 0x1/0xff.'],
    ['-m set --match-set blocked src -j DROP', 'Drop packets whose source is in set blocked.'],
    [
      '-i eth1 -m set --match-set a src -m set ! --match-set b dst,dst -j DROP',
      'Drop packets arriving on eth1, whose source is in set a and whose destination pair is not in set b.',
    ],
  ])('%s', (rule, sentence) => {
    expect(said(rule).sentence).toBe(sentence);
  });
});

describe('nouns are said once', () => {
  test.each([
    ['-p tcp -j DROP', 'Drop TCP packets.'],
    ['-p tcp -m tcp -j DROP', 'Drop TCP packets.'],
    ['-p tcp -m tcp --syn -j DROP', 'Drop TCP SYN packets.'],
    ['-p tcp -m tcp ! --syn -m conntrack --ctstate NEW -j DROP', 'Drop new TCP packets other than SYN.'],
    ['-p icmp -m icmp --icmp-type 8 -j ACCEPT', 'Accept ICMP echo-request packets.'],
    ['-p udp -m multiport --dports 53,123 -j ACCEPT', 'Accept UDP packets to ports 53 (dns) or 123 (ntp).'],
    ['! -p tcp -j DROP', 'Drop packets other than TCP.'],
    ['-p gre -m conntrack --ctstate NEW -j ACCEPT', 'Accept new GRE packets.'],
  ])('%s', (rule, sentence) => {
    expect(said(rule).sentence).toBe(sentence);
  });
});

describe('connection states', () => {
  test.each([
    ['-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', 'Accept packets of related or established connections.'],
    ['-m state --state RELATED,ESTABLISHED -j ACCEPT', 'Accept packets of related or established connections.'],
    ['-m conntrack --ctstate INVALID -j DROP', 'Drop invalid packets.'],
    ['-m conntrack --ctstate NEW -j ACCEPT', 'Accept new connections.'],
    ['-m conntrack ! --ctstate NEW,INVALID -j ACCEPT', 'Accept packets that are neither invalid nor new.'],
    ['-m conntrack --ctstate INVALID,NEW -j DROP', 'Drop packets that are invalid or new.'],
    ['-p tcp -m state --state ESTABLISHED --sport 80 -j ACCEPT', 'Accept TCP packets of established connections from port 80 (http).'],
  ])('%s', (rule, sentence) => {
    expect(said(rule).sentence).toBe(sentence);
  });
});

describe('several phrases of one thing are joined', () => {
  test.each([
    [
      '-i eth0 -m conntrack --ctstate NEW --ctproto udp --ctorigdstport 53 -j ACCEPT',
      'Accept packets arriving on eth0, of new UDP connections begun to port 53 (dns).',
    ],
    ['-m conntrack --ctstate NEW,RELATED --ctproto tcp -j ACCEPT', 'Accept packets of new or related TCP connections.'],
    [
      '-p tcp -m conntrack --ctstate RELATED -m helper --helper ftp -m connmark --mark 1 -j ACCEPT',
      'Accept TCP packets of related connections expected by the helper ftp and marked 0x1.',
    ],
    [
      '-m set --match-set a src -m set ! --match-set b src -m set --match-set c src -m set --match-set d dst -j DROP',
      'Drop packets whose source is in sets a and c but not in set b and whose destination is in set d.',
    ],
    ['-m set ! --match-set a src -m set ! --match-set b src -j DROP', 'Drop packets whose source is in none of the sets a and b.'],
    ['-s $A -d $B -i eth0 -j DROP', 'Drop packets arriving on eth0, matching "-s $A" and "-d $B" (not understood).'],
    ['-p ah -m ah --ahspi 5 -m ttl --ttl-eq 1 -j DROP', 'Drop AH packets with SPI 5 and a TTL of 1.'],
    [
      '-d 192.0.2.5 -p udp --dport 53 -m addrtype --dst-type LOCAL -j ACCEPT',
      "Accept UDP packets to port 53 (dns) of 192.0.2.5 and at the same time this host's own addresses.",
    ],
  ])('%s', (rule, sentence) => {
    expect(said(rule).sentence).toBe(sentence);
  });
});

test('a clause never stands where it would swallow what follows', () => {
  expect(said('-p tcp -m conntrack ! --ctstate INVALID,NEW -s 192.0.2.1 -j ACCEPT').sentence).toBe(
    'Accept TCP packets from 192.0.2.1, that are neither invalid nor new.',
  );
  expect(said('-p tcp -m conntrack --ctstate INVALID,NEW -m tcp --tcp-flags RST RST -j DROP').sentence).toBe(
    'Drop TCP packets that are invalid or new, with RST set.',
  );
  expect(said('-p tcp --tcp-flags RST RST -j REJECT --reject-with tcp-reset').sentence).toBe(
    'Reject TCP packets with RST set, with a TCP reset.',
  );
});

test('quotes within what is quoted do not end it', () => {
  expect(said('-m string --algo bm --string "a\\"b" -j DROP').sentence).toBe('Drop packets holding "a\\"b".');
  expect(said('-m string --string "a b" -j DROP').sentence).toBe(`Drop packets matching '-m string --string "a b"' (not understood).`);
});

describe('negation', () => {
  test.each([
    ['! -s 192.0.2.0/24 -j DROP', 'Drop packets from anywhere but 192.0.2.0/24.'],
    ['! -i lo -d 127.0.0.0/8 -j DROP', 'Drop packets to 127.0.0.0/8 arriving on any interface but lo.'],
    ['! -d 192.0.2.7 -p tcp --dport 25 -j DROP', 'Drop TCP packets to port 25 (smtp) of any address but 192.0.2.7.'],
    [
      '! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j WEB',
      "Jump to chain WEB for packets to this host's own addresses except 127.0.0.0/8.",
    ],
    ['-p tcp ! --dport 22 -j DROP', 'Drop TCP packets to any port but 22 (ssh).'],
    ['-p tcp -m tcp --tcp-flags SYN,RST SYN,RST -j DROP', 'Drop TCP packets with SYN and RST set.'],
    ['-p tcp -m tcp --tcp-flags ALL NONE -j DROP', 'Drop TCP packets with none of FIN, SYN, RST, PSH, ACK and URG set.'],
    ['-p tcp -m tcp --tcp-flags SYN,ACK,FIN,RST RST -j DROP', 'Drop TCP packets with RST set and FIN, SYN and ACK clear.'],
    ['-m mark ! --mark 0x1 -j DROP', 'Drop packets not marked 0x1.'],
  ])('%s', (rule, sentence) => {
    expect(said(rule).sentence).toBe(sentence);
  });
});

describe('targets', () => {
  test.each([
    ['-p tcp --dport 113 -j REJECT --reject-with tcp-reset', 'Reject TCP packets to port 113 (auth) with a TCP reset.'],
    ['-p tcp -j LOG --log-prefix "in: "', 'Log TCP packets with prefix "in: ".'],
    ['-m limit -j LOG --log-prefix "in: "', 'Log packets, at most 3 an hour, with prefix "in: ".'],
    ['-p tcp --dport 22 -j NFLOG --nflog-group 5', 'Log TCP packets to port 22 (ssh), to group 5.'],
    ['-s 192.0.2.7 -j MARK --set-mark 1', 'Mark packets from 192.0.2.7 with 0x1.'],
    ['-p tcp --dport 80 -j WEB', 'Jump to chain WEB for TCP packets to port 80 (http).'],
    ['-g WEB', 'Go to chain WEB, without coming back here, for every packet.'],
    ['-p tcp --dport 80', 'Count TCP packets to port 80 (http) (no target).'],
    ['-s 192.0.2.7 -j RETURN', 'Skip the rules below for packets from 192.0.2.7: the policy, DROP, decides.'],
    ['-A WEB -s 192.0.2.7 -j RETURN', 'Return to the calling chain for packets from 192.0.2.7.'],
    ['-j CONNMARK --save-mark', "Every packet: save the packet's mark to its connection."],
  ])('%s', (rule, sentence) => {
    expect(said(rule).sentence).toBe(sentence);
  });

  test.each([
    [
      '-p tcp --dport 80 -j DNAT --to-destination 192.0.2.5:8080',
      'TCP packets to port 80 (http): rewrite the destination to 192.0.2.5 port 8080 (http-alt).',
    ],
    ['-p tcp --dport 80 -j REDIRECT --to-ports 3128', 'TCP packets to port 80 (http): redirect to this host, port 3128 (squid proxy).'],
  ])('%s', (rule, sentence) => {
    expect(said(rule, { table: 'nat', policy: 'ACCEPT' }).sentence).toBe(sentence);
  });
});

describe('what is not understood is quoted', () => {
  test.each([
    ['-m frobnicate --depth 3 -j ACCEPT', 'Accept packets matching "-m frobnicate --depth 3" (not understood).'],
    ['-j FROBNICATE --depth 3', 'Every packet: "-j FROBNICATE --depth 3" (a target that is not known).'],
    ['-p tcp -j NOWHERE', 'Jump to NOWHERE (not a chain that is known here) for TCP packets.'],
    ['-p tcp --dport 99999 -j ACCEPT', 'Accept TCP packets matching "-m tcp --dport 99999" (not understood).'],
    ['-s 192.0.2.300 -i eth0 -j ACCEPT', 'Accept packets arriving on eth0, matching "-s 192.0.2.300" (not understood).'],
  ])('%s', (rule, sentence) => {
    expect(said(rule).sentence).toBe(sentence);
  });
});

test('comments are told apart from the sentence', () => {
  expect(said('-p tcp --dport 80 -m comment --comment "web servers" -j ACCEPT').comments).toEqual(['web servers']);
});

test('IPv6 has its own words', () => {
  expect(said('-s 2001:db8::/32 -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT', { family: 6 }).sentence).toBe(
    'Accept ICMPv6 echo-request packets from 2001:db8::/32.',
  );
});

test('a policy that no line tells is not told', () => {
  const { document } = parse('-A INPUT -j RETURN\n', { family: 4 });
  expect(wordsOf(resolve(document).rulesets[0]!.rules[0]!).sentence).toBe('Skip the rules below for every packet: the policy decides.');
});
