/**
 * Sets of packets as cubes: a cube restricts some dimensions to sets of atoms and leaves the others free. Almost every rule is one cube, and most
 * rules meet few others, so most questions are settled here without a diagram. What is not settled within a budget goes to diagram.ts.
 */
import {
  type Cube,
  complementSet,
  type Dimension,
  type Form,
  joinSets,
  meetSets,
  minusSets,
  setContains,
  setsMeet,
  ValueSet,
} from './space.js';

export type { Cube } from './space.js';

/** Every packet. */
export const everything: Cube = { dims: [], sets: [] };

/** Where cubes are put together: cut off at their length they take a third of the memory of arrays that grew. */
const dimsHere: number[] = [];
const setsHere: ValueSet[] = [];

/** The cube of one set alone: one for each set. */
const alone = (set: ValueSet): Cube => {
  set.alone ??= { dims: set.dimension.dims, sets: [set] };
  return set.alone;
};

/** Of each length, dimensions of cubes made before: those of the next are mostly among them, and then one list serves both. */
const knownDims: (readonly number[])[][] = [];
/** So many of a length. */
const mostKnown = 4;

/** The first dimensions of `dimsHere`, as a list that stays. */
const keptDims = (n: number): readonly number[] => {
  knownDims[n] ??= [];
  const known = knownDims[n];
  for (let k = 0; k < known.length; k++) {
    const dims = known[k]!;
    let i = 0;
    while (i < n && dims[i] === dimsHere[i]) i++;
    if (i === n) return dims;
  }
  const dims = dimsHere.slice(0, n);
  if (known.length < mostKnown) known.push(dims);
  else {
    // The oldest goes.
    for (let k = 1; k < mostKnown; k++) known[k - 1] = known[k]!;
    known[mostKnown - 1] = dims;
  }
  return dims;
};

export const meet = (a: Cube, b: Cube): Cube | null => {
  if (a.dims.length === 0) return b;
  if (b.dims.length === 0) return a;
  let n = 0;
  let i = 0;
  let j = 0;
  let changedA = false;
  let changedB = false;
  while (i < a.dims.length || j < b.dims.length) {
    const x = i < a.dims.length ? a.dims[i]! : 1e9;
    const y = j < b.dims.length ? b.dims[j]! : 1e9;
    if (x < y) {
      dimsHere[n] = x;
      setsHere[n++] = a.sets[i++]!;
      changedB = true;
    } else if (y < x) {
      dimsHere[n] = y;
      setsHere[n++] = b.sets[j++]!;
      changedA = true;
    } else {
      const set = meetSets(a.sets[i]!, b.sets[j]!);
      if (set.count === 0) return null;
      if (set !== a.sets[i]) changedA = true;
      if (set !== b.sets[j]) changedB = true;
      dimsHere[n] = x;
      setsHere[n++] = set;
      i++;
      j++;
    }
  }
  if (!changedA) return a;
  if (!changedB) return b;
  const dims = n === a.dims.length ? a.dims : n === b.dims.length ? b.dims : keptDims(n);
  return { dims, sets: setsHere.slice(0, n) };
};

export const meets = (a: Cube, b: Cube): boolean => {
  if (a.dims.length > 16 * b.dims.length) return meetsLong(a, b);
  if (b.dims.length > 16 * a.dims.length) return meetsLong(b, a);
  let i = 0;
  let j = 0;
  while (i < a.dims.length && j < b.dims.length) {
    const x = a.dims[i]!;
    const y = b.dims[j]!;
    if (x < y) i++;
    else if (y < x) j++;
    else if (!setsMeet(a.sets[i++]!, b.sets[j++]!)) return false;
  }
  return true;
};

/** The same where one has many more dimensions than the other. */
const meetsLong = (long: Cube, { dims, sets }: Cube): boolean => {
  for (let i = 0; i < dims.length; i++) {
    const own = setOf(long, dims[i]!);
    if (own !== undefined && !setsMeet(own, sets[i]!)) return false;
  }
  return true;
};

/** Whether a cube of one list meets one of another. */
export const anyMeet = (list: readonly Cube[], others: readonly Cube[]): boolean => {
  for (let i = 0; i < list.length; i++) for (let j = 0; j < others.length; j++) if (meets(list[i]!, others[j]!)) return true;
  return false;
};

