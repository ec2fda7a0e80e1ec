/** What becomes of every port that nat sends on: who reaches it from outside, or which lines refuse it. The page of `explain` tells it beside published ports. */
import type { Ruleset } from '../model/ruleset.js';
import { exposureOf } from './exposure.js';

/** Ports that are followed. */
const most = 500;

/** By the lines that translate; null: it cannot be told of all of them. A line that is not there translates nothing from outside. */
export const reachedOf = (
  ruleset: Ruleset,
): readonly { readonly line: number; readonly from: readonly string[]; readonly refusedBy: readonly (number | 'policy')[] }[] | null => {
  const published = exposureOf(ruleset, { most }).find(({ kind }) => kind === 'published');
  if (!published?.isExact || published.leftOut > 0) return null;
  const found = new Map<number, { readonly from: Set<string>; readonly refusedBy: Set<number | 'policy'> }>();
  const at = (line: number) => {
    const known = found.get(line) ?? { from: new Set<string>(), refusedBy: new Set<number | 'policy'>() };
    found.set(line, known);
    return known;
  };
  for (const { translatedBy, from } of published.rows) for (const line of translatedBy) for (const one of from) at(line).from.add(one);
  for (const { translatedBy, lines, byPolicy } of published.refused)
    for (const line of translatedBy) for (const by of [...lines, ...(byPolicy ? (['policy'] as const) : [])]) at(line).refusedBy.add(by);
  return [...found].map(([line, { from, refusedBy }]) => ({
    line,
    from: from.has('anywhere') ? ['anywhere'] : [...from],
    refusedBy: [...refusedBy],
  }));
};
