/**
 * The quick half of reachability: one table, all its hooks at once, with cubes. Most rules meet few earlier ones, and are proved live or dead here; the rest
 * is left to flow.ts. Three facts about every chain make it linear in the number of callers:
 *
 * - `sure`: what a chain decides whatever history says, when it is entered by every packet. Computed once, callees first. It may be known in part
 *   only: then `sure` is a lower bound (good to prove death) and `most` an upper bound (good to prove life).
 * - `arrives`: cubes of packets known to enter it, and whether they are all (`exact`). Computed callers first.
 * - a cover of a step is what earlier steps of its chain take from it.
 */
import {
  type Budget,
  type Cube,
  contains,
  cubesOf,
  everything,
  meet,
  meets,
  merge,
  openings,
  release,
  remainder,
  replace,
  setOf,
  uncovered,
  uncoveredAmongMany,
} from '../packets/cube.js';
import { CubeIndex, dividing } from '../packets/cube-index.js';
import { complementSet, type Dimension, type Form, ValueSet } from '../packets/space.js';
import { type ChainProgram, type Program, type Step, stageCubes, type TableProgram } from './program.js';

const nothingArrives: Death = { parts: [], covers: [], coverSteps: [] };

/** What a chain does to what enters it. */
interface Summary {
  readonly sure: readonly Cube[];
  /** Null: perhaps everything. */
  readonly most: readonly Cube[] | null;
  readonly exact: boolean;
  /** It decides every packet. */
  readonly all: boolean;
}

interface Arrivals {
  cubes: Cube[];
  exact: boolean;
}

/** A step that no packet reaches, with what shows it. */
export interface Death {
  /** Parts of the step's condition that could have arrived; empty: its condition meets nothing that arrives. */
  readonly parts: readonly Cube[];
  /** What takes them, each with the step that takes it. */
  readonly covers: readonly Cube[];
  readonly coverSteps: readonly number[];
}

export interface SurveyResult {
  /** 0 undecided, 1 live, 2 dead; this and the next three by rule id. */
  readonly status: Uint8Array;
  /** A cube that reaches the live step, hook included. */
  readonly witness: (Cube | undefined)[];
  readonly deaths: Map<number, Death>;
  /** Dimensions of tests that every packet which reaches the live step needs to answer one way. */
  readonly leans: Map<number, readonly Dimension[]>;
  readonly arrivals: readonly Arrivals[];
  readonly summaries: readonly (Summary | undefined)[];
}

const mostSure = 48;
const mostArrivals = 32;

/** So few covers are cut away at once. */
const fewCovers = 6;

const isHistory = (space: Program['space'], dim: number): boolean => space.dimensions[dim]!.test?.decidedBy === 'history';

/** A cube that holds a form: its leaves alone. */
export const hullOf = (form: Form): Cube => {
  if (typeof form === 'object' && !(form instanceof ValueSet) && 'and' in form)
    return cubesOf({ and: form.and.filter((part) => part instanceof ValueSet) }, 1)?.[0] ?? everything;
  return everything;
};

/** Whether some atom of one dimension is in no cube: a quick way to see that they do not hold everything. */
const leavesOut = (cubes: readonly Cube[]): boolean =>
  cubes[0]!.sets.some(({ dimension }) => {
    const ranges: number[] = [];
    for (const cube of cubes) {
      const set = setOf(cube, dimension.index);
      if (!set) return false;
      for (const bound of set.ranges) ranges.push(bound);
    }
    return dimension.ofLoose(ranges).count < dimension.size;
  });

