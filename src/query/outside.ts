/** What the kernel has decided of packets from outside before any rule: which addresses they bear, what begins a connection, what is forwarded at all. */
import { all, bits, type Family, inRanges, is, not, type Ordinal, type Predicate, type Range } from '../../grammar/index.js';
import type { HostInterface } from '../model/host.js';
import type { Ruleset } from '../model/ruleset.js';
import { ownField } from './passage.js';

/** Route types (uapi/linux/rtnetlink.h). */
export const unicast = 1;
export const local = 2;
export const broadcast = 3;
export const anycast = 4;
export const multicast = 5;

/** Networks of the host itself, which no packet from outside names. */
export const loopbackOf = (family: Family): Range => (family === 4 ? [0x7f000000, 0x7fffffff] : [1n, 1n]);

/** The host's own addresses but for those of loopback. */
export const ownAddresses = (interfaces: readonly HostInterface[], family: Family): readonly Ordinal[] => {
  const [low, high] = loopbackOf(family);
  return interfaces.flatMap(({ addresses }) =>
    addresses.flatMap((one) => (one.family === family && (one.address < low || one.address > high) ? [one.address] : [])),
  );
};

/** Sources that the host refuses before the filter table: its own, and those of nobody (net/ipv4/fib_frontend.c, route.c). */
export const martians = (interfaces: readonly HostInterface[], family: Family): readonly Range[] =>
  family === 6
    ? [[0xffn << 120n, (1n << 128n) - 1n]]
    : [...ownAddresses(interfaces, 4).map((address): Range => [address, address]), [0xe0000000, 0xefffffff], [0xffffffff, 0xffffffff]];

/** Packets that are not forwarded, whatever the rules say: of addresses that belong to a link, to a group or to nobody (net/ipv4/route.c, net/ipv6/ip6_output.c). */
export const forwardable = (family: Family): Predicate => {
  const group: Range = family === 4 ? [0xe0000000, 0xefffffff] : [0xffn << 120n, (1n << 128n) - 1n];
  const nobody: readonly Range[] =
    family === 4
      ? [
          [0, 0x00ffffff],
          [0xffffffff, 0xffffffff],
        ]
      : [
          [0n, 0n],
          [0x3fan << 118n, (0x3fbn << 118n) - 1n],
        ];
  return all(not(inRanges('source', nobody)), not(inRanges('destination', [...nobody, group])));
};

/** Addresses whose packets the host takes itself. */
export const localRanges = (interfaces: readonly HostInterface[], family: Family): readonly Range[] => {
  const own = interfaces.flatMap(({ addresses }) => addresses.filter((one) => one.family === family));
  const single = (address: Ordinal): Range => [address, address];
  if (family === 6) return [...own.map(({ address }) => single(address)), [0xffn << 120n, (1n << 128n) - 1n]];
  const broadcasts = own.flatMap(({ address, prefix, broadcast }) => {
    const size = 2 ** (32 - prefix);
    const last = Math.floor(Number(address) / size) * size + size - 1;
    return [...(broadcast === null ? [] : [broadcast]), ...(prefix < 31 ? [last] : [])];
  });
  return [
    ...own.map(({ address }) => single(address)),
    ...broadcasts.map(single),
    loopbackOf(4),
    [0xe0000000, 0xefffffff],
    single(0xffffffff),
  ];
};

/** What rules ask of the connection's fields is asked of its first packet: the same conditions on that one's own. */
const ownConditions = (predicate: Predicate): readonly Predicate[] => {
  switch (predicate.kind) {
    case 'in': {
      const own = ownField.get(predicate.field);
      return own ? [inRanges(own, predicate.ranges)] : [];
    }
    case 'not':
      return ownConditions(predicate.of);
    case 'all':
    case 'some':
      return predicate.of.flatMap(ownConditions);
    default:
      return [];
  }
};

/** Packets that begin no connection: of TCP what is no SYN, of ICMP answers and errors (net/netfilter/nf_conntrack_proto_icmp.c). */
export const neverNew = (family: Family): { readonly tcp: Predicate; readonly icmp: Predicate } => {
  const [icmp, types] = family === 4 ? [1, [8, 13, 15, 17]] : [58, [128, 139]];
  const handshake = 1 | syn | 4 | 16;
  return {
    tcp: all(is('protocol', 6), not(bits('tcpFlags', handshake, syn))),
    icmp: all(
      is('protocol', icmp as number),
      not(
        inRanges(
          'icmp',
          (types as number[]).map((type) => [type * 256, type * 256 + 255]),
        ),
      ),
    ),
  };
};

/** The TCP flag that stands alone in the first packet. */
export const syn = 2;

/** What rules ask that the matrix has to know more of. */
interface Asked {
  readonly connections: readonly Predicate[];
  readonly types: boolean;
  readonly flags: boolean;
  readonly icmp: boolean;
}

/** Told by words of the text, abbreviated ones too: to look at every option of a hundred thousand rules takes a tenth of a second. */
export const askedIn = ({ rules, source: { text } }: Ruleset): Asked => ({
  connections: /--ct(?:o|rep|p)/.test(text)
    ? rules.flatMap((rule) => (rule.node.matches.some(({ name }) => name === 'conntrack') ? ownConditions(rule.predicate) : []))
    : [],
  types: text.includes('addrtype'),
  flags: /--(?:tcp-f|sy|ecn-tcp)/.test(text),
  icmp: text.includes('icmp'),
});