/** Whether all of `b` lies in `a`. */
export const contains = (a: Cube, b: Cube): boolean => {
  let j = 0;
  for (let i = 0; i < a.dims.length; i++) {
    const dim = a.dims[i]!;
    while (j < b.dims.length && b.dims[j]! < dim) j++;
    if (j >= b.dims.length || b.dims[j] !== dim || !setContains(a.sets[i]!, b.sets[j]!)) return false;
  }
  return true;
};

export const setOf = ({ dims, sets }: Cube, dim: number): ValueSet | undefined => {
  // Mostly two to four: looked through here that is faster than by indexOf.
  if (dims.length <= 16) {
    for (let i = 0; i < dims.length; i++) if (dims[i] === dim) return sets[i];
    return undefined;
  }
  let from = 0;
  let to = dims.length - 1;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (dims[middle]! < dim) from = middle + 1;
    else to = middle;
  }
  return dims[from] === dim ? sets[from] : undefined;
};

/** The cube with one dimension restricted to `set` instead of what it had. */
export const replace = (cube: Cube, set: ValueSet): Cube => {
  const dim = set.dimension.index;
  if (cube.dims.length === 0 && set.count < set.dimension.size) return alone(set);
  let n = 0;
  let done = set.count === set.dimension.size;
  for (let i = 0; i < cube.dims.length; i++) {
    const x = cube.dims[i]!;
    if (!done && x >= dim) {
      dimsHere[n] = dim;
      setsHere[n++] = set;
      done = true;
    }
    if (x === dim) continue;
    dimsHere[n] = x;
    setsHere[n++] = cube.sets[i]!;
  }
  if (!done) {
    dimsHere[n] = dim;
    setsHere[n++] = set;
  }
  // It differs in no dimension, or in this one.
  return { dims: n === cube.dims.length ? cube.dims : keptDims(n), sets: setsHere.slice(0, n) };
};

/** The cube without its restrictions on some dimensions. */
export const release = (cube: Cube, drop: (dim: number) => boolean): Cube => {
  if (!cube.dims.some(drop)) return cube;
  const dims: number[] = [];
  const sets: ValueSet[] = [];
  for (let i = 0; i < cube.dims.length; i++) {
    if (drop(cube.dims[i]!)) continue;
    dims.push(cube.dims[i]!);
    sets.push(cube.sets[i]!);
  }
  return { dims, sets };
};

/** What of `a` is outside `b`, as disjoint cubes: one at most for each dimension of `b`. */
export const minus = (a: Cube, b: Cube): Cube[] => {
  // Mostly it is one: an array that grows from nothing has room for seventeen.
  let out: Cube[] | null = null;
  let rest = a;
  /** What the rest is still to be held to, if another piece is cut from it. */
  let inside: ValueSet | null = null;
  for (let i = 0; i < b.dims.length; i++) {
    const set = b.sets[i]!;
    const own = setOf(a, b.dims[i]!);
    if (own !== undefined && setContains(set, own)) continue;
    const common = own ? meetSets(own, set) : set;
    if (common.count === 0) return [a];
    if (inside !== null) rest = replace(rest, inside);
    const piece = replace(rest, own ? minusSets(own, set) : complementSet(set));
    if (out === null) out = [piece];
    else out.push(piece);
    inside = common;
  }
  return out ?? [];
};

/** The union of two cubes where it is a cube: one holds the other, or they differ in one dimension only. */
const join = (a: Cube, b: Cube): Cube | null => {
  if (a.dims.length === b.dims.length) {
    let differs = -1;
    for (let i = 0; i < a.dims.length; i++) {
      if (a.dims[i] !== b.dims[i]) {
        differs = -2;
        break;
      }
      if (a.sets[i] !== b.sets[i]) {
        if (differs >= 0) {
          differs = -2;
          break;
        }
        differs = i;
      }
    }
    if (differs === -1) return a;
    if (differs >= 0) return replace(a, joinSets(a.sets[differs]!, b.sets[differs]!));
  }
  return contains(a, b) ? a : contains(b, a) ? b : null;
};

