/**
 * The space that sets of packets live in: every field that a ruleset asks, cut into atoms where its answers can change. A dimension is an
 * ordered, finite list of atoms: a range of numbers, an interface name (or all names with a prefix that nobody mentions further), a value of
 * a group of bits, or the two answers of a test that no field models. What a ruleset does not ask has no dimension and costs nothing.
 *
 * Numbers asked by ranges and prefixes are one dimension of ranges. Numbers asked by masks with holes are cut into groups of bits that no mask
 * divides, one dimension each, and ranges over them become prefixes, so both ways of asking agree.
 */
import {
  addressWidth,
  type Family,
  type FieldName,
  fields,
  isAddressField,
  type NameField,
  type NumberField,
  type Ordinal,
  type Predicate,
  type Range,
  type Rewrite,
  some,
  type Test,
} from '../../grammar/index.js';

/** Turns questions into conditions on other fields where the answer is known (set contents, addresses given); undefined: it stays unknown. */
export interface Resolver {
  readonly test: (test: Test) => Predicate | undefined;
  /** Which addresses have a type (a value of sourceType or destinationType). */
  readonly addressType?: (field: 'sourceType' | 'destinationType', type: number) => Predicate | undefined;
}

let nextSet = 1;

/** Some atoms of a dimension, as sorted disjoint intervals `[low, high, low, high ...]`. Equal sets of a dimension are one object. */
export class ValueSet {
  readonly dimension: Dimension;
  readonly ranges: readonly number[];
  /** How many atoms it holds. */
  readonly count: number;
  /** The diagram of it, kept by diagram.ts. */
  node = -1;
  /** The cube of it alone, kept by cube.ts. */
  alone: Cube | null = null;
  /** Kept by complementSet. */
  complement: ValueSet | null = null;
  /** A number of its own, for keys. */
  readonly id = nextSet++;
  constructor(dimension: Dimension, ranges: readonly number[]) {
    this.dimension = dimension;
    this.ranges = ranges;
    let count = 0;
    for (let i = 0; i < ranges.length; i += 2) count += ranges[i + 1]! - ranges[i]! + 1;
    this.count = count;
  }

  has(atom: number): boolean {
    const { ranges } = this;
    if (ranges.length === 2) return atom >= ranges[0]! && atom <= ranges[1]!;
    let low = 0;
    let high = ranges.length / 2 - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (atom < ranges[2 * middle]!) high = middle - 1;
      else if (atom > ranges[2 * middle + 1]!) low = middle + 1;
      else return true;
    }
    return false;
  }
}

/** A number that equal lists share. */
const hashOf = (ranges: readonly number[]): number => {
  let hash = ranges.length;
  for (let i = 0; i < ranges.length; i++) hash = Math.imul(hash ^ ranges[i]!, 0x9e3779b1);
  return hash;
};

const areSame = (a: readonly number[], b: readonly number[]): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

const onlyFirst: readonly number[] = [0, 0];
const onlySecond: readonly number[] = [1, 1];

/** One ordered list of atoms. */
export class Dimension {
  readonly index: number;
  readonly field: FieldName | null;
  /** The test that it answers: atom 0 no, atom 1 yes. */
  readonly test: Test | null;
  /** Group of bits of the field that it stands for. */
  readonly mask: bigint | null;
  readonly size: number;
  /** The dimensions of a cube that restricts this one alone: one list for all of them. */
  readonly dims: readonly number[];
  /** First variable of the diagram, and how many. */
  readonly level: number;
  readonly bits: number;
  /** Made when first needed: a ruleset may hold tens of thousands of tests. */
  private atoms: (ValueSet | undefined)[] | null = null;
  private singles: Map<number, ValueSet> | null = null;
  /** By `hashOf` their intervals, or the next free number. */
  private lists: Map<number, ValueSet> | null = null;
  private all: ValueSet | null = null;
  private none: ValueSet | null = null;
  /** The answers of a test, and the like. */
  private first: ValueSet | null = null;
  private second: ValueSet | null = null;

  constructor(index: number, size: number, level: number, of: { field?: FieldName; test?: Test; mask?: bigint }) {
    this.index = index;
    this.dims = [index];
    this.field = of.field ?? null;
    this.test = of.test ?? null;
    this.mask = of.mask ?? null;
    this.size = size;
    this.level = level;
    this.bits = size <= 1 ? 0 : 32 - Math.clz32(size - 1);
  }

  get full(): ValueSet {
    this.all ??= new ValueSet(this, [0, this.size - 1]);
    return this.all;
  }

  get empty(): ValueSet {
    this.none ??= new ValueSet(this, []);
    return this.none;
  }

  /** The set of these intervals, which are sorted, disjoint and not adjacent. */
  of(ranges: readonly number[]): ValueSet {
    if (ranges.length === 0) return this.empty;
    if (ranges.length === 2) return this.interval(ranges[0]!, ranges[1]!);
    this.lists ??= new Map();
    let key = hashOf(ranges);
    let found = this.lists.get(key);
    while (found !== undefined && !areSame(found.ranges, ranges)) {
      key = (key + 1) | 0;
      found = this.lists.get(key);
    }
    if (found === undefined) {
      found = new ValueSet(this, ranges);
      this.lists.set(key, found);
    }
    return found;
  }

