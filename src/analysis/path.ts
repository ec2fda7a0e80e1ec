/**
 * The whole way of a packet: hooks and tables in the kernel's order. What raw drops never reaches filter, filter sees what DNAT made, nat sees the first
 * packets of connections only.
 *
 * Measured (Linux 6.18): packets looped back by `lo` are not asked by nat PREROUTING again; POSTROUTING knows the incoming interface of
 * forwarded packets and none for the host's own; the TTL is counted down between PREROUTING and FORWARD; what mangle and nat change in OUTPUT is routed
 * anew, which POSTROUTING sees and the rest of OUTPUT does not; packets that follow the first one of a connection that nobody has answered yet are
 * NEW, and are translated as it was, whatever else they look like.
 */
import { connectionStates, type FieldName, type Hook, hooks, type TableName, tablesAtHook } from '../../grammar/index.js';
import { type Budget, type Cube, everything, meet, meets, merge, minus, release, replace, setOf, uncovered } from '../packets/cube.js';
import { CubeIndex, dividing } from '../packets/cube-index.js';
import type { Diagram, Node } from '../packets/diagram.js';
import { complementSet, type Dimension, type Form, meetSets, type ValueSet } from '../packets/space.js';
import type { FlowOf } from './flow.js';
import { loopback, type Program, type Step, type StepCalls, stageCubes, type TableProgram, translates } from './program.js';
import { moves, ofRoute, type Rerouting, reroutingOf } from './rerouting.js';
import { hullOf } from './survey.js';

/** One table asked at one hook. */
export interface Stage {
  readonly table: TableName;
  readonly hook: Hook;
}

/** The ways that end with a hook, each as the hooks passed. */
export const waysTo: Readonly<Record<Hook, readonly (readonly Hook[])[]>> = {
  PREROUTING: [['PREROUTING']],
  INPUT: [['PREROUTING', 'INPUT']],
  FORWARD: [['PREROUTING', 'FORWARD']],
  OUTPUT: [['OUTPUT']],
  POSTROUTING: [
    ['OUTPUT', 'POSTROUTING'],
    ['PREROUTING', 'FORWARD', 'POSTROUTING'],
  ],
};

/** The stages that a packet passes before one, along a way. */
const stagesBefore = (program: Program, way: readonly Hook[], table: TableName): Stage[] => {
  const out: Stage[] = [];
  for (const hook of way) {
    for (const name of tablesAtHook[hook]) {
      if (hook === way.at(-1) && name === table) return out;
      if (program.tables.has(name)) out.push({ table: name, hook });
    }
  }
  return out;
};

/** More than this many cubes that may do harm are not looked through one by one. */
const mostHarm = 200000;

/** Steps that may be looked at in all, for single cubes, before everything that may do harm is gathered. */
const mostNearby = 400_000;

/** Called chains of more steps than this, level by level, are taken as a whole: what calls them may do harm. */
const mostLookedInto = 20000;

/** Whether a step drops or changes something, or calls a chain that does. */
const isHarm = (step: Step, harmful: Uint8Array): boolean =>
  step.target >= 0
    ? harmful[step.target] !== 0
    : step.kind === 'maybe' || (step.kind === 'decide' && step.verdict !== 'accept') || (step.isChanging && !isTrackedAnew(step));

/** All that it changes is what connection tracking, which comes behind it, says anew: only UNTRACKED stays. */
const isTrackedAnew = (step: Step): boolean =>
  !step.translates &&
  step.changes.every(({ dimension, ...change }) =>
    dimension.test
      ? dimension.test.reads.includes('connectionState')
      : dimension.field === 'connectionState' && 'set' in change && !change.set.has(connectionStates.indexOf('UNTRACKED')),
  );

/** Whether a chain calls one that drops or changes something. */
const callsHarm = ({ starts, targets }: StepCalls, chain: number, harmful: Uint8Array): boolean => {
  for (let call = starts[chain]!; call < starts[chain + 1]!; call++) if (targets[call]! >= 0 && harmful[targets[call]!] !== 0) return true;
  return false;
};

/** A chain called with some of the packets that may do harm. */
interface Call {
  readonly within: Cube;
  readonly target: number;
}

