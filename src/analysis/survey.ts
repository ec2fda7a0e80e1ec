/**
 * The quick half of reachability: one table, all its hooks at once, with cubes. Most rules meet few earlier ones, and are proved live or dead here; the rest
 * is left to flow.ts. Three facts about every chain make it linear in the number of callers:
 *
 * - `sure`: what a chain decides whatever history says, when it is entered by every packet. Computed once, callees first. It may be known in part
 *   only: then `sure` is a lower bound (good to prove death) and `most` an upper bound (good to prove life).
 * - `arrives`: cubes of packets known to enter it, and whether they are all (`exact`). Computed callers first.
 * - a cover of a step is what earlier steps of its chain take from it. While what they leave of the arrivals is few cubes, it is carried from step to
 *   step (`left`), and a step lives by what it meets of that; beyond, each step asks the covers that it meets.
 */
import {
  anyMeet,
  type Budget,
  type Cube,
  contains,
  cubeOf,
  cubesOf,
  everything,
  leftBy,
  manyCovers,
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
  withoutPassed,
} from '../packets/cube.js';
import { CubeIndex, dividing } from '../packets/cube-index.js';
import { mostNatural } from '../packets/pick.js';
import { complementSet, type Dimension, type Form, setsMeet, ValueSet } from '../packets/space.js';
import { type ChainProgram, type Program, type Step, stageCubes, type TableProgram } from './program.js';

const noCubes: Cube[] = [];
const noSteps: readonly number[] = [];
const nothingArrives: Death = { parts: noCubes, covers: noCubes, coverSteps: noSteps };

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

/** A packet that gets to a step, and the unknowns that it leans on. */
export interface Life {
  /** A cube that reaches the step, hook included. */
  readonly witness: Cube;
  /** Dimensions of tests that every packet which reaches the step needs to answer one way. */
  readonly leans: readonly Dimension[];
}

/** What is known of a table's rules after its survey. Of most live ones a packet is looked for when somebody asks for it. */
export class SurveyResult {
  /** 0 undecided, 1 live, 2 dead; by rule id, of all tables together. */
  readonly status: Uint8Array;
  readonly deaths = new Map<number, Death>();
  readonly arrivals: readonly Arrivals[];
  readonly summaries: readonly (Summary | undefined)[];
  /** Steps that it left undecided, callers' chains first. */
  readonly open: [ChainProgram, Step][] = [];
  private readonly program: Program;
  /** Lives that took looking for. */
  private readonly lives = new Map<number, Life>();
  private readonly table: TableProgram;
  /** By rule id what reaches a live step of all that is known to arrive, where earlier steps of its chain take something. Made for a chain when asked. */
  private readonly reaching: (readonly Cube[] | undefined)[] = [];
  /** By chain, a bit for each hook from which packets are known to come. */
  private readonly hooks: Uint8Array;
  /** Chains for which that is made. */
  private readonly followed: Uint8Array;

  constructor(program: Program, table: TableProgram, status: Uint8Array, summaries: readonly (Summary | undefined)[]) {
    this.program = program;
    this.status = status;
    this.summaries = summaries;
    this.table = table;
    this.followed = new Uint8Array(table.chains.length);
    this.hooks = new Uint8Array(table.chains.length);
    this.arrivals = table.chains.map(() => ({ cubes: noCubes, exact: true }));
  }

  /** Of a live step: how it lives. */
  life({ rule: { id }, cubes }: Step): Life {
    const known = this.lives.get(id);
    if (known) return known;
    const chain = this.program.chainOf[id]!;
    if (this.followed[chain] === 0) this.follow(chain);
    const reaching = this.reaching[id] ?? partsOf(this.arrivals[chain]!.cubes, cubes!);
    const life = { witness: mostNatural(this.program.space, reaching), leans: neededBy(reaching) };
    this.lives.set(id, life);
    return life;
  }

  /** What the steps of a chain leave to each other, as the survey saw it. To keep it for all of 100,000 rules takes longer than to follow the few chains that somebody asks for. */
  private follow(at: number): void {
    this.followed[at] = 1;
    const entries = this.arrivals[at]!.cubes;
    let left: readonly Cube[] | null = entries.length <= mostLeft ? entries : null;
    const taken: Taking = (cube, kind) => {
      left = left && leftAfter(left, cube, kind);
      copied += left === null ? 0 : restrictions(left);
    };
    let copied = 0;
    for (const step of this.table.chains[at]!.steps) {
      if (left === null || copied > mostCopied) return;
      if (left !== entries && step.cubes) this.reaching[step.rule.id] = partsOf(left, step.cubes);
      takenBy(step, this.summaries, taken);
    }
  }

