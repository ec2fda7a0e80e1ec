/** Published ports of containers as numbers, for questions about them: the DNAT rules of Docker, netavark and the CNI plugins. */
import type { Ordinal } from '../../grammar/index.js';
import { censusOf } from './census.js';
import { ownerOfRule } from './owners.js';
import type { Rule, Ruleset, Table } from './ruleset.js';

export interface Published {
  readonly rule: Rule;
  readonly protocol: 6 | 17;
  readonly hostPort: number;
  readonly container: Ordinal;
  readonly containerPort: number;
}

const publishers = new Set(['docker', 'netavark', 'cni']);

/** Whether a nat table has chains that publish ports: there may be tens of thousands of others, so few are held against a pattern. */
const publishes = (nat: Table | undefined): boolean => {
  if (!nat) return false;
  if (nat.chains.has('DOCKER')) return true;
  for (const name of nat.chains.keys())
    if ((name[0] === 'C' || name[0] === 'N') && /^(NETAVARK-|CNI-(HOSTPORT|DN)-)/.test(name)) return true;
  return false;
};

/** Ports that are published on every address; those bound to one address (127.0.0.1) are not for strangers. */
export const publishedOn = (ruleset: Ruleset): readonly Published[] => {
  const found: Published[] = [];
  if (!publishes(ruleset.tables.get('nat'))) return found;
  for (const rule of censusOf(ruleset).withTarget('DNAT')) {
    const owner = ownerOfRule(rule);
    if (!owner || !publishers.has(owner.id) || rule.chain.name === 'DOCKER_OUTPUT' || rule.chain.table.name !== 'nat') continue;
    const basics = rule.node.matches.find(({ name }) => name === '');
    const basic = (key: string) => basics?.options.find((option) => option.key === key && option.spec);
    const protocol = basic('protocol');
    if (basic('destination') || !protocol || protocol.negated || (protocol.value !== 6 && protocol.value !== 17)) continue;
    const port = rule.node.matches
      .find(({ name }) => name === 'tcp' || name === 'udp')
      ?.options.find(({ key, negated, spec }) => key === 'destinationPort' && !negated && spec)?.value as
      | { readonly first: number; readonly last: number }
      | undefined;
    const to = rule.node.target!.options.find(({ key, spec }) => key === 'to' && spec)?.value as
      | { readonly addresses: { readonly first: Ordinal } | null; readonly ports: { readonly first: number } | null }
      | undefined;
    if (!port || port.first !== port.last || !to?.addresses) continue;
    found.push({
      rule,
      protocol: protocol.value,
      hostPort: port.first,
      container: to.addresses.first,
      containerPort: to.ports?.first ?? port.first,
    });
  }
  return found;
};