  interval(low: number, high: number): ValueSet {
    if (low === 0 && high === this.size - 1) return this.full;
    if (this.size === 2) {
      this.first ??= new ValueSet(this, onlyFirst);
      this.second ??= new ValueSet(this, onlySecond);
      return low === 0 ? this.first : this.second;
    }
    if (low === high) {
      // Of its length at once: a list that is filled from its far end becomes a table of keys, which is looked up slowly.
      this.atoms ??= new Array(this.size);
      const known = this.atoms[low];
      if (known !== undefined) return known;
      const made = new ValueSet(this, [low | 0, low | 0]);
      this.atoms[low] = made;
      return made;
    }
    const key = low * this.size + high;
    this.singles ??= new Map();
    let found = this.singles.get(key);
    if (!found) {
      found = new ValueSet(this, [low | 0, high | 0]);
      this.singles.set(key, found);
    }
    return found;
  }

  /** Of intervals in any order that may overlap or touch. */
  ofLoose(ranges: number[]): ValueSet {
    if (ranges.length <= 2) return this.of(ranges);
    if (ranges.length > 64 && this.size < 1 << 26) return this.ofMany(ranges);
    // Few, and mostly in order: by insertion.
    const inOrder = ranges.slice();
    for (let i = 2; i < inOrder.length; i += 2) {
      const low = inOrder[i]!;
      const high = inOrder[i + 1]!;
      let at = i;
      for (; at > 0 && inOrder[at - 2]! > low; at -= 2) {
        inOrder[at] = inOrder[at - 2]!;
        inOrder[at + 1] = inOrder[at - 1]!;
      }
      inOrder[at] = low;
      inOrder[at + 1] = high;
    }
    const sorted: number[] = [];
    for (let i = 0; i < inOrder.length; i += 2) {
      const low = inOrder[i]!;
      const high = inOrder[i + 1]!;
      const last = sorted.length - 1;
      if (last > 0 && low <= sorted[last]! + 1) {
        if (high > sorted[last]!) sorted[last] = high;
      } else sorted.push(low, high);
    }
    return this.of(sorted);
  }

  /** The same for thousands: both ends of an interval in one number sort fast. */
  private ofMany(ranges: readonly number[]): ValueSet {
    const ends = new Float64Array(ranges.length / 2);
    for (let i = 0; i < ends.length; i++) ends[i] = ranges[2 * i]! * 2 ** 26 + ranges[2 * i + 1]!;
    ends.sort();
    const sorted: number[] = [];
    for (let j = 0; j < ends.length; j++) {
      const both = ends[j]!;
      const low = (both / 2 ** 26) | 0;
      const high = (both - low * 2 ** 26) | 0;
      const last = sorted.length - 1;
      if (last > 0 && low <= sorted[last]! + 1) {
        if (high > sorted[last]!) sorted[last] = high;
      } else sorted.push(low, high);
    }
    return this.of(sorted);
  }
}

/** The product of its sets, one for each dimension named; sorted by dimension; no set is empty or full. What can be done with it stands in cube.ts. */
export interface Cube {
  readonly dims: readonly number[];
  readonly sets: readonly ValueSet[];
}

export const complementSet = (a: ValueSet): ValueSet => {
  a.complement ??= complementOf(a);
  return a.complement;
};

const complementOf = (a: ValueSet): ValueSet => {
  const out: number[] = [];
  let next = 0;
  for (let i = 0; i < a.ranges.length; i += 2) {
    if (a.ranges[i]! > next) out.push(next, a.ranges[i]! - 1);
    next = a.ranges[i + 1]! + 1;
  }
  if (next < a.dimension.size) out.push(next, a.dimension.size - 1);
  return a.dimension.of(out);
};

export const meetSets = (a: ValueSet, b: ValueSet): ValueSet => {
  if (a === b) return a;
  const x = a.ranges;
  const y = b.ranges;
  if (x.length === 2 && y.length === 2) {
    const low = Math.max(x[0]!, y[0]!);
    const high = Math.min(x[1]!, y[1]!);
    if (low > high) return a.dimension.empty;
    if (low === x[0] && high === x[1]) return a;
    if (low === y[0] && high === y[1]) return b;
    return a.dimension.interval(low, high);
  }
  const out: number[] = [];
  let i = 0;
  let j = 0;
  while (i < x.length && j < y.length) {
    const low = Math.max(x[i]!, y[j]!);
    const high = Math.min(x[i + 1]!, y[j + 1]!);
    if (low <= high) out.push(low, high);
    if (x[i + 1]! < y[j + 1]!) i += 2;
    else j += 2;
  }
  return a.dimension.of(out);
};

export const joinSets = (a: ValueSet, b: ValueSet): ValueSet => (a === b ? a : a.dimension.ofLoose([...a.ranges, ...b.ranges]));

/** Atoms of `a` that are not in `b`. */
export const minusSets = (a: ValueSet, b: ValueSet): ValueSet => {
  const x = a.ranges;
  const y = b.ranges;
  const out: number[] = [];
  let j = 0;
  for (let i = 0; i < x.length; i += 2) {
    let low = x[i]!;
    const high = x[i + 1]!;
    while (j > 0 && y[j - 2 + 1]! >= low) j -= 2;
    while (j < y.length && y[j + 1]! < low) j += 2;
    while (j < y.length && y[j]! <= high) {
      if (y[j]! > low) out.push(low, y[j]! - 1);
      low = y[j + 1]! + 1;
      j += 2;
    }
    if (low <= high) out.push(low, high);
  }
  return a.dimension.of(out);
};

