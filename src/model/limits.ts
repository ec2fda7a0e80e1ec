/** Matches that hold a rule to a rate or a number: limit, hashlimit, connlimit, quota. */
import { type OutlineUse, optionIn, outlined } from '../../grammar/index.js';
import type { Rule } from './ruleset.js';

/** Those that count for their rule alone; hashlimit counts in a list that rules may share. */
export const ownLimits = ['limit', 'connlimit', 'quota'] as const;

/** So many rules with a limit are asked about: each may have to be held against all that follow it in its chain. */
export const mostLimits = 1000;

const isLimit = (name: string): boolean => (ownLimits as readonly string[]).includes(name) || name === 'hashlimit';

/** The other matches of a rule neither count nor remember. */
export const onlyLimits = ({ node }: Rule): boolean =>
  outlined(node).outline.matches.every(({ name, spec }) => spec !== null && (isLimit(name) || spec.hasSideEffect === undefined));

/** Whether a match holds up to its limit, and no more beyond it. */
const holdsWithin = (use: OutlineUse, values: readonly unknown[]): boolean => {
  switch (use.name) {
    case 'limit':
      return true;
    case 'quota':
      return optionIn(use, 'bytes', values)?.negated === false;
    case 'hashlimit':
    case 'connlimit':
      return optionIn(use, 'upto', values)?.negated === false || optionIn(use, 'above', values)?.negated === true;
    default:
      return false;
  }
};

/** The name of the match that holds a rule to what is within a limit; null: none does, or another lets only what is beyond one match. */
export const limitWithin = ({ node }: Rule): string | null => {
  const { outline, values } = outlined(node);
  const uses = outline.matches.filter(({ name }) => isLimit(name));
  return uses.length > 0 && uses.every((use) => holdsWithin(use, values)) ? uses[0]!.name : null;
};
