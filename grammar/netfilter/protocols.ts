/**
 * IP protocol names: those that `-p` reads and those that iptables-save prints for a number (getprotobynumber on a Debian host, then the
 * list built into iptables; measured with 1.8.9: 4 prints as ipencap, 58 as ipv6-icmp, 135 as mobility-header).
 */
const printed: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  3: 'ggp',
  4: 'ipencap',
  5: 'st',
  6: 'tcp',
  8: 'egp',
  9: 'igp',
  12: 'pup',
  17: 'udp',
  20: 'hmp',
  22: 'xns-idp',
  27: 'rdp',
  29: 'iso-tp4',
  33: 'dccp',
  36: 'xtp',
  37: 'ddp',
  38: 'idpr-cmtp',
  41: 'ipv6',
  43: 'ipv6-route',
  44: 'ipv6-frag',
  45: 'idrp',
  46: 'rsvp',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  57: 'skip',
  58: 'ipv6-icmp',
  59: 'ipv6-nonxt',
  60: 'ipv6-opts',
  73: 'rspf',
  81: 'vmtp',
  88: 'eigrp',
  89: 'ospf',
  93: 'ax.25',
  94: 'ipip',
  97: 'etherip',
  98: 'encap',
  103: 'pim',
  108: 'ipcomp',
  112: 'vrrp',
  115: 'l2tp',
  124: 'isis',
  132: 'sctp',
  133: 'fc',
  135: 'mobility-header',
  136: 'udplite',
  137: 'mpls-in-ip',
  138: 'manet',
  139: 'hip',
  140: 'shim6',
  141: 'wesp',
  142: 'rohc',
  143: 'ethernet',
};

/**
 * Names read beside the printed ones: iptables' own list (xtables_chain_protos). The aliases of /etc/protocols are in capitals, and the name is
 * looked up in small letters, so they are never found.
 */
const alsoRead: Readonly<Record<string, number>> = {
  all: 0,
  ip: 0,
  hopopt: 0,
  icmpv6: 58,
  mh: 135,
  'ipv6-mh': 135,
  'ipv6-nonxt': 59,
  mptcp: 262, // see below
};

const numbers = new Map<string, number>(Object.entries(alsoRead));
for (const [number, name] of Object.entries(printed)) numbers.set(name, Number(number));

/** Every name that is read. */
export const protocolNames: readonly string[] = [...numbers.keys()];

/** The number of a protocol name (case does not count; `all` is 0), undefined where unknown. Numbers are not read here. */
export const protocolNumber = (name: string): number | undefined => numbers.get(name.toLowerCase());

/**
 * MPTCP has a number beyond what a header can hold, and a name in /etc/protocols: iptables takes the name. The legacy back end then compares nine bits with
 * eight and never matches; the nft back end keeps eight bits, which are TCP.
 */
export const mptcp = 262;

/**
 * Extension headers of IPv6 that both back ends pass over, so that no packet has their number for its protocol (net/ipv6/exthdrs_core.c, ipv6_find_hdr; measured,
 * Linux 6.18, in every table, with connection tracking and without). Where the headers are cut, or the rest of them stands in another fragment, a packet has no
 * protocol at all: under nft it meets neither `-p tcp` nor `! -p tcp`, legacy drops it at the first rule with a -p. 59 (no next header) and 50 (ESP) do end the headers.
 */
export const passedOver6: ReadonlySet<number> = new Set([0, 43, 44, 60]);

/** nft stops at it (IP6_FH_F_AUTH), so that it is the protocol of TCP behind it; legacy passes over it as well. */
export const authenticationHeader = 51;

/** The name that iptables-save prints for a protocol number; the number itself where it has none. */
export const protocolName = (number: number): string => (number === mptcp ? 'mptcp' : (printed[number] ?? String(number)));

/** Protocols whose packets carry source and destination ports where netfilter looks for them. */
export const protocolsWithPorts: readonly number[] = [6, 17, 33, 132, 136];

/**
 * The match extension that `-p` loads for options that nobody else knows (xshared.c, find_proto), by protocol number. It is looked up by the name that
 * stands there, or that a number has: `-p mh` loads one, `-p 135` and `-p mobility-header` do not.
 */
export const impliedMatch: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  50: 'esp',
  51: 'ah',
  58: 'icmp6',
  108: 'ipcomp',
  132: 'sctp',
  135: 'mh',
};