export const setsMeet = (a: ValueSet, b: ValueSet): boolean => {
  if (a === b) return a.count > 0;
  const x = a.ranges;
  const y = b.ranges;
  let i = 0;
  let j = 0;
  while (i < x.length && j < y.length) {
    if (x[i + 1]! < y[j]!) i += 2;
    else if (y[j + 1]! < x[i]!) j += 2;
    else return true;
  }
  return false;
};

/** Whether all of `b` is in `a`. */
export const setContains = (a: ValueSet, b: ValueSet): boolean => {
  if (a === b) return true;
  const x = a.ranges;
  const y = b.ranges;
  let i = 0;
  for (let j = 0; j < y.length; j += 2) {
    while (i < x.length && x[i + 1]! < y[j]!) i += 2;
    if (i >= x.length || x[i]! > y[j]! || x[i + 1]! < y[j + 1]!) return false;
  }
  return true;
};

/** A condition on atoms, negations resolved. */
export type Form = true | false | ValueSet | { readonly and: readonly Form[] } | { readonly or: readonly Form[] };

/** What a rewriting does to one dimension. `set`: takes some atom of it; `map`: atom by atom; `copy`: what the other dimension holds. */
export type Change =
  | { readonly dimension: Dimension; readonly set: ValueSet }
  | { readonly dimension: Dimension; readonly map: readonly number[] }
  | { readonly dimension: Dimension; readonly from: Dimension };

/** The key of a value: numbers of 32 bits as signed ones, which are looked up three times as fast. */
const keyOf = (value: Ordinal, top: Ordinal): Ordinal => (typeof value === 'number' && top <= 2 ** 32 ? value | 0 : value);

/** How a number field is cut. */
interface RangeCode {
  readonly kind: 'ranges';
  readonly dimension: Dimension;
  /** First value of each atom, sorted. */
  readonly starts: readonly Ordinal[];
  /** First value above the domain. */
  readonly top: Ordinal;
  /** By `keyOf` the value. */
  readonly index: ReadonlyMap<Ordinal, number>;
}
interface GroupCode {
  readonly kind: 'groups';
  readonly width: number;
  readonly groups: readonly {
    readonly dimension: Dimension;
    readonly mask: bigint;
    /** Mentioned values; the last atom, where there is one more, is all others. */
    readonly values: readonly bigint[];
    readonly index: ReadonlyMap<bigint, number>;
  }[];
}
interface NameCode {
  readonly kind: 'names';
  readonly dimension: Dimension;
  /** Atom 0: no interface; then names and prefixes in sorted order, so that a prefix is an interval. */
  readonly atoms: readonly { readonly name: string; readonly prefix: boolean }[];
  readonly exact: ReadonlyMap<string, number>;
  readonly prefixes: ReadonlyMap<string, readonly [number, number]>;
}
type Code = RangeCode | GroupCode | NameCode;

/** Variable order of the diagrams: small deciding fields first, then ports, then addresses; tests come behind in order of appearance. */
const order: readonly FieldName[] = [
  'protocol',
  'laterFragment',
  'connectionState',
  'inInterface',
  'outInterface',
  'destinationPort',
  'sourcePort',
  'icmp',
  'tcpFlags',
  'destination',
  'source',
];

const noTests: never[] = [];

/** Tests of one rule that history decides, each with the dimension of its own. */
class Occurrences {
  private seen: Test[] = noTests;
  private made: Dimension[] = noTests;

  get(test: Test): Dimension | undefined {
    const at = this.seen.indexOf(test);
    return at < 0 ? undefined : this.made[at];
  }

  set(test: Test, dimension: Dimension): void {
    if (this.seen === noTests) {
      this.seen = [];
      this.made = [];
    }
    this.seen.push(test);
    this.made.push(dimension);
  }
}

/** Fields that are asked anew when another changes, by that other. */
const followers = new Map<FieldName, FieldName[]>();
for (const [field, spec] of Object.entries(fields)) {
  const { follows } = spec as { follows?: FieldName };
  if (follows === undefined) continue;
  const list = followers.get(follows);
  if (list) list.push(field as FieldName);
  else followers.set(follows, [field as FieldName]);
}

/** Fields that targets copy to each other (CONNMARK): what is written to one may be asked of the other. */
const copied: ReadonlySet<FieldName> = new Set<FieldName>(['mark', 'connectionMark']);

/** Collects what a ruleset asks, then cuts. */
export class Space {
  readonly family: Family;
  readonly dimensions: Dimension[] = [];
  private readonly codes = new Map<FieldName, Code>();
  private readonly tests = new Map<string, Dimension>();
  private readonly resolved = new Map<string, Predicate | null>();
  private readonly resolver: Resolver | undefined;
  private nextLevel = 0;
  /** What is collected before cutting. */
  private readonly cuts = new Map<FieldName, Ordinal[]>();
  private readonly values = new Map<FieldName, Ordinal[]>();
  private readonly masks = new Map<FieldName, Set<bigint>>();
  private readonly points = new Map<FieldName, { mask: bigint; value: bigint }[]>();
  private readonly names = new Map<NameField, { exact: Set<string>; prefixes: Set<string> }>();
  private readonly grouped = new Set<FieldName>();
  private readonly whole = new Set<FieldName>();
  private readonly twins: [NumberField, NumberField][] = [];
  private readonly asked = new Set<FieldName>();
  /** Dimensions of tests by the fields that they read. */
  readonly readers = new Map<FieldName, Dimension[]>();

  constructor(family: Family, resolver?: Resolver) {
    this.family = family;
    this.resolver = resolver;
  }

  width(field: FieldName): number {
    return isAddressField(field) ? addressWidth(this.family) : fields[field].width;
  }

