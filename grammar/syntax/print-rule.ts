/** One rule as iptables-save prints it: built-in options, matches in the order given, target; options of each in their own fixed order. */
import type { Backend, MatchSpec, PrintContext, TargetSpec, Use } from '../extensions/define.js';
import { givenOf } from '../extensions/given.js';
import type { Family } from '../netfilter/families.js';
import type { HostName, Network } from '../values/address.js';
import { quote } from '../values/text.js';
import type { MatchNode, OptionNode, RuleNode, TargetNode } from './ast.js';
import { outlined } from './lazy-rule.js';

export interface PrintRuleOptions {
  readonly family: Family;
  /** Whose spelling where the two differ. */
  readonly backend: Backend;
}

/** Options in table order, each `[! ]flag value`. */
const saveInTableOrder = (
  spec: MatchSpec | TargetSpec,
  given: Readonly<Record<string, Use | readonly Use[]>>,
  context: PrintContext,
): string => {
  const words: string[] = [];
  for (const [key, option] of Object.entries(spec.options)) {
    const uses = given[key];
    if (!uses) continue;
    for (const use of Array.isArray(uses) ? (uses as readonly Use[]) : [uses as Use]) {
      const value = option.value.print(use.value, { family: context.family, negated: use.negated });
      words.push(`${use.negated ? '! ' : ''}${option.flag}${value === '' ? '' : ` ${value}`}`);
    }
  }
  return words.join(' ');
};

/** As written, where the catalogue does not know it or could not read it. */
const asWritten = (options: readonly OptionNode[], family: Family): string =>
  options
    .map((option) => {
      const words = option.spec
        ? [option.spec.flag, option.spec.value.print(option.value, { family, negated: option.negated })]
        : option.words;
      const flagged = option.spec || option.words[0] === option.key || option.words[0]?.startsWith('-') ? words : [option.key, ...words];
      return [
        ...(option.negated ? ['!'] : []),
        ...flagged.filter((word) => word !== '').map((word) => (option.spec ? word : word.startsWith('-') ? word : quoteIfNeeded(word))),
      ].join(' ');
    })
    .join(' ');

const quoteIfNeeded = (word: string): string => (/^[^\s"\\]+$/.test(word) ? word : quote(word));

/** The options of one use of an extension, behind its name. */
const saveOptions = (node: MatchNode | TargetNode, options: PrintRuleOptions): string => {
  const { spec } = node;
  const given = spec && givenOf(spec, node.options);
  if (!spec || !given) return asWritten(node.options, options.family);
  const context: PrintContext = { ...options, order: node.options };
  return spec.save ? spec.save(given as never, context) : saveInTableOrder(spec, given, context);
};

const isHidden = ({ spec, options: given }: MatchNode, options: PrintRuleOptions): boolean => {
  const values = spec?.isHidden ? givenOf(spec, given) : null;
  return values !== null && spec!.isHidden!(values as never, { ...options, order: given });
};

const join = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ');

/** The words of a match as iptables-save prints them, `-m name` included; empty for built-in options that take everything. */
export const printMatch = (match: MatchNode, options: PrintRuleOptions): string =>
  isHidden(match, options)
    ? ''
    : match.name === ''
      ? saveOptions(match, options)
      : join('-m', match.spec?.name ?? quoteIfNeeded(match.name), saveOptions(match, options));

/** `-j NAME options` or `-g CHAIN`. */
export const printTarget = (target: TargetNode, options: PrintRuleOptions): string =>
  join(target.goto ? '-g' : '-j', target.spec?.name ?? quoteIfNeeded(target.name), saveOptions(target, options));

/** Rules with lists of addresses are several rules: the sources outside, the destinations inside. */
const expandLists = (basics: MatchNode): readonly MatchNode[] => {
  let expanded: readonly MatchNode[] = [basics];
  for (const key of ['source', 'destination'])
    expanded = expanded.flatMap((match) => {
      const list = match.options.find((option) => option.key === key && option.spec && (option.value as readonly unknown[]).length > 1);
      if (!list) return [match];
      return (list.value as readonly (Network | HostName)[]).map((network) => ({
        ...match,
        options: match.options.map((option) => (option === list ? { ...option, value: [network] } : option)),
      }));
    });
  return expanded;
};

/** A rule as plain data, whatever it was made of. */
export const copyRule = ({ start, end, command, position, chain, chainSpan, counters, matches, target, whole }: RuleNode): RuleNode => ({
  kind: 'rule',
  start,
  end,
  command,
  position,
  chain,
  chainSpan,
  counters,
  matches,
  target,
  whole,
});

/** The rules that a rule with lists of addresses makes, in the order in which -A adds them; the rule itself where it has none. */
export const expandRule = (rule: RuleNode): readonly RuleNode[] => {
  const [first, ...others] = rule.matches;
  const basics = first && first.name === '' ? expandLists(first) : [];
  return basics.length < 2 ? [rule] : basics.map((match) => ({ ...copyRule(rule), matches: [match, ...others] }));
};

/** The rule's lines behind `-A chain`, without counters: one, or several where addresses are listed. */
export const printRule = (rule: RuleNode, options: PrintRuleOptions): readonly string[] => {
  const [first, ...others] = rule.matches;
  const basics = first && first.name === '' ? expandLists(first) : [null];
  const matches = first && first.name !== '' ? rule.matches : others;
  const rest = join(...matches.map((match) => printMatch(match, options)), rule.target ? printTarget(rule.target, options) : '');
  return basics.map((match) => join(match ? printMatch(match, options) : '', rest));
};

/** True for a rule that the other family's program reads: `-6` in iptables-restore, `-4` in ip6tables-restore. It loads as nothing. */
export const isForOtherFamily = (rule: RuleNode, family: Family): boolean => outlined(rule).outline.passedOverBy.includes(family);
