/** What becomes of all that a built-in chain sees: accepted, dropped, rejected, queued, and what falls through to the policy. Exact sets, with a packet each. */
import type { Chain, Rule } from '../model/ruleset.js';
import { type Box, boxesOf } from '../packets/boxes.js';
import { Exhausted, type Node } from '../packets/diagram.js';
import { type Packet, pickPacket } from '../packets/pick.js';
import type { Outcome } from './flow.js';
import type { Reachability } from './reachability.js';

/** What no rule decides. */
export interface FallThrough {
  readonly set: Node;
  /** One of them; null: there is none. */
  readonly packet: Packet | null;
}

export interface HookOutcome extends Outcome {
  /** What each deciding rule decides, in the order in which chains are walked. */
  readonly decided: readonly { readonly rule: Rule; readonly set: Node }[];
  readonly policy: Node;
}

const chainOf = (reach: Reachability, chain: Chain) => {
  const table = reach.program.tables.get(chain.table.name)!;
  return { table, program: table.chains[table.indexOf(chain.name)!]! };
};

/** Runs the table for one hook with what its hook can carry on the whole way. */
export const hookOutcome = (reach: Reachability, chain: Chain): HookOutcome | null => {
  if (chain.hook === null) return null;
  const { table, program } = chainOf(reach, chain);
  try {
    return reach.within(reach.effort, () => {
      const first = reach.paths.isFirst(table.name, chain.hook!);
      const entry = first ? reach.flow(table).entry(program) : reach.paths.arrival(table.name, chain.hook!);
      const decided: { rule: Rule; set: Node }[] = [];
      let policy: Node = 0;
      const outcome = reach.flow(table).run(new Map([[program.index, entry]]), {
        decided: (_chain, step, set) => decided.push({ rule: step.rule, set }),
        policy: (_chain, set) => {
          policy = set;
        },
      });
      return { ...outcome, decided, policy };
    });
  } catch (error) {
    if (error instanceof Exhausted) return null;
    throw error;
  }
};

/** What falls through to the policy of a built-in chain. */
export const fallThrough = (reach: Reachability, chain: Chain): FallThrough | null => {
  const outcome = hookOutcome(reach, chain);
  if (!outcome) return null;
  const { space, hook } = reach.program;
  return {
    set: outcome.policy,
    packet: outcome.policy === 0 ? null : pickPacket(space, reach.diagram.pick(outcome.policy, space.dimensions), hook),
  };
};

/** A set as few disjoint boxes, widest first. */
export const boxes = (reach: Reachability, set: Node, most = 50): { readonly boxes: readonly Box[]; readonly whole: boolean } =>
  boxesOf(reach.program.space, reach.diagram, set, most);