  /** Whether packets of some hooks are among those that are known to come to a chain. */
  comes(chain: ChainProgram, hook: ValueSet): boolean {
    return (this.hooks[chain.index]! & atomBits(hook)) !== 0;
  }

  /** Takes down by which hooks packets come to a chain, once it is known what arrives: the hooks are few enough for bits. */
  noteHooks(at: number): void {
    const { index, full } = this.program.hook;
    const { cubes } = this.arrivals[at]!;
    let bits = 0;
    for (let i = 0; i < cubes.length; i++) bits |= atomBits(setOf(cubes[i]!, index) ?? full);
    this.hooks[at] = bits;
  }

  /** Whether a live step's packet had to be looked for beyond those. */
  wasLookedFor({ rule }: Step): boolean {
    return this.lives.has(rule.id);
  }

  live(id: number, life: Life): void {
    this.status[id] = 1;
    this.lives.set(id, life);
  }

  /** It lives by whatever arrives at the chain, is left by earlier steps, and matches. */
  liveByRest(id: number): void {
    this.status[id] = 1;
  }

  die(id: number, death: Death): void {
    this.status[id] = 2;
    this.deaths.set(id, death);
  }
}

/** A bit for each atom of a set of few. */
const atomBits = ({ ranges }: ValueSet): number => {
  let bits = 0;
  for (let i = 0; i < ranges.length; i += 2) for (let atom = ranges[i]!; atom <= ranges[i + 1]!; atom++) bits |= 1 << atom;
  return bits;
};

const mostSure = 48;
/** So many more cubes are gathered before they are merged. */
const mergeAt = 64;
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
    for (let i = 0; i < cubes.length; i++) {
      const cube = cubes[i]!;
      const set = setOf(cube, dimension.index);
      if (!set) return false;
      for (let j = 0; j < set.ranges.length; j++) ranges.push(set.ranges[j]!);
    }
    return dimension.ofLoose(ranges).count < dimension.size;
  });

/** How many cubes are gathered before those that were merged are merged again: more for long lists, each of which is gone through then. */
const mergeNext = (merged: readonly Cube[]): number => {
  let bounds = 0;
  for (let i = 0; i < merged.length; i++) {
    const { sets } = merged[i]!;
    for (let j = 0; j < sets.length; j++) {
      const { ranges } = sets[j]!;
      bounds += ranges.length;
    }
  }
  return merged.length + mergeAt + (bounds >> 2);
};

