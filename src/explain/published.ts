/** Published ports of containers: what Docker, Podman and the CNI plugins forward from the host to a container. */

import { targetOf } from '../../grammar/index.js';
import { ownerOfRule } from '../model/owners.js';
import { lineOf } from '../model/place.js';
import type { Rule, Ruleset } from '../model/ruleset.js';
import { networkHolds } from './networks.js';
import { addressOf, commentsOf, natTargetOf, networksOf, optionOf, portsOf, printed, protocolOf } from './parts.js';

export interface PublishedPort {
  /** "Docker", "Podman (netavark)". */
  readonly program: string;
  readonly protocol: string | null;
  /** "*:8080", "127.0.0.1:8080". */
  readonly host: string;
  /** "172.17.0.2:80". */
  readonly container: string;
  /** The bridge that the container is on; null: the rules do not tell. */
  readonly bridge: string | null;
  /** What the rule's comment, or that of the rule that leads to it, calls the container. */
  readonly name: string | null;
  readonly line: number;
}

const publishers: ReadonlySet<string> = new Set(['docker', 'cni', 'netavark', 'lxd', 'weave', 'kubelet']);

/** The ports that container programs have published. */
export const publishedPorts = (ruleset: Ruleset): readonly PublishedPort[] => {
  const nat = ruleset.tables.get('nat');
  if (!nat) return [];
  const found: PublishedPort[] = [];
  for (const chain of nat.chains.values())
    for (const rule of chain.rules) {
      if (targetOf(rule.node) !== 'DNAT') continue;
      const owner = ownerOfRule(rule);
      const container = natTargetOf(rule);
      // DOCKER_OUTPUT sends queries to Docker's name server: nobody published them.
      if (!owner || !publishers.has(owner.id) || container === null || chain.name === 'DOCKER_OUTPUT') continue;
      const address = addressOf(rule, 'destination');
      const port = (portsOf(rule) ?? leading(rule, portsOf))?.replaceAll(':', '-');
      found.push({
        program: owner.name,
        protocol: protocolOf(rule),
        host: `${address?.includes(':') ? `[${address}]` : (address ?? '*')}${port === undefined ? '' : `:${port}`}`,
        container: container.replace(/:(\d+)-(\d+)\/\1$/, ':$1-$2'),
        bridge: bridgeOf(rule, ruleset, container),
        name: containerNameIn(commentsOf(rule)) ?? leading(rule, (caller) => containerNameIn(commentsOf(caller))),
        line: lineOf(rule),
      });
    }
  return found;
};

/** The first answer of the rules that lead to a rule's chain. */
const leading = <T>(rule: Rule, ask: (caller: Rule) => T | null): T | null => {
  if (rule.chain.hook) return null;
  for (const caller of rule.chain.callers) {
    const answer = ask(caller);
    if (answer !== null) return answer;
  }
  return null;
};

/** What a comment of a CNI plugin calls a container: `dnat name: "podnet" id: "pod-web-1"`. */
export const containerNameIn = (comments: readonly string[]): string | null => {
  for (const comment of comments) {
    const read = /name: "?([^"\s]+)"? id: "?([^"\s]+)"?/.exec(comment);
    if (read) return `${/^[0-9a-f]{32,}$/.test(read[2]!) ? read[2]!.slice(0, 12) : read[2]} on ${read[1]}`;
  }
  return null;
};

/** `! -i docker0` names the bridge; else the rule that gives its network another source, or lets packets to the container through. */
const bridgeOf = (rule: Rule, ruleset: Ruleset, container: string): string | null => {
  const own = optionOf(rule.node, '', 'inInterface');
  if (own?.negated) return printed(own, rule);
  const address = /^\[?([0-9a-f:.]+?)\]?(?::\d[\d-]*(?:\/\d+)?)?$/i.exec(container)?.[1];
  if (address === undefined) return null;
  const leaving = [
    ...(ruleset.tables.get('filter')?.chains.get('DOCKER')?.rules ?? []).map((each) => ({
      each,
      end: 'destination' as const,
      negated: false,
    })),
    ...(ruleset.tables.get('nat')?.chains.get('POSTROUTING')?.rules ?? []).map((each) => ({ each, end: 'source' as const, negated: true })),
  ];
  for (const { each, end, negated } of leaving) {
    const out = optionOf(each.node, '', 'outInterface');
    if (!out || out.negated !== negated) continue;
    if (networksOf(each, end).some((network) => networkHolds(network, address))) return printed(out, each);
  }
  return null;
};
