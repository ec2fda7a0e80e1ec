/**
 * Rules whose removal changes no packet's fate, looking forward from the rule: what it decides would meet later rules of its chain, or the end of the chain,
 * and get the same verdict there. Rules that do more than decide (log, count in a set, remember, rewrite, mark) are never redundant.
 */
import { type OutlineUse, outlined, printTarget } from '../../grammar/index.js';
import type { Rule } from '../model/ruleset.js';
import { anyMeet, type Cube, meet, meets, minus, uncovered } from '../packets/cube.js';
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

/** Later steps of a long chain that may meet a step, in order; more than `mostLater` of them stand for all. */
const laterSteps = (chain: ChainProgram, step: Step): readonly Step[] => {
  const { index, steps, others } = meetingIn(chain);
  const cubes = step.cubes!;
  const found: number[] = [];
  for (let i = 0; i < others.length; i++) if (others[i]! > step.index) found.push(others[i]!);
  for (let i = 0; i < cubes.length; i++) {
    // In order of insertion, so in that of steps.
    const ids = index.meeting(cubes[i]!);
    for (let j = 0, count = 0; j < ids.length && count <= mostLater; j++) {
      const at = steps[ids[j]!]!;
      if (at <= step.index) continue;
      found.push(at);
      count++;
    }
  }
  if (others.length > 0 || cubes.length > 1) found.sort((a, b) => a - b);
  const out: Step[] = [];
  for (let i = 0; i < found.length; i++) if (found[i] !== found[i - 1]) out.push(chain.steps[found[i]!]!);
  return out;
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
  const rest = new Rest(cubes, usesIn(chain));
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
    if (rest.isSpent) return null;
  }
  return wanted === end ? { because, atEnd: true } : null;
};

/** By dimension: how many cubes of a chain's deciding steps restrict it; two stands for more, too. */
const uses = new WeakMap<ChainProgram, Uint8Array>();

const usesIn = (chain: ChainProgram): Uint8Array => {
  let known = uses.get(chain);
  if (known) return known;
  const { steps } = chain;
  let most = -1;
  for (let i = 0; i < steps.length; i++) {
    const { cubes } = steps[i]!;
    if (!cubes) continue;
    for (let j = 0; j < cubes.length; j++) {
      const { dims } = cubes[j]!;
      if (dims.length > 0 && dims[dims.length - 1]! > most) most = dims[dims.length - 1]!;
    }
  }
  known = new Uint8Array(most + 1);
  for (let i = 0; i < steps.length; i++) {
    const { kind, cubes } = steps[i]!;
    if (kind === 'pass' || !cubes) continue;
    for (let j = 0; j < cubes.length; j++) {
      const { dims } = cubes[j]!;
      for (let k = 0; k < dims.length; k++) if (known[dims[k]!]! < 2) known[dims[k]!]!++;
    }
  }
  uses.set(chain, known);
  return known;
};

/** Restrictions that following what is left of a rule may copy: in a chain where thousands of rules ask a test of their own, each adds one. */
const mostCopied = 20_000;

/** What of some cubes others do not take. */
class Rest {
  private readonly cubes: readonly Cube[];
  private readonly uses: Uint8Array;
  private readonly others: Cube[] = [];
  /** Of each cube a part that no other takes, which answers most questions; null: they take it all; undefined: that is not known. */
  private readonly parts: (Cube | null | undefined)[];
  private copied = 0;

  constructor(cubes: readonly Cube[], uses: Uint8Array) {
    this.cubes = cubes;
    this.uses = uses;
    this.parts = [...cubes];
  }

  /** It was followed for too long: what is left is not known any more. */
  get isSpent(): boolean {
    return this.copied > mostCopied;
  }

  /** Others take of it; whether nothing is left then. */
  take(list: readonly Cube[]): boolean {
    const { cubes, others, parts } = this;
    const first = others.length;
    for (let i = 0; i < list.length; i++) if (!this.isPassable(list[i]!)) others.push(list[i]!);
    let isGone = true;
    for (let i = 0; i < cubes.length; i++) {
      let part = parts[i];
      // What the new ones leave of a part that the old ones do not take, none takes.
      for (let j = first; part && j < others.length; j++)
        if (meets(others[j]!, part)) {
          part = minus(part, others[j]!)[0];
          this.copied += part ? part.dims.length : 0;
        }
      if (part === undefined) {
        part = uncovered(cubes[i]!, others, { left: 2000 });
        this.copied += others.length;
      }
      parts[i] = part;
      if (part !== null) isGone = false;
    }
    return isGone;
  }

  /** Some packets of any set pass it: it restricts what no other cube of the chain does, nor the rule. */
  private isPassable({ dims }: Cube): boolean {
    for (let i = 0; i < dims.length; i++) if (this.uses[dims[i]!] === 1) return true;
    return false;
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
