/** Why a rule is dead, in words: one sentence of cause, what it means for packets, what to do. */
import { outlined, type Span, targetOf } from '../../grammar/index.js';
import type { RuleVerdict } from '../analysis/reachability.js';
import { lineOf, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { listed } from '../util/text.js';

/** What a rule does, as one word for a frame or a sentence: `DROP`, `jump to WEB`, `no target`. */
export const doing = (rule: Rule): string => {
  const { target } = rule.node;
  if (!target) return 'no target';
  return rule.action.kind === 'jump' ? `jump to ${target.name}` : rule.action.kind === 'goto' ? `go to ${target.name}` : target.name;
};

/** "line 12", "lines 12 and 15", "12 lines from 12 to 40". */
export const sayLines = (rules: readonly Rule[]): string => {
  if (rules.length === 1) return `line ${lineOf(rules[0]!)}`;
  if (rules.length <= 5) return `lines ${listed(rules.map((rule) => String(lineOf(rule))))}`;
  return `${rules.length} lines from ${lineOf(rules[0]!)} on`;
};

/** As words of advice: "lines 57 and 14 more" of many. */
export const sayLinesToMend = (rules: readonly Rule[]): string =>
  rules.length <= 5 ? sayLines(rules) : `line ${lineOf(rules[0]!)} and the ${rules.length - 1} others`;

/** Whether a rule changes packets and lets them go on. */
export const rewrites = (rule: Rule | undefined): boolean =>
  rule?.action.kind === 'target' && rule.action.effect.kind === 'continue' && rule.action.rewrites.length > 0;

/** Whether a rule of raw leaves packets untracked, which nat is not asked about. */
const untracks = (rule: Rule | undefined): boolean =>
  rule?.chain.table.name === 'raw' && rewrites(rule) && ['CT', 'NOTRACK'].includes(targetOf(rule.node) ?? '');

/** What a taker does with the packets of a dead rule: `DROP: takes all of them`. */
export const sayTaking = (taker: Rule, isOnly: boolean): string => {
  const what = isOnly ? 'all of them' : 'a part';
  return `${doing(taker)}: ${untracks(taker) ? `leaves ${what} untracked` : rewrites(taker) ? `changes ${what}` : `takes ${what}`}`;
};

/** The cause as the end of "this rule can never match; ...". */
export const sayCause = (rule: Rule, verdict: RuleVerdict): string => {
  const { by, cause, fate } = verdict;
  const takers = by.length > 0 ? sayLines(by) : '';
  const verb = by.length === 1 ? 's' : '';
  switch (cause) {
    case 'rule':
      return by[0]?.action.kind === 'jump'
        ? `${takers} sends its packets to a chain that decides them first`
        : rewrites(by[0])
          ? `${takers} rewrites what it asks for`
          : `${takers} decides its packets first`;
    case 'rules':
      if (by.length > 0 && by.every(rewrites)) return `${takers} rewrite what it asks for`;
      return by.length > 0 ? `${takers} together decide all its packets first` : 'earlier rules together decide all its packets first';
    case 'catch-all':
      return by[0] && targetOf(by[0].node)
        ? `${takers} (${doing(by[0])}) takes every packet that gets so far`
        : `${takers} take${verb} every packet`;
    case 'deciding-chain':
      return `${takers} sends all its packets to ${(by[0] && targetOf(by[0].node)) ?? 'a chain'}, which decides them`;
    case 'before-entry':
      return `${takers} (${listed([...new Set(by.map((taker) => taker.chain.name))])}) take${verb} its packets before they enter ${rule.chain.name}`;
    case 'callers':
      return `no packet that enters ${rule.chain.name} is one that it asks for`;
    case 'contradiction':
      return 'no packet meets all of its conditions';
    case 'interface':
      return `it asks for an interface that packets in ${rule.chain.name} do not have`;
    case 'loopback':
      return 'packets that come in by lo were translated as they left, and nat is not asked about them again';
    case 'hook':
      return `it asks for what is never seen in ${rule.chain.table.name}/${rule.chain.name}`;
    case 'state':
      return 'connection tracking gives no packet that it asks for the state that it asks for';
    case 'host':
      return `the addresses given send no packet that it asks for to ${rule.chain.name}`;
    case 'chain':
      return `no packet enters the chain ${rule.chain.name}`;
    case 'path':
      if (by.length === 1 && untracks(by[0]))
        return `${takers} (${by[0]!.chain.table.name}/${by[0]!.chain.name}) leaves its packets untracked`;
      return by.length > 5
        ? `rules of ${listed([...new Set(by.map((taker) => `${taker.chain.table.name}/${taker.chain.name}`))].slice(0, 4))} take its packets before they get to ${rule.chain.table.name}`
        : by.length > 0
          ? `${takers} (${listed([...new Set(by.map((taker) => `${taker.chain.table.name}/${taker.chain.name}`))])}) take${verb} its packets before they get to ${rule.chain.table.name}`
          : `earlier tables leave no packet that it asks for`;
    case null:
      return fate === null ? 'nothing gets to it' : 'earlier rules take its packets';
  }
};

/** The one condition with "!" of a rule, by name; null: none, or several. */
const excluding = ({ node }: Rule): string | null => {
  const negated = outlined(node).outline.matches.flatMap(({ name, options }) =>
    options.flatMap(({ key, negated }) => (negated ? [`${name} ${key}`] : [])),
  );
  return negated.length === 1 ? negated[0]! : null;
};

/** Whether rules of one chain that refuse each exclude something from the same condition: "! -s A -j DROP", "! -s B -j DROP". */
const excludeEachOther = ([first, ...others]: readonly Rule[]): boolean => {
  if (!first || others.length === 0) return false;
  const condition = excluding(first);
  return (
    condition !== null &&
    ['DROP', 'REJECT'].includes(targetOf(first.node) ?? '') &&
    others.every((other) => other.chain === first.chain && doing(other) === doing(first) && excluding(other) === condition)
  );
};

/** What to do about it, and about others that are dead for the same cause. */
export const adviseOn = (rule: Rule, { by, cause, fate }: RuleVerdict, others: readonly Rule[] = []): string => {
  const line = sayLinesToMend([rule, ...others]);
  const them = others.length > 0 ? 'them' : 'it';
  switch (cause) {
    case 'state':
      return 'ask for INVALID, or for no state, or remove it';
    case 'contradiction':
      return 'correct one of its conditions, or remove it';
    case 'interface':
      return 'remove the -i or -o that cannot be known here, or move the rule to a chain whose packets have it';
    case 'loopback':
      return `put ${them} into nat/OUTPUT, which sees what this host sends`;
    case 'host':
      return 'INPUT sees what is for the host itself, FORWARD what is for others: move it there, or remove it';
    case 'hook':
    case 'callers':
      return 'correct its conditions or the jumps that lead here, or remove it';
    case 'chain':
      return 'correct the jumps that lead here, or remove the chain';
    case 'before-entry':
      return `remove ${line}, or let its packets pass ${sayLines(by)}`;
    case 'path':
      if (by.some(untracks)) return `remove ${line}, or let connection tracking see its packets`;
      return `remove ${line}, or let its packets pass the earlier table`;
    default: {
      const [first] = by;
      // --queue-bypass is often thought to lead to the next rule.
      if (first && by.length === 1 && targetOf(first.node) === 'NFQUEUE')
        return `remove ${line}: the program on the queue decides, and --queue-bypass accepts where none listens`;
      if (fate === 'other' && first && excludeEachOther(by))
        return `${sayLines(by)} each take all but what they exclude, so together everything: accept what is meant first, and refuse the rest behind it`;
      return fate === 'other' && first && first.chain === rule.chain
        ? `move ${line} above line ${lineOf(first)}, or remove ${them}`
        : `remove ${line}`;
    }
  }
};

/** The words of a rule that say which packets it takes and what becomes of them: matches but comments, and the target. */
export const tellingWords = (rule: Rule): Span[] => {
  const { matches, target } = rule.node;
  const spans: Span[] = [];
  for (const match of matches) {
    if (match.name === 'comment') continue;
    if (match.name === '') for (const { start, end } of match.options) spans.push({ start, end });
    else spans.push({ start: match.start, end: match.end });
  }
  if (target) spans.push({ start: target.start, end: target.end });
  return spans;
};

/** The first of some rules beside a finding, each with what it does. */
export const pointTo = (rules: readonly Rule[]): { readonly at: Span; readonly focus: readonly Span[]; readonly message: string }[] =>
  rules.slice(0, 8).map((rule) => ({ at: spanOf(rule.node), focus: tellingWords(rule), message: doing(rule) }));
