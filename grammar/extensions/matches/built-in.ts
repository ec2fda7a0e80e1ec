/** The options that every rule has without `-m`: -s -d -i -o -p -f -4 -6 (iptables(8), PARAMETERS; net/ipv4/netfilter/ip_tables.c, ip_packet_match). */

import type { Family } from '../../netfilter/families.js';
import { authenticationHeader, mptcp, passedOver6, protocolName } from '../../netfilter/protocols.js';
import { all, bits, inRange, is, named, none as never, notIf, type Predicate, type Range, some, test } from '../../packet/predicate.js';
import { type HostName, type Network, networkRange, networks, prefixLength } from '../../values/address.js';
import { type InterfaceName, interfaceName } from '../../values/interface-name.js';
import { protocol, sayProtocol } from '../../values/protocol.js';
import { none } from '../../values/value.js';
import { type Backend, defineMatch, type Phrase, phrase, type Use } from '../define.js';

const addressIn = (field: 'source' | 'destination', network: Network | HostName): Predicate => {
  if (network.kind === 'host')
    return test({
      extension: '',
      text: `${field === 'source' ? '-s' : '-d'} ${network.name}`,
      decidedBy: 'surroundings',
      reads: [field],
      given: { host: network.name, field },
    });
  return prefixLength(network.mask) === undefined ? bits(field, network.mask, network.address) : inRange(field, ...networkRange(network));
};

const address = (field: 'source' | 'destination', use: Use<readonly (Network | HostName)[]> | undefined): Predicate | undefined =>
  use &&
  notIf(
    use.negated,
    use.value.length === 1 ? addressIn(field, use.value[0]!) : some(...use.value.map((network) => addressIn(field, network))),
  );

/** The range of a single network with a contiguous mask. */
const onlyRange = (value: readonly (Network | HostName)[]): Range | null => {
  const network = value[0]!;
  return value.length === 1 && network.kind === 'network' && prefixLength(network.mask) !== undefined ? networkRange(network) : null;
};

const onInterface = (field: 'inInterface' | 'outInterface', use: Use<InterfaceName> | undefined): Predicate | undefined =>
  use && notIf(use.negated, named(field, use.value.name, use.value.prefix));

const fromTo = (slot: 'from' | 'to', word: string, use: Use<readonly (Network | HostName)[]> | undefined): Phrase[] =>
  use ? [phrase(slot, `${word} ${sayHosts(use)}`)] : [];

/** "192.0.2.0/24", "anywhere but 192.0.2.7", "nowhere". */
const sayHosts = ({ value, negated }: Use<readonly (Network | HostName)[]>): string => {
  const words = networks.say(value, { family: 4, negated: false });
  if (!negated) return words;
  return words === 'anywhere' ? 'nowhere' : `anywhere but ${words}`;
};

const through = (slot: 'arriving' | 'leaving', words: string, use: Use<InterfaceName> | undefined): Phrase[] =>
  use
    ? [
        phrase(
          slot,
          use.value.prefix && use.value.name === ''
            ? `${words} ${use.negated ? 'no' : 'any'} interface`
            : `${words} ${use.negated ? 'any interface but ' : ''}${interfaceName.say(use.value, { family: 4, negated: false })}`,
        ),
      ]
    : [];

const nftAlone = test({ extension: '', text: '-p ah', decidedBy: 'surroundings', reads: [], given: { backend: 'nft' } });

/**
 * Of MPTCP the back ends make something different: TCP, or nothing at all. No packet of IPv6 has the number of an extension header for its protocol, but that
 * nft stops at an authentication header, which legacy passes over.
 */
const hasProtocol = (number: number, family: Family): Predicate => {
  if (number === mptcp)
    return test({ extension: '', text: '-p mptcp', decidedBy: 'surroundings', reads: ['protocol'], given: { protocol: number } });
  if (family === 4) return is('protocol', number);
  if (passedOver6.has(number)) return never;
  return number === authenticationHeader ? all(nftAlone, is('protocol', number)) : is('protocol', number);
};

