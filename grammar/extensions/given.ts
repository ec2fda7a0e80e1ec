/** From the option nodes of one use of an extension to what its spec's functions are handed. */
import type { Family } from '../netfilter/families.js';
import type { MatchSpec, MeaningContext, OrderedUse, TargetSpec, Use } from './define.js';

/** What a node of the tree says of one option; OptionNode fits. */
export interface ReadOption {
  readonly key: string;
  readonly spec: unknown;
  readonly negated: boolean;
  readonly value: unknown;
}

/**
 * The options by key, as the spec's table types them; null where a required option is missing or one could not be read, since the spec's
 * functions may count on them.
 */
export const givenOf = (spec: MatchSpec | TargetSpec, options: readonly ReadOption[]): Record<string, never> | null => {
  const given = givenInPart(spec, options);
  if (given !== null) for (const key of requiredKeys(spec)) if (!(key in given)) return null;
  return given;
};

/** The same where options may be left out that are required. */
export const givenInPart = (spec: MatchSpec | TargetSpec, options: readonly ReadOption[]): Record<string, never> | null => {
  const given: Record<string, Use | Use[]> = {};
  for (const option of options) {
    if (option.spec === null) return null;
    const use: Use = { value: option.value, negated: option.negated };
    if (spec.options[option.key]?.repeatable) {
      const list = given[option.key];
      if (Array.isArray(list)) list.push(use);
      else given[option.key] = [use];
    } else given[option.key] = use;
  }
  return given as Record<string, never>; // sound: built from the spec's own table
};

const required = new WeakMap<MatchSpec | TargetSpec, readonly string[]>();

const requiredKeys = (spec: MatchSpec | TargetSpec): readonly string[] => {
  let keys = required.get(spec);
  if (!keys) {
    keys = Object.keys(spec.options).filter((key) => spec.options[key]!.required);
    required.set(spec, keys);
  }
  return keys;
};

/** The context that goes with it. */
export const meaningContext = (family: Family, options: readonly ReadOption[]): MeaningContext => ({
  family,
  order: options as readonly OrderedUse[],
});
