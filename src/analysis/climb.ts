/**
 * Packets for steps that the survey left open because not all that arrives at their chain is known: from what the step asks up through the steps that
 * lead to it, one piece at a time. What is found lives; the rest is left open, which proves nothing.
 */
import type { Hook } from '../../grammar/index.js';
import { type Budget, type Cube, meet, replace, setOf, uncovered } from '../packets/cube.js';
import { CubeIndex, dividing } from '../packets/cube-index.js';
import { complementSet, type Dimension, setsMeet, type ValueSet } from '../packets/space.js';
import { type ChainProgram, type Program, type Step, stageCubes, type TableProgram } from './program.js';
import { type SurveyResult, takenBy } from './survey.js';

/** Comparisons that one table may cost. */
const mostWork = 4_000_000;
/** Comparisons that one piece may cost in one chain. */
const mostForPiece = 3000;
/** Callers further up than this are not looked at; chains called so deep are rare. */
const mostDepth = 12;

/** What steps of a chain may take, with the step of each. */
interface Covers {
  readonly index: CubeIndex;
  readonly steps: readonly number[];
  readonly kinds: readonly number[];
}

class Climber {
  private readonly program: Program;
  private readonly table: TableProgram;
  private readonly result: SurveyResult;
  private readonly covers = new Map<ChainProgram, Covers>();
  /** Answers of unknowns with which no packet comes to a chain, or perhaps one. */
  private readonly excluded = new Map<ChainProgram, Map<ValueSet, boolean>>();
  private readonly seen = new Map<Hook, readonly Cube[]>();
  readonly purse: Budget = { left: mostWork };
  /** What steps leave is looked for as widely as can be. */
  private widely = false;

  constructor(program: Program, table: TableProgram, result: SurveyResult) {
    this.program = program;
    this.table = table;
    this.result = result;
  }

  /** A part of a cube whose packets reach a step of a chain; null: none was found. */
  reach(chain: ChainProgram, step: number, cube: Cube, depth: number): Cube | null {
    if (this.isSpent()) return null;
    const piece = this.left(chain, step, cube);
    if (!piece) return null;
    if (chain.hook !== null) {
      for (const stage of this.stages(chain.hook)) {
        const part = meet(piece, stage);
        if (part) return part;
        const inside = meet(cube, stage);
        const other = inside && this.left(chain, step, inside);
        if (other) return other;
      }
      return null;
    }
    if (depth >= mostDepth) return null;
    return this.from(chain, piece, depth) ?? this.fromThenLeft(chain, step, cube, depth);
  }

  /** A part of a cube that arrives at a chain. */
  private from(chain: ChainProgram, cube: Cube, depth: number): Cube | null {
    for (const caller of this.table.callersOf(chain.index)) {
      const from = this.table.chains[caller.chain]!;
      for (const call of from.steps[caller.step]!.cubes ?? []) {
        const part = meet(cube, call);
        const found = part && this.reach(from, caller.step, part, depth + 1);
        if (found) return found;
      }
    }
    return null;
  }

  /** The other way round: what arrives first, then what the chain leaves of it. */
  private fromThenLeft(chain: ChainProgram, step: number, cube: Cube, depth: number): Cube | null {
    const found = this.from(chain, cube, depth);
    return found && this.left(chain, step, found);
  }

  /** Every question has its price, for ways multiply where chains are called from many. */
  private isSpent(): boolean {
    this.purse.left -= 10;
    return this.purse.left < 0;
  }

  /** What the table can see at a hook. */
  private stages(hook: Hook): readonly Cube[] {
    let known = this.seen.get(hook);
    if (!known) {
      known = stageCubes(this.program, this.table.name, hook);
      this.seen.set(hook, known);
    }
    return known;
  }

  /** Whether it is shown that no packet of a cube reaches a step of a chain. */
  never(chain: ChainProgram, step: number, cube: Cube, depth: number): boolean {
    if (this.isSpent() || depth > mostDepth) return false;
    if (chain.hook !== null)
      return this.stages(chain.hook).every((stage) => {
        const part = meet(cube, stage);
        return part === null || this.isTaken(chain, step, part);
      });
    if (this.isTaken(chain, step, cube)) return true;
    return this.table.callersOf(chain.index).every((caller) => {
      const from = this.table.chains[caller.chain]!;
      const calls = from.steps[caller.step]!.cubes;
      return (
        calls?.every((call) => {
          const part = meet(cube, call);
          return part === null || this.isTaken(chain, step, part) || this.never(from, caller.step, part, depth + 1);
        }) ?? false
      );
    });
  }