  /** First value above the domain. */
  private top(field: FieldName): Ordinal {
    const size = (fields[field] as { size?: number }).size;
    if (size !== undefined) return size;
    const width = this.width(field);
    return width > 64 ? 1n << BigInt(width) : 2 ** width;
  }

  /** (a) Note what a predicate asks. */
  collect(predicate: Predicate): void {
    switch (predicate.kind) {
      case 'in': {
        const known = this.typeOf(predicate);
        if (known) {
          this.collect(known);
          return;
        }
        this.asked.add(predicate.field);
        for (let i = 0; i < predicate.ranges.length; i++) {
          const [low, high] = predicate.ranges[i]!;
          this.collectRange(predicate.field, low, high);
        }
        return;
      }
      case 'bits':
        this.asked.add(predicate.field);
        this.noteMask(predicate.field, BigInt(predicate.mask), BigInt(predicate.value));
        return;
      case 'name': {
        this.asked.add(predicate.field);
        this.noteName(predicate.field, predicate.name, predicate.prefix);
        return;
      }
      case 'not':
        this.collect(predicate.of);
        return;
      case 'all':
      case 'some':
        for (let i = 0; i < predicate.of.length; i++) this.collect(predicate.of[i]!);
        return;
      case 'test': {
        const known = this.resolve(predicate.test);
        if (known) this.collect(known);
        return;
      }
      default:
        return;
    }
  }

  /** (a) Note a question about one range of a field. */
  collectRange(field: NumberField, low: Ordinal, high: Ordinal): void {
    let cuts = this.cuts.get(field);
    if (!cuts) {
      cuts = [];
      this.cuts.set(field, cuts);
      this.asked.add(field);
    }
    if (low === high) this.noteValue(field, low);
    else if (low < high) cuts.push(low, typeof high === 'bigint' ? high + 1n : high + 1);
  }

  /** A single value: two cuts of a range, or a point under the full mask, as the field will be cut. */
  private noteValue(field: FieldName, value: Ordinal): void {
    const values = this.values.get(field);
    if (!values) this.values.set(field, [value]);
    // Protocols and ports come one behind the other: what was the last, or the one before, is not noted again.
    else if (value !== values[values.length - 1] && value !== values[values.length - 2]) values.push(value);
  }

  noteName(field: NameField, name: string, prefix: boolean): void {
    let names = this.names.get(field);
    if (!names) {
      names = { exact: new Set(), prefixes: new Set() };
      this.names.set(field, names);
    }
    (prefix ? names.prefixes : names.exact).add(name);
  }

  private noteMask(field: FieldName, mask: bigint, value: bigint): void {
    const width = this.width(field);
    const top = (1n << BigInt(width)) - 1n;
    mask &= top;
    let masks = this.masks.get(field);
    if (!masks) {
      masks = new Set();
      this.masks.set(field, masks);
    }
    masks.add(mask);
    let points = this.points.get(field);
    if (!points) {
      points = [];
      this.points.set(field, points);
    }
    points.push({ mask, value: value & top });
    if (!isPrefixMask(mask, width)) this.grouped.add(field);
  }

  /** (a) Whether fields will be cut under masks, as far as is known. */
  isGrouped(field: FieldName): boolean {
    return this.grouped.has(field);
  }

  /**
   * (a) Note what a rewriting sets, where some predicate asks for the field: those come first. A field that takes values need not be cut at them: all
   * values of an atom answer every question alike, so a packet that takes one of them is one of all of them. It is where they are told (`exactly`), or where
   * it is cut under masks, which is to be known before.
   */
  collectRewrite(rewrite: Rewrite, exactly: boolean): void {
    const { field } = rewrite;
    if (!this.asked.has(field) && !copied.has(field)) return;
    switch (rewrite.kind) {
      case 'to': {
        if (!exactly && !this.grouped.has(field)) return;
        const cuts = this.cuts.get(field) ?? [];
        this.cuts.set(field, cuts);
        for (let i = 0; i < rewrite.ranges.length; i++) {
          const [low, high] = rewrite.ranges[i]!;
          if (low === high) this.noteValue(field, low);
          else if (low < high) cuts.push(low, typeof high === 'bigint' ? high + 1n : high + 1);
        }
        return;
      }
      case 'xor': {
        const mask = BigInt(rewrite.mask);
        const value = BigInt(rewrite.value);
        this.noteMask(field, mask, value & mask);
        for (let rest = value & ~mask, bit = 1n; rest > 0n; rest >>= 1n, bit <<= 1n)
          if (rest & 1n) {
            this.noteMask(field, bit, 0n);
            this.noteMask(field, bit, bit);
            this.grouped.add(field); // flipped bits stand alone
          }
        return;
      }
      case 'add':
        if (this.width(field) <= 8) this.whole.add(field);
        return;
      case 'copy':
        this.twins.push([field, rewrite.from]);
        this.grouped.add(field).add(rewrite.from);
        this.noteMask(field, BigInt(rewrite.mask), 0n);
        this.noteMask(rewrite.from, BigInt(rewrite.fromMask), 0n);
        return;
      case 'network': {
        if (!exactly) return;
        const value = rewrite.value;
        const rest = (1n << BigInt(this.width(field))) - 1n - BigInt(rewrite.mask);
        const cuts = this.cuts.get(field) ?? [];
        this.cuts.set(field, cuts);
        const end = BigInt(value) + rest + 1n;
        cuts.push(value, typeof value === 'bigint' ? end : Number(end));
        return;
      }
      default:
        return;
    }
  }