interface Harm {
  readonly index: CubeIndex;
  /** By number of the cube: the called chain that was not looked into, -1 where there is none. Null: looking closer would not tell more. */
  readonly calls: readonly number[] | null;
}

/** Fields that belong to the connection: raw runs before there is one. */
const connectionFields: readonly FieldName[] = [
  'connectionState',
  'connectionStatus',
  'connectionDirection',
  'connectionProtocol',
  'originalSource',
  'originalDestination',
  'originalSourcePort',
  'originalDestinationPort',
  'replySource',
  'replyDestination',
  'replySourcePort',
  'replyDestinationPort',
  'connectionMark',
];

/** Fields that a hook sees anew, whatever the hook before it saw. */
const changing: Readonly<Record<Hook, readonly FieldName[]>> = {
  PREROUTING: [],
  INPUT: [],
  FORWARD: ['outInterface', 'physicalOut', 'outGroup', 'ttl', 'realm'],
  OUTPUT: [],
  POSTROUTING: ['physicalOut'],
};

/** What all packets of one connection that come the same way have in common. */
const ofTuple: ReadonlySet<FieldName> = new Set<FieldName>([
  'protocol',
  'source',
  'destination',
  'sourcePort',
  'destinationPort',
  'icmp',
  'laterFragment',
  ...connectionFields.filter((field) => field !== 'connectionMark' && field !== 'connectionStatus'),
]);

export class Paths {
  private readonly program: Program;
  private readonly flowOf: FlowOf;
  private readonly diagram: Diagram;
  private readonly harms = new Map<string, Harm | null>();
  private readonly harmful = new Map<TableName, Uint8Array>();
  private readonly arrivals = new Map<string, Node>();
  private readonly opens = new Map<string, ReadonlySet<number>>();
  private readonly seen = new Map<string, readonly Cube[]>();
  private readonly nearby: Budget = { left: mostNearby };

  /** Packets that matter, as they set out; absent: all. */
  private readonly scope: Node;

  constructor(program: Program, diagram: Diagram, flowOf: FlowOf, scope: Node = 1) {
    this.program = program;
    this.diagram = diagram;
    this.flowOf = flowOf;
    this.scope = scope;
  }

  /** All packets that may become one of these on some way: what hooks see anew, and what rules change, is open. */
  origins(set: Node): Node {
    const { program, diagram } = this;
    const open = new Set<Dimension>([program.hook]);
    const fields = [...Object.values(changing).flat(), ...ofRoute, ...(program.tables.has('raw') ? connectionFields : [])];
    for (const field of fields) {
      for (const dimension of program.space.dimensionsOf(field)) open.add(dimension);
      for (const dimension of program.space.readers.get(field) ?? []) open.add(dimension);
    }
    for (const { chains } of program.tables.values())
      for (const { steps, history } of chains) {
        for (const dimension of history) open.add(dimension);
        for (const { changes } of steps) for (const { dimension } of changes) open.add(dimension);
      }
    let node = set;
    for (const dimension of open) node = diagram.forget(node, dimension);
    return node;
  }

  /** Whether a table is asked before another one's hook on some way. */
  isBefore(table: TableName, later: TableName, hook: Hook): boolean {
    return waysTo[hook].some((way) => stagesBefore(this.program, way, later).some((stage) => stage.table === table));
  }

  /** Whether two conditions of different places on the way meet in what stays the same on it. */
  meetAcross(a: Cube, b: Cube): boolean {
    const open = new Set<number>([this.program.hook.index]);
    for (const fields of Object.values(changing))
      for (const field of fields) for (const dimension of this.program.space.dimensionsOf(field)) open.add(dimension.index);
    for (const field of connectionFields) for (const dimension of this.program.space.dimensionsOf(field)) open.add(dimension.index);
    return meets(
      release(a, (dim) => open.has(dim)),
      release(b, (dim) => open.has(dim)),
    );
  }

  /** Whether nothing before a stage could drop or change a packet. */
  isFirst(table: TableName, hook: Hook): boolean {
    return waysTo[hook].every((way) => stagesBefore(this.program, way, table).every((stage) => this.isHarmless(stage)));
  }

