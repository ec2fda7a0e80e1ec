/**
 * Packets as people write them: `tcp 192.0.2.7:40000 > 10.0.0.5:22 in eth0 state=ESTABLISHED`. Read forgivingly, word by word:
 *
 *     [PROTOCOL] SOURCE[:PORT] > DESTINATION[:PORT] [WORDS]
 *
 * PROTOCOL is a name or a number; left out it is tcp where ports stand, else icmp (icmpv6). `>` may be `->` or `to`. An IPv6 address with a
 * port stands in brackets: `[2001:db8::1]:443`. WORDS in any order:
 *
 *     in eth0, out eth1        interfaces                 local, from this host     the host sends it
 *     to this host             it is for the host         forwarded                 it is not
 *     new established related invalid untracked            the connection's state
 *     reply                    it goes in the reply direction of its connection
 *     syn, ack, syn,ack, rst   TCP flags (flags=SYN,ACK)  echo-request, type 3 code 1, icmp 3/1
 *     fragment, first fragment                            keep: connections known so far are kept
 *     ttl=3 mark=0x1 mac=02:00:00:00:00:01 len=1000 payload="GET /" dscp=46 ...   any other field of a packet in JSON, with = or a blank
 */
import { Fault, parseAddress } from '../../../grammar/index.js';
import type { PacketJson } from '../../diagnostic/diagnostic.js';
import { protocolOf, tcpFlagNames } from './bytes.js';

/** Names of ICMP types that can stand as a word: type, code. */
const icmpWords: Readonly<Record<4 | 6, Readonly<Record<string, readonly [type: number, code: number]>>>> = {
  4: {
    'echo-request': [8, 0],
    ping: [8, 0],
    'echo-reply': [0, 0],
    pong: [0, 0],
    'network-unreachable': [3, 0],
    'host-unreachable': [3, 1],
    'protocol-unreachable': [3, 2],
    'port-unreachable': [3, 3],
    'fragmentation-needed': [3, 4],
    redirect: [5, 0],
    'time-exceeded': [11, 0],
    'parameter-problem': [12, 0],
    'timestamp-request': [13, 0],
    'timestamp-reply': [14, 0],
  },
  6: {
    'echo-request': [128, 0],
    ping: [128, 0],
    'echo-reply': [129, 0],
    pong: [129, 0],
    'no-route': [1, 0],
    'address-unreachable': [1, 3],
    'port-unreachable': [1, 4],
    'packet-too-big': [2, 0],
    'time-exceeded': [3, 0],
    'parameter-problem': [4, 0],
    'router-solicitation': [133, 0],
    'router-advertisement': [134, 0],
    'neighbour-solicitation': [135, 0],
    'neighbor-solicitation': [135, 0],
    'neighbour-advertisement': [136, 0],
    'neighbor-advertisement': [136, 0],
  },
};

const states = ['new', 'established', 'related', 'invalid', 'untracked'];

/** Fields that stand with a value: how the word is spelled, and the field of a packet in JSON. */
const numberFields: Readonly<Record<string, string>> = {
  ttl: 'ttl',
  hl: 'ttl',
  hoplimit: 'ttl',
  tos: 'tos',
  dscp: 'dscp',
  ecn: 'ecn',
  len: 'len',
  length: 'len',
  mark: 'mark',
  connmark: 'connmark',
  mss: 'mss',
  uid: 'uid',
  gid: 'gid',
  spi: 'spi',
  seq: 'seq',
  ack_seq: 'ack',
  win: 'win',
  ip_id: 'ip_id',
  icmp_type: 'icmp_type',
  icmp_code: 'icmp_code',
  icmp_id: 'icmp_id',
  type: 'icmp_type',
  code: 'icmp_code',
  chunk: 'chunk',
  dccp_type: 'dccp_type',
  sport: 'sport',
  dport: 'dport',
  wait_ms: 'wait_ms',
  flowlabel: 'flowlabel',
};

const textFields: Readonly<Record<string, string>> = {
  in: 'in',
  iif: 'in',
  out: 'out',
  oif: 'out',
  mac: 'src_mac',
  src_mac: 'src_mac',
  dst_mac: 'dst_mac',
  payload: 'payload',
  flags: 'flags',
  tcpopt: 'tcpopt',
  ipopt: 'ipopt',
  id: 'id',
  state: 'state',
  direction: 'direction',
};

