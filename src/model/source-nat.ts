/** MASQUERADE and SNAT rules, read for what the race over source ports depends on. */
import type { Network, OptionNode } from '../../grammar/index.js';
import { censusOf } from './census.js';
import type { Rule, Ruleset } from './ruleset.js';

export interface SourceNat {
  readonly rule: Rule;
  readonly random: boolean;
  readonly randomFully: OptionNode | null;
  /** The rule can be met by packets whose port has to be chosen: not bound to a protocol without ports, to one port, or to one pair of hosts. */
  readonly choosesPorts: boolean;
  /** The program that wrote the dump, as its header tells: [1, 8, 9]; null without a header. */
  readonly version: readonly number[] | null;
}

/** tcp, udp, dccp, sctp, udplite. */
const portProtocols: readonly number[] = [6, 17, 33, 132, 136];

/** Rules with the target, in file order. */
export const sourceNatRules = (ruleset: Ruleset, name: 'MASQUERADE' | 'SNAT'): readonly SourceNat[] => {
  const nat = ruleset.tables.get('nat');
  if (!nat) return [];
  const version = nat.node.generator?.version.split('.').map(Number) ?? null;
  const found: SourceNat[] = [];
  for (const rule of censusOf(ruleset).withTarget(name)) {
    const { target } = rule.node;
    if (rule.chain.table !== nat || !target?.spec) continue;
    found.push({
      rule,
      random: target.options.some(({ key }) => key === 'random'),
      randomFully: target.options.find(({ key }) => key === 'randomFully') ?? null,
      choosesPorts: mayCarryPort(rule) && !hasOnePort(target.options) && !isOnePair(rule),
      version,
    });
  }
  return found;
};

/** Whether a version is at least the wanted one; an unknown one counts as new. */
export const isAtLeast = (version: readonly number[] | null, wanted: readonly number[]): boolean => {
  if (!version) return true;
  for (const [i, part] of wanted.entries()) {
    const own = version[i] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
};

const basicOf = ({ node }: Rule, key: string): OptionNode | undefined =>
  node.matches[0]?.name === '' ? node.matches[0].options.find((option) => option.key === key && option.spec) : undefined;

const mayCarryPort = (rule: Rule): boolean => {
  const protocol = basicOf(rule, 'protocol');
  return !protocol || protocol.negated || protocol.value === 0 || portProtocols.includes(protocol.value as number);
};

/** `--to-ports 53`, `--to-source :53`. */
const hasOnePort = (options: readonly OptionNode[]): boolean =>
  options.some(({ key, value }) => {
    type Ports = { readonly first: number; readonly last: number };
    const ports = key === 'ports' ? (value as Ports) : key === 'to' ? (value as { readonly ports: Ports | null } | undefined)?.ports : null;
    return ports != null && ports.first === ports.last;
  });

/** One host that talks to one host keeps its ports apart by itself. */
const isOnePair = (rule: Rule): boolean => isOneHost(basicOf(rule, 'source')) && isOneHost(basicOf(rule, 'destination'));

const isOneHost = (option: OptionNode | undefined): boolean => {
  if (!option || option.negated) return false;
  const [only, second] = option.value as readonly (Network | { readonly kind: 'host' })[];
  return !second && only?.kind === 'network' && (only.mask === 0xffffffff || only.mask === (1n << 128n) - 1n);
};