/** Fewer cubes for the same set: cubes that differ in one dimension only become one, until none do. */
export const merge = (cubes: readonly Cube[]): Cube[] => {
  if (cubes.length <= 1) return [...cubes];
  if (cubes.length <= 8) {
    const list = [...cubes];
    for (let i = 0; i < list.length; i++)
      for (let j = i + 1; j < list.length; j++) {
        const joined = join(list[i]!, list[j]!);
        if (!joined) continue;
        list.splice(j, 1);
        list[i] = joined;
        i = -1;
        break;
      }
    return list;
  }
  let list: readonly Cube[] = cubes;
  const sums = new Int32Array(cubes.length);
  for (let k = 0; k < list.length; k++) sums[k] = sumOf(list[k]!);
  const dims: number[] = [];
  for (let k = 0; k < list.length; k++) {
    const own = list[k]!.dims;
    for (let l = 0; l < own.length; l++) if (!dims.includes(own[l]!)) dims.push(own[l]!);
    if (dims.length > 64) return [...list];
  }
  // Round and round, until no dimension joins any more.
  for (let at = 0, idle = 0; idle < dims.length; at = (at + 1) % dims.length) {
    const joined = mergeAlong(list, sums, dims[at]!);
    idle++;
    if (joined === null) continue;
    idle = 1;
    list = joined;
    for (let k = 0; k < list.length; k++) sums[k] = sumOf(list[k]!);
  }
  return [...list];
};

/** A number that equal cubes share, and their restrictions on all but one dimension as well: what that one adds is taken away again. */
const mixed = (set: ValueSet): number => Math.imul(set.id, 0x9e3779b1);

const sumOf = ({ sets }: Cube): number => {
  let sum = 0;
  for (let i = 0; i < sets.length; i++) sum = (sum + mixed(sets[i]!)) | 0;
  return sum;
};

/** Whether two cubes are equal in all dimensions but one. */
const equalBeside = (a: Cube, b: Cube, dim: number): boolean => {
  let j = 0;
  for (let i = 0; i < a.dims.length; i++) {
    if (a.dims[i] === dim) continue;
    if (b.dims[j] === dim) j++;
    if (a.sets[i] !== b.sets[j++]) return false;
  }
  if (b.dims[j] === dim) j++;
  return j === b.dims.length;
};

// What mergeAlong works on: most lists are short, and there are thousands of them.
let table = new Int32Array(256);
let keys = new Int32Array(256);
let next = new Int32Array(256);
let isFirst = new Uint8Array(256);

/** Cubes that are equal in all dimensions but one fall together; null: none are. */
const mergeAlong = (list: readonly Cube[], sums: Int32Array, dim: number): Cube[] | null => {
  // A hash table of the first cubes of groups, by the number of the rest; by cube the next of its group.
  let size = 16;
  while (size < 2 * list.length) size *= 2;
  if (size > table.length) {
    table = new Int32Array(size);
    keys = new Int32Array(size);
    next = new Int32Array(size);
    isFirst = new Uint8Array(size);
  }
  table.fill(-1, 0, size);
  next.fill(-1, 0, list.length);
  isFirst.fill(0, 0, list.length);
  let groups = 0;
  for (let i = 0; i < list.length; i++) {
    const cube = list[i]!;
    const own = setOf(cube, dim);
    const key = own === undefined ? sums[i]! : (sums[i]! - mixed(own)) | 0;
    keys[i] = key;
    let slot = (key ^ (key >>> 16)) & (size - 1);
    for (; ; slot = (slot + 1) & (size - 1)) {
      const first = table[slot]!;
      if (first < 0) {
        table[slot] = i;
        isFirst[i] = 1;
        groups++;
        break;
      }
      if (keys[first] !== key || !equalBeside(list[first]!, cube, dim)) continue;
      next[i] = next[first]!;
      next[first] = i;
      break;
    }
  }
  if (groups === list.length) return null;
  const out: Cube[] = [];
  for (let i = 0; i < list.length; i++) {
    if (!isFirst[i]) continue;
    const first = list[i]!;
    if (next[i] === -1) {
      out.push(first);
      continue;
    }
    const all: number[] = [];
    let dimension: Dimension | null = null;
    let free: Cube | null = null;
    for (let at = i; at >= 0; at = next[at]!) {
      const set = setOf(list[at]!, dim);
      if (!set) {
        free = list[at]!; // it holds the others
        break;
      }
      dimension = set.dimension;
      for (let j = 0; j < set.ranges.length; j++) all.push(set.ranges[j]!);
    }
    out.push(free ?? replace(first, dimension!.ofLoose(all)));
  }
  return out;
};