  private isHarmless(stage: Stage): boolean {
    const table = this.program.tables.get(stage.table)!;
    const chain = table.chains[table.indexOf(stage.hook)!]!;
    if (chain.chain.policy !== 'ACCEPT') return false;
    return this.harmIn(table)[chain.index] === 0;
  }

  /**
   * Some part of a cube that reaches a stage untouched by all before it; undefined: none was found so, which proves nothing. Only what may do
   * harm is looked at: steps that drop or rewrite, whole called chains if they hold such a step.
   */
  untouched(cube: Cube, table: TableName, hook: Hook): Cube | undefined {
    return this.slipping(cube, table, hook, false) ?? this.slipping(cube, table, hook, true);
  }

  private slipping(cube: Cube, table: TableName, hook: Hook, closely: boolean): Cube | undefined {
    for (const way of waysTo[hook]) {
      let part: Cube | null | undefined = cube;
      const stages = stagesBefore(this.program, way, table);
      if (hook === 'POSTROUTING') {
        const inside = this.program.space.dimension('inInterface')!;
        part = meet(cube, {
          dims: [inside.index],
          sets: [way[0] === 'OUTPUT' ? inside.interval(0, 0) : inside.interval(1, inside.size - 1)],
        });
      }
      for (let i = 0; i < stages.length; i++) {
        const stage = stages[i]!;
        if (!part) break;
        const roughly = this.harm(stage);
        if (roughly?.index.size === 0) continue;
        const isNear = closely && roughly?.calls != null && this.nearby.left > 0;
        const harm = closely && !isNear ? this.harm(stage, true) : roughly;
        part = harm && this.passes(part, stage, hook, harm, isNear);
      }
      if (part) return part;
    }
    return undefined;
  }

  /** Some part of a cube that passes an earlier stage untouched. */
  private passes(cube: Cube, stage: Stage, at: Hook, harm: Harm, isNear: boolean): Cube | null {
    if (stage.table !== 'raw') return this.passing(cube, stage, at, harm, isNear, null);
    // What leaves raw untracked stays so; what does not gets a connection, whatever raw saw of one.
    const state = this.program.space.dimension('connectionState')!;
    const place = connectionStates.indexOf('UNTRACKED');
    const untracked = state.interval(place, place);
    const tracked = complementSet(untracked);
    const own = setOf(cube, state.index) ?? state.full;
    for (const inRaw of [tracked, untracked]) {
      const states = meetSets(own, inRaw);
      const found = states.count > 0 ? this.passing(replace(cube, states), stage, at, harm, isNear, inRaw) : null;
      if (found) return found;
    }
    return null;
  }

  /** Dimensions that a stage sees otherwise than a later hook. */
  private openFrom({ table, hook }: Stage, later: Hook): ReadonlySet<number> {
    const key = `${table} ${hook} ${later}`;
    const known = this.opens.get(key);
    if (known) return known;
    const { program } = this;
    const open = new Set<number>([program.hook.index]);
    const add = (fields: readonly FieldName[]): void => {
      for (const field of fields) for (const dimension of program.space.dimensionsOf(field)) open.add(dimension.index);
    };
    if (hook !== later) {
      for (const name of ['FORWARD', 'POSTROUTING'] as const)
        if (name === later || (later === 'POSTROUTING' && hook === 'PREROUTING')) add(changing[name]);
    }
    if (table === 'raw') add(connectionFields);
    this.opens.set(key, open);
    return open;
  }

