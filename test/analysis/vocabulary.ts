/**
 * Words for random rules: every option of every match that the catalogue knows, and every target that decides or rewrites, with values that lie close
 * together so that rules meet. In a template `?` is a `!` or nothing, `{a|b}` one of several; `NET`, `RANGE` and the like stand for addresses of the family.
 */
import type { Family, Hook, TableName } from '../../grammar/index.js';

/** What one match may say. */
export interface Saying {
  /** The match as `-m` names it; `''` for the built-in options. */
  readonly match: string;
  readonly template: string;
  /** What `-p` must name for it. */
  readonly protocol?: readonly string[];
  readonly families?: readonly Family[];
}

const of = (match: string, ...templates: readonly string[]): Saying[] =>
  templates.map((template) => ({ match, template: match === '' ? template : `-m ${match} ${template}` }));
const only = (family: Family, sayings: readonly Saying[]): Saying[] => sayings.map((saying) => ({ ...saying, families: [family] }));
const behind = (protocol: readonly string[], sayings: readonly Saying[]): Saying[] => sayings.map((saying) => ({ ...saying, protocol }));

const ports = '{22|20:30|1024:|1000:2000|:21}';
const few = '{3|2:5|:4|5:}';

export const sayings: readonly Saying[] = [
  ...of('', '? -s NET', '? -d NET', '? -s MASK', '? -i {eth0|eth+|eth0.1|lo}', '? -o {eth0|eth+|ppp0}'),
  ...of('', '? -s NET ? -d NET'),
  ...only(4, of('', '? -p {tcp|udp|icmp|47}', '? -f')),
  ...only(6, of('', '? -p {tcp|udp|ipv6-icmp|47|ah|59|ipv6-frag}')),
  ...behind(
    ['tcp'],
    [
      ...of('tcp', `? --dport ${ports}`, `? --sport ${ports}`, `? --sport 1000: ? --dport ${ports}`),
      ...of('tcp', '? --tcp-flags {SYN,ACK ACK|ALL NONE|SYN SYN|FIN,SYN FIN|RST,ACK RST}', '? --syn', '? --tcp-option {2|8}'),
      ...of('tcpmss', '? --mss {1400:1536|:500|1400}'),
      ...only(4, of('osf', '? --genre {Linux|Windows} --ttl 2 --log 1')),
      ...of('ecn', '? --ecn-tcp-ece', '? --ecn-tcp-cwr ? --ecn-tcp-ece'),
    ],
  ),
  ...behind(['udp'], of('udp', `? --dport ${ports}`, `? --sport ${ports}`)),
  ...behind(['sctp'], of('sctp', `? --dport ${ports}`, `? --sport ${ports}`, '? --chunk-types {any INIT|only ABORT}')),
  ...behind(
    ['dccp'],
    of('dccp', `? --dport ${ports}`, `? --sport ${ports}`, '? --dccp-types {REQUEST,SYNC|ACK|SYNC}', '? --dccp-option {37|38}'),
  ),
  ...behind(
    ['tcp', 'udp', 'sctp', 'dccp', 'udplite'],
    of('multiport', '? --dports {22,80,1000:2000|22,80|53}', '? --sports {53|53,1024:65535}', '? --ports {22,53|80}'),
  ),
  ...behind(['icmp'], only(4, of('icmp', '? --icmp-type {8|3|3/4|3/0|255|0}'))),
  ...behind(['ipv6-icmp'], only(6, of('icmp6', '? --icmpv6-type {128|1|1/4|129}'))),
  ...behind(['esp'], of('esp', `? --espspi ${few}`)),
  ...behind(['ah'], of('ah', `? --ahspi ${few}`)),
  ...only(6, of('ah', '? --ahlen {3|32} --ahres')),
  ...behind(['ipcomp'], of('ipcomp', `? --ipcompspi ${few}`, '--ipcompspi {3|4} --compres')),
  ...behind(['mh'], only(6, of('mh', '? --mh-type {1|0:3|2:6}'))),
  ...of('addrtype', '? --src-type {LOCAL|UNICAST,LOCAL|MULTICAST}', '? --dst-type {LOCAL|UNICAST,LOCAL|MULTICAST}'),
  ...only(4, of('addrtype', '? --dst-type {BROADCAST|LOCAL}')),
  ...of('addrtype', '? --dst-type LOCAL --limit-iface-in', '? --src-type LOCAL --limit-iface-out'),
  ...of('bpf', '--bytecode "{1,6 0 0 65535|2,48 0 0 8,6 0 0 1}"', '--object-pinned /sys/fs/bpf/{one|two}'),
  ...of('cgroup', '? --path {web|db}', '? --cgroup {16|17}'),
  ...of(
    'cluster',
    '--cluster-total-nodes 2 ? --cluster-local-node {1|2} --cluster-hash-seed 7',
    '--cluster-total-nodes 4 ? --cluster-local-nodemask {1|3} --cluster-hash-seed 7',
  ),
  ...of('comment', '--comment {one|"two words"}'),
  ...of('connbytes', '? --connbytes {1000:|:20} --connbytes-mode {bytes|packets|avgpkt} --connbytes-dir {both|original|reply}'),
  ...of('connlabel', '? --label {1|2}', '? --label 1 --set'),
  ...of(
    'connlimit',
    '? --connlimit-above {1|5} --connlimit-mask 24 --connlimit-saddr',
    '? --connlimit-upto {1|5} --connlimit-mask 24 --connlimit-daddr',
  ),
  ...of('connmark', '? --mark {1|2/2|1/3|0/3|4/4}'),
  ...of(
    'conntrack',
    '? --ctstate {NEW|RELATED,ESTABLISHED|NEW,INVALID|UNTRACKED|INVALID}',
    '? --ctstate {DNAT|SNAT|NEW,DNAT}',
    '? --ctproto {6|17}',
    '? --ctorigsrc NET',
    '? --ctorigdst NET',
    '? --ctreplsrc NET',
    '? --ctrepldst NET',
    '--ctproto 6 ? --ctorigsrcport {1000:2000|22}',
    '--ctproto 6 ? --ctorigdstport {1000:2000|22}',
    '--ctproto 6 ? --ctreplsrcport {1000:2000|22}',
    '--ctproto 6 ? --ctrepldstport {1000:2000|22}',
    '? --ctstatus {ASSURED|SEEN_REPLY|NONE|CONFIRMED}',
    '? --ctexpire {5|10:20}',
    '--ctdir {ORIGINAL|REPLY}',
    '? --ctstate NEW --ctdir {ORIGINAL|REPLY}',
  ),
  ...of('cpu', '? --cpu {0|1}'),
  ...of('devgroup', '? --src-group {1|0x2/0x2}', '? --dst-group {1|0x2/0x2}'),
  ...of('dscp', '? --dscp {1|2|3}', '? --dscp-class {AF11|EF}'),
  ...of('ecn', '? --ecn-ip-ect {0|1|3}'),
  ...only(6, of('dst', '? --dst-len {8|16}', '--dst-opts {5|6:2}', '--dst-len 8 --dst-opts 5')),
  ...only(6, of('hbh', '? --hbh-len {8|16}', '--hbh-opts {5|6:2}', '--hbh-len 8 --hbh-opts 5')),
  ...only(6, of('eui64', '')),
  ...only(6, of('frag', '? --fragid {5|1:9}', '--fragres', '--fragfirst', '--fragmore', '--fraglast', '? --fraglen {8|16}')),
  ...of(
    'hashlimit',
    '? --hashlimit-upto {1/sec|2/sec} --hashlimit-burst 9 --hashlimit-mode srcip --hashlimit-name one --hashlimit-srcmask 24 --hashlimit-htable-size 64',
    '? --hashlimit-above {1/sec|2/sec} --hashlimit-mode dstip --hashlimit-name two --hashlimit-dstmask 24 --hashlimit-htable-max 99',
    '--hashlimit-above 3/sec --hashlimit-name three --hashlimit-rate-match --hashlimit-rate-interval 2 --hashlimit-htable-gcinterval 500 --hashlimit-htable-expire 900',
  ),
  ...of('helper', '? --helper {ftp|sip}'),
  ...only(6, of('hl', '? --hl-eq {64|9|63}', '--hl-lt {10|64}', '--hl-gt {9|64}')),
  ...only(4, of('ttl', '? --ttl-eq {64|9|63}', '--ttl-lt {10|64}', '--ttl-gt {9|64}')),
  ...of('iprange', '? --src-range RANGE', '? --dst-range RANGE'),
  ...only(6, of('ipv6header', '? --header {frag,hop|dst}', '--soft ? --header {frag,hop|dst}')),
  ...of(
    'ipvs',
    '? --ipvs',
    '? --vproto {6|17}',
    '? --vaddr NET',
    '? --vport {80|81}',
    '--vdir {ORIGINAL|REPLY}',
    '? --vmethod {GATE|MASQ}',
    '? --vportctl {21|22}',
  ),
  ...of('length', '? --length {0:100|50:150|100:}'),
  ...of('limit', '--limit {1/sec|2/sec} --limit-burst {3|5}'),
  ...of('mac', '? --mac-source 00:00:5e:00:53:0{1|2}'),
  ...of('mark', '? --mark {1|2/2|1/3|0/3|4/4}'),
  ...of('nfacct', '--nfacct-name {one|two}'),
  ...of('owner', '? --uid-owner {33|30-40}', '? --gid-owner {33|30-40} --suppl-groups', '? --socket-exists', '? --gid-owner {33|34}'),
  ...of('physdev', '? --physdev-in {eth0|eth+}', '? --physdev-out {eth1|eth+}', '? --physdev-is-in', '? --physdev-is-out'),
  ...of('physdev', '? --physdev-is-bridged'),
  ...of('pkttype', '? --pkt-type {unicast|broadcast|multicast}'),
  ...of(
    'policy',
    '--dir {in|out} --pol {none|ipsec}',
    '--dir in --pol ipsec ? --reqid {1|2}',
    '--dir in --pol ipsec ? --spi {1|2}',
    '--dir in --pol ipsec ? --proto {esp|ah}',
    '--dir in --pol ipsec ? --mode {tunnel|transport}',
    '--dir in --pol ipsec --mode tunnel ? --tunnel-src HOST ? --tunnel-dst HOST',
    '--dir in --pol ipsec --strict --proto esp --next --proto ah',
  ),
  ...of('quota', '? --quota {1000|2000}'),
  ...of(
    'rateest',
    '--rateest one ? --rateest-gt --rateest-bps 1000',
    '--rateest one ? --rateest-lt --rateest-pps 10',
    '--rateest one ? --rateest-eq --rateest-pps 10',
    '--rateest-delta --rateest one --rateest-bps1 8000 --rateest-lt --rateest2 two --rateest-bps2 16000',
    '--rateest-delta --rateest one --rateest-pps1 8 --rateest-lt --rateest2 two --rateest-pps2 9',
  ),
  ...only(4, of('realm', '? --realm {1|0x2/0x2}')),
  ...of(
    'recent',
    '? --set --name one --rsource',
    '? --rcheck --seconds 60 --reap --name one --rsource',
    '? --update --seconds 60 --hitcount 4 --rttl --name one --mask MASKED --rdest',
    '? --remove --name one --rsource',
  ),
  ...of('rpfilter', '--loose', '--validmark --invert', '--accept-local'),
  ...only(
    6,
    of(
      'rt',
      '? --rt-type {0|2}',
      '? --rt-segsleft {1|0:3}',
      '? --rt-len {8|16}',
      '--rt-type 0 --rt-0-res',
      '--rt-type 0 --rt-0-addrs 2001:db8::1,2001:db8::2 --rt-0-not-strict',
    ),
  ),
  ...of(
    'set',
    '? --match-set {one|two} {src|dst}',
    '? --match-set {one|two} src --return-nomatch',
    '--match-set one src ? --update-counters --packets-gt {1|2} --bytes-lt 900',
    '--match-set one src ? --update-subcounters ? --packets-eq 1 ? --bytes-eq 90',
    '--match-set one src --packets-lt {1|2} --bytes-gt 900',
  ),
  ...of('socket', '', '--transparent', '--nowildcard'),
  ...of('socket', '--restore-skmark'),
  ...only(
    6,
    of(
      'srh',
      '? --srh-next-hdr {17|6}',
      '? --srh-hdr-len-eq {4|5}',
      '? --srh-hdr-len-gt {4|5}',
      '? --srh-hdr-len-lt {4|5}',
      '? --srh-segs-left-eq 1',
      '? --srh-segs-left-gt 1',
      '? --srh-segs-left-lt 1',
      '? --srh-last-entry-eq 1',
      '? --srh-last-entry-gt 1',
      '? --srh-last-entry-lt 1',
      '? --srh-tag {0|1}',
      '? --srh-psid 2001:db8::/64',
      '? --srh-nsid 2001:db8::/64',
      '? --srh-lsid 2001:db8::/64',
    ),
  ),
  ...of('state', '? --state {NEW|RELATED,ESTABLISHED|INVALID|UNTRACKED}'),
  ...of('statistic', '--mode random ? --probability {0.5|0.25}', '--mode nth ? --every {3|4} --packet 0'),
  ...of(
    'string',
    '--algo bm ? --string {one|two}',
    '--algo kmp ? --hex-string "|{ff|00}|" --from 40 --to 99',
    '--algo bm --string one --icase',
  ),
  ...of(
    'time',
    '--timestart 9:00 --timestop {17:30|18:00}',
    '? --weekdays {Mo,Fr|Su}',
    '? --monthdays {1,2|3}',
    '--datestart 2030-02-01 --datestop 2030-03-01',
    '--timestart 22:00 --timestop 6:00 --contiguous --kerneltz',
    '--timestart 9:00 --timestop 17:30 --utc',
    '--timestart 9:00 --timestop 17:30 --localtz',
  ),
  ...of('tos', '? --tos {4/4|8|0x10/0x3f}'),
  ...of('u32', '? --u32 "{6 & 0xFF = 17|0 = 5}"'),
];

