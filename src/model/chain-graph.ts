/** Who calls whom: by names alone, without asking whether a packet ever takes the jump. Iterative throughout: chains may be nested 10,000 deep. */
import { type Hook, hooks } from '../../grammar/index.js';
import type { Chain, Rule, Ruleset } from './ruleset.js';

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

/** The 32 sets of hooks, made once: bit i stands for hooks[i]. */
const hookSets: readonly ReadonlySet<Hook>[] = Array.from(
  { length: 1 << hooks.length },
  (_, mask) => new Set(hooks.filter((_hook, i) => mask & (1 << i))),
);

/** Chains numbered, and the jumps of each, in rule order. */
interface Calls {
  readonly chains: readonly Chain[];
  readonly number: ReadonlyMap<Chain, number>;
  readonly jumps: readonly (readonly Rule[])[];
  /** Beside each jump the number of the chain it leads to. */
  readonly callees: readonly (readonly number[])[];
}

/** The chain graph of a ruleset. Each part is worked out when it is first asked for. */
export const chainGraph = (ruleset: Ruleset): ChainGraph => {
  let calls: Calls | undefined;
  let masks: Uint8Array | undefined;
  let loops: readonly Loop[] | undefined;
  const callsOnce = (): Calls => {
    calls ??= gatherCalls(ruleset);
    return calls;
  };
  const masksOnce = (): Uint8Array => {
    masks ??= spreadHooks(callsOnce());
    return masks;
  };
  return {
    hooksOf: (chain) => hookSets[masksOnce()[callsOnce().number.get(chain)!]!]!,
    get loops() {
      loops ??= findLoops(callsOnce(), masksOnce());
      return loops;
    },
    deepest: (chain) => deepestFrom(callsOnce().number.get(chain)!, callsOnce()),
  };
};

const gatherCalls = (ruleset: Ruleset): Calls => {
  const chains: Chain[] = [];
  const number = new Map<Chain, number>();
  for (const table of ruleset.tables.values())
    for (const chain of table.chains.values()) {
      number.set(chain, chains.length);
      chains.push(chain);
    }
  const jumps: Rule[][] = [];
  const callees: number[][] = [];
  for (const chain of chains) {
    const own: Rule[] = [];
    const to: number[] = [];
    for (const rule of chain.rules) {
      const { action } = rule;
      if (action.kind !== 'jump' && action.kind !== 'goto') continue;
      own.push(rule);
      to.push(number.get(action.chain)!);
    }
    jumps.push(own);
    callees.push(to);
  }
  return { chains, number, jumps, callees };
};

/** From each chain's own hook along the jumps until nothing changes. */
const spreadHooks = ({ chains, callees }: Calls): Uint8Array => {
  const masks = new Uint8Array(chains.length);
  const pending: number[] = [];
  chains.forEach((chain, i) => {
    if (!chain.hook) return;
    masks[i] = 1 << hooks.indexOf(chain.hook);
    pending.push(i);
  });
  while (pending.length > 0) {
    const from = pending.pop()!;
    for (const to of callees[from]!) {
      const mask = masks[to]! | masks[from]!;
      if (mask === masks[to]) continue;
      masks[to] = mask;
      pending.push(to);
    }
  }
  return masks;
};

/** Depth-first; each jump back to a chain on the path closes a loop. One loop per closing jump. */
const findLoops = ({ chains, jumps, callees }: Calls, masks: Uint8Array): readonly Loop[] => {
  const loops: Loop[] = [];
  const open = 1;
  const done = 2;
  const state = new Uint8Array(chains.length);
  for (let start = 0; start < chains.length; start++) {
    if (state[start]) continue;
    const path: { readonly chain: number; readonly by: Rule | null; next: number }[] = [{ chain: start, by: null, next: 0 }];
    state[start] = open;
    while (path.length > 0) {
      const top = path[path.length - 1]!;
      const at = top.next++;
      const callee = callees[top.chain]![at];
      if (callee === undefined) {
        state[top.chain] = done;
        path.pop();
      } else if (!state[callee]) {
        state[callee] = open;
        path.push({ chain: callee, by: jumps[top.chain]![at]!, next: 0 });
      } else if (state[callee] === open) {
        const from = path.findIndex((step) => step.chain === callee);
        const around = [...path.slice(from + 1).map((step) => step.by!), jumps[top.chain]![at]!];
        const first = around.reduce((best, jump, i) => (jump.node.start < around[best]!.node.start ? i : best), 0);
        loops.push({ jumps: [...around.slice(first), ...around.slice(0, first)], reached: masks[callee] !== 0 });
      }
    }
  }
  return loops.sort((a, b) => a.jumps[0]!.node.start - b.jumps[0]!.node.start);
};

/** Longest way of jumps below a chain, by post-order; jumps that close a loop are passed over. */
const deepestFrom = (start: number, { chains, jumps, callees }: Calls): { readonly depth: number; readonly way: readonly Rule[] } => {
  const depths = new Int32Array(chains.length).fill(-1);
  /** Which of its jumps leads deepest; -1: none. */
  const choices = new Int32Array(chains.length).fill(-1);
  const isOpen = new Uint8Array(chains.length);
  const stack: { readonly chain: number; next: number; depth: number; choice: number }[] = [
    { chain: start, next: 0, depth: 0, choice: -1 },
  ];
  isOpen[start] = 1;
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const callee = callees[top.chain]![top.next];
    if (callee === undefined) {
      depths[top.chain] = top.depth;
      choices[top.chain] = top.choice;
      isOpen[top.chain] = 0;
      stack.pop();
    } else if (depths[callee]! >= 0) {
      if (depths[callee]! + 1 > top.depth) {
        top.depth = depths[callee]! + 1;
        top.choice = top.next;
      }
      top.next++;
    } else if (isOpen[callee]) top.next++;
    else {
      isOpen[callee] = 1;
      stack.push({ chain: callee, next: 0, depth: 0, choice: -1 });
    }
  }
  const way: Rule[] = [];
  for (let chain = start; choices[chain]! >= 0; ) {
    way.push(jumps[chain]![choices[chain]!]!);
    chain = callees[chain]![choices[chain]!]!;
  }
  return { depth: depths[start]!, way };
};
