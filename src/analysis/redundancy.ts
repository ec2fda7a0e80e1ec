/**
 * Rules whose removal changes no packet's fate, looking forward from the rule: what it decides would meet later rules of its chain, or the end of the chain,
 * and get the same verdict there. Rules that do more than decide (log, count in a set, remember, rewrite, mark) are never redundant.
 */
import { type OutlineUse, outlined, printTarget } from '../../grammar/index.js';
import type { Rule } from '../model/ruleset.js';
import { anyMeet, type Cube, meet, meets, uncovered } from '../packets/cube.js';
import { CubeIndex, dividing } from '../packets/cube-index.js';
import type { ChainProgram, Step, TableProgram } from './program.js';
import type { Reachability } from './reachability.js';
import { hasEffectInMatching } from './shadowing.js';

/** Who gives the rule's packets the same fate. */
export interface Redundancy {
  /** Later rules, in order. */
  readonly because: readonly Rule[];
  /** Some of its packets would fall through to the policy, or to the end of the user-defined chain. */
  readonly atEnd: boolean;
}

/** A rule is looked at with so many later rules at most; beyond that it is taken to matter. */
const mostLater = 2000;

/** What tells quickly which steps of a long chain meet a cube. */
interface Meeting {
  readonly index: CubeIndex;
  /** Of each cube in the index, the step. */
  readonly steps: readonly number[];
  /** Steps that are no union of few cubes. */
  readonly others: readonly number[];
}

const meetings = new WeakMap<ChainProgram, Meeting>();

const meetingIn = (chain: ChainProgram): Meeting => {
  let known = meetings.get(chain);
  if (known) return known;
  const index = new CubeIndex(dividing(chain.steps.flatMap((step) => step.cubes ?? [])));
  const steps: number[] = [];
  const others: number[] = [];
  for (let i = 0; i < chain.steps.length; i++) {
    const step = chain.steps[i]!;
    if (!step.cubes) others.push(step.index);
    for (const cube of step.cubes ?? []) {
      index.insert(cube);
      steps.push(step.index);
    }
  }
  known = { index, steps, others };
  meetings.set(chain, known);
  return known;
};

/** Chains of so many steps are gone through step by step. */
const shortChain = 200;

/** Later steps of a long chain that may meet a step, in order. */
const laterSteps = (chain: ChainProgram, step: Step): readonly Step[] => {
  const { index, steps, others } = meetingIn(chain);
  const found = new Set<number>(others);
  for (const cube of step.cubes!) for (const id of index.meeting(cube)) found.add(steps[id]!);
  return [...found]
    .filter((at) => at > step.index)
    .sort((a, b) => a - b)
    .map((at) => chain.steps[at]!);
};

/**
 * Shown by cubes only: where they do not suffice the rule is taken to matter. `evenIfItCounts`: what its matches count and remember is nothing to the
 * asker, who wants to know whether a limit makes a difference to packets.
 */
export const redundancy = (reach: Reachability, rule: Rule, evenIfItCounts = false): Redundancy | null => {
  const step = reach.step(rule);
  const chain = reach.chain(rule);
  const table = reach.table(rule);
  const { action } = rule;
  if (!step.cubes || !rule.chain.whole || (!evenIfItCounts && hasEffectInMatching(rule))) return null;
  if (step.kind !== 'decide' && step.kind !== 'return') return null;
  if (action.kind === 'target' && (action.hasSideEffect || action.rewrites.length > 0 || action.actsOn)) return null;
  const end = endOf(chain);
  return behind(step, chain, table, { wanted: step.kind === 'return' ? end : verdictOf(step), end, bare: false });
};

/** Who accepts all packets of a rule that refuses, if they pass it: those beyond its limit. Null: nobody does, or that is not shown. */
export const acceptedBeyond = (reach: Reachability, rule: Rule): Redundancy | null => {
  const step = reach.step(rule);
  const chain = reach.chain(rule);
  if (!step.cubes || !rule.chain.whole || step.kind !== 'decide' || (step.verdict !== 'drop' && step.verdict !== 'reject')) return null;
  return behind(step, chain, reach.table(rule), { wanted: 'accept', end: endOf(chain), bare: true });
};

/** The end of a chain gives a verdict of its own: the policy, or going back. */
const endOf = ({ chain: { policy }, hook }: ChainProgram): string => {
  if (hook === null) return 'return';
  return policy === 'DROP' ? 'drop' : policy === 'QUEUE' ? 'queue' : 'accept';
};

/** What is asked of the steps behind another: all of its packets get `wanted` there. `bare`: what is logged or counted on the way is nothing to the asker. */
interface Question {
  readonly wanted: string;
  readonly end: string;
  readonly bare: boolean;
}

