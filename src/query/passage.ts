/**
 * New connections from outside on their way through the host, as cubes: through the tables of PREROUTING, where nat may send them elsewhere, and on to
 * INPUT or FORWARD. Three ideas keep it small and exact:
 *
 * (a) A flow is one cube, and a list of the cubes that earlier rules took out of it. Nothing is cut on the way; who wants one packet of the flow, or
 *     its pieces, asks once at the end, and most flows nobody asks.
 * (b) A rule that rewrites begins a flow of its own. What was said of the field before stays in the cube, under a twin of the dimension, so that every
 *     condition on the way, before and after the translation, speaks of one and the same packet.
 * (c) A rule that cannot be told as cubes never takes anything away: what is found is then too much, never too little, and a doubt says so.
 */
import {
  connectionStates,
  type FieldName,
  fields,
  type Hook,
  hooks,
  type NumberField,
  type Ordinal,
  type Rewrite,
  type TableName,
} from '../../grammar/index.js';
import { type ChainProgram, loopback, type Program, type Step, stageCubes, type TableProgram } from '../analysis/program.js';
import { hullOf } from '../analysis/survey.js';
import { lineOf } from '../model/place.js';
import type { Action, Rule } from '../model/ruleset.js';
import { type Cube, contains, cubeOf, meet, meets, release, remainder, replace, setOf } from '../packets/cube.js';
import { CubeIndex, dividing } from '../packets/cube-index.js';
import { type Change, Dimension, setContains, type ValueSet } from '../packets/space.js';

/** What becomes of a condition when fields change: it moves to the twin, or, where the value was known, it is weighed and forgotten. */
interface Renaming {
  readonly moved: ReadonlyMap<number, Twin>;
  readonly settled: ReadonlyMap<number, ValueSet>;
}

/** Cubes that were taken out of a flow, oldest first; those before its last change are told of the packet as it was then. */
class Taken {
  readonly cubes: Cube[] = [];
  /** Who took each of them. */
  readonly rules: Rule[] = [];
  readonly before: readonly Moment[];
  readonly renaming: Renaming | null;
  private asked = 0;
  private index: CubeIndex | null = null;

  constructor(before: readonly Moment[] = [], renaming: Renaming | null = null) {
    this.before = before;
    this.renaming = renaming;
  }

  add(cube: Cube, rule: Rule): void {
    this.cubes.push(cube);
    this.rules.push(rule);
  }

  /** Those of the first `count` cubes that meet a cube. An index pays from a hundred questions on. */
  meeting(cube: Cube, count: number): readonly number[] {
    const { cubes } = this;
    if (cubes.length < 2000 || ++this.asked < 150) {
      const out: number[] = [];
      for (let at = 0; at < count; at++) if (meets(cubes[at]!, cube)) out.push(at);
      return out;
    }
    if (this.index === null || this.index.size < cubes.length) {
      this.index = new CubeIndex(dividing(cubes));
      for (const one of cubes) this.index.insert(one);
    }
    return this.index.meeting(cube).filter((at) => at < count);
  }
}

/** What was taken up to a moment. */
interface Moment {
  readonly taken: Taken;
  readonly count: number;
}

const momentOf = (taken: Taken): Moment => ({ taken, count: taken.cubes.length });

const renamed = (cube: Cube, { moved, settled }: Renaming): Cube | null => {
  if (!cube.dims.some((dim) => moved.has(dim) || settled.has(dim))) return cube;
  const sets: ValueSet[] = [];
  for (const set of cube.sets) {
    const { index } = set.dimension;
    const twin = moved.get(index);
    const was = settled.get(index);
    if (twin) sets.push(twin.of(set.ranges));
    else if (!was) sets.push(set);
    else if (!setContains(set, was)) return null;
  }
  return cubeOf(sets);
};

