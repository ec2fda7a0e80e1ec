/**
 * Sets of packets as reduced ordered binary decision diagrams (Bryant 1986): exact, canonical, and the same set is the same number. Our own
 * because the nodes must live in typed arrays: 10 million nodes are 160 MB here, and would be a gigabyte as objects.
 *
 * A node is an index into three arrays: the level (variable) it asks, where to go on 0 and on 1. Nodes 0 and 1 are the empty and the full set. The
 * unique table (open addressing, linear probing, at most half full) keeps every (level, low, high) once. A direct-mapped cache remembers
 * operations; losing an entry costs time, never truth. Nodes are never freed: an engine lives for one ruleset, and the budget bounds it.
 *
 * An atom of a dimension is written in `bits` variables, high bit first. Codes above the last atom stand for the last atom: no code is invalid,
 * complement needs no care.
 */
import type { Cube } from './cube.js';
import { type Dimension, type Form, ValueSet } from './space.js';

/** The budget of node operations is used up: what was asked is not decided. */
export class Exhausted extends Error {
  constructor() {
    // No trace: it is no fault, and making one takes longer than many an answer.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super('the budget of the analysis is used up');
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** A set in a Diagram. */
export type Node = number;

const AND = 1;
const OR = 2;
const MINUS = 3;
const FORGET = 16; // + dimension

export class Diagram {
  /** Node operations that may still be done. */
  budget: number;
  private level: Int32Array;
  private low: Int32Array;
  private high: Int32Array;
  private count = 2;
  private table: Int32Array;
  private tableMask: number;
  private cacheA: Int32Array;
  private cacheB: Int32Array;
  private cacheOp: Int32Array;
  private cacheR: Int32Array;
  private cacheMask: number;
  private readonly byLevel: Dimension[] = [];
  private levelsFor = -1;

  /** `expected`: so many nodes may come to be; room for them is made at once, up to 2^18 of them. */
  constructor(budget: number, expected = 0) {
    this.budget = budget;
    const size = 1 << Math.min(18, Math.max(14, 32 - Math.clz32(expected)));
    this.level = new Int32Array(size);
    this.low = new Int32Array(size);
    this.high = new Int32Array(size);
    this.table = new Int32Array(size * 2);
    this.tableMask = size * 2 - 1;
    this.level[0] = this.level[1] = 0x7fffffff;
    const cache = Math.max(1 << 15, size);
    this.cacheA = new Int32Array(cache);
    this.cacheB = new Int32Array(cache);
    this.cacheOp = new Int32Array(cache);
    this.cacheR = new Int32Array(cache);
    this.cacheMask = cache - 1;
  }

  /** Nodes made so far. */
  get nodes(): number {
    return this.count;
  }

  private make(level: number, low: Node, high: Node): Node {
    if (low === high) return low;
    const { table, tableMask } = this;
    let at = (Math.imul(level, 12582917) ^ Math.imul(low, 4256249) ^ Math.imul(high, 741457)) >>> 7;
    at &= tableMask;
    for (let node = table[at]!; node !== 0; node = table[at]!) {
      if (this.level[node] === level && this.low[node] === low && this.high[node] === high) return node;
      at = (at + 1) & tableMask;
    }
    if (this.count === this.level.length) {
      this.grow();
      return this.make(level, low, high);
    }
    const node = this.count;
    this.level[node] = level;
    this.low[node] = low;
    this.high[node] = high;
    this.table[at] = node;
    this.count = node + 1;
    return node;
  }

  private grow(): void {
    const size = this.level.length * 2;
    if (size > 1 << 26) throw new Exhausted(); // 64 million nodes: 1.3 GB
    const copy = (from: Int32Array): Int32Array => {
      const to = new Int32Array(size);
      to.set(from);
      return to;
    };
    this.level = copy(this.level);
    this.low = copy(this.low);
    this.high = copy(this.high);
    const table = new Int32Array(size * 2);
    const mask = size * 2 - 1;
    for (let node = 2; node < this.count; node++) {
      let at = (Math.imul(this.level[node]!, 12582917) ^ Math.imul(this.low[node]!, 4256249) ^ Math.imul(this.high[node]!, 741457)) >>> 7;
      at &= mask;
      while (table[at] !== 0) at = (at + 1) & mask;
      table[at] = node;
    }
    this.table = table;
    this.tableMask = mask;
    if (size <= 1 << 21) {
      // The cache grows with the nodes and starts anew.
      this.cacheA = new Int32Array(size);
      this.cacheB = new Int32Array(size);
      this.cacheOp = new Int32Array(size);
      this.cacheR = new Int32Array(size);
      this.cacheMask = size - 1;
    }
  }

  private spend(): void {
    if (--this.budget < 0) throw new Exhausted();
  }

  /** Deep rulesets with thousands of variables can exhaust the stack: that too is "not decided". Nodes are whole at every call. */
  private guarded(work: () => Node): Node {
    try {
      return work();
    } catch (error) {
      throw error instanceof RangeError ? new Exhausted() : error;
    }
  }

  and(a: Node, b: Node): Node {
    if (a === b || b === 1) return a;
    if (a === 1) return b;
    if (a === 0 || b === 0) return 0;
    return this.guarded(() => this.apply(AND, a, b));
  }

  or(a: Node, b: Node): Node {
    if (a === b || b === 0) return a;
    if (a === 0) return b;
    if (a === 1 || b === 1) return 1;
    return this.guarded(() => this.apply(OR, a, b));
  }

  /** a and not b. */
  minus(a: Node, b: Node): Node {
    if (a === b || a === 0 || b === 1) return 0;
    if (b === 0) return a;
    return this.guarded(() => this.apply(MINUS, a, b));
  }

  not(a: Node): Node {
    return this.minus(1, a);
  }

  private apply(op: number, a: Node, b: Node): Node {
    if (op === AND) {
      if (a === b || b === 1) return a;
      if (a === 1) return b;
      if (a === 0 || b === 0) return 0;
    } else if (op === OR) {
      if (a === b || b === 0) return a;
      if (a === 0) return b;
      if (a === 1 || b === 1) return 1;
    } else {
      if (a === b || a === 0 || b === 1) return 0;
      if (b === 0) return a;
    }
    if (op !== MINUS && a > b) {
      const swap = a;
      a = b;
      b = swap;
    }
    const at = ((Math.imul(a, 7919) ^ Math.imul(b, 104729) ^ Math.imul(op, 65537)) >>> 3) & this.cacheMask;
    if (this.cacheA[at] === a && this.cacheB[at] === b && this.cacheOp[at] === op) return this.cacheR[at]!;
    this.spend();
    const la = this.level[a]!;
    const lb = this.level[b]!;
    const level = Math.min(la, lb);
    const low = this.apply(op, la === level ? this.low[a]! : a, lb === level ? this.low[b]! : b);
    const high = this.apply(op, la === level ? this.high[a]! : a, lb === level ? this.high[b]! : b);
    const result = this.make(level, low, high);
    const slot = ((Math.imul(a, 7919) ^ Math.imul(b, 104729) ^ Math.imul(op, 65537)) >>> 3) & this.cacheMask; // the cache may have grown
    this.cacheA[slot] = a;
    this.cacheB[slot] = b;
    this.cacheOp[slot] = op;
    this.cacheR[slot] = result;
    return result;
  }

  /** The set with one dimension left open: a packet is in it if it is with some atom there. */
  forget(a: Node, dimension: Dimension): Node {
    if (dimension.bits === 0 || a < 2) return a;
    return this.guarded(() => this.quantify(a, dimension.level, dimension.level + dimension.bits, FORGET + dimension.index));
  }

  private quantify(a: Node, first: number, end: number, op: number): Node {
    const level = this.level[a]!;
    if (level >= end) return a;
    const at = ((Math.imul(a, 7919) ^ Math.imul(op, 65537)) >>> 3) & this.cacheMask;
    if (this.cacheA[at] === a && this.cacheB[at] === 0 && this.cacheOp[at] === op) return this.cacheR[at]!;
    this.spend();
    const low = this.quantify(this.low[a]!, first, end, op);
    const high = this.quantify(this.high[a]!, first, end, op);
    const result = level >= first ? this.apply(OR, low, high) : this.make(level, low, high);
    const slot = ((Math.imul(a, 7919) ^ Math.imul(op, 65537)) >>> 3) & this.cacheMask;
    this.cacheA[slot] = a;
    this.cacheB[slot] = 0;
    this.cacheOp[slot] = op;
    this.cacheR[slot] = result;
    return result;
  }

  /** Packets whose atom is in the set. */
  of(set: ValueSet): Node {
    if (set.node >= 0) return set.node;
    const { dimension } = set;
    let node: Node = 0;
    if (set.count === dimension.size) node = 1;
    else {
      const last = dimension.size - 1;
      const lastCode = 2 ** dimension.bits - 1;
      for (let i = 0; i < set.ranges.length; i += 2) {
        const high = set.ranges[i + 1]!;
        node = this.or(node, this.between(dimension, set.ranges[i]!, high === last ? lastCode : high));
      }
    }
    set.node = node;
    return node;
  }

  private between(dimension: Dimension, low: number, high: number): Node {
    const { level, bits } = dimension;
    // From the lowest bit up: `ge` holds codes whose bits so far are at least low's, `le` those at most high's; `both` under a common prefix.
    let ge: Node = 1;
    let le: Node = 1;
    let both: Node = 1;
    for (let i = 0; i < bits; i++) {
      const at = level + bits - 1 - i;
      const l = (low >>> i) & 1;
      const h = (high >>> i) & 1;
      if (l === h) both = l ? this.make(at, 0, both) : this.make(at, both, 0);
      else both = this.make(at, ge, le);
      ge = l ? this.make(at, 0, ge) : this.make(at, ge, 1);
      le = h ? this.make(at, 1, le) : this.make(at, le, 0);
    }
    return both;
  }

  cube(cube: Cube): Node {
    let node: Node = 1;
    for (let i = cube.sets.length - 1; i >= 0; i--) node = this.and(this.of(cube.sets[i]!), node);
    return node;
  }

  form(form: Form): Node {
    if (form === true) return 1;
    if (form === false) return 0;
    if (form instanceof ValueSet) return this.of(form);
    if ('and' in form) {
      let node: Node = 1;
      // Deep levels first, so that each step puts a few nodes on top.
      const parts = [...form.and].sort(
        (a, b) => (b instanceof ValueSet ? b.dimension.level : -1) - (a instanceof ValueSet ? a.dimension.level : -1),
      );
      for (const part of parts) node = this.and(this.form(part), node);
      return node;
    }
    // Pairs of pairs: unions of many parts stay small on the way.
    let list = form.or.map((part) => this.form(part));
    while (list.length > 1) {
      const next: Node[] = [];
      for (let i = 0; i < list.length; i += 2) next.push(i + 1 < list.length ? this.or(list[i]!, list[i + 1]!) : list[i]!);
      list = next;
    }
    return list[0] ?? 0;
  }

  /** Union of many, by halves. */
  orAll(nodes: readonly Node[]): Node {
    let list = [...nodes];
    while (list.length > 1) {
      const next: Node[] = [];
      for (let i = 0; i < list.length; i += 2) next.push(i + 1 < list.length ? this.or(list[i]!, list[i + 1]!) : list[i]!);
      list = next;
    }
    return list[0] ?? 0;
  }

  /** The dimension of each level; kept, since all callers share one space. */
  private levels(dimensions: readonly Dimension[]): readonly Dimension[] {
    if (this.levelsFor !== dimensions.length) {
      this.byLevel.length = 0;
      for (const dimension of dimensions) for (let i = 0; i < dimension.bits; i++) this.byLevel[dimension.level + i] = dimension;
      this.levelsFor = dimensions.length;
    }
    return this.byLevel;
  }

  /** One cube inside a set that is not empty: the first path, dimension by dimension, with all atoms that lead the same way. */
  pick(a: Node, dimensions: readonly Dimension[]): Cube {
    if (a === 0) throw new Error('nothing to pick from');
    const byLevel = this.levels(dimensions);
    const picked: ValueSet[] = [];
    let node = a;
    while (node !== 1) {
      const dimension = byLevel[this.level[node]!]!;
      const ways = this.ways(node, dimension);
      let best: { target: Node; set: ValueSet } | undefined;
      for (const way of ways) if (!best || way.set.count > best.set.count) best = way;
      picked.push(best!.set);
      node = best!.target;
    }
    picked.sort((x, y) => x.dimension.index - y.dimension.index);
    const kept = picked.filter((set) => set.count < set.dimension.size);
    return { dims: kept.map((set) => set.dimension.index), sets: kept };
  }

  /** Where the atoms of a node's dimension lead, other than to the empty set: each target once, with its atoms. */
  ways(node: Node, dimension: Dimension): { target: Node; set: ValueSet }[] {
    const end = dimension.level + dimension.bits;
    const found = new Map<Node, number[]>();
    const walk = (at: Node, code: number, depth: number): void => {
      if (at === 0) return;
      if (this.level[at]! >= end) {
        const low = Math.min(code * 2 ** (dimension.bits - depth), dimension.size - 1);
        const high = Math.min((code + 1) * 2 ** (dimension.bits - depth) - 1, dimension.size - 1);
        const list = found.get(at);
        if (list) list.push(low, high);
        else found.set(at, [low, high]);
        return;
      }
      const skipped = this.level[at]! - dimension.level - depth;
      if (skipped > 0) {
        walk(at, code * 2, depth + 1);
        walk(at, code * 2 + 1, depth + 1);
        return;
      }
      walk(this.low[at]!, code * 2, depth + 1);
      walk(this.high[at]!, code * 2 + 1, depth + 1);
    };
    walk(node, 0, 0);
    return [...found].map(([target, ranges]) => ({ target, set: dimension.ofLoose(ranges) }));
  }

  /** Where a node that is neither 0 nor 1 leads, by the dimension that it asks. */
  waysFrom(node: Node, dimensions: readonly Dimension[]): { target: Node; set: ValueSet }[] {
    return this.ways(node, this.levels(dimensions)[this.level[node]!]!);
  }

  /** Whether the packet at these atoms is in the set. */
  holds(a: Node, dimensions: readonly Dimension[], at: (dimension: Dimension) => number): boolean {
    const byLevel = this.levels(dimensions);
    let node = a;
    while (node > 1) {
      const level = this.level[node]!;
      const dimension = byLevel[level]!;
      const bit = (at(dimension) >>> (dimension.bits - 1 - (level - dimension.level))) & 1;
      node = bit ? this.high[node]! : this.low[node]!;
    }
    return node === 1;
  }

  /** First level that a set asks; sets 0 and 1 ask none. */
  firstLevel(a: Node): number {
    return this.level[a]!;
  }

  /**
   * Levels at which all packets of a set go the same way, with the way: no path passes the level by, and whatever asks it leads on by one side alone.
   * One walk over the nodes, where asking each level the other way round is an operation for each.
   */
  forced(a: Node): ReadonlyMap<number, 0 | 1> {
    const seen = new Set<Node>();
    const list: Node[] = [];
    /** By level: 1 some node leads on by its low side, 2 by its high side. */
    const sides = new Map<number, number>();
    const stack = [a];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (node < 2 || seen.has(node)) continue;
      this.spend();
      seen.add(node);
      list.push(node);
      const low = this.low[node]!;
      const high = this.high[node]!;
      const level = this.level[node]!;
      sides.set(level, (sides.get(level) ?? 0) | (low === 0 ? 0 : 1) | (high === 0 ? 0 : 2));
      stack.push(low, high);
    }
    const levels = [...sides.keys()].sort((x, y) => x - y);
    const places = new Map(levels.map((level, i) => [level, i]));
    /** How many edges pass the level by, as differences from the level before. */
    const passing = new Int32Array(levels.length + 2);
    for (const node of list) {
      const from = places.get(this.level[node]!)!;
      for (const next of [this.low[node]!, this.high[node]!]) {
        if (next === 0) continue;
        const to = next === 1 ? levels.length : places.get(this.level[next]!)!;
        passing[from + 1]!++;
        passing[to]!--;
      }
    }
    const out = new Map<number, 0 | 1>();
    for (let i = 0, passed = 0; i < levels.length; i++) {
      passed += passing[i]!;
      const side = sides.get(levels[i]!)!;
      if (passed === 0 && side !== 3) out.set(levels[i]!, side === 1 ? 0 : 1);
    }
    return out;
  }

  /** All levels that a set asks. */
  support(a: Node): Set<number> {
    const seen = new Set<Node>();
    const levels = new Set<number>();
    const stack = [a];
    while (stack.length > 0) {
      const node = stack.pop()!;
      if (node < 2 || seen.has(node)) continue;
      seen.add(node);
      levels.add(this.level[node]!);
      stack.push(this.low[node]!, this.high[node]!);
    }
    return levels;
  }
}