/** A target, where it may stand. */
export interface Deed {
  readonly target: string;
  readonly tables: readonly TableName[];
  /** Built-in chains that may lead to it; absent: all of the table. */
  readonly hooks?: readonly Hook[];
  readonly protocol?: readonly string[];
  readonly families?: readonly Family[];
  /** Words of a match that must stand beside it. */
  readonly beside?: string;
}

const every: readonly TableName[] = ['raw', 'mangle', 'nat', 'filter', 'security'];
const towards: readonly Hook[] = ['PREROUTING', 'OUTPUT'];
const away: readonly Hook[] = ['INPUT', 'POSTROUTING'];

/** Targets that decide or change something that rules ask, besides ACCEPT, RETURN and jumps; and two that do nothing of the kind. */
export const deeds: readonly Deed[] = [
  { target: 'DROP', tables: ['raw', 'mangle', 'filter', 'security'] },
  { target: 'LOG', tables: every },
  { target: 'REJECT', tables: ['filter'] },
  { target: 'NFQUEUE --queue-num 1', tables: ['mangle', 'filter'] },
  { target: 'UNHEARD', tables: ['filter'] },
  ...['--set-xmark 0x1/0x1', '--set-xmark 0x2/0xffffffff', '--set-xmark 0x0/0x3', '--xor-mark 0x4', '--or-mark 0x2', '--and-mark 0x5'].map(
    (words) => ({ target: `MARK ${words}`, tables: ['raw', 'mangle', 'nat', 'filter', 'security'] as const }),
  ),
  ...[
    '--set-xmark 0x1/0x1',
    '--save-mark',
    '--restore-mark',
    '--save-mark --nfmask 0x3 --ctmask 0x3',
    '--restore-mark --nfmask 0x1 --ctmask 0x1',
  ].map((words) => ({ target: `CONNMARK ${words}`, tables: ['mangle', 'filter', 'nat'] as const })),
  { target: 'TOS --set-tos 0x4/0x4', tables: ['mangle'] },
  { target: 'TOS --set-tos 0x8/0xff', tables: ['mangle'] },
  { target: 'DSCP --set-dscp 1', tables: ['mangle'] },
  { target: 'DSCP --set-dscp-class EF', tables: ['mangle'] },
  { target: 'ECN --ecn-ip-ect 1', tables: ['mangle'], families: [4] },
  { target: 'ECN --ecn-tcp-remove', tables: ['mangle'], protocol: ['tcp'], families: [4] },
  ...['--ttl-set 64', '--ttl-inc 1', '--ttl-dec 1'].map((words) => ({
    target: `TTL ${words}`,
    tables: ['mangle'] as const,
    families: [4] as const,
  })),
  ...['--hl-set 64', '--hl-inc 1', '--hl-dec 1'].map((words) => ({
    target: `HL ${words}`,
    tables: ['mangle'] as const,
    families: [6] as const,
  })),
  { target: 'TCPMSS --set-mss 1400', tables: ['mangle'], protocol: ['tcp'], beside: '-m tcp --syn' },
  {
    target: 'TCPMSS --clamp-mss-to-pmtu',
    tables: ['mangle'],
    hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'],
    protocol: ['tcp'],
    beside: '-m tcp --syn',
  },
  { target: 'CLASSIFY --set-class 1:2', tables: ['mangle'], hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'] },
  { target: 'SECMARK --selctx system_u:object_r:one_t:s0', tables: ['mangle', 'security'] },
  { target: 'CONNSECMARK --save', tables: ['mangle', 'security'] },
  { target: 'CONNSECMARK --restore', tables: ['mangle', 'security'] },
  { target: 'SET --add-set one src', tables: ['mangle', 'filter', 'nat'] },
  { target: 'SET --map-set two src --map-mark', tables: ['mangle'] },
  { target: 'HMARK --hmark-tuple src --hmark-mod 2 --hmark-offset 1 --hmark-rnd 1', tables: ['mangle'] },
  { target: 'TPROXY --on-port 22 --tproxy-mark 0x1/0x1', tables: ['mangle'], hooks: ['PREROUTING'], protocol: ['tcp', 'udp'] },
  { target: 'CT --notrack', tables: ['raw'] },
  { target: 'CT --zone 1', tables: ['raw'] },
  { target: 'NOTRACK', tables: ['raw'] },
  { target: 'TRACE', tables: ['raw'] },
  { target: 'DNAT --to-destination ONE', tables: ['nat'], hooks: towards },
  { target: 'DNAT --to-destination FEW', tables: ['nat'], hooks: towards },
  { target: 'DNAT --to-destination PORT', tables: ['nat'], hooks: towards, protocol: ['tcp', 'udp'] },
  { target: 'REDIRECT', tables: ['nat'], hooks: towards },
  { target: 'REDIRECT --to-ports 22', tables: ['nat'], hooks: towards, protocol: ['tcp', 'udp'] },
  { target: 'SNAT --to-source ONE', tables: ['nat'], hooks: away },
  { target: 'SNAT --to-source FEW', tables: ['nat'], hooks: away },
  { target: 'MASQUERADE', tables: ['nat'], hooks: ['POSTROUTING'] },
  { target: 'NETMAP --to NETWORK', tables: ['nat'] },
  { target: 'DNPT --src-pfx 2001:db8::/64 --dst-pfx fd00::/64', tables: ['mangle'], hooks: towards, families: [6] },
  { target: 'SNPT --src-pfx 2001:db8::/64 --dst-pfx fd00::/64', tables: ['mangle'], hooks: away, families: [6] },
  { target: 'SYNPROXY', tables: ['filter'], hooks: ['INPUT', 'FORWARD'], protocol: ['tcp'] },
];

const places: Readonly<Record<string, Readonly<Record<Family, readonly string[]>>>> = {
  NETWORK: { 4: ['10.0.0.0/16', '192.0.2.0/24'], 6: ['2001:db8::/48', 'fd00::/8'] },
  NET: {
    4: ['10.0.0.0/8', '10.0.0.0/16', '10.0.1.0/24', '10.0.1.7', '192.0.2.0/24', '127.0.0.0/8'],
    6: ['2001:db8::/32', '2001:db8::/48', '2001:db8:0:1::/64', '2001:db8:0:1::7', 'fd00::/8', '::1'],
  },
  MASKED: { 4: ['255.255.255.0'], 6: ['ffff:ffff::'] },
  MASK: { 4: ['0.0.0.1/0.0.0.1', '0.0.0.1/0.0.0.3', '10.0.0.0/8'], 6: ['::1/::1', '::1/::3', '2001:db8::/32'] },
  RANGE: {
    4: ['10.0.0.1-10.0.1.7', '10.0.1.0-10.0.1.255', '192.0.2.9-192.0.2.9'],
    6: ['2001:db8::1-2001:db8:0:1::7', '2001:db8::-2001:db8:0:1::'],
  },
  HOST: { 4: ['192.0.2.1', '192.0.2.2'], 6: ['2001:db8::1', '2001:db8::2'] },
  ONE: { 4: ['10.0.1.7', '192.0.2.9', '203.0.113.1'], 6: ['2001:db8:0:1::7', 'fd00::1'] },
  FEW: { 4: ['10.0.1.6-10.0.1.8', '192.0.2.1-192.0.2.9'], 6: ['2001:db8:0:1::6-2001:db8:0:1::8', 'fd00::1-fd00::2'] },
  PORT: { 4: ['10.0.1.7:22', ':22', '192.0.2.9:1000-1010'], 6: ['[fd00::1]:22', ':22', '[fd00::1]:1000-1010'] },
};

/** The template with every choice made. */
export const say = (next: () => number, template: string, family: Family): string =>
  template
    .replace(/\?/g, () => (next() < 0.4 ? '!' : ''))
    .replace(/\{([^}]*)\}/g, (_, list: string) => one(next, list.split('|')))
    .replace(/\b[A-Z]{3,}\b/g, (word) => (word in places ? one(next, places[word]![family]) : word))
    .replace(/ +/g, ' ')
    .trim();

/** One of some. */
export const one = <T>(next: () => number, list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