/** Words of the text; quotes keep blanks together. */
const splitWords = (text: string): string[] =>
  [...text.matchAll(/[^\s"']*(?:"[^"]*"|'[^']*')[^\s"']*|\S+/g)].map(([word]) => word.replace(/["']/g, ''));

interface End {
  readonly address: string;
  readonly port: number | null;
  readonly family: 4 | 6;
}

const readPort = (text: string): number | Fault => {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65535 ? port : new Fault(`"${text}" is not a port number`);
};

/** `10.0.0.1`, `10.0.0.1:22`, `2001:db8::1`, `[2001:db8::1]:22`, tcpdump's `10.0.0.1.22`. */
const readEnd = (word: string): End | Fault => {
  const bracketed = /^\[([^\]]+)\](?::(.+))?$/.exec(word);
  const dotted = /^((?:\d+\.){3}\d+)(?:[:.](.+))?$/.exec(word);
  const [text, portText] = bracketed ? [bracketed[1]!, bracketed[2]] : dotted ? [dotted[1]!, dotted[2]] : [word, undefined];
  const family = text.includes(':') ? 6 : 4;
  if (parseAddress(text, family) instanceof Fault) {
    const hint = /^[^[]*:[^:]*$/.test(word) && /[a-z]/i.test(word) ? ' (a name? addresses only)' : '';
    return new Fault(`"${word}" is not an address, address:port or [address]:port${hint}`);
  }
  if (portText === undefined) return { address: text, port: null, family };
  const port = readPort(portText);
  return port instanceof Fault ? port : { address: text, port, family };
};

const isFlagList = (word: string): boolean =>
  word
    .toUpperCase()
    .split(',')
    .every((name) => name in tcpFlagNames || name === 'NONE');

/** A packet from its notation, or what is wrong with it. */
export const readNotation = (text: string): PacketJson | Fault => {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) {
    try {
      return JSON.parse(trimmed) as PacketJson;
    } catch (error) {
      return new Fault(`the packet is not JSON: ${(error as Error).message}`);
    }
  }
  const words = splitWords(trimmed.replace(/\s*(?:->|>|→)\s*/, ' > '));
  const arrow = words.findIndex((word) => word === '>' || word.toLowerCase() === 'to');
  if (arrow < 1 || arrow > 2 || words[arrow + 1] === undefined) {
    return new Fault('a packet reads: tcp 192.0.2.7:40000 > 198.51.100.5:22 in eth0');
  }
  const source = readEnd(words[arrow - 1]!);
  const destination = readEnd(words[arrow + 1]!);
  if (source instanceof Fault) return source;
  if (destination instanceof Fault) return destination;
  if (source.family !== destination.family) return new Fault(`${source.address} and ${destination.address} are of different families`);
  const { family } = source;
  const told = arrow === 2 ? words[0]!.toLowerCase() : null;
  const hasPorts = source.port !== null || destination.port !== null;
  const name = told === null ? (hasPorts ? 'tcp' : family === 4 ? 'icmp' : 'icmpv6') : told;
  const number = protocolOf(/^\d+$/.test(name) ? Number(name) : name);
  if (number === undefined) return new Fault(`"${name}" is not a protocol`);
  const isIcmp = number === (family === 4 ? 1 : 58);
  const packet: Record<string, unknown> = {
    src: source.address,
    dst: destination.address,
    proto: family === 6 && number === 1 ? 'icmpv6' : name,
  };

  // The words behind the addresses. `icmp type 8` is `icmp_type 8`; `=` is a blank.
  const rest = words.slice(arrow + 2).flatMap((word) => {
    const equals = word.indexOf('=');
    return equals > 0 ? [word.slice(0, equals), word.slice(equals + 1)] : [word];
  });
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i]!;
    const lower = word.toLowerCase();
    const next = rest[i + 1];
    const pair = next === undefined ? '' : `${lower}_${next.toLowerCase()}`;
    const field = pair in numberFields || pair in textFields ? pair : lower;
    const at = field === pair ? i + 2 : i + 1;
    const value = rest[at];
    const phrase = rest
      .slice(i, i + 4)
      .join(' ')
      .toLowerCase();
    const taken =
      /^(?:sent by this host|from this host|by this host|from the host)/.exec(phrase) ??
      /^(?:to|for) (?:this host|the host|us)/.exec(phrase);
    if (taken) {
      if (/^(?:to|for)/.test(taken[0])) packet.hook = 'INPUT';
      else packet.in = 'local';
      i += taken[0].split(' ').length - 1;
    } else if (lower === 'local') packet.in = 'local';
    else if (lower === 'forwarded' || lower === 'forward') packet.hook = 'FORWARD';
    else if (lower === 'input') packet.hook = 'INPUT';
    else if (states.includes(lower)) packet.state = lower.toUpperCase();
    else if (lower === 'reply') packet.direction = 'reply';
    else if (lower === 'keep' || lower === 'reload') packet[lower] = true;
    else if (lower === 'fragment') packet.frag = { offset: 1480 };
    else if (lower === 'first' && next?.toLowerCase() === 'fragment') {
      packet.frag = { offset: 0, mf: true };
      i++;
    } else if (lower === 'broadcast' || lower === 'multicast') packet.dst_mac = lower;
    else if (field in numberFields && value !== undefined && /^(?:0x[0-9a-f]+|\d+)$/i.test(value)) {
      packet[numberFields[field]!] = Number(value);
      i = at;
    } else if (field in textFields && value !== undefined) {
      packet[textFields[field]!] = textFields[field] === 'state' ? value.toUpperCase() : value;
      i = at;
    } else if (isIcmp && lower in icmpWords[family]) {
      const [type, code] = icmpWords[family][lower]!;
      Object.assign(packet, { icmp_type: type, icmp_code: code });
    } else if (isIcmp && /^\d+(\/\d+)?$/.test(word)) {
      const [type, code] = word.split('/').map(Number);
      Object.assign(packet, { icmp_type: type, icmp_code: code ?? 0 });
    } else if (number === 6 && isFlagList(word)) packet.flags = word.toUpperCase();
    else if (lower in numberFields || lower in textFields) return new Fault(`"${word}" wants a value behind it, ${word}=...`);
    else
      return new Fault(
        `"${word}" is not understood; after the addresses may stand: in eth0, out eth1, local, new, established, syn, ttl=64, mark=1 ...`,
      );
  }
  if ([6, 17, 33, 132, 136].includes(number)) {
    // A client's port where none is told.
    packet.sport ??= source.port ?? 40000;
    if (destination.port !== null) packet.dport ??= destination.port;
    else if (packet.dport === undefined)
      return new Fault(
        `the packet wants a destination port: ${name} ${source.address} > ${family === 6 ? `[${destination.address}]` : destination.address}:PORT`,
      );
    const isMidway = packet.state === 'ESTABLISHED' || packet.state === 'RELATED';
    if (number === 6 && packet.flags === undefined) packet.flags = isMidway ? 'ACK' : 'SYN';
  } else if (hasPorts) return new Fault(`${name} has no ports`);
  return packet as unknown as PacketJson;
};
