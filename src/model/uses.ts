/** The extensions that a rule uses, each with the places where the kernel takes this use of it (the catalogue's `place` and `placeFor`). */
import {
  givenOf,
  type Hook,
  meaningContext,
  type OutlineUse,
  optionsIn,
  outlined,
  type Place,
  type Span,
  type TableName,
} from '../../grammar/index.js';
import type { Make } from './makes.js';
import { spanOf } from './place.js';
import type { Rule } from './ruleset.js';

export interface ExtensionUse {
  readonly kind: 'match' | 'target';
  /** `-m owner`, `-j DNAT`. */
  readonly words: string;
  readonly name: string;
  /** Which of the rule's matches it is; -1: its target. */
  readonly index: number;
  /** All of them hold. */
  readonly places: readonly Place[];
  /**
   * The hooks that the extension declares, whatever its options; null: all. What options narrow it to is checked by the extension itself, which
   * the nft back end asks only for rules in built-in chains (nft_compat.c hands it no hooks for others; measured).
   */
  readonly declaredHooks: readonly Hook[] | null;
}

/** Where a use stands in a rule. */
export const spanOfUse = ({ node }: Rule, { index }: ExtensionUse): Span => spanOf(index < 0 ? node.target! : node.matches[index]!);

const none: readonly ExtensionUse[] = [];

/** The extensions that are not taken everywhere of all rules of a make; null: each rule has to be asked, for an option of its own narrows the place. */
export const sharedUses = (make: Make): readonly ExtensionUse[] | null => {
  const { matches, target } = make.outline;
  const isFixed = ({ spec, varies }: OutlineUse): boolean => !(spec?.placeFor && varies);
  return matches.every(isFixed) && (target === null || isFixed(target)) ? usesIn(make, noValues) : null;
};

const noValues: readonly unknown[] = [];

/** The extensions of a rule that are not taken everywhere. */
export const placedUses = (rule: Rule): readonly ExtensionUse[] => {
  const { outline, values } = outlined(rule.node);
  return usesIn({ table: rule.chain.table, outline }, values);
};

const usesIn = ({ table, outline }: Make, values: readonly unknown[]): readonly ExtensionUse[] => {
  let found: ExtensionUse[] | null = null;
  const { family } = table.ruleset;
  const { matches, target } = outline;
  for (let i = 0; i <= matches.length; i++) {
    const use = i < matches.length ? matches[i]! : target;
    const spec = use?.spec;
    if (!spec?.place && !spec?.placeFor) continue;
    if (spec.families && !spec.families.includes(family)) continue;
    const isTarget = use === target;
    const { name } = use!;
    // A chain of the name goes before the target: the rule then jumps.
    if (isTarget && table.chains.has(name)) continue;
    found ??= [];
    const options = spec.placeFor ? optionsIn(use!, values) : [];
    const given = spec.placeFor ? givenOf(spec, options) : null;
    const narrower = given ? spec.placeFor?.(given as never, meaningContext(family, options)) : undefined;
    const places = narrower ? (spec.place ? [spec.place, narrower] : [narrower]) : spec.place ? [spec.place] : [];
    if (places.length === 0) continue;
    found.push({
      kind: isTarget ? 'target' : 'match',
      words: `${isTarget ? '-j' : '-m'} ${name}`,
      name: spec.name,
      index: isTarget ? -1 : i,
      places,
      declaredHooks: spec.place?.hooks ?? null,
    });
  }
  return found ?? none;
};

/** The tables where a use is taken; null: all. */
export const tablesOf = ({ places }: ExtensionUse): readonly TableName[] | null => {
  const lists = places.flatMap(({ tables }) => (tables ? [tables] : []));
  return lists.length === 0 ? null : lists[0]!.filter((table) => lists.every((list) => list.includes(table)));
};

/** The hooks where a use is taken; null: all. */
export const hooksOfUse = ({ places }: ExtensionUse): readonly Hook[] | null => {
  const lists = places.flatMap(({ hooks }) => (hooks ? [hooks] : []));
  return lists.length === 0 ? null : lists[0]!.filter((hook) => lists.every((list) => list.includes(hook)));
};