/** The cube as it was before a renaming, or more. */
const unnamed = (cube: Cube, { moved, settled }: Renaming): Cube => {
  const owners = new Map([...moved].map(([own, twin]) => [twin.index, own]));
  const sets: ValueSet[] = [];
  for (const set of cube.sets) {
    const { index } = set.dimension;
    const own = owners.get(index);
    if (own !== undefined) sets.push(moved.get(own)!.own.of(set.ranges));
    else if (!moved.has(index) && !settled.has(index)) sets.push(set);
  }
  for (const was of settled.values()) if (was.count < was.dimension.size) sets.push(was);
  return cubeOf(sets)!;
};

/** How a field was before it was rewritten: a dimension of its own beside that of how it is. */
export class Twin extends Dimension {
  readonly own: Dimension;
  constructor(index: number, own: Dimension) {
    super(index, own.size, 0, {});
    this.own = own;
  }
}

/** A nat rule that sends new connections elsewhere. */
export interface Translation {
  readonly rule: Rule;
  /** The jumps to it. */
  readonly way: readonly Rule[];
  /** Lines that refuse some of it afterwards; null: a policy. */
  readonly refusing: Set<Rule | null>;
}

/** Packets that have the same behind them. */
export interface Flow {
  /** Conditions on the way; of what was rewritten, the twin tells how it was, the dimension itself how it is. */
  readonly region: Cube;
  /** Facts of the host that go without saying. */
  readonly limits: Cube;
  /** What earlier rules took. */
  readonly taken: readonly Moment[];
  /** What rewriting set, by dimension. */
  readonly current: ReadonlyMap<number, ValueSet>;
  readonly translation: Translation | null;
  /** What the filter table's rule, or (null) its policy, accepts; undefined: it was not asked yet. */
  readonly by: Rule | null | undefined;
  /** A program behind a queue decides. */
  readonly isQueued: boolean;
}

/** A flow inside a table. */
class Line {
  readonly start: Flow;
  region: Cube;
  readonly gone: Taken;
  /** Accepted by the table: what later rules of it do does not touch them. */
  readonly kept = new Taken();
  /** Accepted, or given back, perhaps. */
  readonly perhaps: Cube[] = [];
  isDead = false;

  constructor(start: Flow) {
    this.start = start;
    this.region = start.region;
    this.gone = new Taken(start.taken);
  }

  get moments(): readonly Moment[] {
    return this.kept.cubes.length === 0 ? [momentOf(this.gone)] : [momentOf(this.gone), momentOf(this.kept)];
  }
}

/** A line, or a part of it, in a chain. */
interface View {
  readonly line: Line;
  readonly cube: Cube;
  /** What the chain gave back. */
  readonly own: Cube[];
  readonly perhapsOwn: Cube[];
  /** All of it was decided. */
  isDead: boolean;
}

const viewOf = (line: Line, cube: Cube): View => ({ line, cube, own: [], perhapsOwn: [], isDead: false });

/** What a table makes of a flow. */
export interface Passed {
  /** Goes on. */
  readonly through: readonly Flow[];
  /** Goes on elsewhere. */
  readonly translated: readonly Flow[];
}

/** Fields whose rewriting in PREROUTING sends a connection elsewhere. */
const sentOn: ReadonlySet<FieldName> = new Set<FieldName>(['destination', 'destinationPort']);

/** Steps looked at over all ways, and pieces that one cube may fall into. */
const mostSteps = 3_000_000;
const mostPieces = 48;

/** Fields of the connection, and the packet's own that they tell of as long as nothing is translated. */
const twins: readonly (readonly [ofConnection: NumberField, own: NumberField])[] = [
  ['originalSource', 'source'],
  ['originalDestination', 'destination'],
  ['originalSourcePort', 'sourcePort'],
  ['originalDestinationPort', 'destinationPort'],
  ['connectionProtocol', 'protocol'],
  ['replyDestination', 'source'],
  ['replyDestinationPort', 'sourcePort'],
  ['replySource', 'destination'],
  ['replySourcePort', 'destinationPort'],
];

/** The packet's own field for one of its connection; undefined: it is another one. */
export const ownField = new Map<FieldName, NumberField>(twins);

