/**
 * Answers tests: what no field of a packet tells. One function for each extension; an extension that has none here is not known. The options
 * come as the extension's spec gives them (grammar/extensions/matches).
 */
import { type Backend, type Hook, outlined, type Test, targetOf } from '../../../grammar/index.js';
import type { Ipsets } from '../../model/ipset.js';
import type { Rule, Ruleset } from '../../model/ruleset.js';
import type { Flight } from './flight.js';
import { simulators } from './history.js';
import {
  type BpfInstruction,
  type ChunkQuestion,
  chunksMatch,
  extensionHeader,
  findText,
  hasDccpOption,
  hasTcpOption,
  optionsMatch,
  runBpf,
  type U32,
  u32Holds,
} from './payload.js';
import { isMulticast, type Routing } from './routing.js';
import { isInSet, type Side } from './sets.js';
import type { State } from './state.js';
import { type Answer, Unknown } from './unknown.js';

/** What an answer may lean on. */
export interface Inquiry {
  readonly flight: Flight;
  readonly state: State;
  readonly routing: Routing | null;
  readonly sets: Ipsets | null;
  readonly history: 'fresh' | 'unknown';
  readonly backend: Backend | null;
  readonly rule: Rule;
  readonly ruleset: Ruleset;
  readonly hook: Hook;
}

type Answerer = (given: Readonly<Record<string, unknown>>, inquiry: Inquiry, test: Test) => Answer;

const notKnown = (what: string): Unknown => new Unknown(`${what} is not known`);

/** Whether a rule of the ruleset uses a target with an option. */
const hasTargetOption = (ruleset: Ruleset, name: string, key: string): boolean =>
  ruleset.rules.some(
    ({ node }) => targetOf(node) === name && (outlined(node).outline.target?.options.some((option) => option.key === key) ?? false),
  );

const addrtype: Answerer = (given, { flight, routing }) => {
  const { side, type, limit } = given as { side?: 'source' | 'destination'; type?: string; limit?: 'in' | 'out' };
  if (side === undefined || type === undefined) return notKnown('the type of the address');
  if (!routing) return new Unknown("the host's addresses are not known", 'give them: --addresses FILE');
  const address = flight.field(side);
  if (address instanceof Unknown) return address;
  const found = routing.localType(address as number | bigint);
  const device = limit === 'in' ? flight.inInterface : limit === 'out' ? flight.outInterface : null;
  if (device instanceof Unknown) return device;
  // Asked of one interface, an address of another is none of the host's own.
  const isElsewhere = device !== null && device !== '' && found.device !== null && found.device !== device && found.type !== 'multicast';
  return (isElsewhere ? 'UNICAST' : found.type.toUpperCase()) === type.toUpperCase();
};

const rpfilter: Answerer = (given, { flight, routing }) => {
  const { loose, acceptLocal } = given as { loose: boolean; acceptLocal: boolean };
  const { headers, inInterface } = flight;
  if (inInterface === 'lo') return true;
  if (headers.family === 4 && isMulticast(headers.destination) && headers.source === 0)
    return Number(headers.destination) >>> 8 === 0xe00000;
  if (headers.family === 6 && headers.source === 0n) return true;
  if (!routing || routing.host.routes === null) return new Unknown('the routes are not known', 'give them: --routes FILE');
  const found = routing.localType(headers.source);
  if (found.type === 'local') return acceptLocal && (loose || found.device === inInterface);
  if (found.type !== 'unicast') return false;
  const route = routing.route(headers.source);
  if (route?.type !== 'unicast') return false;
  if (loose) return true;
  return inInterface instanceof Unknown ? inInterface : route.device === inInterface;
};

