/** Who calls whom: by names alone, without asking whether a packet ever takes the jump. Iterative throughout: chains may be nested 10,000 deep. */
import type { Hook } from '../../grammar/index.js';
import type { Chain, Rule, Ruleset, Table } from './ruleset.js';

export interface ChainGraph {
  /** The built-in chains from which a chain can be reached by jumps, itself if it is one; empty: from none. */
  hooksOf(chain: Chain): ReadonlySet<Hook>;
  /** Loops: each as the jumps around it, beginning at its first line. */
  readonly loops: readonly Loop[];
  /** The deepest nesting of user-defined chains below a built-in chain, with the jumps that make it; loops are left out. */
  deepest(chain: Chain): { readonly depth: number; readonly way: readonly Rule[] };
}

export interface Loop {
  readonly jumps: readonly Rule[];
  /** A built-in chain leads into it: the kernel then refuses the table. */
  readonly reached: boolean;
}

const calleeOf = (rule: Rule): Chain | null => (rule.action.kind === 'jump' || rule.action.kind === 'goto' ? rule.action.chain : null);

/** The chain graph of a ruleset. */
export const chainGraph = (ruleset: Ruleset): ChainGraph => {
  const hooks = new Map<Chain, Set<Hook>>();
  const none: ReadonlySet<Hook> = new Set();
  const calls = new Map<Chain, Rule[]>();
  for (const rule of ruleset.rules) {
    if (!calleeOf(rule)) continue;
    const list = calls.get(rule.chain);
    if (list) list.push(rule);
    else calls.set(rule.chain, [rule]);
  }
  const noCalls: readonly Rule[] = [];
  const callsOf = (chain: Chain): readonly Rule[] => calls.get(chain) ?? noCalls;

  for (const table of ruleset.tables.values())
    for (const start of table.chains.values()) {
      if (!start.hook) continue;
      const pending: Chain[] = [start];
      while (pending.length > 0) {
        const chain = pending.pop()!;
        let known = hooks.get(chain);
        if (!known) {
          known = new Set();
          hooks.set(chain, known);
        }
        if (known.has(start.hook)) continue;
        known.add(start.hook);
        for (const call of callsOf(chain)) pending.push(calleeOf(call)!);
      }
    }

  return {
    hooksOf: (chain) => hooks.get(chain) ?? none,
    loops: [...ruleset.tables.values()].flatMap((table) => findLoops(table, callsOf, (chain) => hooks.has(chain))),
    deepest: (chain) => deepestFrom(chain, callsOf),
  };
};

/** Depth-first over the table's chains; each jump back to a chain on the path closes a loop. One loop per closing jump. */
const findLoops = (table: Table, callsOf: (chain: Chain) => readonly Rule[], isReached: (chain: Chain) => boolean): Loop[] => {
  const loops: Loop[] = [];
  const state = new Map<Chain, 'open' | 'done'>();
  for (const start of table.chains.values()) {
    if (state.has(start)) continue;
    const path: { readonly chain: Chain; readonly by: Rule | null; next: number }[] = [{ chain: start, by: null, next: 0 }];
    state.set(start, 'open');
    while (path.length > 0) {
      const top = path[path.length - 1]!;
      const call = callsOf(top.chain)[top.next++];
      if (!call) {
        state.set(top.chain, 'done');
        path.pop();
        continue;
      }
      const callee = calleeOf(call)!;
      const seen = state.get(callee);
      if (seen === undefined) {
        state.set(callee, 'open');
        path.push({ chain: callee, by: call, next: 0 });
      } else if (seen === 'open') {
        const from = path.findIndex((step) => step.chain === callee);
        const jumps = [...path.slice(from + 1).map((step) => step.by!), call];
        const first = jumps.reduce((best, jump, i) => (jump.node.start < jumps[best]!.node.start ? i : best), 0);
        loops.push({ jumps: [...jumps.slice(first), ...jumps.slice(0, first)], reached: jumps.some((jump) => isReached(jump.chain)) });
      }
    }
  }
  return loops.sort((a, b) => a.jumps[0]!.node.start - b.jumps[0]!.node.start);
};

/** Longest way of jumps below a chain, by post-order; jumps that close a loop are passed over. */
const deepestFrom = (
  start: Chain,
  callsOf: (chain: Chain) => readonly Rule[],
): { readonly depth: number; readonly way: readonly Rule[] } => {
  const best = new Map<Chain, { readonly depth: number; readonly by: Rule | null }>();
  const open = new Set<Chain>([start]);
  const stack: { readonly chain: Chain; next: number; depth: number; by: Rule | null }[] = [{ chain: start, next: 0, depth: 0, by: null }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const call = callsOf(top.chain)[top.next];
    if (!call) {
      best.set(top.chain, { depth: top.depth, by: top.by });
      open.delete(top.chain);
      stack.pop();
      continue;
    }
    const callee = calleeOf(call)!;
    const known = best.get(callee);
    if (known) {
      if (known.depth + 1 > top.depth) {
        top.depth = known.depth + 1;
        top.by = call;
      }
      top.next++;
    } else if (open.has(callee)) top.next++;
    else {
      open.add(callee);
      stack.push({ chain: callee, next: 0, depth: 0, by: null });
    }
  }
  const way: Rule[] = [];
  for (let step = best.get(start)!; step.by; step = best.get(calleeOf(step.by)!)!) way.push(step.by);
  return { depth: best.get(start)!.depth, way };
};
