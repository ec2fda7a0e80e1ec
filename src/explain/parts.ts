/** What explanations ask of a rule's parts: values of its options as text, what it ends in, whether it takes every packet. */
import {
  type GivenOption,
  type Network,
  type OptionNode,
  optionIn,
  outlined,
  type RuleNode,
  targetOf,
  valueIn,
} from '../../grammar/index.js';
import { lineOf } from '../model/place.js';
import type { Chain, Rule } from '../model/ruleset.js';
import { listed } from '../util/text.js';

/** One option of a match (`''`: the built-in ones) of a rule, if it was given and read. */
export const optionOf = (rule: RuleNode, match: string, key: string): GivenOption | null => {
  const { outline, values } = outlined(rule);
  for (const use of outline.matches) {
    const found = use.name === match ? optionIn(use, key, values) : null;
    if (found) return found;
  }
  return null;
};

/** The same with its place. */
export const optionNode = ({ matches }: RuleNode, match: string, key: string): OptionNode | null => {
  for (const { name, options } of matches) {
    const found = name === match ? options.find((option) => option.key === key && option.spec !== null) : undefined;
    if (found) return found;
  }
  return null;
};

/** Whether a rule uses one of these matches. */
export const usesMatch = ({ node }: Rule, ...names: readonly string[]): boolean =>
  outlined(node).outline.matches.some(({ name }) => names.includes(name));

/** One option of a rule's target. */
export const targetOption = (rule: RuleNode, key: string): GivenOption | null => {
  const { outline, values } = outlined(rule);
  return outline.target && optionIn(outline.target, key, values);
};

/** An option's value as iptables-save prints it. */
export const printed = (option: GivenOption | OptionNode, rule: Rule): string =>
  option.spec!.value.print(option.value, { family: rule.chain.table.ruleset.family, negated: option.negated });

/** An option's value in plain words. */
export const spoken = (option: GivenOption, rule: Rule): string =>
  option.spec.value.say(option.value, { family: rule.chain.table.ruleset.family, negated: false });

/** `-s` or `-d` without `!`, as text: "10.96.0.1", "192.0.2.0/24"; null: not given, negated, or everywhere. */
export const addressOf = (rule: Rule, key: 'source' | 'destination'): string | null => {
  const option = optionOf(rule.node, '', key);
  if (!option || option.negated) return null;
  const text = spoken(option, rule);
  return text === 'anywhere' ? null : text;
};

/** The networks of `-s` or `-d`. */
export const networksOf = (rule: Rule, key: 'source' | 'destination'): readonly Network[] =>
  ((optionOf(rule.node, '', key)?.value ?? []) as readonly Network[]).filter(({ kind }) => kind === 'network');

/** "tcp"; null: none, or negated. */
export const protocolOf = (rule: Rule): string | null => {
  const option = optionOf(rule.node, '', 'protocol');
  return option && !option.negated ? printed(option, rule) : null;
};

const withPorts = new Set(['tcp', 'udp', 'sctp', 'dccp', 'udplite']);

/** Destination ports as text, "80", "80,443", "5000:5010"; null: not asked. */
export const portsOf = (rule: Rule): string | null => {
  const { outline, values } = outlined(rule.node);
  for (const use of outline.matches) {
    if (!withPorts.has(use.name)) continue;
    const option = optionIn(use, 'destinationPort', values) ?? optionIn(use, 'destinationPorts', values);
    if (option && !option.negated) return printed(option, rule);
  }
  const several = optionOf(rule.node, 'multiport', 'destinationPorts');
  return several && !several.negated ? printed(several, rule) : null;
};

/** Where DNAT sends a packet: "10.244.1.7:8080"; null: not DNAT. */
export const natTargetOf = (rule: Rule): string | null => {
  const option = targetOf(rule.node) === 'DNAT' ? targetOption(rule.node, 'to') : null;
  return option ? printed(option, rule) : null;
};

/** Every comment of a rule. */
export const commentsOf = ({ node }: Rule): readonly string[] => {
  const { outline, values } = outlined(node);
  const found: string[] = [];
  for (const { name, options } of outline.matches) {
    if (name !== 'comment') continue;
    for (const option of options) {
      const value = valueIn(option, values);
      if (typeof value === 'string') found.push(value);
    }
  }
  return found;
};

/** The chain that a rule jumps or goes to. */
export const calleeOf = ({ action }: Rule): Chain | null => (action.kind === 'jump' || action.kind === 'goto' ? action.chain : null);

/** Whether some way leads from a built-in chain to the chain, whatever the rules on it ask. */
export const isReached = (chain: Chain): boolean => {
  const seen = new Set<Chain>([chain]);
  // A set grows while it is walked.
  for (const each of seen) {
    if (each.hook) return true;
    for (const caller of each.callers) seen.add(caller.chain);
  }
  return false;
};

/** Whether every packet that comes to the rule matches it. */
export const isForAll = (rule: Rule): boolean => rule.predicate.kind === 'any';

/** The verdict that a rule ends in by itself: "ACCEPT", "DROP", "REJECT", "QUEUE" or a translating target; null: it decides nothing. */
export const decisionOf = ({ action }: Rule): string | null =>
  action.kind === 'target' && action.effect.kind === 'verdict' && !action.actsOn ? action.name : null;

/** "line 12", "lines 12 and 14", "lines 3, 4, 5 and 40 more". */
export const lines = (rules: readonly Rule[], most = 4): string => {
  const numbers = rules.map(lineOf);
  const shown = numbers.slice(0, most);
  const rest = numbers.length - shown.length;
  return `${numbers.length === 1 ? 'line' : 'lines'} ${listed([...shown.map(String), ...(rest > 0 ? [`${rest} more`] : [])])}`;
};

/**
 * The rule that decides the fate of every packet that comes through a chain to its end; null: some packets fall through, or nobody knows. Only
 * rules that take every packet count; whether several together do is not asked here.
 */
export const endOf = (chain: Chain): Rule | null => findEnd(chain, 0);

const ends = new WeakMap<Chain, Rule | null>();

const findEnd = (chain: Chain, depth: number): Rule | null => {
  const known = ends.get(chain);
  if (known !== undefined) return known;
  if (depth > 100) return null;
  // A chain that leads back to itself decides nothing by that.
  ends.set(chain, null);
  const end = searchEnd(chain, depth);
  ends.set(chain, end);
  return end;
};

const searchEnd = (chain: Chain, depth: number): Rule | null => {
  for (const rule of chain.rules) {
    const { action } = rule;
    if (action.kind === 'unknown') return null;
    if (action.kind === 'target' && action.effect.kind === 'return') return null;
    if (action.kind === 'goto' && !findEnd(action.chain, depth + 1)) return null;
    if (!isForAll(rule)) continue;
    if (decisionOf(rule) !== null) return rule;
    if (action.kind === 'jump' || action.kind === 'goto') {
      const end = findEnd(action.chain, depth + 1);
      if (end) return end;
    }
  }
  return null;
};