const summarise = (program: Program, chain: ChainProgram, summaries: readonly (Summary | undefined)[]): Summary => {
  const { space } = program;
  const sure: Cube[] = [];
  let most: Cube[] | null = [];
  let exact = true;
  const returns: Cube[] = [];
  let returnsUnknown = false;
  const budget: Budget = { left: 20000 };
  const may = (cube: Cube): void => {
    if (!most) return;
    if (most.length >= mostSure) most = null;
    else most.push(cube);
  };
  const add = (cube: Cube): void => {
    may(cube);
    if (returnsUnknown || sure.length >= mostSure) {
      exact = false;
      return;
    }
    const meeting = returns.filter((other) => meets(cube, other));
    const left = meeting.length === 0 ? [cube] : meeting.length > 12 ? null : remainder(cube, meeting, 12, budget);
    if (!left) exact = false;
    else sure.push(...left);
  };
  for (const step of chain.steps) {
    const { kind } = step;
    if (kind === 'pass' || kind === 'maybe') continue;
    const cubes = step.takes === null ? step.cubes : step.takeCubes;
    if (!cubes) {
      exact = false;
      if (kind === 'return' || kind === 'goto') returnsUnknown = true;
      if (kind !== 'return') may(hullOf(step.form));
      continue;
    }
    const target = step.target >= 0 ? summaries[step.target]! : null;
    if (kind === 'decide' || target?.all) for (const cube of cubes) add(cube);
    else if (target) {
      for (const cube of cubes) {
        for (const inner of target.sure) {
          const common = meet(cube, inner);
          if (common) add(common);
        }
        if (!target.exact) {
          exact = false;
          may(cube);
        }
      }
    }
    if (kind === 'return' || (kind === 'goto' && !target!.all)) {
      if (returns.length > 4000) returnsUnknown = true;
      else returns.push(...cubes);
    }
    if (cubes.some((cube) => cube.dims.length === 0) && (kind !== 'jump' || target?.all)) break;
    if (!exact && !most && (returnsUnknown || sure.length >= mostSure)) break; // nothing more will be known
  }
  // What needs a certain history is not sure, unless other cubes make up for it.
  let known = merge(sure);
  if (known.some((cube) => cube.dims.some((dim) => isHistory(space, dim)))) {
    const kept = known.filter((cube) => !cube.dims.some((dim) => isHistory(space, dim)));
    for (const cube of known)
      if (
        !kept.includes(cube) &&
        !kept.some((other) =>
          contains(
            other,
            release(cube, (dim) => isHistory(space, dim)),
          ),
        )
      )
        exact = false;
    known = kept;
  }
  const all = known.length > 0 && !leavesOut(known) && uncovered(everything, known, { left: 5000 }) === null;
  const upper: Cube[] | null =
    exact || all || most === null ? null : merge((most as Cube[]).map((cube) => release(cube, (dim) => isHistory(space, dim))));
  return { sure: all ? [everything] : known, most: upper, exact: exact || all, all };
};

/** Decides what cubes can decide of one table. */
export const survey = (program: Program, table: TableProgram): SurveyResult => {
  const { chains, order } = table;
  const result: SurveyResult = {
    status: new Uint8Array(program.steps.length),
    witness: new Array(program.steps.length),
    deaths: new Map(),
    leans: new Map(),
    arrivals: chains.map(() => ({ cubes: [], exact: true })),
    summaries: [],
  };
  const summaries: (Summary | undefined)[] = new Array(chains.length);
  (result as { summaries: readonly (Summary | undefined)[] }).summaries = summaries;
  for (let i = order.length - 1; i >= 0; i--) {
    const chain = chains[order[i]!]!;
    if (chain.hook === null) summaries[chain.index] = summarise(program, chain, summaries);
  }
  const scratch: Scratch = { index: new CubeIndex([]), steps: [], kinds: [] };
  for (const at of order) {
    const chain = chains[at]!;
    const arrivals = result.arrivals[at]!;
    if (chain.hook !== null) arrivals.cubes = stageCubes(program, table.name, chain.hook);
    if (arrivals.cubes.length > 1) arrivals.cubes = merge(arrivals.cubes);
    if (arrivals.cubes.length > mostArrivals) {
      arrivals.cubes.length = mostArrivals;
      arrivals.exact = false;
    }
    surveyChain(chain, result, scratch);
  }
  return result;
};

/** What short chains share: there are tens of thousands. */
interface Scratch {
  readonly index: CubeIndex;
  readonly steps: number[];
  readonly kinds: number[];
}

