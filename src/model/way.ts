/** How packets get to a chain: the shortest way of jumps from a built-in chain, for findings that have to show it. */
import type { Hook } from '../../grammar/index.js';
import type { Chain, Rule } from './ruleset.js';

/** The jumps from a built-in chain of the table to `chain`, first to last; empty for the built-in chain itself, null where there is no way. */
export const wayTo = (chain: Chain, hook: Hook): readonly Rule[] | null => {
  const start = chain.table.chains.get(hook);
  if (!start?.hook) return null;
  if (start === chain) return [];
  // Backwards from the chain, breadth first: `next` holds the jump by which one goes on towards it.
  const next = new Map<Chain, Rule | null>([[chain, null]]);
  let frontier: Chain[] = [chain];
  while (frontier.length > 0 && !next.has(start)) {
    const wider: Chain[] = [];
    for (const callee of frontier)
      for (const jump of callee.callers) {
        if (next.has(jump.chain) || !leadsTo(jump, callee)) continue;
        next.set(jump.chain, jump);
        wider.push(jump.chain);
      }
    frontier = wider;
  }
  if (!next.has(start)) return null;
  const way: Rule[] = [];
  for (let jump = next.get(start); jump; jump = next.get(calleeOf(jump)!)) way.push(jump);
  return way;
};

const calleeOf = ({ action }: Rule): Chain | null => (action.kind === 'jump' || action.kind === 'goto' ? action.chain : null);
const leadsTo = (jump: Rule, callee: Chain): boolean => calleeOf(jump) === callee;

/** "INPUT -> A -> B". Long ways lose their middle. */
export const sayWay = (way: readonly Rule[], to: Chain): string => {
  const names = [...way.map(({ chain }) => chain.name), to.name];
  return (names.length > 8 ? [...names.slice(0, 4), `... ${names.length - 7} more ...`, ...names.slice(-3)] : names).join(' -> ');
};