/** Counts down; at zero whoever works gives up. */
export interface Budget {
  left: number;
}

/** So much a cover may cost before covers are merged. In a real firewall of 4,800 rules all of 3,600 questions were answered for it. */
const quickCuts = 8;
/** More covers than this are merged first: tens of thousands of ports are one range. */
const mostQuick = 1000;
/** Cuts within cuts; beyond, the question is left open: each is a call of its own. */
const deepest = 4000;

// What `withoutPassed` works on, by dimension: how many covers restrict it, and the exclusive or of their numbers, which is the number of the last one.
let restricting = new Int32Array(256);
let lastOnes = new Int32Array(256);

/** Of so many covers, and restrictions to be held to them, those covers are left out that packets pass anyway. */
export const manyCovers = 100;

/** The covers that count, and what is found outside them held to pass the others, too. */
interface Essential {
  readonly covers: readonly Cube[];
  readonly pass: (found: Cube) => Cube;
}

/**
 * A cover that alone restricts some dimension hides nothing: packets pass it there, whatever else they are. Without it others are alone, and so on (the
 * rule of pure literals). Thousands of rules that ask a set or a limit of their own would else add a restriction each to what is left.
 * All covers meet the cube.
 */
export const withoutPassed = (cube: Cube, covers: readonly Cube[]): Essential => {
  let top = 0;
  for (let i = 0; i < covers.length; i++) {
    const { dims } = covers[i]!;
    if (dims.length > 0 && dims[dims.length - 1]! > top) top = dims[dims.length - 1]!;
  }
  // Each passes by a dimension of its own.
  if (covers.length > 4 * top) return { covers, pass: asFound };
  if (top >= restricting.length) {
    restricting = new Int32Array(2 * top);
    lastOnes = new Int32Array(2 * top);
  }
  restricting.fill(0, 0, top + 1);
  lastOnes.fill(0, 0, top + 1);
  /** Whether the cover restricts its dimension more than the cube does. */
  const restricts = ({ dims, sets }: Cube, at: number): boolean => {
    const own = setOf(cube, dims[at]!);
    return own === undefined || !setContains(sets[at]!, own);
  };
  for (let i = 0; i < covers.length; i++) {
    const cover = covers[i]!;
    for (let j = 0; j < cover.dims.length; j++)
      if (restricts(cover, j)) {
        restricting[cover.dims[j]!]!++;
        lastOnes[cover.dims[j]!]! ^= i;
      }
  }
  const alone: number[] = [];
  for (let dim = 0; dim <= top; dim++) if (restricting[dim] === 1) alone.push(dim);
  const passed: [cover: number, dim: number][] = [];
  const isPassed = new Uint8Array(covers.length);
  for (let dim = alone.pop(); dim !== undefined; dim = alone.pop()) {
    if (restricting[dim] !== 1) continue;
    const i = lastOnes[dim]!;
    const cover = covers[i]!;
    passed.push([i, dim]);
    isPassed[i] = 1;
    for (let j = 0; j < cover.dims.length; j++) {
      if (!restricts(cover, j)) continue;
      const other = cover.dims[j]!;
      lastOnes[other]! ^= i;
      if (--restricting[other]! === 1) alone.push(other);
    }
  }
  if (passed.length === 0) return { covers, pass: asFound };
  return {
    covers: covers.filter((_, i) => !isPassed[i]),
    pass: (found) => {
      // Each restricts a dimension of its own.
      const more = new Map<number, ValueSet>();
      for (let k = passed.length - 1; k >= 0; k--) {
        const [i, dim] = passed[k]!;
        const { dims, sets } = covers[i]!;
        let isMet = true;
        for (let j = 0; j < dims.length && isMet; j++) {
          const own = more.get(dims[j]!) ?? setOf(found, dims[j]!);
          isMet = own === undefined || setsMeet(own, sets[j]!);
        }
        if (!isMet) continue;
        const set = setOf(covers[i]!, dim)!;
        const before = setOf(found, dim);
        more.set(dim, before ? minusSets(before, set) : complementSet(set));
      }
      const other = cubeOf([...more.values()]);
      return other === null ? found : (meet(found, other) ?? found);
    },
  };
};