/** Fields that the forwarding hooks see anew (as path.ts has it). */
const crossing: readonly FieldName[] = ['physicalOut', 'outGroup', 'ttl', 'realm'];

/** Fields whose value is 0 in a packet that begins a connection and that nobody has marked yet. */
const blank: readonly FieldName[] = ['mark', 'connectionMark', 'connectionStatus', 'connectionDirection'];

/** Follows flows through the tables of a program. */
export class Passage {
  readonly program: Program;
  readonly doubts = new Set<string>();
  /** Chains that are not looked into, and how many ways into them were met. */
  readonly closed: ReadonlySet<string>;
  closedMet = 0;
  private readonly twinOf = new Map<number, Twin>();
  private readonly connectionDims: ReadonlySet<number>;
  private steps = 0;
  private table!: TableProgram;
  private hook: Hook = 'PREROUTING';
  private way: Rule[] = [];
  private found: Flow[] = [];

  /** The types of destinations that each of the two hooks sees. */
  private readonly types: Readonly<Record<'INPUT' | 'FORWARD', Cube>> | null;

  constructor(program: Program, closed: ReadonlySet<string>, types: Readonly<Record<'INPUT' | 'FORWARD', Cube>> | null) {
    this.program = program;
    this.closed = closed;
    this.types = types;
    const { space } = program;
    this.connectionDims = new Set(
      twins.flatMap(([field]) => (space.code(field)?.kind === 'ranges' ? [space.dimension(field)!.index] : [])),
    );
  }

  /** A cube as the packet was when it came: twins put back in place of what rewriting made. */
  asItCame(cube: Cube, current: ReadonlyMap<number, ValueSet>): Cube {
    const sets: ValueSet[] = [];
    for (const set of cube.sets) {
      const { dimension } = set;
      if (dimension instanceof Twin) sets.push(dimension.own.of(set.ranges));
      else if (!current.has(dimension.index)) sets.push(set);
    }
    return cubeOf(sets)!;
  }

  /** A cube without its restrictions on some dimensions, and on what they held before they were rewritten. */
  without(cube: Cube, dims: ReadonlySet<number>): Cube {
    const isKept = ({ dimension }: ValueSet): boolean => !dims.has((dimension instanceof Twin ? dimension.own : dimension).index);
    if (cube.sets.every(isKept)) return cube;
    const sets = cube.sets.filter(isKept);
    return { dims: sets.map(({ dimension }) => dimension.index), sets };
  }

  private twin(dimension: Dimension): Twin {
    let twin = this.twinOf.get(dimension.index);
    if (!twin) {
      twin = new Twin(this.program.space.dimensions.length + this.twinOf.size, dimension);
      this.twinOf.set(dimension.index, twin);
    }
    return twin;
  }

  /** A first packet from outside, as it enters PREROUTING. `within`: which packets; `limits`: what of that goes without saying. */
  arrival(within: Cube, limits: Cube): Flow {
    const { program } = this;
    const { space } = program;
    let region = meet(stageCubes(program, 'mangle', 'PREROUTING')[0]!, within)!;
    const inside = space.dimension('inInterface')!;
    const lo = loopback(program);
    region = replace(region, inside.ofLoose([...(lo > 1 ? [1, lo - 1] : []), ...(lo < inside.size - 1 ? [lo + 1, inside.size - 1] : [])]));
    for (const field of blank) {
      const code = space.code(field);
      if (code?.kind === 'groups')
        for (const { dimension, index } of code.groups) region = replace(region, dimension.interval(index.get(0n)!, index.get(0n)!));
      else if (code?.kind === 'ranges') region = replace(region, code.dimension.interval(0, 0));
    }
    // A later fragment begins nothing.
    const fragment = space.dimension('laterFragment');
    if (fragment) region = replace(region, fragment.interval(0, 0));
    const state = space.dimension('connectionState')!;
    const invalid = connectionStates.indexOf('INVALID');
    region = replace(region, state.interval(invalid, invalid));
    return { region, limits, taken: [], current: new Map(), translation: null, by: undefined, isQueued: false };
  }

