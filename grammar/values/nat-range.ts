/**
 * Where NAT targets map to (libxt_NAT.c): `[address[-address]][:port[-port[/base]]]` of DNAT and SNAT, with brackets round IPv6 addresses that have
 * ports behind them, and the ports alone of REDIRECT and MASQUERADE. Measured with 1.8.9 where the manual is silent.
 */
import type { Family } from '../netfilter/families.js';
import { portByService } from '../netfilter/services.js';
import type { Ordinal } from '../packet/predicate.js';
import { parseAddress, printAddress } from './address.js';
import { readInteger, withoutPlus } from './integer.js';
import { sayPort } from './port.js';
import { defineValue, Fault } from './value.js';

/** First and last address to map to. A range upside down is read as it stands. */
export interface NatAddresses {
  readonly first: Ordinal;
  readonly last: Ordinal;
}

/** First and last port to map to. `base`: the port that maps to the first one, those behind it to those behind that; null: none told. */
export interface NatPorts {
  readonly first: number;
  readonly last: number;
  readonly base: number | null;
}

/** What DNAT and SNAT map to: one of the two at least is told. */
export interface NatRange {
  readonly addresses: NatAddresses | null;
  readonly ports: NatPorts | null;
}

/** Protocols, one of which `-p` must name where ports are told. An ICMP identifier passes for a port, in IPv6 too, where ICMPv6 does not. */
export const protocolsWithNatPorts: readonly string[] = ['tcp', 'udp', 'sctp', 'dccp', 'icmp'];

/** strtoul(3) with base 0 at the start of the word: the number, and what stands behind it. */
const leadingNumber = (word: string): readonly [number: number, rest: string] | undefined => {
  const number = withoutPlus(word);
  const digits = /^(?:0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)/i.exec(number)?.[0];
  return digits === undefined ? undefined : [readInteger(digits)!, number.slice(digits.length)];
};

/** `port`, `port-port`, `port-port/base`. A service name may stand for the only port and for the base, never in a range. */
export const parseNatPorts = (word: string): NatPorts | Fault => {
  if (word.includes(':')) return new Fault(`"${word}": a range of ports is written with "-"`);
  const unknown = (text: string) => new Fault(text === '' ? 'a port is missing' : `"${text}" is not a port from 0 to 65535`);
  const [first, behindFirst] = leadingNumber(word) ?? [];
  if (first === undefined || behindFirst === undefined) {
    const port = portByService(word);
    return port === undefined
      ? new Fault(word === '' ? 'a port is missing' : `"${word}" is neither a port nor a known service`)
      : { first: port, last: port, base: null };
  }
  if (first > 65535) return unknown(word);
  if (behindFirst === '') return { first, last: first, base: null };
  if (behindFirst[0] !== '-') return new Fault(`"${behindFirst}" cannot stand behind a port`);
  const [last, behindLast] = leadingNumber(behindFirst.slice(1)) ?? [];
  if (last === undefined || behindLast === undefined || last > 65535) return unknown(behindFirst.slice(1));
  if (last < first) return new Fault(`the range ${first}-${last} is upside down`);
  if (behindLast === '') return { first, last, base: null };
  if (behindLast[0] !== '/') return new Fault(`"${behindLast}" cannot stand behind a range of ports`);
  const text = behindLast.slice(1);
  const base = readInteger(text) ?? portByService(text);
  return base !== undefined && base >= 1 && base <= 65535 ? { first, last, base } : new Fault(`"${text}" is not a port from 1 to 65535`);
};

/** `80`, `80-90`, `80-90/1000`. */
export const printNatPorts = ({ first, last, base }: NatPorts): string =>
  `${first}${last === first ? '' : `-${last}`}${base === null ? '' : `/${base}`}`;

/** "port 80 (http)", "a port from 80 to 90". */
export const sayNatPorts = ({ first, last, base }: NatPorts): string =>
  base === null
    ? first === last
      ? `port ${sayPort(first)}`
      : `a port from ${first} to ${last}`
    : `the ports ${first} to ${last} in order (${base === first ? `${base} stays` : `${base} becomes ${first}`})`;