const asFound = (found: Cube): Cube => found;

/**
 * Some part of `cube` that none of the covers takes, null where they take it all, undefined where the budget ran out.
 * (a) one cover takes all; (b) the cube is cut along each cover in turn, depth first, and what is left is soon found where something is; else
 * (c) covers are merged; (d) dimension by dimension the atoms that the fewest covers hold; (e) cut again, to the end. `widely`: what is found will be held
 * to more, so it should be wide: (b) is left out.
 */
export const uncovered = (cube: Cube, covers: readonly Cube[], budget: Budget, widely = false): Cube | null | undefined => {
  let list: Cube[] = [];
  if (covers.length + cube.dims.length >= manyCovers) {
    const near = covers.filter((cover) => meets(cube, cover));
    const { covers: essential, pass } = withoutPassed(cube, near);
    if (essential.length < near.length) {
      budget.left -= covers.length;
      const found = uncovered(cube, essential, budget, widely);
      return found ? pass(found) : found;
    }
  }
  for (let i = 0; i < covers.length; i++) {
    const cover = covers[i]!;
    const common = meet(cube, cover);
    if (!common) continue;
    if (contains(cover, cube)) return null;
    list.push(common);
  }
  budget.left -= covers.length + 1;
  if (list.length === 0) return cube;
  if (list.length > 4) {
    const found = widely || list.length > mostQuick ? undefined : cutAway(cube, list, 0, { left: list.length * quickCuts });
    budget.left -= list.length;
    if (found !== undefined) return found;
    list = merge(list);
    for (let i = 0; i < list.length; i++) if (contains(list[i]!, cube)) return null;
  }
  if (list.length > 6) {
    const found = descend(cube, list);
    budget.left -= list.length * 4;
    if (found) return found;
  }
  return cutAway(cube, list, 0, budget);
};

/** As `uncovered`, by cutting alone: for covers that were chosen one by one because each was needed. */
export const uncoveredByFew = (cube: Cube, covers: readonly Cube[], budget: Budget): Cube | null | undefined => {
  for (let i = 0; i < covers.length; i++) if (contains(covers[i]!, cube)) return null;
  budget.left -= covers.length + 1;
  return cutAway(cube, covers, 0, budget);
};

const cutAway = (cube: Cube, covers: readonly Cube[], from: number, budget: Budget, depth = 0): Cube | null | undefined => {
  let at = from;
  for (; at < covers.length; at++) {
    budget.left -= 1 + (cube.dims.length >> 4);
    if (meets(cube, covers[at]!)) break;
  }
  if (budget.left < 0 || depth > deepest) return undefined;
  if (at === covers.length) return cube;
  const pieces = minus(cube, covers[at]!);
  for (let i = 0; i < pieces.length; i++) {
    const found = cutAway(pieces[i]!, covers, at + 1, budget, depth + 1);
    if (found !== null) return found;
  }
  return null;
};

/** The atoms of one dimension of a cube that fewest covers hold. */
interface Shedding {
  readonly set: ValueSet;
  /** Covers that hold them. */
  readonly left: number;
}

/** Sorts the first numbers of a list, few of them by insertion. */
const sortedTo = (list: Float64Array, count: number): Float64Array => {
  if (count > 40) return list.subarray(0, count).sort();
  for (let i = 1; i < count; i++) {
    const value = list[i]!;
    let at = i;
    for (; at > 0 && list[at - 1]! > value; at--) list[at] = list[at - 1]!;
    list[at] = value;
  }
  return list;
};

/** Where the ranges of covers begin and end, sorted: what `shed` works on. */
let events = new Float64Array(512);

