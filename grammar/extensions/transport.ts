/**
 * What the matches on transport headers share: the header must be there, and port ranges (net/netfilter/xt_tcpudp.c, xt_sctp.c, xt_multiport.c:
 * a later fragment never matches, whatever is negated).
 */
import type { Predicate, Range } from '../packet/predicate.js';
import { all, inRange, inRanges, is, none, notIf, some } from '../packet/predicate.js';
import { type PortRange, sayPort } from '../values/port.js';
import type { Backend, Phrase, Use } from './define.js';
import { phrase } from './define.js';
import { ask, spell } from './spell.js';

/** The packet begins with the header of one of the protocols: it is not a later fragment. */
export const headerOf = (...protocols: readonly number[]): Predicate => {
  const [only] = protocols;
  if (protocols.length === 1) {
    // One object for all rules that ask for it.
    let header = headers.get(only!);
    if (header === undefined) {
      header = all(is('protocol', only!), is('laterFragment', 0));
      headers.set(only!, header);
    }
    return header;
  }
  return all(
    inRanges(
      'protocol',
      protocols.map((number) => [number, number] as const),
    ),
    is('laterFragment', 0),
  );
};

const headers = new Map<number, Predicate>();

const isWhole = ({ first, last }: PortRange): boolean => first === 0 && last === 65535;

/**
 * A range of ports of tcp and udp. The nft back end of 1.8.9 takes the full range for "not given" even where it is negated, while the kernel
 * compares under legacy and never matches (measured): which of the two is not to be known from the text.
 */
const portIn = (
  extension: string,
  flag: string,
  field: 'sourcePort' | 'destinationPort',
  use: Use<PortRange> | undefined,
): Predicate | undefined => {
  if (!use) return undefined;
  const { value, negated } = use;
  if (isWhole(value)) return negated ? onlyUnderNft(extension, spell(flag, true, '0:65535')) : undefined;
  if (value.first > value.last) return notIf(negated, none);
  return notIf(negated, inRange(field, value.first, value.last));
};

/** One range of ports that is neither negated nor all of them nor upside down: it asks for itself alone. */
export const plainPorts = (value: PortRange, negated: boolean): Range | null =>
  negated || isWhole(value) || value.first > value.last ? null : [value.first, value.last];

/** One port, not 0, negated: nft lays two such into one comparison. */
const isFusable = (use: Use<PortRange> | undefined): boolean =>
  use?.negated === true && use.value.first === use.value.last && use.value.first !== 0;

/**
 * Both ports of tcp and udp. Where each is one negated port, nft of 1.8.9 compares the two as one 32-bit number, so that a packet fails only where
 * both are equal, while the legacy kernel fails it where either is (measured; the rule is saved alike).
 */
export const portsIn = (
  extension: string,
  sourcePort: Use<PortRange> | undefined,
  destinationPort: Use<PortRange> | undefined,
): Predicate => {
  const source = portIn(extension, '--sport', 'sourcePort', sourcePort);
  const destination = portIn(extension, '--dport', 'destinationPort', destinationPort);
  const both = all(source, destination);
  if (!source || !destination || !isFusable(sourcePort) || !isFusable(destinationPort)) return both;
  const words = `! --sport ${sourcePort!.value.first} ! --dport ${destinationPort!.value.first}`;
  return some(both, all(onlyUnderNft(extension, words), some(source, destination)));
};

/** A condition that only a rule loaded by nft meets: the two back ends of 1.8.9 read the words differently. */
export const onlyUnderNft = (extension: string, words: string): Predicate => ask(extension, 'surroundings', words, { backend: 'nft' });

/**
 * A port option as tcp and udp save it: the full range is not printed, negated or not; and the nft back end prints what is not in 0 to n as the
 * range above it (measured).
 */
export const savePort = (flag: string, use: Use<PortRange> | undefined, backend: Backend): string | undefined => {
  if (!use || isWhole(use.value)) return undefined;
  const { first, last } = use.value;
  if (backend === 'nft' && use.negated && first === 0 && last > 0) return spell(flag, false, printPorts({ first: last + 1, last: 65535 }));
  return spell(flag, use.negated, printPorts(use.value));
};

/** A port option of tcp or udp that the nft back end of 1.8.9 sees as given: not the full range, or negated. */
export const isGivenInNft = (use: Use<PortRange> | undefined): boolean => use !== undefined && (use.negated || !isWhole(use.value));

/** A port option that the nft back end of 1.8.9 makes an expression of: the full range is none, negated or not. */
export const isComparedInNft = (use: Use<PortRange> | undefined): boolean => use !== undefined && !isWhole(use.value);

/** `22`, `1024:65535`. */
export const printPorts = ({ first, last }: PortRange): string => (first === last ? String(first) : `${first}:${last}`);

/** "from port 22 (ssh)", "to ports 1024 to 65535", "to any port but 53 (dns)". */
export const sayPorts = (slot: 'from' | 'to', use: Use<PortRange> | undefined): readonly Phrase[] => {
  if (!use) return [];
  const { value, negated } = use;
  if (isWhole(value)) return negated ? [phrase(slot, `${slot} no port at all`)] : [];
  const several = value.first !== value.last;
  const words = several ? `${value.first} to ${value.last}${value.first > value.last ? ' (an empty range)' : ''}` : sayPort(value.first);
  return [phrase(slot, negated ? `${slot} any port but ${words}` : `${slot} port${several ? 's' : ''} ${words}`)];
};