const summarise = (program: Program, chain: ChainProgram, summaries: readonly (Summary | undefined)[]): Summary => {
  const { space } = program;
  let sure: Cube[] = [];
  /** What may be decided, where it is gathered apart: before, it is what surely is. */
  let most: Cube[] | null = null;
  let isApart = false;
  let mostMerged = mergeAt;
  let sureMerged = mergeAt;
  let exact = true;
  const returns: Cube[] = [];
  let returnsUnknown = false;
  const budget: Budget = { left: 20000 };
  const gatherApart = (): void => {
    if (isApart) return;
    isApart = true;
    most = sureMerged === 0 ? null : [...sure];
  };
  const loseExactness = (): void => {
    gatherApart();
    exact = false;
  };
  const may = (cube: Cube): void => {
    if (!most) return;
    most.push(cube);
    // Lists of hosts and ports become few cubes; what does not is not worth keeping.
    if (most.length < mostMerged) return;
    most = merge(most);
    mostMerged = mergeNext(most);
    if (most.length > mostSure) most = null;
  };
  const add = (cube: Cube): void => {
    if (isApart) may(cube);
    if (sureMerged > 0 && sure.length >= sureMerged) {
      sure = merge(sure);
      sureMerged = sure.length > mostSure ? 0 : mergeNext(sure);
    }
    if (!returnsUnknown && sureMerged > 0) {
      const meeting = returns.filter((other) => meets(cube, other));
      if (meeting.length === 0) {
        sure.push(cube);
        return;
      }
      const left = meeting.length > 12 ? null : remainder(cube, meeting, 12, budget);
      if (left) {
        sure.push(...left);
        return;
      }
    }
    const wasApart = isApart;
    loseExactness();
    if (!wasApart) may(cube);
  };
  for (let i = 0; i < chain.steps.length; i++) {
    const step = chain.steps[i]!;
    const { kind } = step;
    if (kind === 'pass') continue;
    if (kind === 'maybe') {
      loseExactness();
      for (const cube of step.cubes ?? [hullOf(step.form)]) may(cube);
      continue;
    }
    const cubes = step.takes === null ? step.cubes : step.takeCubes;
    if (!cubes) {
      loseExactness();
      if (kind === 'return' || kind === 'goto') returnsUnknown = true;
      if (kind !== 'return') may(hullOf(step.form));
      continue;
    }
    const target = step.target >= 0 ? summaries[step.target]! : null;
    if (kind === 'decide' || target?.all) for (let j = 0; j < cubes.length; j++) add(cubes[j]!);
    else if (target) {
      for (let j = 0; j < cubes.length; j++) {
        const cube = cubes[j]!;
        for (let k = 0; k < target.sure.length; k++) {
          const inner = target.sure[k]!;
          const common = meet(cube, inner);
          if (common) add(common);
        }
        if (!target.exact) {
          loseExactness();
          may(cube);
        }
      }
    }
    if (kind === 'return' || (kind === 'goto' && !target!.all)) {
      if (returns.length > 4000) returnsUnknown = true;
      else {
        // What returns cuts what is sure into pieces; what may be decided is told by fewer cubes without it.
        gatherApart();
        returns.push(...cubes);
      }
    }
    if (cubes.some((cube) => cube.dims.length === 0) && (kind !== 'jump' || target?.all)) break;
    if (!exact && !most && (returnsUnknown || sureMerged === 0)) break; // nothing more will be known
  }
  // What needs a certain history is not sure, unless other cubes make up for it.
  // Of middle length merging costs more than callers save by it: a chain of an access list has one caller mostly.
  let known = sureMerged === 0 || (sure.length > 8 && sure.length < mergeAt) ? sure : merge(sure);
  if (known.some((cube) => cube.dims.some((dim) => isHistory(space, dim)))) {
    const kept = known.filter((cube) => !cube.dims.some((dim) => isHistory(space, dim)));
    for (let i = 0; i < known.length; i++) {
      const cube = known[i]!;
      if (
        !kept.includes(cube) &&
        !kept.some((other) =>
          contains(
            other,
            release(cube, (dim) => isHistory(space, dim)),
          ),
        )
      )
        loseExactness();
    }
    known = kept;
  }
  const all = known.length > 0 && !leavesOut(known) && uncovered(everything, known, { left: 5000 }) === null;
  const upper: Cube[] | null =
    exact || all || most === null ? null : merge((most as Cube[]).map((cube) => release(cube, (dim) => isHistory(space, dim))));
  return { sure: all ? [everything] : known, most: upper, exact: exact || all, all };
};

const doesNothing: Summary = { sure: noCubes, most: null, exact: true, all: false };

/**
 * The summary of a chain that decides one cube and nothing else, as that of a kube-proxy service: each of its rules but the last jumps by chance to a chain
 * that takes TCP packets, the last jumps always. Null: it is not so simple. Looked for first, since most of tens of thousands of chains are.
 */
const summariseSimple = ({ steps }: ChainProgram, summaries: readonly (Summary | undefined)[]): Summary | null => {
  /** What is surely decided; what is decided in part. */
  let whole: Cube | null = null;
  let part: Cube | null = null;
  for (let i = 0; i < steps.length; i++) {
    const { kind, cubes, takes, target } = steps[i]!;
    if (kind === 'pass') continue;
    const inner = kind === 'jump' ? summaries[target]! : null;
    if (inner === doesNothing) continue;
    if (takes !== null || cubes?.length !== 1) return null;
    let decided = cubes[0]!;
    if (inner !== null) {
      if (!inner.exact || inner.sure.length !== 1) return null;
      if (decided.dims.length > 0) {
        part ??= inner.sure[0]!;
        if (part !== inner.sure[0]) return null;
        continue;
      }
      decided = inner.sure[0]!;
    } else if (kind !== 'decide') return null;
    whole ??= decided;
    if (whole !== decided) return null;
    if (whole.dims.length === 0) break;
  }
  if (whole === null) return part === null ? doesNothing : null;
  if (part !== null && part !== whole) return null;
  if (whole.sets.some(({ dimension }) => dimension.test?.decidedBy === 'history')) return null;
  // Thousands of such chains decide the same.
  if (lastDecided.sure[0] !== whole) lastDecided = { sure: [whole], most: null, exact: true, all: whole.dims.length === 0 };
  return lastDecided;
};