const shed = (rest: Cube, covers: readonly Cube[], dim: number): Shedding | null => {
  let count = 0;
  let free = 0;
  let dimension: Dimension | undefined;
  for (let j = 0; j < covers.length; j++) {
    const cover = covers[j]!;
    const set = setOf(cover, dim);
    if (!set) {
      free++;
      continue;
    }
    dimension = set.dimension;
    const { ranges } = set;
    if (count + ranges.length > events.length) {
      const more = new Float64Array(2 * (count + ranges.length));
      more.set(events);
      events = more;
    }
    for (let i = 0; i < ranges.length; i += 2) {
      events[count++] = ranges[i]! * 2;
      events[count++] = ranges[i + 1]! * 2 + 1;
    }
  }
  if (!dimension) return null;
  const sorted = sortedTo(events, count);
  const own = setOf(rest, dim) ?? dimension.full;
  // Walk the segments between events within the cube's own atoms; keep those that fewest covers hold.
  let depth = 0;
  let next = 0;
  let least = covers.length + 1;
  let found: number[] = [];
  for (let r = 0; r < own.ranges.length; r += 2) {
    let low = own.ranges[r]!;
    const high = own.ranges[r + 1]!;
    while (low <= high) {
      while (next < count && (sorted[next]! & 1 ? (sorted[next]! - 1) / 2 < low : sorted[next]! / 2 <= low)) {
        depth += sorted[next]! & 1 ? -1 : 1;
        next++;
      }
      const edge = next < count ? (sorted[next]! & 1 ? (sorted[next]! - 1) / 2 : sorted[next]! / 2 - 1) : high;
      const end = Math.min(high, edge);
      if (depth < least) {
        least = depth;
        found = [low, end];
      } else if (depth === 0 && least === 0) found.push(low, end);
      low = end + 1;
    }
  }
  return { set: dimension.ofLoose(found), left: least + free };
};

/** Dimensions that some cover restricts; of many covers a sample tells. */
const coveredDims = (covers: readonly Cube[]): Set<number> => {
  const dims = new Set<number>();
  const step = covers.length > 2000 ? Math.floor(covers.length / 200) : 1;
  for (let i = 0; i < covers.length; i += step) for (const dim of covers[i]!.dims) dims.add(dim);
  return dims;
};

/** Greedy: restrict the dimension that sheds most covers to the atoms that fewest hold, again and again. */
const descend = (cube: Cube, covers: readonly Cube[]): Cube | null => {
  let list = covers;
  let rest = cube;
  while (list.length > 0) {
    let best: Shedding | null = null;
    for (const dim of coveredDims(list)) {
      const found = shed(rest, list, dim);
      if (found && found.left < (best?.left ?? list.length)) best = found;
      if (best?.left === 0) break;
    }
    if (!best) return null;
    const next = replace(rest, best.set);
    rest = next;
    list = list.filter((cover) => meets(cover, next));
  }
  return rest;
};

/** Parts of a cube that no cover takes: for each dimension those atoms that no cover names. Not all such parts, but the wide ones. */
export const openings = (cube: Cube, covers: readonly Cube[]): Cube[] => {
  const out: Cube[] = [];
  for (const dim of coveredDims(covers)) {
    const found = shed(cube, covers, dim);
    if (found?.left === 0) out.push(replace(cube, found.set));
  }
  return out;
};

/** The cube with every dimension that it restricts held to one atom. */
export const pinned = (cube: Cube): Cube =>
  cube.sets.every((set) => set.count === 1)
    ? cube
    : { dims: cube.dims, sets: cube.sets.map((set) => (set.count === 1 ? set : set.dimension.interval(set.ranges[0]!, set.ranges[0]!))) };

/** How much of everything a cube holds, as a logarithm: only good for comparing. */
export const extent = (cube: Cube): number => {
  let sum = 0;
  for (let i = 0; i < cube.sets.length; i++) {
    const set = cube.sets[i]!;
    sum += Math.log2(set.count / set.dimension.size);
  }
  return sum;
};

/**
 * As `uncovered`, where covers are many: only those are looked at that are in the way. What the chosen ones leave is pinned to a packet; the widest cover
 * that meets it is chosen too; until nothing is left, or nobody meets it. `chosen` may hold covers that proved well before, and grows.
 */
export const uncoveredAmongMany = (cube: Cube, covers: readonly Cube[], chosen: Cube[], budget: Budget): Cube | null | undefined => {
  for (let round = 0; round < 150; round++) {
    const open = uncoveredByFew(cube, chosen, budget);
    if (!open) return open;
    const point = pinned(open);
    let best: Cube | undefined;
    let size = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < covers.length; i++) {
      const cover = covers[i]!;
      if (!meets(cover, point)) continue;
      const own = extent(cover);
      if (own > size) {
        size = own;
        best = cover;
      }
    }
    budget.left -= covers.length >> 3;
    if (!best) return point;
    chosen.push(best);
  }
  return undefined;
};