  /** (b) Cut every field that is asked. Called once, after collecting. */
  cut(): void {
    for (const [field, values] of this.values) {
      if (this.grouped.has(field)) {
        const full = (1n << BigInt(this.width(field))) - 1n;
        for (const value of new Set(values)) this.noteMask(field, full, BigInt(value));
      } else {
        const cuts = this.cuts.get(field)!;
        for (let i = 0; i < values.length; i++) {
          const value = values[i]!;
          cuts.push(value, typeof value === 'bigint' ? value + 1n : value + 1);
        }
      }
    }
    // The field that a twin copies from is asked where the copy is.
    for (let i = 0; i < this.twins.length; i++) {
      const [to, from] = this.twins[i]!;
      if (this.asked.has(to)) this.asked.add(from);
    }
    for (let i = 0; i < this.twins.length; i++) {
      const [to, from] = this.twins[i]!;
      if (this.masks.get(to) === this.masks.get(from)) continue; // they share all already
      const masks = new Set([...(this.masks.get(to) ?? []), ...(this.masks.get(from) ?? [])]);
      const points = [...(this.points.get(to) ?? []), ...(this.points.get(from) ?? [])];
      const cuts = [...(this.cuts.get(to) ?? []), ...(this.cuts.get(from) ?? [])];
      for (const field of [to, from]) {
        this.masks.set(field, masks);
        this.points.set(field, points);
        this.cuts.set(field, cuts);
      }
    }
    for (const field of ['connectionState'] as const) {
      this.asked.add(field); // nat and raw see some states only, whoever asks
      this.whole.add(field);
    }
    this.asked.add('inInterface').add('outInterface');
    this.noteName('inInterface', 'lo', false); // what the host sends itself skips nat PREROUTING
    for (const field of [...order, ...(Object.keys(fields) as FieldName[]).filter((f) => !order.includes(f))]) {
      if (!this.asked.has(field)) continue;
      const kind = fields[field].kind;
      this.codes.set(
        field,
        kind === 'name' ? this.cutNames(field as NameField) : this.grouped.has(field) ? this.cutGroups(field) : this.cutRanges(field),
      );
    }
    this.cuts.clear();
    this.values.clear();
    this.points.clear();
    this.masks.clear();
    this.names.clear();
  }

  private add(size: number, of: { field?: FieldName; test?: Test; mask?: bigint }): Dimension {
    const dimension = new Dimension(this.dimensions.length, size, this.nextLevel, of);
    this.nextLevel += dimension.bits;
    this.dimensions.push(dimension);
    return dimension;
  }

  private cutRanges(field: FieldName): RangeCode {
    const top = this.top(field);
    const big = typeof top === 'bigint';
    let all: Ordinal[] = this.cuts.get(field) ?? [];
    const width = this.width(field);
    for (const { mask, value } of this.points.get(field) ?? []) {
      const rest = (1n << BigInt(width)) - 1n - mask;
      if ((value & rest) !== 0n) continue; // never true
      all.push(big ? value : Number(value), big ? value + rest + 1n : Number(value + rest + 1n));
    }
    if (this.whole.has(field)) all = Array.from({ length: Number(top) }, (_, i) => (big ? BigInt(i) : i));
    let starts: Ordinal[];
    if (big) {
      const unique = new Set<Ordinal>(all.map((v) => BigInt(v)));
      unique.add(0n);
      starts = [...unique].filter((v) => v < top).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    } else {
      const sorted = Float64Array.from(all as number[]).sort();
      starts = [0];
      let last = 0;
      for (let i = 0; i < sorted.length; i++) {
        const v = sorted[i]!;
        if (v <= last || v >= (top as number)) continue;
        starts.push(v);
        last = v;
      }
    }
    const index = new Map<Ordinal, number>();
    for (let i = 0; i < starts.length; i++) index.set(keyOf(starts[i]!, top), i);
    return { kind: 'ranges', dimension: this.add(starts.length, { field }), starts, top, index };
  }

  private cutGroups(field: FieldName): GroupCode {
    const width = this.width(field);
    const masks = [...(this.masks.get(field) ?? [])];
    const points = this.points.get(field) ?? [];
    const cuts = this.cuts.get(field) ?? [];
    // Ranges become prefix blocks, none smaller than the lowest bit set in a boundary: the bits from there up stand alone.
    let lowest = width;
    for (const cut of cuts) {
      const value = BigInt(cut);
      if (value === 0n) continue;
      let bit = 0;
      while (((value >> BigInt(bit)) & 1n) === 0n) bit++;
      if (bit < lowest) lowest = bit;
    }
    for (let bit = lowest; bit < width; bit++) masks.push(1n << BigInt(bit));
    // Bits with the same membership in all masks are one group.
    const bySignature = new Map<string, bigint>();
    for (let bit = 0; bit < width; bit++) {
      const one = 1n << BigInt(bit);
      const signature = masks.map((mask) => (mask & one ? '1' : '0')).join('');
      if (!signature.includes('1')) continue;
      bySignature.set(signature, (bySignature.get(signature) ?? 0n) | one);
    }
    const groups = [...bySignature.values()].map((mask) => {
      const size = popcount(mask);
      const values = new Set<bigint>();
      if (size === 1) values.add(0n).add(mask);
      else for (const point of points) if ((point.mask & mask) === mask) values.add(point.value & mask);
      values.add(0n); // the usual value, and what clearing bits leaves
      const list = [...values].sort((a, b) => (a < b ? -1 : 1));
      const other = size > 50 || 2 ** size > list.length;
      return {
        dimension: this.add(list.length + (other ? 1 : 0), { field, mask }),
        mask,
        values: list,
        index: new Map(list.map((value, i) => [value, i])),
      };
    });
    return { kind: 'groups', width, groups };
  }