const connbytes: Answerer = (given, { flight }) => {
  const { range, mode, direction } = given as {
    range?: { first: bigint | number; last: bigint | number };
    mode?: string;
    direction?: string;
  };
  const { connection } = flight;
  if (!connection) return notKnown('what its connection has carried so far');
  if (range === undefined) return true; // it is counted
  const sum = (pair: readonly [number, number]) =>
    direction === 'original' ? pair[0] : direction === 'reply' ? pair[1] : pair[0] + pair[1];
  const [packets, bytes] = [sum(connection.packets), sum(connection.bytes)];
  const value = mode === 'packets' ? packets : mode === 'bytes' ? bytes : packets === 0 ? 0 : Math.floor(bytes / packets);
  return BigInt(range.first) <= BigInt(value) && BigInt(value) <= BigInt(range.last);
};

const owner: Answerer = (given, { flight }) => {
  if (given.name === 'root') return (flight.packet.uid ?? 0) === 0;
  if (given.name !== undefined) return notKnown(`the number of ${String(given.name)}`);
  if (given.ids !== undefined) return notKnown("the sender's supplementary groups");
  return flight.hasSocket;
};

const fragmentHeader: Answerer = (given, { flight }) => {
  const header = extensionHeader(flight.headers, 44);
  if (!header) return false;
  if (given.more) return flight.headers.moreFragments;
  const { bytes } = flight;
  if (given.reserved) return bytes[header.offset + 1] !== 0 || (bytes[header.offset + 3]! & 6) !== 0;
  const range = given.id as { first: number; last: number } | undefined;
  return range === undefined || (range.first <= flight.headers.identification && flight.headers.identification <= range.last);
};

const ipv6headerNumbers: Readonly<Record<string, number>> = {
  'hop-by-hop': 0,
  'ipv6-opts': 60,
  'ipv6-route': 43,
  'ipv6-frag': 44,
  ah: 51,
  esp: 50,
  'ipv6-nonxt': 59,
};

const ipv6header: Answerer = (given, { flight }) => {
  const { headers } = flight;
  const name = given.header as string | undefined;
  if (name === undefined) return headers.sound;
  if (name === 'protocol') return headers.protocol !== 50 && headers.protocol !== 59;
  const number = ipv6headerNumbers[name];
  return headers.protocol === number || headers.extensions.some((one) => one.number === number);
};

/** hbh and dst: a header of options. */
const optionHeader =
  (number: number): Answerer =>
  (given, { flight }) => {
    const header = extensionHeader(flight.headers, number);
    if (!header) return false;
    const { length, options } = given as { length?: number; options?: readonly { type: number; length: number | null }[] };
    if (length !== undefined) return header.length === length;
    return options === undefined || optionsMatch(flight.bytes, header.offset, header.length, options);
  };

const routingHeader: Answerer = (given, { flight }, test) => {
  const header = extensionHeader(flight.headers, 43);
  if (!header) return false;
  const { bytes } = flight;
  const { type, segmentsLeft, length } = given as { type?: number; segmentsLeft?: { first: number; last: number }; length?: number };
  if (type !== undefined) return bytes[header.offset + 2] === type;
  if (segmentsLeft !== undefined) return segmentsLeft.first <= bytes[header.offset + 3]! && bytes[header.offset + 3]! <= segmentsLeft.last;
  if (length !== undefined) return header.length === length;
  return /^-m rt$/.test(test.text) ? true : notKnown('what its routing header holds');
};

const authentication6: Answerer = (given, { flight }) => {
  const header = extensionHeader(flight.headers, 51);
  if (!header) return false;
  if (given.length !== undefined) return header.length === given.length;
  if (given.reserved) return flight.bytes[header.offset + 2] === 0 && flight.bytes[header.offset + 3] === 0;
  return true;
};

const eui64: Answerer = (_given, { flight }) => {
  const mac = flight.field('macSource');
  if (mac instanceof Unknown) return mac;
  const source = flight.field('source');
  if (typeof mac !== 'number' || typeof source !== 'bigint') return false;
  const bits = BigInt(mac);
  const id = ((((bits >> 24n) << 16n) | 0xfffen) << 24n) | (bits & 0xffffffn);
  return (source & ((1n << 64n) - 1n)) === (id ^ (2n << 56n));
};

