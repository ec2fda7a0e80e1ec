/** `-m addrtype`: what kind of address the routing table takes the source or destination for. */
import type { Family } from '../../netfilter/families.js';
import { all, inRange, inRanges, is, not, notIf, type Predicate, some, test } from '../../packet/predicate.js';
import { nameList, sayAlternatives } from '../../values/names.js';
import { none } from '../../values/value.js';
import { defineMatch, phrase, type Use } from '../define.js';

/** Index is the route type (uapi/linux/rtnetlink.h, RTN_*) and the value of the fields sourceType and destinationType. */
const types = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
] as const;
type AddressType = (typeof types)[number];

/** Types that ip6tables cannot ask (xt_addrtype.c, addrtype_mt_checkentry_v1). */
const notInIpv6: readonly AddressType[] = ['BROADCAST', 'BLACKHOLE', 'PROHIBIT', 'THROW', 'NAT', 'XRESOLVE'];

/** An abbreviation means the first that begins so: `UN` is UNSPEC. */
const typeList = nameList<AddressType>({ names: types, what: 'type of address', anyCase: true, abbreviations: 'first' });

type Side = 'source' | 'destination';

const ask = (side: Side, type: AddressType, limit: 'in' | 'out' | undefined): Predicate =>
  test({
    extension: 'addrtype',
    text: `-m addrtype --${side === 'source' ? 'src' : 'dst'}-type ${type}${limit ? ` --limit-iface-${limit}` : ''}`,
    decidedBy: 'surroundings',
    reads: [side, ...(limit === 'in' ? (['inInterface'] as const) : limit === 'out' ? (['outInterface'] as const) : [])],
    given: { side, type, limit },
  });

/** An IPv4 address has one type: the main routing question is a field, that of one interface a test. */
const isType4 = (side: Side, listed: readonly AddressType[], limit: 'in' | 'out' | undefined): Predicate => {
  if (limit) return some(...listed.map((type) => ask(side, type, limit)));
  const indexes = listed.map((type) => types.indexOf(type));
  return inRanges(
    side === 'source' ? 'sourceType' : 'destinationType',
    indexes.map((index) => [index, index] as const),
  );
};

const mapped = [0xffffn << 32n, (0xffffn << 32n) | 0xffffffffn] as const;
const multicast = [0xffn << 120n, (1n << 128n) - 1n] as const;

/**
 * In IPv6 MULTICAST, UNICAST and UNSPEC are asked of the address alone and must all hold that are listed; of the others one must
 * (xt_addrtype.c, match_type6; __ipv6_addr_type of net/ipv6/addrconf_core.c).
 */
const isType6 = (side: Side, listed: readonly AddressType[], limit: 'in' | 'out' | undefined): Predicate => {
  const routed = listed.filter((type) => type === 'LOCAL' || type === 'ANYCAST' || type === 'UNREACHABLE');
  return all(
    listed.includes('MULTICAST') ? inRange(side, ...multicast) : undefined,
    listed.includes('UNICAST') ? not(inRanges(side, [[0n, 0n], mapped, multicast])) : undefined,
    listed.includes('UNSPEC') ? is(side, 0n) : undefined,
    routed.length > 0 ? some(...routed.map((type) => ask(side, type, limit))) : undefined,
  );
};

const isType = (side: Side, use: Use<readonly AddressType[]> | undefined, limit: 'in' | 'out' | undefined, family: Family) =>
  use && notIf(use.negated, (family === 4 ? isType4 : isType6)(side, use.value, limit));

/** "this host's own addresses", "the incoming interface's own addresses", "a broadcast or multicast address". */
const sayTypes = (listed: readonly AddressType[], limit: 'incoming' | 'outgoing' | undefined): string => {
  if (listed.length === 1 && listed[0] === 'LOCAL') return `${limit ? `the ${limit} interface` : 'this host'}'s own addresses`;
  const words = sayAlternatives(listed.map((type) => type.toLowerCase()));
  return `${/^(?:any|uns|unr)/.test(words) ? 'an' : 'a'} ${words} address${limit ? ` of the ${limit} interface` : ''}`;
};

const sayType = (side: Side, use: Use<readonly AddressType[]> | undefined, limit: 'incoming' | 'outgoing' | undefined) => {
  if (!use) return [];
  const slot = side === 'source' ? 'from' : 'to';
  return [phrase(slot, `${slot} ${use.negated ? 'anything but ' : ''}${sayTypes(use.value, limit)}`)];
};

export const addrtype = defineMatch({
  name: 'addrtype',
  manual: 'iptables-extensions(8) addrtype; net/netfilter/xt_addrtype.c',
  decidedBy: 'surroundings',
  options: {
    source: { flag: '--src-type', value: typeList, negatable: true },
    destination: { flag: '--dst-type', value: typeList, negatable: true },
    limitIn: { flag: '--limit-iface-in', value: none, excludes: ['limitOut'] },
    limitOut: { flag: '--limit-iface-out', value: none, excludes: ['limitIn'] },
  },
  placeFor: ({ limitIn, limitOut }) => {
    if (limitIn) return { hooks: ['PREROUTING', 'INPUT', 'FORWARD'] };
    return limitOut ? { hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'] } : undefined;
  },
  check: ({ source, destination }, { family }) => {
    if (!source && !destination) return 'it wants --src-type or --dst-type';
    const wrong = family === 6 && [...(source?.value ?? []), ...(destination?.value ?? [])].find((type) => notInIpv6.includes(type));
    return wrong ? `ip6tables cannot ask for the type ${wrong}` : undefined;
  },
  matches: ({ source, destination, limitIn, limitOut }, { family }) => {
    const limit = limitIn ? 'in' : limitOut ? 'out' : undefined;
    return all(isType('source', source, limit, family), isType('destination', destination, limit, family));
  },
  say: ({ source, destination, limitIn, limitOut }) => {
    const limit = limitIn ? 'incoming' : limitOut ? 'outgoing' : undefined;
    return [...sayType('source', source, limit), ...sayType('destination', destination, limit)];
  },
  examples: [
    { rule: '-m addrtype --dst-type local', saved: '-m addrtype --dst-type LOCAL', says: "to this host's own addresses" },
    { rule: '-m addrtype ! --src-type UN', saved: '-m addrtype ! --src-type UNSPEC', says: 'from anything but an unspec address' },
    {
      rule: '-m addrtype --dst-type MULTICAST,BROADCAST --limit-iface-in',
      saved: '-m addrtype --dst-type BROADCAST,MULTICAST --limit-iface-in',
      says: 'to a broadcast or multicast address of the incoming interface',
      chain: 'INPUT',
    },
    { rule: '-m addrtype --dst-type MULTICAST', family: 6, says: 'to a multicast address' },
    { rule: '-m addrtype --dst-type BROADCAST', family: 6, refused: 'BROADCAST' },
    { rule: '-m addrtype --limit-iface-in', refused: '--src-type or --dst-type' },
    { rule: '-m addrtype --dst-type LOCAL --limit-iface-in --limit-iface-out', refused: 'together' },
  ],
});
