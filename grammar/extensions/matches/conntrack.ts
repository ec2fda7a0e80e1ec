/** `-m conntrack`: what connection tracking knows of the packet's connection. */
import { connectionStatusBits } from '../../netfilter/conntrack.js';
import type { Family } from '../../netfilter/families.js';
import type { NumberField } from '../../packet/fields.js';
import { all, any, bits, inRange, is, none as never, not, notIf, type Predicate, some, test } from '../../packet/predicate.js';
import { hasConnection } from '../../packet/presence.js';
import { ctStates, inStates, sayStates } from '../../values/connection-states.js';
import { type HostMask, hostMask, inHostMask } from '../../values/host-mask.js';
import { type IntegerRange, printIntegerRange, sayIntegerRange, wordRange } from '../../values/integer-range.js';
import { nameList, oneName, sayAlternatives, sayTogether } from '../../values/names.js';
import { type PortRange, portRange } from '../../values/port.js';
import { protocol, sayProtocol } from '../../values/protocol.js';
import { resolvedPortRange } from '../../values/resolved-port.js';
import { defineValue, Fault, type ValueContext } from '../../values/value.js';
import { defineMatch, phrase, type Use } from '../define.js';

/** Of the seconds of --ctexpire. */
const highest = 0xffffffff;

const directions = oneName({ names: ['ORIGINAL', 'REPLY'], what: 'direction', anyCase: true });

const statusWords = { EXPECTED: 'expected', SEEN_REPLY: 'answered', ASSURED: 'assured', CONFIRMED: 'confirmed' } as const;
type Status = keyof typeof statusWords;

const statusNames = nameList({
  names: ['NONE', 'EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'],
  what: 'connection status',
  anyCase: true,
  abbreviations: 'first',
});

/** NONE adds no bit: beside others it vanishes, alone it asks for none of no bits, which never holds. */
const statuses = defineValue<readonly Status[]>({
  ...statusNames,
  parse: (words, context) => {
    const names = statusNames.parse(words, context);
    return Array.isArray(names) ? names.filter((name) => name !== 'NONE') : (names as Exclude<typeof names, readonly string[]>);
  },
  print: (names) => (names.length === 0 ? 'NONE' : names.join(',')),
  say: (names) => (names.length === 0 ? 'none' : names.map((name) => statusWords[name]).join(' or ')),
});

/** Printed as a number; 0 is a number like others here. */
/** Eight bits are kept of it. */
const protocolNumber = defineValue<number>({
  ...protocol,
  parse: (words, context) => {
    // 0 is a number like others here, not every protocol.
    const number = protocol.parse(words, { ...context, negated: false });
    return number instanceof Fault ? number : number % 256;
  },
  print: String,
  say: sayProtocol,
});

const status = (names: readonly Status[]): Predicate =>
  some(...names.map((name) => bits('connectionStatus', connectionStatusBits[name], connectionStatusBits[name])));

const port = (field: NumberField, use: Use<PortRange> | undefined): Predicate | undefined =>
  use && notIf(use.negated, inRange(field, use.value.first, use.value.last));

const address = (field: NumberField, flag: string, use: Use<HostMask> | undefined, family: Family): Predicate | undefined =>
  use && notIf(use.negated, inHostMask(field, use.value, family, 'conntrack', flag));

const expiry = (range: IntegerRange): Predicate =>
  test({
    extension: 'conntrack',
    text: `-m conntrack --ctexpire ${printIntegerRange(range)}`,
    decidedBy: 'surroundings',
    reads: [],
    given: { expire: range },
  });

/** "port 22 (ssh)", "ports 80 to 90". */
const sayPortsOf = (range: PortRange, context: ValueContext): string => {
  if (range.first === range.last) return `port ${portRange.say(range, context)}`;
  return `ports ${range.first} to ${range.last}${range.first > range.last ? ' (an empty range)' : ''}`;
};

/** "assured or confirmed", "neither assured nor confirmed". */
const sayStatus = ({ value, negated }: Use<readonly Status[]>): string => {
  if (value.length === 0) return negated ? 'with any status' : 'with the status none (which is never so)';
  const words = value.map((name) => statusWords[name]);
  if (!negated) return sayAlternatives(words);
  return words.length === 1 ? `not ${words[0]}` : `neither ${words.join(' nor ')}`;
};

/** "begun to 192.0.2.7 port 22 (ssh)"; apart where one of the two is negated. */
const sayEnd = (verb: string, address: Use<HostMask> | undefined, port: Use<PortRange> | undefined, family: Family): readonly string[] => {
  const plain = { family, negated: false };
  const host = address && hostMask.say(address.value, plain);
  const number = port && sayPortsOf(port.value, plain);
  if (host && number && !address.negated && !port.negated) return [`${verb} ${host} ${number}`];
  return [
    ...(host ? [`${address.negated ? 'not ' : ''}${verb} ${host}`] : []),
    ...(number ? [`${port.negated ? 'not ' : ''}${verb} ${number}`] : []),
  ];
};