  /** Connection tracking, behind raw: who was not kept from it begins a connection. */
  tracked(flow: Flow): Flow {
    if (!this.isTracked(flow)) return flow;
    const state = this.program.space.dimension('connectionState')!;
    const fresh = connectionStates.indexOf('NEW');
    if (!flow.current.has(state.index)) return this.shifted(flow, [state.interval(fresh, fresh)]);
    // What CT made of it is what tracking makes of it: the two are one from here on.
    const twin = this.twin(state);
    const next = this.shifted(flow, [state.interval(fresh, fresh), twin.full]);
    const current = new Map(flow.current);
    current.delete(state.index);
    return { ...next, current };
  }

  /** Whether the connection is tracked at all: what CT prepared looks NEW already, what NOTRACK met does not. */
  isTracked(flow: Flow): boolean {
    const state = flow.current.get(this.program.space.dimension('connectionState')!.index);
    return state === undefined || state.has(connectionStates.indexOf('NEW'));
  }

  /** From PREROUTING to INPUT or FORWARD, from there to POSTROUTING; null: nothing of it goes there. */
  enter(flow: Flow, to: Hook, from: Hook): Flow | null {
    const { program } = this;
    const { space } = program;
    const seenAnew = [program.hook];
    if (from === 'PREROUTING') seenAnew.push(space.dimension('outInterface')!);
    if (to === 'FORWARD')
      for (const field of crossing)
        for (const dimension of space.dimensionsOf(field)) {
          seenAnew.push(dimension);
          if (setOf(flow.region, dimension.index))
            this.doubts.add(`what rules ask of the ${fields[field].words} is not followed across routing`);
        }
    const next = this.shifted(
      flow,
      seenAnew.map((dimension) => dimension.full),
    );
    let region = meet(next.region, stageCubes(program, 'mangle', to)[0]!);
    // Frames that were sent to many are not forwarded (net/ipv4/ip_forward.c).
    const frame = to === 'FORWARD' ? space.dimension('packetType') : undefined;
    if (region && frame) region = meet(region, { dims: [frame.index], sets: [frame.interval(0, 0)] });
    const type = from === 'PREROUTING' ? this.types?.[to as 'INPUT' | 'FORWARD'] : undefined;
    if (region && type) region = meet(region, type);
    return region && { ...next, region };
  }

  /** The flow with some dimensions taking other values; the old ones need not be remembered. */
  private shifted(flow: Flow, sets: readonly ValueSet[]): Flow {
    const settled = new Map(sets.map(({ dimension }) => [dimension.index, setOf(flow.region, dimension.index) ?? dimension.full]));
    const taken = new Taken(flow.taken, { moved: new Map(), settled });
    let region = flow.region;
    for (const set of sets) region = replace(region, set);
    return { ...flow, region, taken: [momentOf(taken)] };
  }

  /** The flow held to some values at this place, for what goes without saying. */
  limited(flow: Flow, cube: Cube): Flow | null {
    const limits = meet(flow.limits, cube);
    return limits && meet(flow.region, limits) ? { ...flow, limits } : null;
  }

  /** What a table at a hook makes of a flow. */
  pass(flow: Flow, name: TableName, hook: Hook): Passed {
    const table = this.program.tables.get(name);
    const at = table?.indexOf(hook);
    if (!table || at === undefined) return { through: [flow], translated: [] };
    this.table = table;
    this.hook = hook;
    this.found = [];
    this.way = [];
    const chain = table.chains[at]!;
    const line = new Line(flow);
    const views = [viewOf(line, line.region)];
    views.push(...this.chain(chain, views));
    const through: Flow[] = name === 'filter' ? this.found : [];
    const { policy } = chain.chain;
    for (const { line, cube, isDead } of views) {
      const { start } = line;
      if (line.isDead) continue;
      if (policy === 'DROP' && !isDead) start.translation?.refusing.add(null);
      const isQueued = start.isQueued || policy === 'QUEUE';
      if (name === 'filter') {
        if (!isDead && policy !== 'DROP') through.push({ ...start, region: cube, taken: line.moments, by: null, isQueued });
      } else if (isDead || policy !== 'DROP') through.push({ ...start, region: cube, taken: [momentOf(line.gone)], isQueued });
      // The policy drops what the table did not accept.
      else for (const kept of line.kept.cubes) through.push({ ...start, region: kept, taken: [momentOf(line.gone)] });
    }
    return { through, translated: name === 'filter' ? [] : this.found };
  }

