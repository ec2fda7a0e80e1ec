/** What INPUT and FORWARD let in because no rule says otherwise. */
import { filterChain, stanceOf, writtenRulesFrom } from '../analysis/intent.js';
import { anyPublic, elsewhere, newTcp, probe, unnamedPort } from '../analysis/probe.js';
import { decisionOf, optionOf } from '../explain/parts.js';
import { placeOfChain, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

/** Interfaces that strangers do not come by: loopback, bridges of containers and virtual machines, tunnels. */
const isInner = /^(lo$|lxc|virbr|docker|br-|cni|veth|vnet|podman|tun|tap|wg|incusbr|lxdbr)/;

/** It lets new connections in that come by another interface than lo, and asks for more than a source. */
const letsServiceIn = (rule: Rule): boolean => {
  if (decisionOf(rule) !== 'ACCEPT') return false;
  const inside = optionOf(rule.node, '', 'inInterface')?.value as { name: string } | undefined;
  if (inside && isInner.test(inside.name)) return false;
  return ['tcp', 'udp', 'multiport'].some((match) =>
    ['destinationPort', 'destinationPorts'].some((key) => {
      const option = optionOf(rule.node, match, key);
      return option !== null && !option.negated;
    }),
  );
};

export default defineCheck({
  id: 'open-policy',
  category: 'security',
  level: 'warning',
  summary: 'Rules let single services in, but what no rule decides is let in as well.',
  why: 'A rule that accepts a port has a point only where other ports are refused. Where INPUT or FORWARD has the policy ACCEPT and no rule at its end refuses the rest, everything that is not refused by name is let in: services that listen by accident, and those that will be installed tomorrow. The packet shown is a new connection from the Internet to a port that no rule names; it is proved to get in, on interfaces that no rule names. A chain of refusals alone (a list of banned addresses) is another design and is told as info; a chain without rules of an administrator, as on hosts where only Docker or Kubernetes wrote rules, is told as info where other chains show that somebody keeps a firewall.',
  advice: 'Set the policy to DROP, or end the chain with -j DROP or -j REJECT; accept loopback, replies and ICMP before that.',
  examples: {
    find: [
      {
        title: 'accepts ssh and web, and all the rest',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT',
      },
      {
        title: 'a list of bans: info',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -s 192.0.2.66/32 -j DROP\n-A INPUT -p tcp -m tcp --dport 23 -j DROP',
      },
    ],
    leave: [
      {
        title: 'the last rule refuses the rest',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited',
      },
      { title: 'no firewall at all', text: ':INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]' },
      {
        title: 'the outer interface is closed, inner ones are trusted',
        text: ':INPUT ACCEPT [0:0]\n-A INPUT -i eth0 -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -i eth0 -m conntrack --ctstate NEW -j DROP',
      },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    for (const name of ['INPUT', 'FORWARD'] as const) {
      const chain = filterChain(ruleset, name);
      // A script that sets no policy leaves the one that is there.
      if (chain?.policy !== 'ACCEPT' || !chain.node || chain.rules.length === 0) continue;
      const written = writtenRulesFrom(chain);
      const services = written.filter(letsServiceIn);
      const refusing = written.filter((rule) => ['DROP', 'REJECT'].includes(decisionOf(rule) ?? ''));
      if (services.length === 0 && refusing.length === 0) continue;
      const stance = stanceOf(facts, chain);
      if (!stance?.open || stance.restrictive) continue;
      const fates = probe(facts, chain, {
        numbers: { ...newTcp, source: anyPublic(facts, 'source'), destinationPort: unnamedPort(facts) },
        in: elsewhere,
      });
      const byPolicy = fates?.decided.find(({ rule, verdict }) => rule === null && verdict === 'accept');
      if (!fates || !byPolicy) continue;
      const isDesign = services.length === 0 || name === 'FORWARD';
      const [first, ...others] = services;
      const way = name === 'INPUT' ? 'in' : 'through';
      report({
        ...placeOfChain(chain),
        level: isDesign ? 'info' : 'warning',
        label: `lets the rest ${way}`,
        message: isDesign
          ? `${name} refuses by name only: what no rule names is let ${way} by the policy ACCEPT`
          : `${name} accepts single services, and its policy ACCEPT lets everything else ${way} as well`,
        witness: fates.packet(byPolicy.set),
        shows: 'no rule decides it; the policy ACCEPT does',
        effect: `${name === 'INPUT' ? 'a program that listens on any port' : 'every machine that this one forwards to, on every port,'} can be reached from the Internet${isDesign ? ', but for what is refused by name' : ''}`,
        help: `-P ${name} DROP once ${name === 'INPUT' ? 'loopback and replies are' : 'replies are'} accepted, or end the chain with a rule that refuses the rest`,
        related: first
          ? [{ at: spanOf(first.node), message: others.length > 0 ? `changes nothing, like ${others.length} more` : 'changes nothing' }]
          : [],
      });
    }
  },
});