export const conntrack = defineMatch({
  name: 'conntrack',
  manual: 'iptables-extensions(8) conntrack; net/netfilter/xt_conntrack.c, conntrack_mt',
  decidedBy: 'surroundings',
  // In the order in which iptables-save prints them.
  options: {
    states: { flag: '--ctstate', value: ctStates, negatable: true },
    protocol: { flag: '--ctproto', value: protocolNumber, negatable: true },
    originalSource: { flag: '--ctorigsrc', value: hostMask, negatable: true },
    originalDestination: { flag: '--ctorigdst', value: hostMask, negatable: true },
    replySource: { flag: '--ctreplsrc', value: hostMask, negatable: true },
    replyDestination: { flag: '--ctrepldst', value: hostMask, negatable: true },
    originalSourcePort: { flag: '--ctorigsrcport', value: resolvedPortRange, negatable: true },
    originalDestinationPort: { flag: '--ctorigdstport', value: resolvedPortRange, negatable: true },
    replySourcePort: { flag: '--ctreplsrcport', value: resolvedPortRange, negatable: true },
    replyDestinationPort: { flag: '--ctrepldstport', value: resolvedPortRange, negatable: true },
    status: { flag: '--ctstatus', value: statuses, negatable: true },
    expire: { flag: '--ctexpire', value: wordRange, negatable: true },
    direction: { flag: '--ctdir', value: directions },
  },
  check: (given) => (Object.values(given).some((use) => use !== undefined) ? undefined : 'it wants one option at least'),
  // (a) The state is asked first, of every packet. (b) A packet without a connection is then taken if the state was asked, and is not
  // taken otherwise: the other options are not looked at. (c) A packet with a connection must satisfy them all.
  matches: (given, { family }) => {
    const { states, protocol, status: wantedStatus, expire, direction } = given;
    const state = states ? notIf(states.negated, inStates(states.value)) : any;
    const others = all(
      protocol && notIf(protocol.negated, is('connectionProtocol', protocol.value)),
      direction && is('connectionDirection', direction.value === 'ORIGINAL' ? 0 : 1),
      address('originalSource', '--ctorigsrc', given.originalSource, family),
      address('originalDestination', '--ctorigdst', given.originalDestination, family),
      address('replySource', '--ctreplsrc', given.replySource, family),
      address('replyDestination', '--ctrepldst', given.replyDestination, family),
      port('originalSourcePort', given.originalSourcePort),
      port('originalDestinationPort', given.originalDestinationPort),
      port('replySourcePort', given.replySourcePort),
      port('replyDestinationPort', given.replyDestinationPort),
      wantedStatus && notIf(wantedStatus.negated, status(wantedStatus.value)),
      expire && notIf(expire.negated, expiry(expire.value)),
    );
    if (!states) return all(hasConnection, others);
    return others.kind === 'any' ? state : all(state, some(not(hasConnection), others.kind === 'none' ? never : others));
  },
  say: (given, { family }) => {
    const { states, protocol, status: wantedStatus, expire, direction } = given;
    const parts = [
      ...sayEnd('begun from', given.originalSource, given.originalSourcePort, family),
      ...sayEnd('begun to', given.originalDestination, given.originalDestinationPort, family),
      ...sayEnd('answered from', given.replySource, given.replySourcePort, family),
      ...sayEnd('answered to', given.replyDestination, given.replyDestinationPort, family),
      ...(wantedStatus && (wantedStatus.negated || wantedStatus.value.length === 0) ? [sayStatus(wantedStatus)] : []),
      ...(expire ? [`${expire.negated ? 'not ' : ''}expiring in ${sayIntegerRange(expire.value, highest)} seconds`] : []),
    ];
    const kind = [
      ...(wantedStatus && !wantedStatus.negated && wantedStatus.value.length > 0 ? [sayStatus(wantedStatus)] : []),
      ...(protocol ? [`${protocol.negated ? 'non-' : ''}${sayProtocol(protocol.value)}`] : []),
      'connections',
    ].join(' ');
    return [
      ...(states ? [sayStates(states.value, states.negated)] : []),
      ...(direction ? [phrase('condition', `in the ${direction.value.toLowerCase()} direction`)] : []),
      ...(kind !== 'connections' || parts.length > 0
        ? [phrase('condition', [`of ${kind}`, sayTogether(parts)].filter((part) => part !== '').join(' '))]
        : []),
    ];
  },
  examples: [
    { rule: '-m conntrack --ctstate est,rel', saved: '-m conntrack --ctstate RELATED,ESTABLISHED', says: 'related or established' },
    { rule: '-m conntrack ! --ctstate NEW,INVALID', saved: '-m conntrack ! --ctstate INVALID,NEW', says: 'neither invalid nor new' },
    { rule: '-m conntrack --ctstate DNAT', says: 'destination-translated' },
    {
      rule: '-m conntrack --ctproto tcp --ctorigdst 192.0.2.7 --ctorigdstport ssh',
      saved: '-m conntrack --ctproto 6 --ctorigdst 192.0.2.7 --ctorigdstport 22',
      says: 'of TCP connections begun to 192.0.2.7 port 22 (ssh)',
    },
    { rule: '-m conntrack --ctorigsrc 192.0.2.7/24', says: 'begun from 192.0.2.7/24' },
    { rule: '-m conntrack --ctrepldst 2001:db8::/32', family: 6, says: 'answered to 2001:db8::/32' },
    { rule: '-m conntrack --ctstatus assured,none', saved: '-m conntrack --ctstatus ASSURED', says: 'of assured connections' },
    { rule: '-m conntrack --ctexpire 5:', saved: '-m conntrack --ctexpire 5:4294967295', says: 'expiring in 5 or more seconds' },
    { rule: '-m conntrack --ctdir reply --ctstate NEW', saved: '-m conntrack --ctstate NEW --ctdir REPLY', says: 'in the reply direction' },
    { rule: '-m conntrack --ctstate NEW,', refused: 'a connection state is missing' },
    { rule: '-m conntrack', refused: 'one option' },
    { rule: '-m conntrack ! --ctdir REPLY', refused: '--ctdir' },
  ],
});