  /** Whether steps before this one surely take all of a cube. */
  private isTaken(chain: ChainProgram, step: number, cube: Cube): boolean {
    const { index, steps, kinds } = this.coversOf(chain);
    const before = index.meeting(cube).filter((id) => steps[id]! < step && kinds[id]! & 1);
    if (before.length === 0) return false;
    return this.uncovered(index, before, cube) === null;
  }

  /** A part of a cube that no step before this one may take. */
  private left(chain: ChainProgram, step: number, cube: Cube): Cube | null {
    const { index, steps, kinds } = this.coversOf(chain);
    const quiet = index.quietPart(cube);
    for (const part of quiet ? [quiet, cube] : [cube]) {
      const before = index.meeting(part).filter((id) => steps[id]! < step && kinds[id]! & 2);
      const found = before.length === 0 ? part : this.uncovered(index, before, part);
      if (found) return found;
    }
    return null;
  }

  private uncovered(index: CubeIndex, ids: readonly number[], cube: Cube): Cube | null | undefined {
    const budget: Budget = { left: mostForPiece };
    const found = uncovered(
      cube,
      ids.map((id) => index.cube(id)),
      budget,
      this.widely,
    );
    this.purse.left -= mostForPiece - budget.left + ids.length;
    return found;
  }

  private coversOf(chain: ChainProgram): Covers {
    let known = this.covers.get(chain);
    if (!known) {
      const cubes: Cube[] = [];
      const steps: number[] = [];
      const kinds: number[] = [];
      for (const step of chain.steps)
        takenBy(step, this.result.summaries, (cube, kind) => {
          cubes.push(cube);
          steps.push(step.index);
          kinds.push(kind);
        });
      const index = new CubeIndex(cubes.length > 64 ? dividing(cubes) : []);
      for (const cube of cubes) index.insert(cube);
      this.purse.left -= cubes.length;
      known = { index, steps, kinds };
      this.covers.set(chain, known);
    }
    return known;
  }

  /** Decides one step, if that can be done so. */
  decide(chain: ChainProgram, step: Step): void {
    const { id } = step.rule;
    const cubes = step.cubes!;
    // Quickly first; what is found so is often too narrow for the callers.
    for (this.widely = false; ; this.widely = true) {
      for (const cube of cubes) {
        const found = this.reach(chain, step.index, cube, 0);
        if (!found) continue;
        const needed = this.needed(chain, step, found);
        if (!needed) continue;
        this.result.live(id, { witness: found, leans: needed });
        return;
      }
      if (this.widely) return;
    }
  }

  /** Whether no packet comes to a chain whose unknown is answered so. */
  private excludes(chain: ChainProgram, answer: ValueSet): boolean {
    let known = this.excluded.get(chain);
    if (!known) {
      known = new Map();
      this.excluded.set(chain, known);
    }
    let isExcluded = known.get(answer);
    if (isExcluded === undefined) {
      isExcluded = this.never(chain, 0, { dims: [answer.dimension.index], sets: [answer] }, 0);
      known.set(answer, isExcluded);
    }
    return isExcluded;
  }

  /** The unknowns of a packet that every packet which reaches the step needs to answer so; null: it could not be told. */
  private needed(chain: ChainProgram, step: Step, found: Cube): Dimension[] | null {
    const out: Dimension[] = [];
    for (const set of found.sets) {
      const { dimension } = set;
      if (!dimension.test || dimension.test.decidedBy === 'packet') continue;
      const turned = complementSet(set);
      if (this.excludes(chain, turned)) {
        out.push(dimension);
        continue;
      }
      const others: Cube[] = [];
      for (const cube of step.cubes!) {
        const own = setOf(cube, dimension.index);
        if (own === undefined || setsMeet(own, turned)) others.push(replace(cube, turned));
      }
      if (others.every((cube) => this.never(chain, step.index, cube, 0))) out.push(dimension);
      else if (!others.some((cube) => this.reach(chain, step.index, cube, 0))) return null;
    }
    return out;
  }
}

/** Decides open steps of chains of which not all arrivals are known. */
export const climb = (program: Program, table: TableProgram, result: SurveyResult): void => {
  const climber = new Climber(program, table, result);
  for (const [chain, step] of result.open) {
    if (climber.purse.left < 0) return;
    if (!result.arrivals[chain.index]!.exact && step.cubes) climber.decide(chain, step);
  }
};