  /** Walks a chain; what begins anew in it and comes back. */
  private chain(chain: ChainProgram, entering: readonly View[]): readonly View[] {
    const here = [...entering];
    const away: View[] = [];
    for (const step of chain.steps) {
      if (step.kind === 'pass' && !step.isChanging) continue;
      const cubes = step.takes === null ? step.cubes : step.takeCubes;
      const isHull = cubes === null;
      let isAlive = false;
      for (let at = 0, end = here.length; at < end; at++) {
        const view = here[at]!;
        if (view.isDead) continue;
        isAlive = true;
        if (++this.steps > mostSteps) {
          this.doubts.add('there are too many ways through the chains');
          return away;
        }
        for (const one of cubes ?? [hullOf(step.form)]) {
          const own = this.grounded(one, view.line);
          const common = own && meet(own, view.cube);
          if (!common) continue;
          let parts = view.own.length === 0 ? [common] : remainder(common, view.own, mostPieces, { left: 5000 });
          if (!parts) {
            this.doubts.add('a chain that gives packets back is too tangled');
            parts = [common];
          }
          for (const part of parts) this.step(step, view, part, isHull, here, away);
        }
      }
      if (!isAlive) break;
    }
    // What this chain gave back is the caller's again.
    return [...here.slice(entering.length), ...away].map(({ line, cube, isDead }) => ({ ...viewOf(line, cube), isDead }));
  }

  private step(step: Step, view: View, cube: Cube, isHull: boolean, here: View[], away: View[]): void {
    const { line } = view;
    switch (step.kind) {
      case 'decide':
        this.decide(step, view, cube, isHull);
        return;
      case 'pass': {
        const next = this.changed(line, cube, step);
        if (!next) return;
        if (isHull) this.doubts.add(`line ${lineOf(step.rule)} changes some of it`);
        else this.take(view, cube, step.rule);
        here.push(viewOf(next, next.region));
        return;
      }
      case 'return':
        if (isHull) {
          this.doubts.add(`line ${lineOf(step.rule)} may pass some of it by`);
          view.perhapsOwn.push(cube);
        } else view.own.push(cube);
        return;
      case 'jump':
      case 'goto': {
        const target = this.table.chains[step.target]!;
        if (this.closed.has(target.chain.name) && this.table.name === 'nat') {
          this.closedMet++;
          this.take(view, cube, step.rule);
          return;
        }
        const inner = viewOf(line, cube);
        inner.perhapsOwn.push(...view.perhapsOwn);
        this.way.push(step.rule);
        const back = this.chain(target, [inner]);
        this.way.pop();
        (step.kind === 'jump' ? here : away).push(...back);
        if (inner.isDead && contains(cube, view.cube)) view.isDead = true;
        if (step.kind === 'goto') (isHull ? view.perhapsOwn : view.own).push(cube);
        return;
      }
      default:
        this.doubts.add(`what line ${lineOf(step.rule)} does is not known`);
    }
  }