/** Strictly as inet_pton reads it: four decimal parts without leading zeros in IPv4. */
const parseWhole = (word: string, family: Family): Ordinal | Fault =>
  word === '' || (family === 4 && !/^(?:(?:0|[1-9][0-9]*)(?:\.(?!$)|$)){4}$/.test(word))
    ? new Fault(`"${word}" is not an address`)
    : parseAddress(word, family);

const parseAddresses = (word: string, family: Family): NatAddresses | Fault => {
  const dash = word.indexOf('-');
  const first = parseWhole(dash < 0 ? word : word.slice(0, dash), family);
  const last = dash < 0 ? first : parseWhole(word.slice(dash + 1), family);
  if (first instanceof Fault) return first;
  return last instanceof Fault ? last : { first, last };
};

/** Splits addresses from ports: null where a part is not told. What stands between a closing bracket and the next colon is lost in 1.8.9. */
const split = (word: string, family: Family): { readonly addresses: string | null; readonly ports: string | null } | Fault => {
  if (family === 6 && word.includes('[')) {
    const open = word.indexOf('[');
    const close = word.indexOf(']', open);
    if (close < 0) return new Fault(`"${word}" has a bracket without its other half`);
    const colon = word.indexOf(':', close);
    const addresses = word.slice(open + 1, close);
    return { addresses: addresses === '' && colon >= 0 ? null : addresses, ports: colon < 0 ? null : word.slice(colon + 1) };
  }
  if (word.startsWith('[')) return new Fault(`"${word}" is not an address`);
  const colon = word.indexOf(':');
  // Of several colons none is in front of a port: the word is an IPv6 address.
  if (colon < 0 || word.indexOf(':', colon + 1) >= 0) return { addresses: word, ports: null };
  // 1.8.9 takes any two characters before the colon for a pair of brackets with nothing in it.
  return { addresses: colon === 0 || colon === 2 ? null : word.slice(0, colon), ports: word.slice(colon + 1) };
};

const printAddresses = ({ first, last }: NatAddresses): string =>
  first === last ? printAddress(first) : `${printAddress(first)}-${printAddress(last)}`;

/** As iptables-save prints it. */
export const printNatRange = ({ addresses, ports }: NatRange, family: Family): string => {
  if (!ports) return addresses ? printAddresses(addresses) : '';
  const host = !addresses ? '' : family === 6 ? `[${printAddresses(addresses)}]` : printAddresses(addresses);
  return `${host}:${printNatPorts(ports)}`;
};

const sayAddresses = ({ first, last }: NatAddresses): string =>
  first === last ? printAddress(first) : `an address from ${printAddress(first)} to ${printAddress(last)}`;

/** "192.0.2.7 port 80 (http)", "port 8080", "an address from 192.0.2.1 to 192.0.2.9". */
export const sayNatRange = ({ addresses, ports }: NatRange): string =>
  [addresses ? sayAddresses(addresses) : '', ports ? sayNatPorts(ports) : '']
    .filter((part) => part !== '')
    .join(addresses && ports && ports.first !== ports.last ? ' and ' : ' ');

/** `--to-destination`, `--to-source`. */
export const natRange = defineValue<NatRange>({
  arity: 1,
  expects: 'an address or a range first-last, ports behind a colon, or both',
  parse: ({ 0: word }, { family }) => {
    const parts = split(word!, family);
    if (parts instanceof Fault) return parts;
    const ports = parts.ports === null ? null : parseNatPorts(parts.ports);
    if (ports instanceof Fault) return ports;
    const addresses = parts.addresses === null ? null : parseAddresses(parts.addresses, family);
    return addresses instanceof Fault ? addresses : { addresses, ports };
  },
  print: (range, { family }) => printNatRange(range, family),
  say: sayNatRange,
});

/** `--to-ports`. */
export const natPorts = defineValue<NatPorts>({
  arity: 1,
  expects: 'a port, a range first-last, or a service name',
  parse: ({ 0: word }) => parseNatPorts(word!),
  print: printNatPorts,
  say: sayNatPorts,
});