const surveyChain = (chain: ChainProgram, result: SurveyResult, scratch: Scratch): void => {
  const { steps } = chain;
  const { cubes: entries, exact } = result.arrivals[chain.index]!;
  const { status, witness, deaths, leans } = result;
  if (entries.length === 0) {
    for (const step of steps) {
      if (exact) {
        status[step.rule.id] = 2;
        deaths.set(step.rule.id, nothingArrives);
      }
      if (step.target >= 0 && !exact) result.arrivals[step.target]!.exact = false;
    }
    return;
  }
  const isShort = steps.length <= 64;
  const index = isShort ? scratch.index : new CubeIndex(dividing(steps.flatMap((step) => step.cubes ?? [])));
  const coverSteps: number[] = isShort ? scratch.steps : [];
  /** 1 a lower bound of what is taken, 2 an upper bound, 3 both. */
  const coverKinds: number[] = isShort ? scratch.kinds : [];
  if (isShort) {
    index.clear();
    coverSteps.length = 0;
    coverKinds.length = 0;
  }
  const cover = (cube: Cube, step: number, kind: number): void => {
    index.insert(cube);
    coverSteps.push(step);
    coverKinds.push(kind);
  };
  /** What cutting cubes may cost in this chain; beyond it diagrams are better. */
  const purse: Budget = { left: Math.min(6_000_000, 400_000 + 2_500 * steps.length) };
  /** Covers that last proved a death among many: they often prove the next. */
  let proof: Cube[] = [];
  /** What the last search needed for its proof, where it was one among many. */
  let proved: readonly Cube[] | null = null;
  const search = (part: Cube, covers: readonly Cube[], budget: Budget): Cube | null | undefined => {
    proved = null;
    if (covers.length <= 40) return uncovered(part, covers, budget);
    for (const cover of covers) if (contains(cover, part)) return null;
    const chosen = proof.filter((cover) => meets(cover, part));
    const limited: Budget = { left: Math.min(budget.left, 12_000) };
    const before = limited.left;
    const found = uncoveredAmongMany(part, covers, chosen, limited);
    budget.left -= before - limited.left;
    if (found === null) {
      proof = chosen;
      proved = chosen;
    }
    return found === undefined && purse.left > covers.length * 8 ? uncovered(part, covers, budget) : found;
  };
  /** A step after which nothing goes on. */
  let closing = -1;
  for (const step of steps) {
    const at = step.index;
    const { id } = step.rule;
    if (closing >= 0) {
      status[id] = 2;
      deaths.set(id, { parts: step.cubes ? [...step.cubes] : [hullOf(step.form)], covers: [everything], coverSteps: [closing] });
      continue;
    }
    const { cubes } = step;
    if (!cubes) {
      if (step.form === false) {
        status[id] = 2;
        deaths.set(id, nothingArrives);
      }
    } else if (cubes.length === 0) {
      status[id] = 2;
      deaths.set(id, nothingArrives);
    } else if (index.size === 0 && (exact || entries.some((entry) => cubes.some((cube) => meets(entry, cube))))) {
      // Nothing before it takes anything: it is live if its condition meets what arrives.
      const parts: Cube[] = [];
      for (const entry of entries)
        for (const cube of cubes) {
          const common = meet(entry, cube);
          if (common) parts.push(common);
        }
      if (parts.length === 0) {
        status[id] = 2;
        deaths.set(id, { parts, covers: [], coverSteps: [] });
      } else {
        status[id] = 1;
        witness[id] = parts[0];
        const lean = leaning(parts[0]!, parts, [], parts[0]!);
        if (lean) leans.set(id, lean);
        if (step.target >= 0) {
          const to = result.arrivals[step.target]!;
          if (!exact) to.exact = false;
          send(to, parts);
        }
      }
    } else {
      const parts: Cube[] = [];
      for (const entry of entries)
        for (const cube of cubes) {
          const common = meet(entry, cube);
          if (common) parts.push(common);
        }
      const death: { parts: Cube[]; covers: Cube[]; coverSteps: number[] } = { parts, covers: [], coverSteps: [] };
      let live: Cube | null = null;
      let undecided = false;
      const budget: Budget = { left: Math.min(30_000, Math.max(purse.left, 200)) };
      const given = budget.left;
      const jumps = step.target >= 0;
      const sent: Cube[] | null = jumps ? [] : null;
      let sentExact = exact;
      if (!jumps && index.size > 200)
        for (const part of parts) {
          const quiet = index.quietPart(part);
          if (!quiet) continue;
          const covers = index.meeting(quiet).filter((id) => coverKinds[id]! & 2);
          const found =
            covers.length === 0
              ? quiet
              : uncovered(
                  quiet,
                  covers.map((id) => index.cube(id)),
                  { left: 500 },
                );
          // What leans on an unknown is looked at closely.
          if (!found || found.sets.some((set) => set.dimension.test)) continue;
          live = found;
          break;
        }
      for (const part of live ? [] : parts) {
        const ids = index.meeting(part);
        const upper: Cube[] = [];
        const lower: Cube[] = [];
        let same = true;
        for (const id of ids) {
          const kind = coverKinds[id]!;
          if (kind & 2) upper.push(index.cube(id));
          if (kind & 1) lower.push(index.cube(id));
          if (kind !== 3) same = false;
        }
        const all = jumps && same && ids.length <= fewCovers ? remainder(part, upper, 16, { left: 4000 }) : null;
        const found = all ? (all[0] ?? null) : upper.length === 0 ? part : search(part, upper, budget);
        if (found) {
          if (!live) {
            live = found;
            const lean = leaning(found, parts, upper, part);
            if (lean) leans.set(id, lean);
          }
          if (!jumps) break;
          const rest = all ?? (same && ids.length <= 200 ? remainder(part, upper, 16, { left: 4000 }) : null);
          if (rest) sent!.push(...rest);
          else {
            sent!.push(found, ...openings(part, upper));
            sentExact = false;
          }
          if (sent!.length > 4 * mostArrivals) {
            sentExact = false;
            break;
          }
          continue;
        }
        const gone = found === null && same ? null : found === undefined && same ? undefined : search(part, lower, budget);
        if (gone === null) {
          const needed: ReadonlySet<Cube> | null = proved === null ? null : new Set<Cube>(proved);
          for (const id of ids)
            if (coverKinds[id]! & 1 && (needed === null || needed.has(index.cube(id)))) {
              death.covers.push(index.cube(id));
              death.coverSteps.push(coverSteps[id]!);
            }
        } else {
          undecided = true;
          sentExact = false;
        }
      }
      if (live) {
        status[id] = 1;
        witness[id] = live;
      } else if (!undecided && exact) {
        status[id] = 2;
        deaths.set(id, death);
      } else if (!exact) {
        // Not all that arrives is known: dead only if dead for everything.
        death.parts = [...cubes];
        death.covers = [];
        death.coverSteps = [];
        let all = true;
        for (const cube of cubes) {
          const ids = index.meeting(cube).filter((id) => coverKinds[id]! & 1);
          if (
            uncovered(
              cube,
              ids.map((id) => index.cube(id)),
              budget,
            ) !== null
          ) {
            all = false;
            break;
          }
          for (const id of ids) {
            death.covers.push(index.cube(id));
            death.coverSteps.push(coverSteps[id]!);
          }
        }
        if (all) {
          status[id] = 2;
          deaths.set(id, death);
        }
      }
      if (jumps && status[id] !== 2) {
        const to = result.arrivals[step.target]!;
        if (status[id] === 0) to.exact = false;
        else {
          if (!sentExact) to.exact = false;
          send(to, sent!);
        }
      }
      purse.left -= given - budget.left;
    }
    if (!cubes && step.target >= 0) result.arrivals[step.target]!.exact = false;
    // What this step takes from those behind it.
    const takes = step.takes === null ? cubes : step.takeCubes;
    const list = takes ?? [hullOf(step.form)];
    const both = takes ? 3 : 2;
    const taken = (cube: Cube, kind: number): void => {
      cover(cube, at, kind);
      if (kind & 1 && cube.dims.length <= 1 && (cube.dims.length === 0 || (exact && entries.every((entry) => contains(cube, entry)))))
        closing = at;
    };
    switch (step.kind) {
      case 'decide':
      case 'return':
      case 'goto':
        for (const cube of list) taken(cube, both);
        break;
      case 'maybe':
        for (const cube of list) cover(replace(cube, step.fate!.interval(1, 1)), at, both);
        break;
      case 'jump': {
        const summary = result.summaries[step.target]!;
        if (summary.all) for (const cube of list) taken(cube, both);
        else
          for (const cube of list) {
            for (const inner of summary.sure) {
              const common = meet(cube, inner);
              if (common) cover(common, at, takes ? (summary.exact ? 3 : 1) : summary.exact ? 2 : 0);
            }
            if (summary.exact) continue;
            if (summary.most)
              for (const outer of summary.most) {
                const common = meet(cube, outer);
                if (common) cover(common, at, 2);
              }
            else cover(cube, at, 2);
          }
        break;
      }
      default:
        break;
    }
  }
};