  private decide(step: Step, view: View, cube: Cube, isHull: boolean): void {
    const { line } = view;
    const { start } = line;
    // SYNPROXY shakes hands with whoever comes.
    const accepts = step.verdict === 'accept' || step.verdict === 'queue' || step.verdict === 'stolen';
    if (this.table.name === 'filter') {
      if (accepts) {
        if (isHull) this.doubts.add(`line ${lineOf(step.rule)} asks more than is told of it`);
        // Each by name: there may be a hundred thousand, and copying with a spread takes three times as long.
        this.found.push({
          region: cube,
          limits: start.limits,
          taken: line.moments,
          current: start.current,
          translation: start.translation,
          by: step.rule,
          isQueued: start.isQueued || step.verdict === 'queue',
        });
      } else {
        start.translation?.refusing.add(step.rule);
        if (isHull) this.doubts.add(`line ${lineOf(step.rule)} may refuse some of it`);
      }
      if (isHull) line.perhaps.push(cube);
      else this.take(view, cube, step.rule);
      return;
    }
    const { action } = step.rule;
    const isTranslating =
      this.table.name === 'nat' &&
      accepts &&
      action.kind === 'target' &&
      action.rewritesAt(this.hook).some(({ field }) => sentOn.has(field));
    if (isTranslating) {
      if (isHull) this.doubts.add(`line ${lineOf(step.rule)} translates some of it`);
      const next = this.changed(line, cube, step);
      const { space } = this.program;
      const base = next ? next.start : start;
      if (space.dimension('destination') === undefined) this.doubts.add(`where line ${lineOf(step.rule)} sends to is not known`);
      this.found.push({
        ...base,
        taken: next ? base.taken : line.moments,
        region: next ? next.region : cube,
        translation: { rule: step.rule, way: [...this.way], refusing: new Set() },
      });
      if (isHull) line.perhaps.push(cube);
      else this.take(view, cube, step.rule);
    } else if (accepts) {
      if (isHull) line.perhaps.push(cube);
      else {
        line.kept.add(cube, step.rule);
        if (contains(cube, view.cube) && view.own.length === 0) view.isDead = true;
      }
    } else {
      start.translation?.refusing.add(step.rule);
      if (isHull) this.doubts.add(`line ${lineOf(step.rule)} may refuse some of it`);
      else this.take(view, cube, step.rule);
    }
  }

  /** Takes a cube out of a line, but for what was kept before, surely or perhaps. */
  private take(view: View, cube: Cube, rule: Rule): void {
    const { line } = view;
    if (line.kept.cubes.length + line.perhaps.length + view.perhapsOwn.length > 0) {
      const spared = [...line.kept.cubes, ...line.perhaps, ...view.perhapsOwn].filter((one) => meets(one, cube));
      if (spared.length > 0) {
        const parts = remainder(cube, spared, mostPieces, { left: 5000 });
        if (parts) for (const part of parts) line.gone.add(part, rule);
        else this.doubts.add('rules that accept before others drop are too tangled');
        return;
      }
    }
    line.gone.add(cube, rule);
    if (view.own.length > 0) return;
    if (contains(cube, view.cube)) view.isDead = true;
    if (contains(cube, line.region)) line.isDead = true;
  }

  /** The line that a rewriting begins; null: it changes nothing. */
  private changed(line: Line, cube: Cube, step: Step): Line | null {
    const { action } = step.rule;
    const changes: readonly Change[] = (isHookBound(action) ? step.changesAt?.[hooks.indexOf(this.hook)] : undefined) ?? step.changes;
    const assigned = new Map<number, ValueSet>();
    let isChanging = false;
    for (const change of changes) {
      const { dimension } = change;
      const was = setOf(cube, dimension.index) ?? dimension.full;
      const now = assigned.get(dimension.index) ?? was;
      let next: ValueSet;
      if ('set' in change) next = change.set;
      else if ('map' in change) next = dimension.ofLoose(atomsOf(now).flatMap((atom) => [change.map[atom]!, change.map[atom]!]));
      else next = dimension.of((setOf(cube, change.from.index) ?? change.from.full).ranges);
      assigned.set(dimension.index, next);
      if (next !== was || (next.count > 1 && 'set' in change)) isChanging = true;
      if (!('set' in change) && next.count > 1) this.doubts.add(`what line ${lineOf(step.rule)} makes of a field is not followed`);
    }
    if (rewritesOf(action, this.hook).some(({ kind }) => kind === 'network'))
      this.doubts.add(`line ${lineOf(step.rule)} maps a network address by address, which later rules may tell apart`);
    if (!isChanging) return null;
    const { start } = line;
    const moved = new Map<number, Twin>();
    const settled = new Map<number, ValueSet>();
    for (const dim of assigned.keys()) {
      const before = start.current.get(dim);
      if (before) settled.set(dim, before);
      else moved.set(dim, this.twin(this.program.space.dimensions[dim]!));
    }
    const renaming = { moved, settled };
    let region = renamed(
      release(cube, (dim) => settled.has(dim)),
      renaming,
    )!;
    for (const set of assigned.values()) region = replace(region, set);
    const limits = renamed(
      release(start.limits, (dim) => settled.has(dim)),
      renaming,
    )!;
    const taken = new Taken(line.moments, renaming);
    return new Line({ ...start, region, limits, taken: [momentOf(taken)], current: new Map([...start.current, ...assigned]) });
  }