let lastDecided: Summary = doesNothing;

/** Decides what cubes can decide of one table; says so in `status`, by rule id. */
export const survey = (program: Program, table: TableProgram, status: Uint8Array): SurveyResult => {
  const { chains, order } = table;
  const summaries: (Summary | undefined)[] = new Array(chains.length);
  for (let i = order.length - 1; i >= 0; i--) {
    const chain = chains[order[i]!]!;
    if (chain.hook === null) summaries[chain.index] = summariseSimple(chain, summaries) ?? summarise(program, chain, summaries);
  }
  const result = new SurveyResult(program, table, status, summaries);
  const surveyor = new Surveyor(result);
  for (let j = 0; j < order.length; j++) {
    const at = order[j]!;
    const chain = chains[at]!;
    const arrivals = result.arrivals[at]!;
    if (chain.hook !== null) arrivals.cubes = stageCubes(program, table.name, chain.hook);
    if (arrivals.cubes.length > 1) arrivals.cubes = merge(arrivals.cubes);
    if (arrivals.cubes.length > mostArrivals) {
      arrivals.cubes.length = mostArrivals;
      arrivals.exact = false;
    }
    result.noteHooks(at);
    surveyor.survey(chain);
  }
  return result;
};

/** What arrives and matches. */
const partsOf = (entries: readonly Cube[], cubes: readonly Cube[]): readonly Cube[] => {
  if (entries.length === 1 && cubes.length === 1) {
    const cube = cubes[0]!;
    const common = meet(entries[0]!, cube);
    return common === null ? noCubes : common === cube ? cubes : [common];
  }
  const parts: Cube[] = [];
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!;
    for (let j = 0; j < cubes.length; j++) {
      const cube = cubes[j]!;
      const common = meet(entry, cube);
      if (common) parts.push(common);
    }
  }
  return parts;
};

/** The unknowns which all packets of some cubes answer as the first cube does. */
const neededBy = (parts: readonly Cube[]): readonly Dimension[] => {
  let out: Dimension[] | undefined;
  for (const set of parts[0]!.sets) {
    const { dimension } = set;
    if (!isUnknown(dimension)) continue;
    const turned = complementSet(set);
    const isNeeded = parts.every((part) => {
      const own = setOf(part, dimension.index);
      return own !== undefined && !setsMeet(own, turned);
    });
    if (!isNeeded) continue;
    out ??= [];
    out.push(dimension);
  }
  return out ?? noDimensions;
};

const noDimensions: readonly Dimension[] = [];

/** Whether some packets of a part answer an unknown otherwise. */
const letsTurn = (part: Cube, set: ValueSet): boolean => {
  const own = setOf(part, set.dimension.index);
  return own === undefined || setsMeet(own, complementSet(set));
};

/** Packets of more restrictions count among what is copied: each of thousands of steps has its own. */
const manyDims = 64;

/** So many unknowns are turned around one by one. */
const fewUnknowns = 8;

/** Of this many steps or fewer, cubes are compared one by one. */
const shortChain = 64;

/** What earlier steps leave is followed as so many cubes; where it falls into more, each step asks the earlier ones anew. */
const mostLeft = 8;

/** Of so many intervals a set that is left is too many to be cut again and again: each cut is a set of its own, of 65,000 ports at worst. */
const mostIntervals = 32;

/** What is left of some cubes when more is taken; null: that is not known, or not followed any more. */
const leftAfter = (before: readonly Cube[], cube: Cube, kind: number): readonly Cube[] | null => {
  const left = kind === 3 ? leftBy(before, cube, mostLeft) : null;
  return left !== null && left !== before && isRagged(left, cube) ? null : left;
};

/**
 * Restrictions that the cubes left may come to in all, over the steps of a chain: each of thousands of rules with a limit adds one, and every cut copies them.
 * Steps beyond are left open, for who has a budget.
 */
const mostCopied = 10_000_000;

const restrictions = (cubes: readonly Cube[]): number => {
  let count = 0;
  for (let i = 0; i < cubes.length; i++) count += cubes[i]!.dims.length;
  return count;
};

