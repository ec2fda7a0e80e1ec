/** Container networks whose traffic FORWARD refuses. */
import type { Ordinal } from '../../grammar/index.js';
import { filterChain } from '../analysis/intent.js';
import { newTcp, outside, probe } from '../analysis/probe.js';
import { isForAll, networksOf, optionOf } from '../explain/parts.js';
import { censusOf } from '../model/census.js';
import { ownerOfRule } from '../model/owners.js';
import { placeOfChain, placeOfRule, spanOf } from '../model/place.js';
import type { Rule, Ruleset } from '../model/ruleset.js';
import { defineCheck } from './define.js';

interface ContainerNetwork {
  readonly rule: Rule;
  readonly address: Ordinal;
  readonly bridge: string | null;
}

const platforms = new Set(['docker', 'cni', 'flannel', 'netavark', 'kubenet', 'weave', 'calico']);

/** Networks whose packets some container program gives the host's address when they leave: they are meant to leave. */
const containerNetworks = (ruleset: Ruleset): readonly ContainerNetwork[] => {
  const found: ContainerNetwork[] = [];
  for (const rule of censusOf(ruleset).withTarget('MASQUERADE')) {
    const source = optionOf(rule.node, '', 'source');
    const [network] = networksOf(rule, 'source');
    const owner = ownerOfRule(rule);
    if (!owner || !platforms.has(owner.id) || !source || source.negated || !network || isHost(network.mask)) continue;
    const out = optionOf(rule.node, '', 'outInterface');
    found.push({
      rule,
      address: typeof network.address === 'bigint' ? network.address + 2n : network.address + 2,
      bridge: out?.negated ? (out.value as { name: string }).name : null,
    });
  }
  return found;
};

const isHost = (mask: Ordinal): boolean => mask === 0xffffffff || mask === (1n << 128n) - 1n;

export default defineCheck({
  id: 'forward-drop-breaks-pods',
  category: 'platform',
  level: 'warning',
  summary: 'FORWARD refuses what containers send out.',
  why: 'Containers and pods reach the world through FORWARD. Docker sets its policy to DROP when it turns forwarding on, and a firewall that is loaded later can take away the rules that let containers through; then they start, but no connection leaves them. Told where a program has set up masquerading for a container network, so its packets are meant to leave, and FORWARD is proved to refuse every new connection from it.',
  advice:
    'Accept what comes from the bridge or the pod network in FORWARD (-i docker0 ! -o docker0 -j ACCEPT), or restart the program that manages the network, so that it writes its rules again.',
  examples: {
    find: [
      {
        title: 'a firewall flushed the rules of Docker',
        text: '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n-A FORWARD -i eth1 -j ACCEPT\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'the rules of Docker are there',
        text: '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -i docker0 ! -o docker0 -j ACCEPT\nCOMMIT\n',
      },
      {
        title: 'no filter table given',
        text: '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    const forward = filterChain(ruleset, 'FORWARD');
    if (!forward || (forward.policy === 'ACCEPT' && forward.rules.length === 0)) return;
    for (const { rule, address, bridge } of containerNetworks(ruleset).slice(0, 50)) {
      const fates = probe(facts, forward, {
        numbers: { ...newTcp, source: address },
        in: bridge ?? outside,
        out: outside,
      });
      if (fates?.accepted !== 0 || fates.open !== 0 || fates.refused === 0) continue;
      const by = fates.decided.at(-1)!.rule;
      // A rule that names an interface or a network is meant so.
      if (fates.decided.some(({ rule: each }) => each !== null && !isForAll(each))) continue;
      report({
        ...(by ? placeOfRule(by) : placeOfChain(forward)),
        message: `FORWARD refuses every connection that containers${bridge ? ` on ${bridge}` : ''} open to the world`,
        witness: fates.packet(fates.refused),
        help: `accept it: -I FORWARD ${bridge ? `-i ${bridge} ! -o ${bridge}` : '-s NETWORK'} -j ACCEPT, and replies by state`,
        related: [{ at: spanOf(rule.node), message: 'the network is meant to reach the world' }],
      });
    }
  },
});