  /** Questions about the connection as questions about its first packet. */
  private grounded(cube: Cube, { start: { current } }: Line): Cube | null {
    if (this.connectionDims.size === 0 || !cube.dims.some((dim) => this.connectionDims.has(dim))) return cube;
    const { space } = this.program;
    const sets: ValueSet[] = [];
    for (const set of cube.sets) {
      const { field, index } = set.dimension;
      const own = field === null || current.has(index) ? undefined : ownField.get(field);
      const to = own && space.code(own);
      const code = field && space.code(field);
      if (!own || to?.kind !== 'ranges' || !code || code.kind !== 'ranges') {
        sets.push(set);
        continue;
      }
      const ranges: (readonly [Ordinal, Ordinal])[] = [];
      for (let i = 0; i < set.ranges.length; i += 2) {
        const after = code.starts[set.ranges[i + 1]! + 1];
        const high: Ordinal = after === undefined ? topOf(space.width(own)) : typeof after === 'bigint' ? after - 1n : after - 1;
        ranges.push([code.starts[set.ranges[i]!]!, high]);
      }
      const said = space.rangeSet(own, to, ranges);
      sets.push(current.has(to.dimension.index) ? this.twin(to.dimension).of(said.ranges) : said);
    }
    return cubeOf(sets);
  }

  /** What earlier rules took of a flow, as far as it meets a cube, and who took it. */
  takenFrom(flow: Flow, cube: Cube): TakenParts {
    const cubes: Cube[] = [];
    const rules = new Set<Rule>();
    const visit = (moments: readonly Moment[], cube: Cube, renamings: readonly Renaming[]): void => {
      for (const { taken, count } of moments) {
        for (const at of taken.meeting(cube, count)) {
          let one: Cube | null = taken.cubes[at]!;
          for (const renaming of renamings) one = one && renamed(one, renaming);
          if (!one) continue;
          cubes.push(one);
          rules.add(taken.rules[at]!);
        }
        const { before, renaming } = taken;
        if (before.length > 0) visit(before, renaming ? unnamed(cube, renaming) : cube, renaming ? [renaming, ...renamings] : renamings);
      }
    };
    visit(flow.taken, cube, []);
    return { cubes, rules };
  }
}

/** Cubes that were taken out of a flow, and the rules that did so. */
export interface TakenParts {
  readonly cubes: readonly Cube[];
  readonly rules: ReadonlySet<Rule>;
}

/** Whether what a target rewrites may depend on the hook. */
const isHookBound = (action: Action): boolean => action.kind === 'target' && action.rewrites.some(({ kind }) => kind === 'unknown');

const noRewrites: readonly Rewrite[] = [];

/** What a target rewrites at a hook. */
export const rewritesOf = (action: Action, hook: Hook): readonly Rewrite[] =>
  action.kind !== 'target' ? noRewrites : isHookBound(action) ? action.rewritesAt(hook) : action.rewrites;

const atomsOf = ({ ranges }: ValueSet): number[] => {
  const out: number[] = [];
  for (let i = 0; i < ranges.length; i += 2) for (let at = ranges[i]!; at <= ranges[i + 1]!; at++) out.push(at);
  return out;
};

const topOf = (width: number): Ordinal => (width > 64 ? (1n << BigInt(width)) - 1n : 2 ** width - 1);