/** Whether what was cut by a cube fell into many intervals there. */
const isRagged = (left: readonly Cube[], { dims }: Cube): boolean => {
  for (let i = 0; i < left.length; i++)
    for (let j = 0; j < dims.length; j++) {
      const set = setOf(left[i]!, dims[j]!);
      if (set !== undefined && set.ranges.length > 2 * mostIntervals) return true;
    }
  return false;
};

/** Surveys one chain after the other; what it holds is of the chain in hand. There are tens of thousands of short ones. */
class Surveyor {
  private readonly result: SurveyResult;
  private readonly shortIndex = new CubeIndex([]);
  private index = this.shortIndex;
  private readonly coverSteps: number[] = [];
  /** 1 a lower bound of what is taken, 2 an upper bound, 3 both. */
  private readonly coverKinds: number[] = [];
  private entries: readonly Cube[] = [];
  /** The entries are all that arrives. */
  private exact = true;
  /** All that earlier steps leave of the entries; null: it is not followed. */
  private left: readonly Cube[] | null = null;
  /** What cutting cubes may cost in this chain; beyond it diagrams are better. */
  private readonly purse: Budget = { left: 0 };
  /** Covers that last proved a death among many: they often prove the next. */
  private proof: Cube[] = [];
  /** What the last search needed for its proof, where it was one among many. */
  private proved: readonly Cube[] | null = null;
  /** What following what is left has copied in this chain. */
  private copied = 0;
  /** A step after which nothing goes on. */
  private closing = -1;

  constructor(result: SurveyResult) {
    this.result = result;
  }