/** All of `cube` that no cover takes as disjoint cubes, or null where they are more than `most` or the budget ran out. */
export const remainder = (cube: Cube, covers: readonly Cube[], most: number, budget: Budget): readonly Cube[] | null => {
  let list: readonly Cube[] | null = [cube];
  for (const cover of covers) {
    budget.left -= list.length;
    list = leftBy(list, cover, most);
    if (list === null || budget.left < 0) return null;
    if (list.length === 0) break;
  }
  return list;
};

/** All of some cubes that one more does not take: the list itself where it meets none of them, null where they would be more than `most`. */
export const leftBy = (list: readonly Cube[], cover: Cube, most: number): readonly Cube[] | null => {
  let left: Cube[] | null = null;
  for (let i = 0; i < list.length; i++) {
    const cube = list[i]!;
    if (!meets(cube, cover)) left?.push(cube);
    else {
      left ??= list.slice(0, i);
      const pieces = minus(cube, cover);
      for (let j = 0; j < pieces.length; j++) left.push(pieces[j]!);
    }
  }
  return left === null ? list : left.length > most ? null : left;
};

/** What all of these sets hold, which may be of any dimensions in any order; null: nothing. Sorts the list. */
export const cubeOf = (all: ValueSet[]): Cube | null => {
  if (all.length === 0) return everything;
  if (all.length === 1) return alone(all[0]!);
  // Few, and mostly in order: by insertion.
  for (let i = 1; i < all.length; i++) {
    const set = all[i]!;
    let at = i;
    for (; at > 0 && all[at - 1]!.dimension.index > set.dimension.index; at--) all[at] = all[at - 1]!;
    all[at] = set;
  }
  let n = 0;
  for (let j = 0; j < all.length; j++) {
    const set = all[j]!;
    const last = n - 1;
    if (last >= 0 && dimsHere[last] === set.dimension.index) {
      const both = meetSets(setsHere[last]!, set);
      if (both.count === 0) return null;
      setsHere[last] = both;
    } else {
      dimsHere[n] = set.dimension.index;
      setsHere[n++] = set;
    }
  }
  return n === 1 ? alone(setsHere[0]!) : { dims: keptDims(n), sets: setsHere.slice(0, n) };
};

/** A form as cubes whose union it is, or null where they would be more than `most`. */
export const cubesOf = (form: Form, most: number): Cube[] | null => {
  if (form === true) return [everything];
  if (form === false) return [];
  if (form instanceof ValueSet) return [alone(form)];
  if ('or' in form) {
    const out: Cube[] = [];
    for (const part of form.or) {
      const cubes = cubesOf(part, most);
      if (!cubes || out.length + cubes.length > most * 4) return null;
      out.push(...cubes);
    }
    const merged = merge(out);
    return merged.length > most ? null : merged;
  }
  // Leaves first: their meet is one cube.
  const leaves: ValueSet[] = [];
  for (const part of form.and) if (part instanceof ValueSet) leaves.push(part);
  const first = cubeOf(leaves);
  if (!first) return [];
  let list: Cube[] = [first];
  if (leaves.length === form.and.length) return list;
  for (const part of form.and) {
    if (part instanceof ValueSet) continue;
    const cubes = cubesOf(part, most);
    if (!cubes) return null;
    const next: Cube[] = [];
    for (const a of list)
      for (const b of cubes) {
        const common = meet(a, b);
        if (common) next.push(common);
        if (next.length > most * 4) return null;
      }
    list = merge(next);
    if (list.length > most) return null;
  }
  return list;
};

/** Whether a point, told dimension by dimension, satisfies a form. */
export const formHolds = (form: Form, at: (dimension: Dimension) => number): boolean => {
  if (typeof form === 'boolean') return form;
  if (form instanceof ValueSet) return form.has(at(form.dimension));
  if ('and' in form) return form.and.every((part) => formHolds(part, at));
  return form.or.some((part) => formHolds(part, at));
};