  /** `states`: those that the stage sees, where what is told of them behind it is another thing. */
  private passing(cube: Cube, stage: Stage, at: Hook, harm: Harm, isNear: boolean, states: ValueSet | null): Cube | null {
    const { program } = this;
    // The cube as the earlier stage sees it: what changes on the way from there is open.
    const open = this.openFrom(stage, at);
    const released = release(cube, (dim) => open.has(dim));
    const seen = states === null ? released : replace(released, states);
    let found: Cube | null | undefined = null;
    let others: Cube | undefined;
    const bounds = this.bounds(stage.table === 'nat' ? 'mangle' : stage.table, stage.hook);
    for (let j = 0; j < bounds.length; j++) {
      let part = meet(seen, bounds[j]!);
      if (!part) continue;
      if (stage.table === 'nat') {
        // It lets all pass that it is not asked about.
        const [gate] = this.gate(stage);
        const asked = meet(part, gate!);
        if (!asked) {
          found = part;
          break;
        }
        others = minus(part, gate!)[0];
        part = asked;
      }
      const ask = (cube: Cube): Cube | null | undefined => {
        const ids = harm.index.meeting(cube);
        const near = isNear ? this.near(cube, ids, harm, program.tables.get(stage.table)!) : ids.map((id) => harm.index.cube(id));
        return near === null ? undefined : uncovered(cube, near, { left: 3000 }, true);
      };
      const quiet = harm.index.quietPart(part);
      found = (quiet && ask(quiet)) ?? ask(part) ?? others;
      if (found) break;
    }
    if (!found) return null;
    // Back to the later stage: its own restrictions on what was open, the rest as found.
    let part: Cube = release(found, (dim) => open.has(dim));
    for (let i = 0; i < cube.dims.length; i++) if (open.has(cube.dims[i]!)) part = replace(part, cube.sets[i]!);
    return part;
  }