const behind = (step: Step, chain: ChainProgram, table: TableProgram, { wanted, end, bare }: Question): Redundancy | null => {
  const cubes = step.cubes!;
  const because: Rule[] = [];
  const rest = new Rest(cubes);
  let looked = 0;
  const isShort = chain.steps.length <= shortChain;
  const steps = isShort ? chain.steps : laterSteps(chain, step);
  for (let at = isShort ? step.index + 1 : 0; at < steps.length; at++) {
    const later = steps[at]!;
    const list = later.cubes;
    if (list && !anyMeet(list, cubes)) continue;
    if (++looked > mostLater || !list) return null;
    const fate = bare && isBare(later) ? 'pass' : fateOf(later, table, end);
    if (fate === 'pass') continue; // it does to these packets what it now does not: counting and logging
    if (fate === null || fate !== wanted) {
      // Another fate, unless rules before it already gave all of these packets ours.
      if (rest.mayMeet(list)) return null;
      continue;
    }
    because.push(later.rule);
    if (rest.take(list)) return { because, atEnd: false };
  }
  return wanted === end ? { because, atEnd: true } : null;
};

/** What of some cubes others do not take. */
class Rest {
  private readonly cubes: readonly Cube[];
  private readonly others: Cube[] = [];
  /** Of each cube a part that no other takes, which answers most questions; null: they take it all; undefined: that is not known. */
  private readonly parts: (Cube | null | undefined)[];

  constructor(cubes: readonly Cube[]) {
    this.cubes = cubes;
    this.parts = [...cubes];
  }

  /** Others take of it; whether nothing is left then. */
  take(list: readonly Cube[]): boolean {
    const { cubes, others, parts } = this;
    for (let i = 0; i < list.length; i++) others.push(list[i]!);
    let isGone = true;
    for (let i = 0; i < cubes.length; i++) {
      const part = parts[i];
      if (part === undefined || (part !== null && list.some((cube) => meets(cube, part))))
        parts[i] = uncovered(cubes[i]!, others, { left: 2000 });
      if (parts[i] !== null) isGone = false;
    }
    return isGone;
  }

  /** Whether some packet of the list may be among what is left. */
  mayMeet(list: readonly Cube[]): boolean {
    const { cubes, others, parts } = this;
    for (let i = 0; i < cubes.length; i++) {
      const part = parts[i];
      if (part === null) continue;
      for (let j = 0; j < list.length; j++) {
        const cube = list[j]!;
        if (!meets(cube, cubes[i]!)) continue;
        if ((part !== undefined && meets(cube, part)) || differs(cubes[i]!, cube, others)) return true;
      }
    }
    return false;
  }
}

/** Whether some packet of both cubes is in none of the others. */
const differs = (a: Cube, b: Cube, others: readonly Cube[]): boolean => {
  const parts = others.filter((other) => meets(other, a) && meets(other, b));
  const common = meet(a, b);
  return common !== null && uncovered(common, parts, { left: 2000 }) !== null;
};

/** The verdict with the answer that the sender gets: two that refuse differently are not the same. */
const verdictOf = ({ rule, verdict }: Step): string => {
  const { target } = outlined(rule.node).outline;
  if (verdict !== 'reject' || !target) return verdict!;
  const known = answers.get(target);
  if (known !== undefined) return known;
  const answer = printTarget(rule.node.target!, { family: rule.chain.table.ruleset.family, backend: 'legacy' });
  if (!target.varies) answers.set(target, answer);
  return answer;
};

/** What targets print that are the same in all rules of an outline. */
const answers = new WeakMap<OutlineUse, string>();

/** It lets all packets go on as they are. */
const isBare = ({ kind, rule: { action } }: Step): boolean => kind === 'pass' && (action.kind !== 'target' || action.rewrites.length === 0);

/** What a step does to every packet that it matches, where that is one thing; null: several, or unknown. `pass`: nothing that matters. */
const fateOf = (step: Step, table: TableProgram, end: string): string | null => {
  const { action } = step.rule;
  if (step.kind === 'maybe') return null;
  if (action.kind === 'target') {
    // Packets that now never see it would be logged, marked, remembered.
    if (action.hasSideEffect || action.rewrites.length > 0 || action.actsOn) return null;
  }
  if (hasEffectInMatching(step.rule)) return null;
  switch (step.kind) {
    case 'decide':
      return verdictOf(step);
    case 'return':
      return end;
    case 'pass':
      return 'pass';
    default: {
      // A called chain counts only where its first rule decides everything.
      const first = table.chains[step.target]!.steps[0];
      if (!first) return step.kind === 'jump' ? 'pass' : end;
      return first.form === true && first.kind === 'decide' ? fateOf(first, table, end) : null;
    }
  }
};