export const builtIn = defineMatch({
  name: '',
  manual: 'iptables(8), PARAMETERS; net/ipv4/netfilter/ip_tables.c, ip_packet_match',
  decidedBy: 'packet',
  options: {
    source: {
      flag: '-s',
      aliases: ['--source', '--src'],
      value: networks,
      negatable: true,
      within: { field: 'source', ranges: onlyRange },
    },
    destination: {
      flag: '-d',
      aliases: ['--destination', '--dst'],
      value: networks,
      negatable: true,
      within: { field: 'destination', ranges: onlyRange },
    },
    inInterface: { flag: '-i', aliases: ['--in-interface'], value: interfaceName, negatable: true },
    outInterface: { flag: '-o', aliases: ['--out-interface'], value: interfaceName, negatable: true },
    protocol: { flag: '-p', aliases: ['--protocol'], value: protocol, negatable: true },
    fragment: { flag: '-f', aliases: ['--fragment', '--fragments'], value: none, negatable: true, families: [4] },
    // A "!" before them means nothing.
    ipv4: { flag: '-4', aliases: ['--ipv4'], value: none, negatable: true, repeatable: true },
    ipv6: { flag: '-6', aliases: ['--ipv6'], value: none, negatable: true, repeatable: true },
  },
  matches: ({ source, destination, inInterface, outInterface, protocol, fragment, ipv4, ipv6 }, { family }) => {
    // A rule for the other family is not loaded at all (xshared.c, do_parse).
    if ((family === 6 && ipv4) || (family === 4 && ipv6)) return never;
    return all(
      protocol &&
        (protocol.value === 0 ? notIf(protocol.negated, { kind: 'any' }) : notIf(protocol.negated, hasProtocol(protocol.value, family))),
      address('source', source),
      address('destination', destination),
      onInterface('inInterface', inInterface),
      onInterface('outInterface', outInterface),
      fragment && notIf(fragment.negated, is('laterFragment', 1)),
    );
  },
  // Order and omissions of xshared.c, save_ipv4_addr, save_iface and save_rule: what takes every packet is not printed.
  save: ({ source, destination, inInterface, outInterface, protocol, fragment }, context) => {
    const words: string[] = [];
    const address = (flag: string, use: Use<readonly (Network | HostName)[]> | undefined) => {
      if (!use) return;
      const [only] = use.value;
      const takesAll = use.value.length === 1 && only!.kind === 'network' && (only!.mask === 0 || only!.mask === 0n);
      if (!takesAll || use.negated)
        words.push(`${use.negated ? '! ' : ''}${flag} ${networks.print(use.value, { family: context.family, negated: use.negated })}`);
    };
    const iface = (flag: string, use: Use<InterfaceName> | undefined) => {
      if (!use) return;
      const takesAll = use.value.name === '' && use.value.prefix;
      // 1.8.9: legacy prints neither `-i +` nor `! -i +`; nft keeps the negated one.
      if (takesAll && (!use.negated || context.backend === 'legacy')) return;
      words.push(`${use.negated ? '! ' : ''}${flag} ${interfaceName.print(use.value, { family: context.family, negated: use.negated })}`);
    };
    address('-s', source);
    address('-d', destination);
    iface('-i', inInterface);
    iface('-o', outInterface);
    if (protocol && protocol.value !== 0) words.push(`${protocol.negated ? '! ' : ''}-p ${protocolWord(protocol.value, context.backend)}`);
    if (fragment) words.push(fragment.negated ? '! -f' : '-f');
    return words.join(' ');
  },
  say: ({ source, destination, inInterface, outInterface, protocol, fragment }) => {
    const phrases: Phrase[] = [];
    if (protocol && protocol.value !== 0)
      phrases.push(
        phrase('noun', protocol.negated ? `packets other than ${sayProtocol(protocol.value)}` : `${sayProtocol(protocol.value)} packets`),
      );
    phrases.push(...fromTo('from', 'from', source), ...fromTo('to', 'to', destination));
    phrases.push(...through('arriving', 'arriving on', inInterface), ...through('leaving', 'leaving by', outInterface));
    if (fragment) phrases.push(phrase('adjective', fragment.negated ? 'that are whole or first fragments' : 'that are later fragments'));
    return phrases;
  },
  examples: [
    { rule: '-s 192.0.2.7/24 -i eth+', saved: '-s 192.0.2.0/24 -i eth+', says: 'from 192.0.2.0/24' },
    { rule: '-p 6 -s 0/0', saved: '-p tcp', says: 'TCP packets' },
    { rule: '! -s 192.0.2.1,192.0.2.2', refused: 'list' },
  ],
});

const protocolWord = (number: number, backend: Backend): string => protocolName(backend === 'nft' ? number % 256 : number);
