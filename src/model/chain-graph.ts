/** Who calls whom: by names alone, without asking whether a packet ever takes the jump. Iterative throughout: chains may be nested 10,000 deep. */
import { type Hook, hooks } from '../../grammar/index.js';
import { type Calls, callsOf } from './calls.js';
import type { Chain, Rule, Ruleset } from './ruleset.js';

export interface ChainGraph {
  /** The built-in chains from which a chain can be reached by jumps, itself if it is one; empty: from none. */
  hooksOf(chain: Chain): ReadonlySet<Hook>;
  /** The user-defined chains that no built-in one leads to, in order of declaration. */
  readonly unreached: readonly Chain[];
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

/** The chain graph of a ruleset. Each part is worked out when it is first asked for. */
export const chainGraph = (ruleset: Ruleset): ChainGraph => {
  let calls: Calls | undefined;
  let masks: Uint8Array | undefined;
  let descent: Descent | undefined;
  let loops: readonly Loop[] | undefined;
  const callsOnce = (): Calls => {
    calls ??= callsOf(ruleset);
    return calls;
  };
  const masksOnce = (): Uint8Array => {
    masks ??= spreadHooks(callsOnce());
    return masks;
  };
  const descentOnce = (): Descent => {
    const { chains } = callsOnce();
    descent ??= descend(
      chains.map((_chain, number) => number),
      callsOnce(),
    );
    return descent;
  };
  const loopsOnce = (): readonly Loop[] => {
    loops ??= descentOnce()
      .loops.map(({ jumps, into }) => ({ jumps: fromFirstLine(jumps.map((id) => ruleset.rules[id]!)), reached: masksOnce()[into] !== 0 }))
      .sort((a, b) => a.jumps[0]!.node.start - b.jumps[0]!.node.start);
    return loops;
  };
  return {
    hooksOf: (chain) => hookSets[masksOnce()[callsOnce().numberOf(chain)]!]!,
    get unreached() {
      const reached = masksOnce();
      return callsOnce().chains.filter((_chain, number) => reached[number] === 0);
    },
    get loops() {
      return loopsOnce();
    },
    deepest: (chain) => {
      const own = callsOnce();
      const start = own.numberOf(chain);
      // Which jump closes a loop depends on where one begins.
      const { depths, choices } = loopsOnce().length === 0 ? descentOnce() : descend([start], own);
      const way: Rule[] = [];
      for (let at = start, jump = choices[at]!; jump >= 0; at = own.calleeOf[jump]!, jump = choices[at]!) way.push(ruleset.rules[jump]!);
      return { depth: depths[start]!, way };
    },
  };
};

/** From each chain's own hook along the jumps until nothing changes. */
const spreadHooks = ({ chains, calleeOf, jumps, firstJump }: Calls): Uint8Array => {
  const masks = new Uint8Array(chains.length);
  const pending: number[] = [];
  for (const [number, { hook }] of chains.entries()) {
    if (!hook) continue;
    masks[number] = 1 << hooks.indexOf(hook);
    pending.push(number);
  }
  while (pending.length > 0) {
    const from = pending.pop()!;
    for (let at = firstJump[from]!; at < firstJump[from + 1]!; at++) {
      const to = calleeOf[jumps[at]!]!;
      const mask = masks[to]! | masks[from]!;
      if (mask === masks[to]) continue;
      masks[to] = mask;
      pending.push(to);
    }
  }
  return masks;
};

interface Descent {
  /** Longest way of jumps below each chain; jumps that close a loop are passed over. */
  readonly depths: Int32Array;
  /** The jump that leads deepest, the first of several; -1: none. */
  readonly choices: Int32Array;
  /** One loop per closing jump: the jumps around it, and the chain that the closing one leads to. */
  readonly loops: readonly { readonly jumps: readonly number[]; readonly into: number }[];
}

/** Depth-first, from each start that was not met before. */
const descend = (starts: readonly number[], { chains, calleeOf, jumps, firstJump }: Calls): Descent => {
  const unknown = -2;
  const open = -1;
  const depths = new Int32Array(chains.length).fill(unknown);
  const choices = new Int32Array(chains.length).fill(-1);
  const loops: { jumps: number[]; into: number }[] = [];
  /** The chains on the way, and beside each chain which of its jumps is looked at. */
  const way = new Int32Array(chains.length);
  const next = firstJump.slice();
  for (let i = 0; i < starts.length; i++) {
    const start = starts[i]!;
    if (depths[start] !== unknown) continue;
    let size = 0;
    way[size++] = start;
    depths[start] = open;
    while (size > 0) {
      const chain = way[size - 1]!;
      const at = next[chain]!;
      if (at === firstJump[chain + 1]) {
        const deepest = choices[chain]!;
        depths[chain] = deepest < 0 ? 0 : depths[calleeOf[deepest]!]! + 1;
        size--;
        continue;
      }
      const callee = calleeOf[jumps[at]!]!;
      if (depths[callee] === unknown) {
        depths[callee] = open;
        way[size++] = callee;
        continue;
      }
      // Met before, or come back from: the same jump once more, now that its depth is known.
      if (depths[callee] === open) {
        const around = way.subarray(way.lastIndexOf(callee, size - 1), size);
        loops.push({ jumps: Array.from(around, (each) => jumps[next[each]!]!), into: callee });
      } else {
        const before = choices[chain]!;
        if (before < 0 || depths[callee]! > depths[calleeOf[before]!]!) choices[chain] = jumps[at]!;
      }
      next[chain] = at + 1;
    }
  }
  return { depths, choices, loops };
};

/** The jumps around a loop, beginning at the first line. */
const fromFirstLine = (jumps: readonly Rule[]): readonly Rule[] => {
  const first = jumps.reduce((best, jump, i) => (jump.node.start < jumps[best]!.node.start ? i : best), 0);
  return [...jumps.slice(first), ...jumps.slice(0, first)];
};