  /** What in some calls may do harm to the packets of a cube; null: too much to look at. */
  private near(cube: Cube, ids: readonly number[], { index, calls }: Harm, table: TableProgram): Cube[] | null {
    const harmful = this.harmIn(table);
    const found: Cube[] = [];
    const left: Call[] = [];
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (calls![id]! < 0) found.push(index.cube(id));
      else left.push({ within: index.cube(id), target: calls![id]! });
    }
    for (let looked = 0; left.length > 0; ) {
      const { within, target } = left.pop()!;
      const { steps } = table.chains[target]!;
      looked += steps.length;
      this.nearby.left -= steps.length;
      if (looked > mostLookedInto) return null;
      for (let i = 0; i < steps.length; i++) {
        const step = steps[i]!;
        if (!isHarm(step, harmful)) continue;
        const asked = step.cubes ?? [hullOf(step.form)];
        for (let k = 0; k < asked.length; k++) {
          const own = asked[k]!;
          if (!meets(own, cube)) continue;
          const common = meet(within, own);
          if (!common || !meets(common, cube)) continue;
          if (step.target < 0 || harmful[step.target] === 2) found.push(common);
          else left.push({ within: common, target: step.target });
        }
      }
    }
    return found;
  }

  /** What may be dropped or changed at a stage, as cubes that hold it all; null: perhaps anything. */
  private harm(stage: Stage, closely = false): Harm | null {
    const key = `${stage.table} ${stage.hook}${closely ? ' closely' : ''}`;
    let harm = this.harms.get(key);
    if (harm === undefined) {
      const roughly = closely ? this.harm(stage) : null;
      harm = roughly && !roughly.calls ? roughly : this.findHarm(stage, closely);
      this.harms.set(key, harm);
    }
    return harm;
  }

  /** Which chains of a table hold a step that drops or changes (1), and which do so to every packet, or may (2). */
  private harmIn(table: TableProgram): Uint8Array {
    const known = this.harmful.get(table.name);
    if (known) return known;
    const harmful = new Uint8Array(table.chains.length);
    for (let i = table.order.length - 1; i >= 0; i--) {
      const at = table.order[i]!;
      const { steps, hasWhole } = table.chains[at]!;
      // Of most chains the calls tell, without a look at their steps.
      if (!hasWhole && callsHarm(table.calls, at, harmful)) {
        harmful[at] = 1;
        continue;
      }
      for (let j = 0; j < steps.length; j++) {
        const step = steps[j]!;
        const isWhole = (step.target < 0 || harmful[step.target] === 2) && step.cubes?.[0]?.dims.length === 0;
        if ((harmful[at] === 1 && !isWhole) || !isHarm(step, harmful)) continue;
        harmful[at] = isWhole ? 2 : 1;
        if (isWhole) break;
      }
    }
    this.harmful.set(table.name, harmful);
    return harmful;
  }

  /** What a table sees at a hook, the hook itself aside. */
  private bounds(table: TableName, hook: Hook): readonly Cube[] {
    const key = `${table} ${hook}`;
    let known = this.seen.get(key);
    if (!known) {
      const { program } = this;
      known = stageCubes(program, table, hook).map((cube) => release(cube, (dim) => dim === program.hook.index));
      this.seen.set(key, known);
    }
    return known;
  }

  /** What a table is asked about at a hook, wherever the packet is. */
  private gate({ table, hook }: Stage): readonly Cube[] {
    const { program } = this;
    const gate = this.bounds(table, hook);
    if (table !== 'nat' || hook !== 'PREROUTING') return gate;
    const inside = program.space.dimension('inInterface')!;
    return gate.map((cube) => replace(cube, inside.ofLoose(without(setOf(cube, inside.index) ?? inside.full, loopback(program)))));
  }

  private findHarm(stage: Stage, closely: boolean): Harm | null {
    const { program } = this;
    const table = program.tables.get(stage.table)!;
    const chain = table.chains[table.indexOf(stage.hook)!]!;
    if (chain.chain.policy !== 'ACCEPT') return null;
    const harmful = this.harmIn(table);
    const gate = this.gate(stage);
    const cubes: Cube[] = [];
    const calls: number[] = [];
    const add = (cube: Cube, call: number): void => {
      if (!gate.some((entry) => meets(cube, entry))) return;
      cubes.push(cube);
      calls.push(call);
    };
    // A call is harm as a whole where the called chain harms whatever comes; else it is looked into, level by level, as long as that stays small.
    let whole = true;
    let level: Call[] = [{ within: everything, target: chain.index }];
    for (let depth = 0; level.length > 0; depth++) {
      let size = 0;
      for (const { target } of level) size += table.chains[target]!.steps.length;
      if (depth > 0 && (depth > 16 || (!closely && cubes.length + size > mostLookedInto))) {
        for (const { within, target } of level) add(within, target);
        whole = depth > 16;
        break;
      }
      if (size > mostHarm) return null;
      const next: Call[] = [];
      for (let i = 0; i < level.length; i++) {
        const { within, target } = level[i]!;
        for (const step of table.chains[target]!.steps) {
          if (!isHarm(step, harmful)) continue;
          for (const own of step.cubes ?? [hullOf(step.form)]) {
            const cube = meet(within, own);
            if (!cube) continue;
            if (step.target < 0 || harmful[step.target] === 2) add(cube, -1);
            else next.push({ within: cube, target: step.target });
          }
          if (cubes.length + next.length > mostHarm) return null;
        }
      }
      level = next;
    }
    const list = whole && cubes.length <= 64 ? merge(cubes) : cubes;
    const index = new CubeIndex(list.length > 64 ? dividing(list) : []);
    for (let i = 0; i < list.length; i++) index.insert(list[i]!);
    return { index, calls: whole ? null : calls };
  }

  /** All packets that reach a stage, exactly but for what rewriting leaves open. */
  arrival(table: TableName, hook: Hook): Node {
    const key = `${table} ${hook}`;
    const known = this.arrivals.get(key);
    if (known !== undefined) return known;
    const sets = waysTo[hook].map((way) => this.along(way, table));
    const set = this.diagram.orAll(sets);
    this.arrivals.set(key, set);
    return set;
  }

  private along(way: readonly Hook[], table: TableName): Node {
    const { program, diagram } = this;
    const all = (hook: Hook, name: TableName): Node => diagram.orAll(stageCubes(program, name, hook).map((cube) => diagram.cube(cube)));
    // Of the host's own packets that leave, those that are routed anew are told from the others.
    const rerouting = way[0] === 'OUTPUT' && way.length > 1 ? reroutingOf(program) : null;
    let here: Node = -1;
    let beforeTable: TableName | null = null;
    for (const hook of way) {
      if (here >= 0) here = this.cross(here, hook, rerouting);
      for (const name of tablesAtHook[hook]) {
        const last = hook === way.at(-1) && name === table;
        if (!last && !program.tables.has(name)) continue;
        const bound = name === 'nat' ? all(hook, 'mangle') : all(hook, name);
        here =
          here < 0
            ? this.setOut(diagram.and(bound, this.scope), rerouting)
            : diagram.and(beforeTable === 'raw' ? this.tracked(here) : here, bound);
        beforeTable = name;
        if (last) return name === 'nat' ? diagram.and(here, all(hook, 'nat')) : here;
        here = this.through({ table: name, hook }, here, hook === 'OUTPUT' ? rerouting : null);
      }
    }
    return here;
  }

  /** Packets that set out: none is routed anew yet. */
  private setOut(set: Node, rerouting: Rerouting | null): Node {
    return rerouting ? this.diagram.and(set, this.diagram.of(rerouting.dimension.interval(0, 0))) : set;
  }

  /** What leaves a stage. */
  private through(stage: Stage, entering: Node, rerouting: Rerouting | null): Node {
    const { program, diagram } = this;
    const table = program.tables.get(stage.table)!;
    const isMoving = rerouting !== null && (stage.table === 'mangle' || stage.table === 'nat');
    const flow = this.flowOf(table, isMoving);
    const moved = (set: Node): Node => (rerouting ? flow.image(set, [rerouting.moved]) : set);
    const chain = table.chains[table.indexOf(stage.hook)!]!;
    let asked = entering;
    let bypass: Node = 0;
    if (stage.table === 'nat') {
      asked = diagram.and(entering, flow.entry(chain));
      if (stage.hook === 'PREROUTING')
        asked = diagram.minus(asked, diagram.of(program.space.dimension('inInterface')!.interval(loopback(program), loopback(program))));
      bypass = diagram.minus(entering, asked);
      // Later packets of a connection are translated as its first one was, replies back again.
      const state = program.space.dimension('connectionState')!;
      const later = diagram.and(
        entering,
        diagram.of(
          state.ofLoose(
            ['ESTABLISHED', 'RELATED'].flatMap((s) => [connectionStates.indexOf(s as 'NEW'), connectionStates.indexOf(s as 'NEW')]),
          ),
        ),
      );
      if (translates(table)) {
        const fields: readonly FieldName[] =
          stage.hook === 'PREROUTING' || stage.hook === 'OUTPUT'
            ? ['destination', 'destinationPort', 'destinationType', 'realm']
            : ['source', 'sourcePort', 'sourceType'];
        const open = this.open(later, fields);
        bypass = diagram.or(bypass, rerouting?.movesLater ? moved(open) : open);
      }
    }
    const outcome = flow.run(new Map([[chain.index, asked]]));
    if (stage.table === 'nat' && translates(table)) {
      const [translated, plain] = this.following(stage, asked, rerouting);
      bypass = diagram.orAll([bypass, moved(translated), plain]);
    }
    // What nobody knows may let pass as well; a queue may give packets back.
    let left = diagram.orAll([outcome.accepted, isMoving ? moved(outcome.unknown) : outcome.unknown, moved(outcome.queued), bypass]);
    // Another visit asks history anew.
    const levels = diagram.support(left);
    for (const one of table.chains)
      for (const dimension of one.history) if (levels.has(dimension.level)) left = diagram.forget(left, dimension);
    return left;
  }

  /** New packets that follow the first one of their connection: translated as it was, though nat's rules might not take them themselves. */
  private following(stage: Stage, asked: Node, rerouting: Rerouting | null): readonly [translated: Node, plain: Node] {
    const { program, diagram } = this;
    const table = program.tables.get(stage.table)!;
    const flow = this.flowOf(table);
    const chain = table.chains[table.indexOf(stage.hook)!]!;
    // Where the first packet may have been another one, as far as nat asks; and what translation writes.
    const own = new Set<Dimension>();
    const written = new Set<Dimension>();
    const seen = new Set([chain.index]);
    for (const at of seen)
      for (const step of table.chains[at]!.steps) {
        for (const dimension of dimensionsIn(step.form)) if (!dimension.field || !ofTuple.has(dimension.field)) own.add(dimension);
        for (const { dimension } of step.changes) (step.kind === 'decide' ? written : own).add(dimension);
        if (step.target >= 0) seen.add(step.target);
      }
    for (const dimension of written) own.delete(dimension);
    if (own.size === 0) return [0, 0];
    const without = (set: Node, dimensions: Iterable<Dimension>): Node => {
      let node = set;
      for (const dimension of dimensions) node = diagram.forget(node, dimension);
      return node;
    };
    const fresh = connectionStates.indexOf('NEW');
    const coming = diagram.and(asked, diagram.of(program.space.dimension('connectionState')!.interval(fresh, fresh)));
    const followers = rerouting ? diagram.forget(coming, rerouting.dimension) : coming;
    const isTranslating = (step: Step): boolean =>
      step.changes.some(({ dimension }) => written.has(dimension)) || (rerouting !== null && moves(table, step));
    /** What leaves the table translated, and what leaves it as it came. */
    const split = (entering: Node): readonly [translated: Node, plain: Node] => {
      const sets: [Node[], Node[]] = [[], []];
      const { unknown } = flow.run(new Map([[chain.index, entering]]), {
        decided: (_chain, step, set) => sets[isTranslating(step) ? 0 : 1].push(set),
        policy: (_chain, set) => sets[1].push(set),
      });
      return [diagram.orAll(sets[0]), diagram.orAll([...sets[1], unknown])];
    };
    const [translated, plain] = split(diagram.and(without(followers, own), flow.entry(chain)));
    // The first one got so far itself.
    const [first, plainFirst] = split(followers);
    const alike = (set: Node): Node => {
      const levels = diagram.support(set);
      const other = program.space.dimensions.filter(
        ({ field, test, level, bits }) =>
          (test || (field && !ofTuple.has(field))) && Array.from({ length: bits }, (_, i) => level + i).some((bit) => levels.has(bit)),
      );
      return without(set, other);
    };
    return [
      diagram.and(diagram.and(without(translated, own), alike(first)), without(followers, written)),
      diagram.and(diagram.and(without(plain, own), alike(plainFirst)), coming),
    ];
  }

  /** Connection tracking, between raw and what follows: packets that NOTRACK did not mark get a connection. */
  private tracked(set: Node): Node {
    const { program, diagram } = this;
    const state = program.space.dimension('connectionState')!;
    const untracked = diagram.of(state.interval(connectionStates.indexOf('UNTRACKED'), connectionStates.indexOf('UNTRACKED')));
    return diagram.or(diagram.and(set, untracked), this.open(diagram.minus(set, untracked), connectionFields));
  }

  /** From one hook to the next. */
  private cross(set: Node, to: Hook, rerouting: Rerouting | null): Node {
    const { program, diagram } = this;
    let node = diagram.forget(set, program.hook);
    if (rerouting) {
      const { dimension, moved } = rerouting;
      const anew = this.open(diagram.and(node, diagram.of(moved.set)), ofRoute);
      node = diagram.forget(diagram.or(node, anew), dimension);
    }
    node = this.open(node, changing[to]);
    const at = hooks.indexOf(to);
    return diagram.and(node, diagram.of(program.hook.interval(at, at)));
  }

  /** The set with some fields open, and what reads them. */
  private open(set: Node, fields: readonly FieldName[]): Node {
    const { space } = this.program;
    let node = set;
    for (const field of fields) {
      for (const dimension of space.dimensionsOf(field)) node = this.diagram.forget(node, dimension);
      for (const dimension of space.readers.get(field) ?? []) node = this.diagram.forget(node, dimension);
    }
    return node;
  }
}

/** The dimensions that a condition asks. */
const dimensionsIn = (form: Form): readonly Dimension[] =>
  typeof form === 'boolean' ? [] : 'ranges' in form ? [form.dimension] : ('and' in form ? form.and : form.or).flatMap(dimensionsIn);

/** The intervals of a set without one atom. */
const without = (set: ValueSet, atom: number): number[] => {
  const out: number[] = [];
  for (let i = 0; i < set.ranges.length; i += 2) {
    const low = set.ranges[i]!;
    const high = set.ranges[i + 1]!;
    if (atom < low || atom > high) out.push(low, high);
    else {
      if (low < atom) out.push(low, atom - 1);
      if (high > atom) out.push(atom + 1, high);
    }
  }
  return out;
};