  survey(chain: ChainProgram): void {
    const { steps } = chain;
    const { cubes: entries, exact } = this.result.arrivals[chain.index]!;
    if (entries.length === 0) {
      for (let i = 0; i < steps.length; i++) {
        const step = steps[i]!;
        if (exact) this.result.die(step.rule.id, nothingArrives);
        else this.result.open.push([chain, step]);
        if (step.target >= 0 && !exact) this.result.arrivals[step.target]!.exact = false;
      }
      return;
    }
    this.entries = entries;
    this.exact = exact;
    this.left = entries.length <= mostLeft ? entries : null;
    if (steps.length <= shortChain) {
      this.index = this.shortIndex;
      this.index.clear();
    } else this.index = new CubeIndex(dividing(steps.flatMap((step) => step.cubes ?? [])));
    this.coverSteps.length = 0;
    this.coverKinds.length = 0;
    this.purse.left = Math.min(6_000_000, 400_000 + 2_500 * steps.length);
    this.proof = noCubes;
    this.copied = 0;
    this.closing = -1;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      if (this.closing >= 0) {
        this.result.die(step.rule.id, {
          parts: step.cubes ? [...step.cubes] : [hullOf(step.form)],
          covers: [everything],
          coverSteps: [this.closing],
        });
        continue;
      }
      if (this.copied > mostCopied) {
        if (step.target >= 0) this.result.arrivals[step.target]!.exact = false;
        this.result.open.push([chain, step]);
        continue;
      }
      this.judge(step);
      if (this.result.status[step.rule.id] === 0) this.result.open.push([chain, step]);
      // What the last one takes nobody asks; most chains are of two or three.
      if (i + 1 < steps.length) this.take(step);
    }
  }

  /** Whether the step lives, and what it sends where it jumps to. */
  private judge(step: Step): void {
    const { cubes } = step;
    const { result, entries, exact, left } = this;
    const { id } = step.rule;
    if (!cubes || cubes.length === 0) {
      if (cubes || step.form === false) result.die(id, nothingArrives);
      if (!cubes && step.target >= 0) result.arrivals[step.target]!.exact = false;
      return;
    }
    const to = step.target >= 0 ? result.arrivals[step.target]! : null;
    const isAsked = to !== null && (to.exact || to.cubes.length < mostArrivals);
    if (left === null ? this.index.size > 0 : left !== entries) {
      // Something was taken before.
      if (left === null) this.judgeAmongCovers(step, cubes, partsOf(entries, cubes));
      else {
        const reaching = partsOf(left, cubes);
        if (reaching.length > 0) {
          result.liveByRest(id);
          if (isAsked) {
            if (!exact) to.exact = false;
            send(to, reaching);
          }
        } else if (exact) this.die(step, partsOf(entries, cubes));
        else this.judgeAmongCovers(step, cubes, partsOf(entries, cubes));
      }
      return;
    }
    // Nothing before it takes anything: it is live if its condition meets what arrives.
    if (!isAsked) {
      if (anyMeet(entries, cubes)) result.liveByRest(id);
      else if (exact) this.die(step, noCubes);
      else this.judgeAmongCovers(step, cubes, noCubes);
      return;
    }
    const parts = partsOf(entries, cubes);
    if (parts.length === 0) {
      if (exact) this.die(step, noCubes);
      else this.judgeAmongCovers(step, cubes, noCubes);
      return;
    }
    result.liveByRest(id);
    if (!exact) to.exact = false;
    send(to, parts);
  }

  /** Nothing is left for a step: whatever takes of these parts has a share in it. */
  private die(step: Step, parts: readonly Cube[]): void {
    const covers: Cube[] = [];
    const steps: number[] = [];
    for (const part of parts)
      for (const id of this.index.meeting(part))
        if (this.coverKinds[id]! & 1) {
          covers.push(this.index.cube(id));
          steps.push(this.coverSteps[id]!);
        }
    this.result.die(step.rule.id, { parts, covers, coverSteps: steps });
  }

  private judgeAmongCovers(step: Step, cubes: readonly Cube[], parts: readonly Cube[]): void {
    const { index, coverSteps, coverKinds, purse, exact } = this;
    const { result } = this;
    const { id } = step.rule;
    /** Made where something dies: few steps do. */
    let death: { parts: readonly Cube[]; covers: Cube[]; coverSteps: number[] } | null = null;
    let live: Cube | null = null;
    let undecided = false;
    const budget: Budget = { left: Math.min(30_000, Math.max(purse.left, 200)) };
    const given = budget.left;
    const jumps = step.target >= 0;
    const sent: Cube[] = jumps ? [] : noCubes;
    let sentExact = exact;
    if (!jumps && index.size > 200)
      for (let i = 0; i < parts.length; i++) {
        const part = parts[i]!;
        const quiet = index.quietPart(part);
        if (!quiet) continue;
        const covers = this.covers(index.meeting(quiet), 2);
        const found = covers.length === 0 ? quiet : uncovered(quiet, covers, { left: 500 });
        // What leans on an unknown is looked at closely.
        if (!found || found.sets.some((set) => set.dimension.test)) continue;
        live = found;
        result.live(id, { witness: found, leans: noDimensions });
        break;
      }
    for (let at = live ? parts.length : 0; at < parts.length; at++) {
      const part = parts[at]!;
      const ids = index.meeting(part);
      const upper: Cube[] = [];
      /** Another list only where it differs. */
      let lower = upper;
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i]!;
        const kind = coverKinds[id]!;
        if (kind !== 3 && lower === upper) lower = [...upper];
        if (kind & 2) upper.push(index.cube(id));
        if (kind & 1 && lower !== upper) lower.push(index.cube(id));
      }
      const same = lower === upper;
      const all = jumps && same && ids.length <= fewCovers ? remainder(part, upper, 16, { left: 4000 }) : null;
      const found = all ? (all[0] ?? null) : upper.length === 0 ? part : this.search(part, upper, budget);
      if (found) {
        if (!live) {
          live = found;
          this.noteLife(id, found, parts);
        }
        if (!jumps) break;
        const rest = all ?? (same && ids.length <= 200 ? remainder(part, upper, 16, { left: 4000 }) : null);
        if (rest) sent.push(...rest);
        else {
          sent.push(found, ...openings(part, upper));
          sentExact = false;
        }
        if (sent.length > 4 * mostArrivals) {
          sentExact = false;
          break;
        }
        continue;
      }
      const gone = found === null && same ? null : found === undefined && same ? undefined : this.search(part, lower, budget);
      if (gone === null) {
        const needed: ReadonlySet<Cube> | null = this.proved === null ? null : new Set<Cube>(this.proved);
        death ??= { parts, covers: [], coverSteps: [] };
        for (let i = 0; i < ids.length; i++) {
          const id = ids[i]!;
          if (coverKinds[id]! & 1 && (needed === null || needed.has(index.cube(id)))) {
            death.covers.push(index.cube(id));
            death.coverSteps.push(coverSteps[id]!);
          }
        }
      } else {
        undecided = true;
        sentExact = false;
      }
    }
    if (!live && !undecided && exact) {
      result.die(id, death ?? { parts, covers: noCubes, coverSteps: [] });
    } else if (!live && !exact) {
      // Not all that arrives is known: dead only if dead for everything.
      const covers: Cube[] = [];
      const steps: number[] = [];
      let all = true;
      for (let i = 0; i < cubes.length; i++) {
        const cube = cubes[i]!;
        const ids = index.meeting(cube);
        if (uncovered(cube, this.covers(ids, 1), budget) !== null) {
          all = false;
          break;
        }
        for (let j = 0; j < ids.length; j++) {
          const id = ids[j]!;
          if (!(coverKinds[id]! & 1)) continue;
          covers.push(index.cube(id));
          steps.push(coverSteps[id]!);
        }
      }
      if (all) result.die(id, { parts: [...cubes], covers, coverSteps: steps });
    }
    if (jumps && result.status[id] !== 2) {
      const to = this.result.arrivals[step.target]!;
      if (!live || !sentExact) to.exact = false;
      send(to, sent);
    }
    purse.left -= given - budget.left;
  }

  private search(part: Cube, covers: readonly Cube[], budget: Budget): Cube | null | undefined {
    this.proved = null;
    if (covers.length <= 40) return uncovered(part, covers, budget);
    for (let i = 0; i < covers.length; i++) if (contains(covers[i]!, part)) return null;
    if (covers.length >= manyCovers) {
      const { covers: essential, pass } = withoutPassed(part, covers);
      if (essential.length < covers.length) {
        const found = this.search(part, essential, budget);
        if (found === null) this.proved ??= essential;
        return found ? pass(found) : found;
      }
    }
    const chosen = this.proof.filter((cover) => meets(cover, part));
    const limited: Budget = { left: Math.min(budget.left, 12_000) };
    const before = limited.left;
    const found = uncoveredAmongMany(part, covers, chosen, limited);
    budget.left -= before - limited.left;
    if (found === null) {
      this.proof = chosen;
      this.proved = chosen;
    }
    return found === undefined && this.purse.left > covers.length * 8 ? uncovered(part, covers, budget) : found;
  }

  /** A packet was found. What cannot be told of its unknowns leaves the step open. */
  private noteLife(id: number, found: Cube, parts: readonly Cube[]): void {
    const leans = asksUnknown(found) ? this.needed(found, parts) : noDimensions;
    if (found.dims.length > manyDims) this.copied += found.dims.length;
    if (leans) this.result.live(id, { witness: found, leans });
  }

  /**
   * The unknowns of a packet that every packet which reaches the step needs to answer so; null: it could not be told. Where not all that arrives is
   * known, those that all known packets need count: saying so much claims less.
   */
  private needed(found: Cube, parts: readonly Cube[]): Dimension[] | null {
    const out: Dimension[] = [];
    const asked = found.sets.filter((set) => isUnknown(set.dimension) && parts.some((part) => letsTurn(part, set)));
    const turnable = new Set<ValueSet>();
    if (asked.length > fewUnknowns) this.turnTogether(asked, parts, turnable);
    for (let i = 0; i < found.sets.length; i++) {
      const set = found.sets[i]!;
      const { dimension } = set;
      if (!isUnknown(dimension) || turnable.has(set)) continue;
      const turned = complementSet(set);
      let isNeeded = true;
      let isShown = false;
      for (let j = 0; j < parts.length; j++) {
        const part = parts[j]!;
        const own = setOf(part, dimension.index);
        if (own !== undefined && !setsMeet(own, turned)) continue;
        const piece = replace(part, turned);
        const ids = this.index.meeting(piece);
        if (this.ask(piece, ids, 1) === null) continue;
        isNeeded = false;
        isShown = Boolean(this.ask(piece, ids, 2));
        if (isShown) break;
      }
      if (isNeeded || (!this.exact && !isShown)) out.push(dimension);
      else if (!isShown) return null;
    }
    return out;
  }

  /** Notes answers that packets which reach the step turn around, many at once: of thousands of unknowns most are of no matter to it. */
  private turnTogether(asked: readonly ValueSet[], parts: readonly Cube[], turnable: Set<ValueSet>): void {
    const turned = cubeOf(asked.map(complementSet));
    for (let i = 0; i < parts.length; i++) {
      const piece = turned && meet(parts[i]!, turned);
      if (piece === null || !this.ask(piece, this.index.meeting(piece), 2)) continue;
      for (let j = 0; j < asked.length; j++) turnable.add(asked[j]!);
      return;
    }
    if (asked.length === 1) return;
    const half = asked.length >> 1;
    this.turnTogether(asked.slice(0, half), parts, turnable);
    this.turnTogether(asked.slice(half), parts, turnable);
  }

  /** What covers of a kind leave of a cube. */
  private ask(cube: Cube, ids: readonly number[], kind: number): Cube | null | undefined {
    const covers = this.covers(ids, kind);
    return covers.length === 0 ? cube : uncovered(cube, covers, { left: 2000 });
  }

  /** Those of a kind. */
  private covers(ids: readonly number[], kind: number): Cube[] {
    const covers: Cube[] = [];
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (this.coverKinds[id]! & kind) covers.push(this.index.cube(id));
    }
    return covers;
  }

  /** What a step takes from those behind it. */
  private take(step: Step): void {
    this.taking = step.index;
    takenBy(step, this.result.summaries, this.taken);
  }

  /** The step whose takings are told. */
  private taking = 0;

  private readonly taken: Taking = (cube, kind, isWhole) => {
    if (this.left !== null) {
      this.left = leftAfter(this.left, cube, kind);
      if (this.left !== null) this.copied += restrictions(this.left);
    }
    if (isWhole) this.takeWhole(cube, this.taking, kind);
    else this.cover(cube, this.taking, kind);
  };

  /** All of a cube is taken: perhaps all that arrives. */
  private takeWhole(cube: Cube, at: number, kind: number): void {
    this.cover(cube, at, kind);
    if (!(kind & 1) || cube.dims.length > 1) return;
    if (cube.dims.length > 0) {
      if (!this.exact) return;
      for (let i = 0; i < this.entries.length; i++) if (!contains(cube, this.entries[i]!)) return;
    }
    this.closing = at;
  }

  private cover(cube: Cube, step: number, kind: number): void {
    this.index.insert(cube);
    this.coverSteps.push(step);
    this.coverKinds.push(kind);
  }
}