/** Adds to what arrives at a chain. */
const send = (to: Arrivals, sent: readonly Cube[]): void => {
  if (!to.exact && to.cubes.length >= mostArrivals) return; // enough to show what is live; all of them are not known anyway
  if (to.cubes.length < mostArrivals * 8) {
    to.cubes.push(...sent);
    return;
  }
  to.cubes = merge([...to.cubes, ...sent]);
  if (to.cubes.length < mostArrivals * 8) return;
  to.cubes.length = mostArrivals;
  to.exact = false;
};

/** Tests that must answer one way for any packet to get there. */
const leaning = (found: Cube, parts: readonly Cube[], covers: readonly Cube[], from: Cube): readonly Dimension[] | undefined => {
  let out: Dimension[] | undefined;
  for (let i = 0; i < found.dims.length; i++) {
    const set = found.sets[i]!;
    const { dimension } = set;
    if (!dimension.test || dimension.test.decidedBy === 'packet') continue;
    // Every part needs it?
    let needed = parts.every((part) => setOf(part, dimension.index) === set);
    if (!needed && parts.length === 1 && !setOf(from, dimension.index))
      needed = uncovered(replace(from, complementSet(set)), covers, { left: 2000 }) === null;
    if (needed) {
      out ??= [];
      out.push(dimension);
    }
  }
  return out;
};

/** The step that a chain's step `Step` is, for those who hold a rule. */
export type { Step };
