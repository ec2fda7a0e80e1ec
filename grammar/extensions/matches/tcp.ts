/** `-m tcp`: ports, flags and options of TCP. */
import { all, bits, notIf } from '../../packet/predicate.js';
import { integer } from '../../values/integer.js';
import { orderedPortRange, type PortRange } from '../../values/port.js';
import { printFlags, type TcpFlags, tcpFlags } from '../../values/tcp-flags.js';
import { none } from '../../values/value.js';
import { defineMatch, type Phrase, phrase, type Use } from '../define.js';
import { ask, join, spell } from '../spell.js';
import { headerOf, isComparedInNft, isGivenInNft, onlyUnderNft, plainPorts, portsIn, savePort, sayPorts } from '../transport.js';

/** What `--syn` stands for: of SYN, ACK, RST and FIN just SYN. */
const synFlags: TcpFlags = { mask: 0x17, value: 0x02 };

/** `--syn` and `--tcp-flags` are one condition. */
const flagsOf = (flags: Use<TcpFlags> | undefined, syn: Use<true> | undefined): Use<TcpFlags> | undefined =>
  syn ? { value: synFlags, negated: syn.negated } : flags;

/** Of a single flag the negation is the other value. */
const settledFlags = ({ value: { mask, value }, negated }: Use<TcpFlags>): Use<TcpFlags> => {
  const isOne = mask !== 0 && (mask & (mask - 1)) === 0 && (value & ~mask) === 0;
  return negated && isOne ? { value: { mask, value: mask ^ value }, negated: false } : { value: { mask, value }, negated };
};

const printTcpFlags = ({ mask, value }: TcpFlags): string => `${printFlags(mask)} ${printFlags(value)}`;

/** With an empty mask nft loads no condition, while the legacy kernel compares 0 with the flags wanted (measured). */
const hasFlags = ({ value: { mask, value }, negated }: Use<TcpFlags>) =>
  mask === 0 && (value !== 0) !== negated
    ? onlyUnderNft('tcp', spell('--tcp-flags', negated, printTcpFlags({ mask, value })))
    : notIf(negated, bits('tcpFlags', mask, value));

interface Options {
  readonly sourcePort?: Use<PortRange>;
  readonly destinationPort?: Use<PortRange>;
  readonly option?: Use<number>;
  readonly flags?: Use<TcpFlags>;
  readonly syn?: Use<true>;
}

/** Ports and flags the nft back end compares by itself; for an option, and for nothing at all, it asks the module. */
const isNative = ({ sourcePort, destinationPort, option, flags, syn }: Options): boolean => {
  const wanted = flagsOf(flags, syn);
  const hasWanted = wanted !== undefined && (wanted.negated || wanted.value.mask !== 0 || wanted.value.value !== 0);
  return !option && (isGivenInNft(sourcePort) || isGivenInNft(destinationPort) || hasWanted);
};

export const tcp = defineMatch({
  name: 'tcp',
  manual: 'iptables-extensions(8) tcp; net/netfilter/xt_tcpudp.c',
  decidedBy: 'packet',
  protocols: ['tcp'],
  options: {
    sourcePort: {
      flag: '--sport',
      aliases: ['--source-port'],
      value: orderedPortRange,
      negatable: true,
      within: { field: 'sourcePort', ranges: plainPorts },
    },
    destinationPort: {
      flag: '--dport',
      aliases: ['--destination-port'],
      value: orderedPortRange,
      negatable: true,
      within: { field: 'destinationPort', ranges: plainPorts },
    },
    option: { flag: '--tcp-option', value: integer(1, 255), negatable: true },
    flags: { flag: '--tcp-flags', value: tcpFlags, negatable: true, excludes: ['syn'] },
    syn: { flag: '--syn', value: none, negatable: true, excludes: ['flags'] },
  },
  matches: ({ sourcePort, destinationPort, option, flags, syn }) => {
    const wanted = flagsOf(flags, syn);
    return all(
      headerOf(6),
      portsIn('tcp', sourcePort, destinationPort),
      wanted && hasFlags(wanted),
      option && notIf(option.negated, ask('tcp', 'packet', `--tcp-option ${option.value}`, { option: option.value })),
    );
  },
  isNativeInNft: isNative,
  // Of a native use without an expression nothing is left.
  isHidden: (given, { backend }) => {
    const wanted = flagsOf(given.flags, given.syn);
    return (
      backend === 'nft' &&
      isNative(given) &&
      !isComparedInNft(given.sourcePort) &&
      !isComparedInNft(given.destinationPort) &&
      (!wanted || wanted.value.mask === 0)
    );
  },
  save: ({ sourcePort, destinationPort, option, flags, syn }, { backend }) => {
    const wanted = flagsOf(flags, syn);
    // An empty mask is not printed, save that legacy prints it negated.
    const isPrinted = wanted && (wanted.value.mask !== 0 || (wanted.negated && backend === 'legacy'));
    return join(
      savePort('--sport', sourcePort, backend),
      savePort('--dport', destinationPort, backend),
      option && spell('--tcp-option', option.negated, option.value),
      isPrinted && spell('--tcp-flags', wanted.negated, printTcpFlags(wanted.value)),
    );
  },
  say: ({ sourcePort, destinationPort, option, flags, syn }, context) => {
    const wanted = flagsOf(flags, syn);
    const isSyn = wanted?.value.mask === synFlags.mask && wanted.value.value === synFlags.value;
    const noun = wanted && isSyn ? (wanted.negated ? 'TCP packets other than SYN' : 'TCP SYN packets') : 'TCP packets';
    const phrases: Phrase[] = [phrase('noun', noun)];
    phrases.push(...sayPorts('from', sourcePort), ...sayPorts('to', destinationPort));
    if (wanted && !isSyn) {
      const { negated, value } = settledFlags(wanted);
      phrases.push(phrase('condition', `${negated ? 'other than those ' : ''}with ${tcpFlags.say(value, { ...context, negated: false })}`));
    }
    if (option) phrases.push(phrase('condition', `${option.negated ? 'without' : 'with'} TCP option ${option.value}`));
    return phrases;
  },
  examples: [
    { rule: '-p tcp -m tcp --dport 80', says: 'TCP packets to port 80 (http)' },
    { rule: '-p tcp -m tcp ! --sport 1024:', saved: '-p tcp -m tcp ! --sport 1024:65535', says: 'from any port but 1024 to 65535' },
    { rule: '-p tcp --syn', saved: '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN', says: 'TCP SYN packets' },
    { rule: '-p tcp --tcp-flags ALL NONE', saved: '-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE', says: 'with none of' },
    { rule: '-p tcp -m tcp --tcp-option 8 --dport 0:65535', saved: '-p tcp -m tcp --tcp-option 8', says: 'with TCP option 8' },
    { rule: '-p tcp -m tcp ! --tcp-flags SYN NONE', says: 'TCP packets with SYN set' },
    { rule: '-p tcp -m tcp --dport 90:80', refused: 'upside down' },
    { rule: '-p tcp -m tcp --tcp-option 0', refused: 'from 1 to 255' },
    { rule: '-m tcp --dport 80', refused: '-p tcp' },
  ],
});