/**
 * Is given part of what a step takes from those behind it. `kind`: 1 a lower bound of what is taken, 2 an upper bound, 3 both;
 * `isWhole`: all packets of the cube, whatever history says.
 */
type Taking = (cube: Cube, kind: number, isWhole: boolean) => void;

/** Tells what a step takes from those behind it. */
export const takenBy = (step: Step, summaries: readonly (Summary | undefined)[], tell: Taking): void => {
  const { kind, cubes } = step;
  if (kind === 'pass') return;
  const summary = kind === 'jump' ? summaries[step.target]! : null;
  if (summary?.exact && summary.sure.length === 0) return;
  const takes = step.takes === null ? cubes : step.takeCubes;
  const list = takes ?? [hullOf(step.form)];
  for (let i = 0; i < list.length; i++) {
    const cube = list[i]!;
    if (kind === 'maybe') tell(replace(cube, step.fate!.interval(1, 1)), takes ? 3 : 2, false);
    else if (summary === null || summary.all) tell(cube, takes ? 3 : 2, true);
    else {
      const { sure, most, exact } = summary;
      const kindSure = takes ? (exact ? 3 : 1) : exact ? 2 : 0;
      for (let j = 0; j < sure.length; j++) {
        const common = meet(cube, sure[j]!);
        if (common) tell(common, kindSure, false);
      }
      if (exact) continue;
      const outers = most ?? all;
      for (let j = 0; j < outers.length; j++) {
        const common = meet(cube, outers[j]!);
        if (common) tell(common, 2, false);
      }
    }
  }
};

const all: readonly Cube[] = [everything];

/** Adds to what arrives at a chain. */
const send = (to: Arrivals, sent: readonly Cube[]): void => {
  if (!to.exact && to.cubes.length >= mostArrivals) return; // enough to show what is live; all of them are not known anyway
  if (to.cubes.length < mostArrivals * 8) {
    // Most chains are called once or twice; a list that grows keeps room for sixteen more.
    if (to.cubes.length === 0) to.cubes = sent.slice();
    else to.cubes.push(...sent);
    return;
  }
  to.cubes = merge([...to.cubes, ...sent]);
  if (to.cubes.length < mostArrivals * 8) return;
  to.cubes.length = mostArrivals;
  to.exact = false;
};

const isUnknown = ({ test }: Dimension): boolean => test !== null && test.decidedBy !== 'packet';

const asksUnknown = ({ sets }: Cube): boolean => {
  for (let i = 0; i < sets.length; i++) {
    const { dimension } = sets[i]!;
    if (isUnknown(dimension)) return true;
  }
  return false;
};

/** The step that a chain's step `Step` is, for those who hold a rule. */
export type { Step };