  private cutNames(field: NameField): NameCode {
    const { exact, prefixes } = this.names.get(field) ?? { exact: new Set<string>(), prefixes: new Set<string>() };
    const entries = [
      ...[...prefixes].filter((name) => name !== '').map((name) => ({ name, prefix: true })),
      ...[...exact].filter((name) => name !== '').map((name) => ({ name, prefix: false })),
    ].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.prefix === b.prefix ? 0 : a.prefix ? -1 : 1));
    const atoms = [
      { name: '', prefix: false },
      { name: '', prefix: true },
    ];
    const exactAt = new Map<string, number>([['', 0]]);
    const open: { name: string; start: number }[] = [];
    const spans = new Map<string, readonly [number, number]>();
    const close = (until: string | null): void => {
      while (open.length > 0 && (until === null || !until.startsWith(open[open.length - 1]!.name))) {
        const { name, start } = open.pop()!;
        spans.set(name, [start, atoms.length - 1]);
      }
    };
    for (const entry of entries) {
      close(entry.name);
      if (entry.prefix) {
        open.push({ name: entry.name, start: atoms.length });
        if (entry.name.length < 15)
          atoms.push(entry); // a name has at most 15 characters (IFNAMSIZ)
        else if (!exact.has(entry.name)) {
          exactAt.set(entry.name, atoms.length);
          atoms.push({ name: entry.name, prefix: false });
        }
      } else {
        exactAt.set(entry.name, atoms.length);
        atoms.push(entry);
      }
    }
    close(null);
    spans.set('', [0, atoms.length - 1]);
    return { kind: 'names', dimension: this.add(atoms.length, { field }), atoms, exact: exactAt, prefixes: spans };
  }

  /** A question about the type of an address as one about the address. */
  private typeOf(predicate: Predicate & { readonly kind: 'in' }): Predicate | null {
    const { field } = predicate;
    if (!this.resolver?.addressType || (field !== 'sourceType' && field !== 'destinationType')) return null;
    const parts: Predicate[] = [];
    for (const [low, high] of predicate.ranges)
      for (let type = Number(low); type <= Number(high); type++) {
        const known = this.resolver.addressType(field, type);
        if (!known) return null;
        parts.push(known);
      }
    return some(...parts);
  }

  private resolve(test: Test): Predicate | null {
    if (!this.resolver || test.decidedBy === 'history') return null;
    let known = this.resolved.get(test.text);
    if (known === undefined) {
      known = this.resolver.test(test) ?? null;
      this.resolved.set(test.text, known);
    }
    return known;
  }

  private testDimension(test: Test, own: Occurrences): Dimension {
    if (test.decidedBy === 'history') {
      // Every occurrence answers for itself: one dimension for each place in each rule.
      let found = own.get(test);
      if (!found) {
        found = this.addTest(test);
        own.set(test, found);
      }
      return found;
    }
    let found = this.tests.get(test.text);
    if (!found) {
      found = this.addTest(test);
      this.tests.set(test.text, found);
    }
    return found;
  }

  /** A dimension that is no packet field: where the packet is, what became of it. */
  addOwn(size: number): Dimension {
    return this.add(size, {});
  }

  addTest(test: Test): Dimension {
    const dimension = this.add(2, { test });
    for (const field of test.reads) {
      const list = this.readers.get(field);
      if (list) list.push(dimension);
      else this.readers.set(field, [dimension]);
    }
    return dimension;
  }

  code(field: FieldName): Code | undefined {
    return this.codes.get(field);
  }

  /** The single dimension of a field cut by ranges or names. */
  dimension(field: FieldName): Dimension | undefined {
    const code = this.codes.get(field);
    return code && code.kind !== 'groups' ? code.dimension : undefined;
  }

  /** All dimensions of a field. */
  dimensionsOf(field: FieldName): readonly Dimension[] {
    const code = this.codes.get(field);
    return !code ? [] : code.kind === 'groups' ? code.groups.map((g) => g.dimension) : [code.dimension];
  }

  /** (c) A predicate as a condition on atoms. What it asks must have been collected. Each call gives tests decided by history dimensions of their own. */
  form(predicate: Predicate): Form {
    return this.toForm(predicate, false, new Occurrences());
  }

  /** A predicate as its sets, where it is a conjunction of single conditions; else as a form. */
  condition(predicate: Predicate): readonly ValueSet[] | Form {
    const own = new Occurrences();
    const sets: ValueSet[] = [];
    const plain = this.gather(predicate, own, sets);
    return plain === null ? this.toForm(predicate, false, own) : plain && sets;
  }

  /** Puts the sets of a conjunction into a list. False: it never holds; null: it is no plain conjunction. */
  private gather(predicate: Predicate, own: Occurrences, sets: ValueSet[]): boolean | null {
    if (predicate.kind === 'all') {
      for (const part of predicate.of) {
        const found = this.gather(part, own, sets);
        if (found !== true) return found;
      }
      return true;
    }
    const form = this.toForm(predicate, false, own);
    if (typeof form === 'boolean') return form;
    if (form instanceof ValueSet) {
      sets.push(form);
      return true;
    }
    if ('or' in form) return null;
    for (const part of form.and) {
      if (!(part instanceof ValueSet)) return null;
      sets.push(part);
    }
    return true;
  }

  private toForm(predicate: Predicate, negated: boolean, own: Occurrences): Form {
    switch (predicate.kind) {
      case 'any':
        return !negated;
      case 'none':
        return negated;
      case 'not':
        return this.toForm(predicate.of, !negated, own);
      case 'all':
      case 'some': {
        const and = (predicate.kind === 'all') !== negated;
        const parts: Form[] = [];
        for (const part of predicate.of) {
          const form = this.toForm(part, negated, own);
          if (form === !and) return !and;
          if (form !== and) parts.push(form);
        }
        if (parts.length === 0) return and;
        return parts.length === 1 ? parts[0]! : and ? { and: parts } : { or: parts };
      }
      case 'test': {
        const known = this.resolve(predicate.test);
        if (known) return this.toForm(known, negated, own);
        return leaf(this.testDimension(predicate.test, own).interval(negated ? 0 : 1, negated ? 0 : 1));
      }
      case 'name': {
        const code = this.codes.get(predicate.field) as NameCode;
        const { dimension } = code;
        let set: ValueSet;
        if (predicate.prefix) {
          const span = code.prefixes.get(predicate.name);
          if (!span) throw new Error(`prefix ${predicate.name} was not collected`);
          set = dimension.interval(span[0], span[1]);
        } else {
          const at = code.exact.get(predicate.name);
          if (at === undefined) throw new Error(`name ${predicate.name} was not collected`);
          set = dimension.interval(at, at);
        }
        return leaf(negated ? complementSet(set) : set);
      }
      case 'in': {
        const known = this.typeOf(predicate);
        if (known) return this.toForm(known, negated, own);
        const code = this.codes.get(predicate.field)!;
        if (code.kind === 'ranges') {
          const set = this.rangeSet(predicate.field, code, predicate.ranges);
          return leaf(negated ? complementSet(set) : set);
        }
        return this.groupRanges(code as GroupCode, predicate.ranges, negated);
      }
      case 'bits': {
        const code = this.codes.get(predicate.field)!;
        const width = this.width(predicate.field);
        const mask = BigInt(predicate.mask);
        const value = BigInt(predicate.value);
        if ((value & ~mask) !== 0n) return negated;
        if (code.kind === 'ranges') {
          const rest = (1n << BigInt(width)) - 1n - mask;
          const big = width > 64;
          const range: Range = big ? [value, value + rest] : [Number(value), Number(value + rest)];
          const set = this.rangeSet(predicate.field, code, [range]);
          return leaf(negated ? complementSet(set) : set);
        }
        return groupBits(code as GroupCode, mask, value, negated);
      }
    }
  }

  /**
   * Atoms of some ranges of a field that is cut by ranges, or all others. The ranges stand in a list from `from` to `to`, first and last value of each, and must
   * have been collected.
   */
  within(field: NumberField, bounds: readonly Ordinal[], from: number, to: number, negated: boolean): ValueSet {
    const code = this.codes.get(field) as RangeCode;
    const set =
      (to - from === 2 ? intervalIn(code, bounds[from]!, bounds[from + 1]!) : null) ?? this.rangesIn(field, code, bounds, from, to);
    return negated ? complementSet(set) : set;
  }

  private rangesIn(field: FieldName, code: RangeCode, bounds: readonly Ordinal[], from: number, to: number): ValueSet {
    const { dimension, index, top } = code;
    const out: number[] = [];
    for (let i = from; i < to; i += 2) {
      const low = bounds[i]!;
      const high = bounds[i + 1]!;
      if (low > high || low >= top) continue;
      const first = index.get(keyOf(low, top));
      const after = typeof high === 'bigint' ? high + 1n : high + 1;
      const end = after >= top ? dimension.size : index.get(keyOf(after, top));
      if (first === undefined || end === undefined) throw new Error(`a range of ${field} was not collected`);
      out.push(first, end - 1);
    }
    return out.length === 2 ? dimension.interval(out[0]!, out[1]!) : dimension.ofLoose(out);
  }

  /** Atoms of the ranges, cut at the domain's top. */
  rangeSet(field: FieldName, code: RangeCode, ranges: readonly Range[]): ValueSet {
    if (ranges.length === 1) {
      const found = intervalIn(code, ranges[0]![0], ranges[0]![1]);
      if (found !== null) return found;
    }
    const bounds: Ordinal[] = [];
    for (let i = 0; i < ranges.length; i++) bounds.push(ranges[i]![0], ranges[i]![1]);
    return this.rangesIn(field, code, bounds, 0, bounds.length);
  }

  private groupRanges(code: GroupCode, ranges: readonly Range[], negated: boolean): Form {
    const full = (1n << BigInt(code.width)) - 1n;
    const parts: Form[] = [];
    for (const [low, high] of ranges) {
      let from = BigInt(low);
      const to = BigInt(high) > full ? full : BigInt(high);
      // Widest aligned block first: at most two for each bit.
      while (from <= to) {
        let size = from === 0n ? full + 1n : from & -from;
        while (from + size - 1n > to) size >>= 1n;
        parts.push(groupBits(code, full ^ (size - 1n), from, negated));
        from += size;
      }
    }
    const unit = negated;
    const kept = parts.filter((p) => p !== unit);
    if (kept.some((p) => p === !unit)) return !unit;
    if (kept.length === 0) return unit;
    return kept.length === 1 ? kept[0]! : negated ? { and: kept } : { or: kept };
  }

  /** Whether a rewriting plainly changes something that is asked; false: `changes` tells. */
  surelyChanges(rewrite: Rewrite): boolean {
    return rewrite.kind === 'to' && this.codes.get(rewrite.field)?.kind === 'ranges';
  }

  /** What a rewriting changes. Dimensions of what follows the field, and of tests that read it, are asked anew. */
  changes(rewrite: Rewrite): Change[] {
    const out: Change[] = [];
    const code = this.codes.get(rewrite.field);
    if (code) {
      const forget = (dimension: Dimension): Change => ({ dimension, set: dimension.full });
      if (code.kind === 'ranges') {
        const { dimension } = code;
        if (rewrite.kind === 'to') out.push({ dimension, set: rangesMeeting(code, rewrite.ranges) });
        else if (rewrite.kind === 'xor' || rewrite.kind === 'network') {
          const width = this.width(rewrite.field);
          const mask = BigInt(rewrite.mask);
          const value = BigInt(rewrite.value) & mask;
          const rest = (1n << BigInt(width)) - 1n - mask;
          const range: Range = width > 64 ? [value, value + rest] : [Number(value), Number(value + rest)];
          out.push({ dimension, set: rangesMeeting(code, [range]) });
        } else if (rewrite.kind === 'add' && this.whole.has(rewrite.field)) {
          const last = dimension.size - 1;
          out.push({ dimension, map: Array.from({ length: dimension.size }, (_, i) => Math.min(last, Math.max(0, i + rewrite.by))) });
        } else out.push(forget(dimension));
      } else if (code.kind === 'groups') {
        for (const group of code.groups) {
          const { dimension, mask } = group;
          const put = (value: bigint): Change => {
            const at = group.index.get(value & mask);
            return at === undefined ? forget(dimension) : { dimension, set: dimension.interval(at, at) };
          };
          if (rewrite.kind === 'to' && rewrite.ranges.length === 1 && rewrite.ranges[0]![0] === rewrite.ranges[0]![1])
            out.push(put(BigInt(rewrite.ranges[0]![0])));
          else if (rewrite.kind === 'xor') {
            if ((BigInt(rewrite.mask) & mask) === mask) out.push(put(BigInt(rewrite.value)));
            else if (BigInt(rewrite.value) & mask) out.push({ dimension, map: [1, 0] });
          } else if (rewrite.kind === 'copy') {
            const from = (this.codes.get(rewrite.from) as GroupCode | undefined)?.groups.find((g) => g.mask === mask);
            const inTo = (BigInt(rewrite.mask) & mask) === mask;
            const inFrom = (BigInt(rewrite.fromMask) & mask) === mask;
            if (inTo && inFrom && from && from.dimension.size === dimension.size) out.push({ dimension, from: from.dimension });
            else if (inTo && !inFrom) out.push(put(0n));
            else if (inFrom) out.push(forget(dimension));
          } else out.push(forget(dimension));
        }
      }
    }
    for (const dimension of this.readers.get(rewrite.field) ?? []) out.push({ dimension, set: dimension.full });
    for (const field of followers.get(rewrite.field) ?? [])
      for (const dimension of this.dimensionsOf(field)) out.push({ dimension, set: dimension.full });
    return out;
  }
}

