/** Rules that stand one after the other and differ in one option only: what could be one rule. */
import type { OptionNode, Span } from '../../grammar/index.js';
import { ownerOfRule } from './owners.js';
import type { Chain, Rule } from './ruleset.js';

export interface Sibling {
  readonly rule: Rule;
  /** The option in which it differs. */
  readonly option: OptionNode;
}

/** Targets that do the same whether they stand in one rule or in several. */
const plain = new Set(['ACCEPT', 'DROP', 'REJECT', 'RETURN', 'MASQUERADE', 'SNAT', 'DNAT']);

/** The rule's text without its counters, its comments and one option, blanks evened out: equal texts mean the same but for the option. */
const restOf = ({ chain, node }: Rule, without: Span): string => {
  const { source } = chain.table.ruleset;
  const holes: Span[] = [without, ...node.matches.filter(({ name }) => name === 'comment')];
  let text = '';
  let at = node.chainSpan.end;
  for (const hole of holes.sort((a, b) => a.start - b.start)) {
    if (hole.start < at) continue;
    text += source.text.slice(at, hole.start);
    at = hole.end;
  }
  return (text + source.text.slice(at, node.end)).replaceAll(/\s+/g, ' ').trim();
};

/** Runs of at least two rules of a chain that differ in the chosen option alone. Rules that a program writes, and targets that do more than decide, stand apart. */
export const siblingsIn = (chain: Chain, choose: (rule: Rule) => OptionNode | null): readonly (readonly Sibling[])[] => {
  const runs: Sibling[][] = [];
  let run: Sibling[] = [];
  let key: string | null = null;
  for (const rule of chain.rules) {
    const { action, node } = rule;
    const isPlain = action.kind === 'jump' || action.kind === 'goto' || (action.kind === 'target' && plain.has(action.name));
    const option = isPlain && node.whole && !ownerOfRule(rule) ? choose(rule) : null;
    const own = option ? restOf(rule, option) : null;
    if (own !== null && own === key) run.push({ rule, option: option! });
    else {
      if (run.length > 1) runs.push(run);
      run = option ? [{ rule, option }] : [];
      key = own;
    }
  }
  if (run.length > 1) runs.push(run);
  return runs;
};
