/**
 * Who calls whom, in numbers: chains numbered by table and declaration, rules by their ids. What goes through all chains or jumps goes along these
 * arrays: over 35,000 chains with 100,000 rules a walk from object to object takes 20 to 40 ms, one along an array about one.
 */

import { onceFor } from '../util/once.js';
import type { Chain, Ruleset, Table } from './ruleset.js';

export interface Calls {
  readonly chains: readonly Chain[];
  readonly numberOf: (chain: Chain) => number;
  /** Beside each rule's id the chain that it stands in. */
  readonly chainOf: Int32Array;
  /** Beside each rule's id the chain that its target names, be it built in; -1: none. */
  readonly calleeOf: Int32Array;
  /** Ids of the rules that lead to user-defined chains, by the chain that they stand in: those of chain c begin at `firstJump[c]` and end before `firstJump[c + 1]`. */
  readonly jumps: Int32Array;
  readonly firstJump: Int32Array;
}

const gather = (ruleset: Ruleset): Calls => {
  const chains: Chain[] = [];
  /** The number of each table's first chain. */
  const firstOf = new Map<Table, number>();
  const numberOf = ({ table, index }: Chain): number => firstOf.get(table)! + index;
  const calleeOf = new Int32Array(ruleset.rules.length).fill(-1);
  for (const table of ruleset.tables.values()) {
    firstOf.set(table, chains.length);
    for (const chain of table.chains.values()) {
      const { callers } = chain;
      for (let i = 0; i < callers.length; i++) calleeOf[callers[i]!.id] = chains.length;
      chains.push(chain);
    }
  }
  const chainOf = new Int32Array(ruleset.rules.length);
  const isUserDefined = new Uint8Array(chains.length);
  for (let at = 0; at < chains.length; at++) if (chains[at]!.hook === null) isUserDefined[at] = 1;
  const firstJump = new Int32Array(chains.length + 1);
  let last: Chain | null = null;
  let own = -1;
  // Rules of one chain mostly stand together.
  for (let j = 0; j < ruleset.rules.length; j++) {
    const { id, chain } = ruleset.rules[j]!;
    if (chain !== last) {
      last = chain;
      own = numberOf(chain);
    }
    chainOf[id] = own;
    if (isUserDefined[calleeOf[id]!]) firstJump[own + 1]!++;
  }
  for (let chain = 0; chain < chains.length; chain++) firstJump[chain + 1]! += firstJump[chain]!;
  const jumps = new Int32Array(firstJump[chains.length]!);
  const next = firstJump.slice();
  for (let id = 0; id < calleeOf.length; id++) if (isUserDefined[calleeOf[id]!]) jumps[next[chainOf[id]!]!++] = id;
  return { chains, numberOf, chainOf, calleeOf, jumps, firstJump };
};

/** The calls of a ruleset, gathered on first use. */
export const callsOf: (ruleset: Ruleset) => Calls = onceFor(gather);