/** The atom that holds a value of a field cut by ranges. */
export const atomAt = (starts: readonly Ordinal[], value: Ordinal): number => {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
};

/** Atoms that hold values of some ranges. */
const rangesMeeting = (code: RangeCode, ranges: readonly Range[]): ValueSet => {
  const { dimension, starts, top } = code;
  const out: number[] = [];
  for (const [low, high] of ranges) if (low <= high && low < top) out.push(atomAt(starts, low), atomAt(starts, high));
  return out.length === 2 ? dimension.interval(out[0]!, out[1]!) : dimension.ofLoose(out);
};

/** Atoms of one range; null where it is upside down, or has an end that was not collected. */
const intervalIn = ({ dimension, index, starts, top }: RangeCode, low: Ordinal, high: Ordinal): ValueSet | null => {
  const first = index.get(keyOf(low, top));
  if (first === undefined || low > high || low >= top) return null;
  const after = typeof high === 'bigint' ? high + 1n : high + 1;
  const end = after >= top ? dimension.size : starts[first + 1] === after ? first + 1 : index.get(keyOf(after, top));
  return end === undefined ? null : dimension.interval(first, end - 1);
};

/** A form of one dimension: all, nothing or some of its atoms. */
const leaf = (set: ValueSet): Form => (set.count === 0 ? false : set.count === set.dimension.size ? true : set);

const groupBits = (code: GroupCode, mask: bigint, value: bigint, negated: boolean): Form => {
  const parts: Form[] = [];
  for (const group of code.groups) {
    if ((mask & group.mask) === 0n) continue;
    const at = group.index.get(value & group.mask);
    if (at === undefined) throw new Error('a masked value was not collected');
    const set = group.dimension.interval(at, at);
    const form = leaf(negated ? complementSet(set) : set);
    if (form === negated) return negated;
    if (form !== !negated) parts.push(form);
  }
  if (parts.length === 0) return !negated;
  return parts.length === 1 ? parts[0]! : negated ? { or: parts } : { and: parts };
};

/** Ones above, zeros below. */
const isPrefixMask = (mask: bigint, width: number): boolean => {
  const rest = ((1n << BigInt(width)) - 1n) ^ mask;
  return (rest & (rest + 1n)) === 0n;
};

const popcount = (mask: bigint): number => mask.toString(2).replaceAll('0', '').length;
