/**
 * Who uses what, so that a check that is about MASQUERADE looks at MASQUERADE rules alone. All of it by makes (makes.ts); each list is made when it is first
 * asked for.
 */
import {
  hadHostBits,
  type MatchNode,
  type Network,
  type OutlineOption,
  type OutlineUse,
  outlined,
  prefixLength,
  valueIn,
} from '../../grammar/index.js';
import { onceFor } from '../util/once.js';
import { callsOf } from './calls.js';
import { linesOf } from './lines.js';
import { type Make, rulesLike } from './makes.js';
import type { Rule, Ruleset } from './ruleset.js';

/** Lists of rules, each in file order. */
export interface Census {
  /** Rules with a target of the catalogue behind -j or -g, also where a chain of its name hides it. */
  withTarget(name: string): readonly Rule[];
  /** Rules with a match. */
  withMatch(name: string): readonly Rule[];
  /** Rules by what -p names, also with `!`. */
  withProtocol(number: number): readonly Rule[];
  /**
   * Rules that may lead where no rule can: their target is no known one, and no user-defined chain, or one that some line might declare only later. Most
   * rulesets have none.
   */
  readonly oddJumps: readonly Rule[];
  /** Rules with -i or -o. */
  readonly onInterface: readonly Rule[];
  /** Rules with -s or -d where some network is written with bits of a host, or with a mask that has holes. */
  readonly oddNetwork: readonly Rule[];
  /** Rules with -f, also with `!`. */
  readonly fragments: readonly Rule[];
}

/** The census of a ruleset. */
export const censusOf: (ruleset: Ruleset) => Census = onceFor((ruleset) => new Lists(ruleset));

/** The built-in options of a rule, if it has any. */
export const basicsOf = ({ node }: Rule): MatchNode | null => {
  const first = node.matches[0];
  return first?.name === '' ? first : null;
};

/** Built-in options of a make that were read. */
const basicsRead = ({ outline }: Make, ...keys: readonly string[]): readonly OutlineOption[] =>
  outline.matches.flatMap(({ name, options }) => (name === '' ? options.filter(({ key, spec }) => spec && keys.includes(key)) : []));

const isFor = ({ name }: OutlineUse, wanted: string): boolean => name === wanted;

class Lists implements Census {
  private readonly ruleset: Ruleset;
  private readonly byTarget = new Map<string, readonly Rule[]>();
  private readonly byMatch = new Map<string, readonly Rule[]>();
  private found: { odd?: readonly Rule[]; interfaces?: readonly Rule[]; networks?: readonly Rule[] } = {};

  constructor(ruleset: Ruleset) {
    this.ruleset = ruleset;
  }

  withTarget(name: string): readonly Rule[] {
    // A name that differs from rule to rule of an outline is none of the catalogue.
    return listed(this.byTarget, name, () =>
      rulesLike(this.ruleset, ({ outline: { target } }) => target !== null && target.slot < 0 && isFor(target, name)),
    );
  }

  withMatch(name: string): readonly Rule[] {
    return listed(this.byMatch, name, () => rulesLike(this.ruleset, ({ outline: { matches } }) => matches.some((use) => isFor(use, name))));
  }

  withProtocol(number: number): readonly Rule[] {
    // Rules of an outline have one protocol.
    return rulesLike(this.ruleset, (make) => basicsRead(make, 'protocol').some(({ value }) => value === number));
  }

  get oddJumps(): readonly Rule[] {
    this.found.odd ??= findOddJumps(this.ruleset);
    return this.found.odd;
  }

  get onInterface(): readonly Rule[] {
    this.found.interfaces ??= rulesLike(this.ruleset, ({ outline }) =>
      outline.matches.some(
        ({ name, options }) => name === '' && options.some(({ key }) => key === 'inInterface' || key === 'outInterface'),
      ),
    );
    return this.found.interfaces;
  }

  get oddNetwork(): readonly Rule[] {
    this.found.networks ??= findOddNetworks(this.ruleset);
    return this.found.networks;
  }

  get fragments(): readonly Rule[] {
    return rulesLike(this.ruleset, (make) => basicsRead(make, 'fragment').length > 0);
  }
}

const listed = (lists: Map<string, readonly Rule[]>, name: string, find: () => readonly Rule[]): readonly Rule[] => {
  let list = lists.get(name);
  if (!list) {
    list = find();
    lists.set(name, list);
  }
  return list;
};

const findOddJumps = (ruleset: Ruleset): readonly Rule[] => {
  const { chains, calleeOf } = callsOf(ruleset);
  const isSettled = Uint8Array.from(chains, ({ hook, table, node }) =>
    hook === null && node !== null && linesOf(table.node).declaresFirst ? 1 : 0,
  );
  return rulesLike(ruleset, ({ table, outline: { target } }) => {
    if (target === null) return false;
    const isTarget = target.spec !== null && !target.goto;
    return !isTarget || table.chains.has(target.name);
  }).filter(({ id }) => !isSettled[calleeOf[id]!]);
};

const findOddNetworks = (ruleset: Ruleset): readonly Rule[] => {
  const host = ruleset.family === 4 ? 0xffffffff : (1n << 128n) - 1n;
  const isOdd = (network: Network | { readonly kind: 'host' }): boolean =>
    network.kind === 'network' && network.mask !== host && (hadHostBits(network) || prefixLength(network.mask) === undefined);
  return rulesLike(ruleset, (make) => basicsRead(make, 'source', 'destination').length > 0).filter(({ node }) => {
    const { outline, values } = outlined(node);
    for (let i = 0; i < outline.matches.length; i++) {
      const { name, options } = outline.matches[i]!;
      if (name === '')
        for (let j = 0; j < options.length; j++) {
          const option = options[j]!;
          if (option.spec && (option.key === 'source' || option.key === 'destination'))
            if ((valueIn(option, values) as readonly (Network | { readonly kind: 'host' })[]).some(isOdd)) return true;
        }
    }
    return false;
  });
};
