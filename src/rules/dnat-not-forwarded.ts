/** Ports that are sent on to another host by DNAT, and then refused in FORWARD; the way proved with the new destination. */

import { type Ordinal, prefixMask, printAddress } from '../../grammar/index.js';
import { filterChain } from '../analysis/intent.js';
import { type Asked, outside, probe } from '../analysis/probe.js';
import { networksOf, optionOf, targetOption } from '../explain/parts.js';
import { censusOf } from '../model/census.js';
import { ownerOfRule } from '../model/owners.js';
import { lineOf, placeOfChain, placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

interface InterfaceName {
  readonly name: string;
  readonly prefix: boolean;
}

interface NatTo {
  readonly addresses: { readonly first: Ordinal; readonly last: Ordinal } | null;
  readonly ports: { readonly first: number; readonly last: number } | null;
}

/** As NETMAP has it. */
interface Mapped {
  readonly address: Ordinal;
  readonly length: number;
}

/** DNAT marks its connections: enum ip_conntrack_status. */
const dnatMark = 32;
const mostAsked = 300;

export default defineCheck({
  id: 'dnat-not-forwarded',
  category: 'nat',
  level: 'warning',
  summary: 'DNAT sends connections on to a host that FORWARD refuses.',
  why: 'DNAT only changes the destination. The packet then goes through FORWARD like any other, with the new address and the new port, and needs a rule there that lets it through. Told where every packet that the DNAT rule makes is proved to be refused by FORWARD; where INPUT would let it in, it is possible only, and leans on the new destination being no address of this host. A rule in FORWARD that names the old port is a usual cause: it never sees it. NETMAP is looked at in the same way. Rules that programs write (published ports, services) are left to other checks.',
  advice:
    'Accept the new destination in FORWARD: -d NEW-ADDRESS -p tcp --dport NEW-PORT -j ACCEPT, or all translated connections with -m conntrack --ctstate DNAT.',
  examples: {
    find: [
      {
        title: 'FORWARD accepts the port before translation',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.0.2.10:80\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -i eth0 -d 192.0.2.10/32 -p tcp -m tcp --dport 8080 -j ACCEPT\nCOMMIT\n',
      },
      {
        title: 'FORWARD accepts the network before NETMAP',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 198.51.100.0/24 -i tun0 -j NETMAP --to 192.0.2.0/24\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -d 198.51.100.0/24 -i tun0 -j ACCEPT\nCOMMIT\n',
      },
      {
        title: 'the same where INPUT is open: possible',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.0.2.10:80\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n-A FORWARD -i eth0 -p tcp -m tcp --dport 8080 -j ACCEPT\n-A FORWARD -i eth1 -o eth0 -j ACCEPT\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'one of the addresses of a pool is accepted',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 192.0.2.10-192.0.2.11\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A FORWARD -i eth0 -d 192.0.2.11/32 -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n',
      },
      {
        title: 'FORWARD accepts the port after translation',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.0.2.10:80\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A FORWARD -i eth0 -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n',
      },
      {
        title: 'translated connections are accepted by state',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -m udp --dport 5060 -j DNAT --to-destination 192.0.2.11\nCOMMIT\n*filter\n:FORWARD DROP [0:0]\n-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT\nCOMMIT\n',
      },
      {
        title: 'the filter table is not part of the dump',
        text: '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.0.2.10:80\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, graph, facts, report }) => {
    const forward = filterChain(ruleset, 'FORWARD');
    const input = filterChain(ruleset, 'INPUT');
    const nat = ruleset.tables.get('nat');
    if (!forward || !input || !nat || (forward.policy === 'ACCEPT' && forward.rules.length === 0)) return;
    let looked = 0;
    const census = censusOf(ruleset);
    for (const rule of [...census.withTarget('DNAT'), ...census.withTarget('NETMAP')]) {
      if (rule.chain.table !== nat || ownerOfRule(rule) || !graph.hooksOf(rule.chain).has('PREROUTING')) continue;
      if (++looked > mostAsked) return;
      const to = sentTo(rule);
      if (!to?.addresses || isLoopback(to.addresses.first) || facts.status(rule) !== 'live') continue;
      const numbers = askedOf(rule, to);
      if (!numbers) continue;
      const { first, last } = to.addresses;
      const asked: Asked = { numbers, ranges: { destination: [first, last] }, in: cameBy(rule) };
      const forwarded = probe(facts, forward, asked);
      if (!forwarded || !isRefused(forwarded)) continue;
      const local = probe(facts, input, asked);
      const isOpenHere = local !== null && !isRefused(local);
      const by = forwarded.decided.at(-1)!;
      report({
        ...placeOfRule(rule),
        focus: [spanOf(rule.node.target!)],
        label: 'refused later',
        message: 'FORWARD refuses every connection that this rule sends on',
        witness: forwarded.packet(forwarded.refused),
        shows: by.rule
          ? `line ${lineOf(by.rule)} refuses it, with its new destination`
          : 'no rule of FORWARD decides it; the policy DROP does',
        ...(isOpenHere
          ? {
              certainty: 'possible' as const,
              leansOn: [`${printAddress(first)}${first === last ? '' : ` to ${printAddress(last)}`}: that it is no address of this host`],
            }
          : {}),
        effect: 'the port looks closed from outside',
        help: 'accept the new destination and port in FORWARD',
        related: [{ at: by.rule ? spanOf(by.rule.node) : placeOfChain(forward).at, message: 'refuses it' }],
      });
    }
  },
});

/** Where a rule sends connections: NETMAP keeps the part of the address behind the network, and the port. */
const sentTo = (rule: Rule): NatTo | undefined => {
  const value = targetOption(rule.node, 'to')?.value as (NatTo & Partial<Mapped>) | undefined;
  if (value?.length === undefined) return value;
  const { family } = rule.chain.table.ruleset;
  const { address, length } = value;
  if (address === undefined) return undefined;
  const mask = prefixMask(length, family);
  const first = typeof address === 'bigint' ? address & BigInt(mask) : (address & Number(mask)) >>> 0;
  const last = typeof first === 'bigint' ? first + (1n << BigInt(128 - length)) - 1n : first + 2 ** (32 - length) - 1;
  return { addresses: { first, last }, ports: null };
};

const isLoopback = (address: Ordinal): boolean => (typeof address === 'bigint' ? address === 1n : address >>> 24 === 127);

const isRefused = ({ accepted, open, refused }: NonNullable<ReturnType<typeof probe>>): boolean =>
  accepted === 0 && open === 0 && refused !== 0;

/** The interface that the rule names, or any. */
const cameBy = (rule: Rule): string | typeof outside => {
  const option = optionOf(rule.node, '', 'inInterface');
  const value = option && !option.negated ? (option.value as InterfaceName) : null;
  return value && !value.prefix ? value.name : outside;
};

/** A new connection as the rule leaves it. */
const askedOf = (rule: Rule, to: NatTo): Parameters<typeof probe>[2]['numbers'] | null => {
  const protocol = optionOf(rule.node, '', 'protocol');
  if (protocol?.negated) return null;
  const number = (protocol?.value as number | undefined) ?? 0;
  const port = to.ports?.first ?? keptPort(rule);
  const source = networksOf(rule, 'source');
  const onlySource = optionOf(rule.node, '', 'source')?.negated === false && source.length === 1 ? source[0]!.address : null;
  return {
    connectionState: 1,
    laterFragment: 0,
    connectionStatus: dnatMark,
    ...(number === 0 ? {} : { protocol: number }),
    ...(number === 6 ? { tcpFlags: 2 } : {}),
    ...(port === null ? {} : { destinationPort: port }),
    ...(onlySource === null ? {} : { source: onlySource }),
  };
};

/** `--dport 25` without a port to map to: it stays. */
const keptPort = (rule: Rule): number | null => {
  for (const match of ['tcp', 'udp', 'sctp', 'dccp']) {
    const option = optionOf(rule.node, match, 'destinationPort');
    const value = option && !option.negated ? (option.value as { first: number; last: number }) : null;
    if (value) return value.first;
  }
  return null;
};
