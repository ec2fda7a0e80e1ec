/** Which programs made which chains, with what the chains are for. */
import { ownerOf, ownerOfRule } from '../model/owners.js';
import type { Ruleset } from '../model/ruleset.js';

export interface Program {
  readonly id: string;
  readonly name: string;
  /** Chains of one purpose together. */
  readonly chains: readonly { readonly purpose: string; readonly isForUser: boolean; readonly names: readonly string[] }[];
  /** Rules that it wrote into chains that are not its own. */
  readonly rulesElsewhere: number;
  /** Those chains. */
  readonly elsewhere: readonly string[];
}

/** The programs behind a ruleset, in the order of their first chain. */
export const programsOf = (ruleset: Ruleset): readonly Program[] => {
  const programs = new Map<
    string,
    { name: string; chains: Map<string, { isForUser: boolean; names: Set<string> }>; rulesElsewhere: number; elsewhere: Set<string> }
  >();
  const of = (id: string, name: string) => {
    const program = programs.get(id) ?? { name, chains: new Map(), rulesElsewhere: 0, elsewhere: new Set<string>() };
    programs.set(id, program);
    return program;
  };
  for (const table of ruleset.tables.values())
    for (const chain of table.chains.values()) {
      const owner = ownerOf(chain);
      if (owner) {
        const { chains } = of(owner.id, owner.name);
        const group = chains.get(owner.purpose) ?? { isForUser: owner.isForUser, names: new Set() };
        group.names.add(chain.name);
        chains.set(owner.purpose, group);
      } else
        for (const rule of chain.rules) {
          const writer = ownerOfRule(rule);
          if (!writer) continue;
          const program = of(writer.id, writer.name);
          program.rulesElsewhere++;
          program.elsewhere.add(chain.name);
        }
    }
  return [...programs].map(([id, { name, chains, rulesElsewhere, elsewhere }]) => ({
    id,
    name,
    chains: [...chains].map(([purpose, { isForUser, names }]) => ({ purpose, isForUser, names: [...names] })),
    rulesElsewhere,
    elsewhere: [...elsewhere],
  }));
};