/** By extension. */
const answerers: Readonly<Record<string, Answerer>> = {
  '': (given) => notKnown(`the address of ${String(given.host)}`),
  addrtype,
  rpfilter,
  connbytes,
  owner,
  frag: fragmentHeader,
  ipv6header,
  hbh: optionHeader(0),
  dst: optionHeader(60),
  rt: routingHeader,
  ah: authentication6,
  eui64,
  set: (given, { flight, sets, state, hook }) => {
    if (given.counters !== undefined) return notKnown("what the set's counters say");
    return isInSet(given.set as string, given.sides as readonly Side[], given.returnNomatch === true, flight, sets, state, hook);
  },
  string: (given, { flight }) =>
    findText(flight.bytes, given.bytes as readonly number[], given.from as number, given.to as number, given.icase === true),
  u32: (given, { flight }) => u32Holds(flight.bytes, given.tests as readonly U32[]),
  bpf: (given, { flight }) =>
    given.bytecode ? runBpf(given.bytecode as readonly BpfInstruction[], flight.bytes) : notKnown('what the pinned BPF program says'),
  tcp: (given, { flight }) =>
    given.option === undefined ? notKnown('the back end') : hasTcpOption(flight.bytes, flight.headers, given.option as number),
  dccp: (given, { flight }) =>
    given.option === undefined ? notKnown('the back end') : hasDccpOption(flight.bytes, flight.headers, given.option as number),
  sctp: (given, { flight }) =>
    given.chunks === undefined ? notKnown('the back end') : chunksMatch(flight.bytes, flight.headers, given as unknown as ChunkQuestion),
  tcpmss: (_given, { flight }) => flight.field('mss') !== null,
  mac: (_given, { flight }) => {
    if (flight.inInterface === '' || flight.inInterface === 'lo') return false;
    return flight.macSource instanceof Unknown ? flight.macSource : flight.macSource !== null;
  },
  physdev: () => false, // no packet of a trace comes by a bridge port
  policy: (given, { flight, hook }) => {
    // What arrives is told as it arrives: IPsec would be ESP or AH.
    if (given.direction === 'in' && !flight.packet.local) return false;
    return notKnown(`whether IPsec takes the packet in ${hook}`);
  },
  helper: (_given, { ruleset }) => (hasTargetOption(ruleset, 'CT', 'helper') ? notKnown("the connection's helper") : false),
  connlabel: (_given, { ruleset }) =>
    ruleset.rules.some(({ node }) =>
      node.matches.some((match) => match.name === 'connlabel' && match.options.some(({ key }) => key === 'set')),
    )
      ? notKnown("the connection's labels")
      : false,
  cgroup: (_given, { flight, hook }) => (flight.hasSocket || hook === 'INPUT' ? notKnown("the socket's control group") : false),
  nfacct: (_given, { flight }) => flight.headers.length >= 0, // it counts, and matches always
  conntrack: () => notKnown('when the connection expires'),
  time: () => notKnown('the time of day'),
  socket: () => notKnown('which sockets are open'),
  osf: () => notKnown('the operating system of the sender'),
  ipvs: () => notKnown('what IPVS does with the packet'),
  rateest: () => notKnown('the measured rate'),
};

/** The answer to a test; of one that history decides, it counts now. */
export const answerTest = (test: Test, inquiry: Inquiry): Answer => {
  if (test.given.backend !== undefined) {
    return inquiry.backend === null
      ? new Unknown('which back end loads the rules is not told', 'tell it: --backend legacy')
      : inquiry.backend === test.given.backend;
  }
  if (test.decidedBy === 'history') {
    const simulator = simulators[test.extension];
    if (simulator) return simulator(test, inquiry);
  }
  const answerer = answerers[test.extension];
  if (answerer) return answerer(test.given, inquiry, test);
  return new Unknown(test.extension === '?' ? `what "${test.text}" asks could not be read` : `the answer of "${test.text}" is not known`);
};
