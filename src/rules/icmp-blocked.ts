/** ICMP that must get in: packet too big in both families, neighbour discovery in IPv6. */

import type { Facts } from '../analysis/facts.js';
import { filterChain, stanceOf } from '../analysis/intent.js';
import { type Asked, anyPublic, type Fates, outside, probe, unnamedPort } from '../analysis/probe.js';
import { lineOf, placeOfChain, placeOfRule } from '../model/place.js';
import type { Chain } from '../model/ruleset.js';
import { defineCheck, type RulesetContext } from './define.js';

const related = 2;
const untracked = 4;
/** fe80::1, and ff02::1:ff00:1. */
const neighbour = 0xfe800000000000000000000000000001n;
const solicited = 0xff0200000000000000000001ff000001n;

const refusedAll = (facts: Facts, chain: Chain, asked: Asked): Fates | null => {
  const fates = probe(facts, chain, asked);
  return fates && fates.accepted === 0 && fates.open === 0 && fates.refused !== 0 ? fates : null;
};

const letsRepliesIn = (facts: Facts, chain: Chain): boolean => {
  const fates = probe(facts, chain, {
    numbers: {
      protocol: 6,
      tcpFlags: 16,
      connectionState: 3,
      laterFragment: 0,
      source: anyPublic(facts, 'source'),
      sourcePort: 443,
      destinationPort: unnamedPort(facts),
    },
    in: outside,
  });
  return fates !== null && fates.accepted !== 0;
};

const tell = ({ report }: RulesetContext, chain: Chain, fates: Fates, what: string, effect: string, help: string): void => {
  const by = fates.decided.find(({ verdict }) => verdict === 'drop' || verdict === 'reject')!;
  report({
    ...(by.rule ? placeOfRule(by.rule) : placeOfChain(chain)),
    message: `${chain.name} refuses ${what}`,
    witness: fates.packet(fates.refused),
    shows: by.rule ? `line ${lineOf(by.rule)} refuses it` : 'no rule decides it; the policy DROP does',
    effect,
    help,
  });
};

export default defineCheck({
  id: 'icmp-blocked',
  category: 'security',
  level: 'warning',
  summary: 'ICMP that connections need is refused.',
  why: 'Path MTU discovery lives on ICMP: a router that cannot forward a packet answers "fragmentation needed" (IPv4 type 3 code 4) or "packet too big" (IPv6 type 2). Where these are refused, small packets pass and large ones vanish: logins work, downloads hang. Accepting RELATED is enough, since connection tracking ties the message to its connection. IPv6 needs neighbour solicitation and advertisement (types 135 and 136) to find any neighbour at all; connection tracking calls them UNTRACKED, so a rule for ESTABLISHED and RELATED does not let them in. Told where they are proved to be refused on every interface but lo although other packets get in (RFC 4890 names what must pass).',
  advice: 'Accept RELATED packets. In ip6tables accept ICMPv6 types 133 to 136 (or all of ICMPv6) in INPUT before anything refuses them.',
  examples: {
    find: [
      {
        title: 'replies come in, ICMP never',
        text: ':INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p icmp -j DROP\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      },
      {
        title: 'IPv6 without neighbours',
        family: 6,
        text: ':INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      },
    ],
    leave: [
      {
        title: 'RELATED lets it in',
        text: ':INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p icmp -j DROP',
      },
      {
        title: 'ICMPv6 is accepted',
        family: 6,
        text: ':INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p ipv6-icmp -j ACCEPT',
      },
      { title: 'IPv6 is shut off on purpose', family: 6, text: ':INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT' },
    ],
  },
  checkRuleset: (context) => {
    const { ruleset, facts } = context;
    for (const name of ['INPUT', 'FORWARD'] as const) {
      const chain = filterChain(ruleset, name);
      if (!chain || chain.rules.length === 0) continue;
      const isBig = ruleset.family === 4 ? 3 * 256 + 4 : 2 * 256;
      if (!letsRepliesIn(facts, chain)) continue;
      const source = anyPublic(facts, 'source');
      const tooBig = refusedAll(facts, chain, {
        numbers: { protocol: ruleset.family === 4 ? 1 : 58, icmp: isBig, connectionState: related, laterFragment: 0, source },
        in: outside,
      });
      if (tooBig)
        tell(
          context,
          chain,
          tooBig,
          ruleset.family === 4
            ? 'ICMP "fragmentation needed", on which path MTU discovery lives'
            : 'ICMPv6 "packet too big", on which path MTU discovery lives',
          'large packets vanish where the way is narrower than the first link: connections open and then hang',
          'accept RELATED packets before the rule that refuses them',
        );
      if (name !== 'INPUT' || ruleset.family !== 6 || !stanceOf(facts, chain)?.restrictive) continue;
      for (const [type, words, destination] of [
        [135, 'neighbour solicitation', solicited],
        [136, 'neighbour advertisement', neighbour + 1n],
      ] as const) {
        const fates = refusedAll(facts, chain, {
          numbers: {
            protocol: 58,
            icmp: type * 256,
            connectionState: untracked,
            laterFragment: 0,
            source: neighbour,
            destination,
            ttl: 255,
          },
          in: outside,
        });
        if (!fates) continue;
        tell(
          context,
          chain,
          fates,
          `ICMPv6 ${words} (type ${type}), without which no IPv6 neighbour is found`,
          'IPv6 stops working within seconds: neighbours cannot find this host, or it cannot find them',
          '-I INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT, and the same for 136, 134 (and 133 on a router)',
        );
        break;
      }
    }
  },
});
