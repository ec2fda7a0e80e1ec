/**
 * What a query's answer is: for each place that it asks about (a table at a hook) the packets that arrive there, run through the table's chains
 * as sets, and of them those that the query asks for, by what becomes of them. Only rules that meet the question's packets are looked at, so that a
 * narrow question to a long ruleset is quick. Sets are exact; what the effort does not suffice for is told as not decided, never guessed.
 */
import {
  any,
  builtInChains,
  type Hook,
  not,
  type Predicate,
  some,
  type TableName,
  tables,
  tablesAtHook,
  all as together,
} from '../../grammar/index.js';
import { Flow, type FlowOf, flowsOf } from '../analysis/flow.js';
import { tastes } from '../analysis/natural.js';
import { Paths, waysTo } from '../analysis/path.js';
import { buildProgram, type ChainProgram, type Program, type Step, stageCubes, type TableProgram } from '../analysis/program.js';
import { lineOf } from '../model/place.js';
import type { Chain, Rule, Ruleset } from '../model/ruleset.js';
import { type Cube, cubesOf, everything, extent, meet, meets, merge, release } from '../packets/cube.js';
import { Diagram, Exhausted, type Node } from '../packets/diagram.js';
import { type Packet, pickPacket } from '../packets/pick.js';
import type { Resolver, Space } from '../packets/space.js';
import type { Ask, Fate } from './language.js';

/** What a class of packets meets: a verdict, or a target that nobody knows. */
export type ClassFate = Fate | 'unknown';

/** Packets that belong together: every one of them is an answer, and the same becomes of all of them. Classes share no packet. */
export interface PacketClass {
  readonly fate: ClassFate;
  readonly cube: Cube;
  readonly space: Space;
  /** A natural one of them. */
  readonly packet: Packet;
  /** Rules that decide some of them, in file order. */
  readonly by: readonly Rule[];
  /** The chain's policy decides some of them. */
  readonly byPolicy: boolean;
}

/** The answer for one table at one hook. */
export interface PlaceAnswer {
  readonly table: TableName;
  readonly hook: Hook;
  /** Widest first; null: not decided. */
  readonly classes: readonly PacketClass[] | null;
  /** Classes that are not told; at least, where there are very many. */
  readonly leftOut: number;
  /** Earlier tables that were not worked in: what they drop or translate is still among the packets. */
  readonly ignored: readonly TableName[];
}

export interface QueryOptions {
  readonly resolver?: Resolver | undefined;
  /** Node operations that diagrams may cost. */
  readonly effort: number;
  /** Classes told of a place and fate. */
  readonly most: number;
}

/** Rules whose packets are told apart in an answer; more of them are told together. */
const mostDeciders = 12;

/** Targets that write packets down somewhere. */
const loggers: ReadonlySet<string> = new Set(['LOG', 'NFLOG', 'ULOG', 'AUDIT']);

/** A condition on packets that every answer satisfies: outcomes left open. */
const bound = (ask: Ask, ruleset: Ruleset, positive: boolean): Predicate => {
  switch (ask.kind) {
    case 'all':
    case 'some': {
      const parts = ask.of.map((part) => bound(part, ruleset, positive));
      return (ask.kind === 'all') === positive ? together(...parts) : some(...parts);
    }
    case 'not':
      return bound(ask.of, ruleset, !positive);
    case 'packet': {
      const own = ask.predicate(ruleset.family);
      return positive ? own : not(own);
    }
    default:
      return any;
  }
};

/** A query and all that it is made of. */
export const partsOf = function* (ask: Ask): Generator<Ask> {
  yield ask;
  if (ask.kind === 'not') yield* partsOf(ask.of);
  else if (ask.kind === 'all' || ask.kind === 'some') for (const part of ask.of) yield* partsOf(part);
};

/** Tables and hooks that a query asks about: those it names, those of the lines it names, else all of the filter table. */
export const placesOf = (ask: Ask, ruleset: Ruleset): readonly { readonly table: TableName; readonly hook: Hook }[] => {
  const named: { table: TableName; hook: Hook }[] = [];
  const lineTables = new Set<TableName>();
  for (const part of partsOf(ask))
    if ((part.kind === 'decided' || part.kind === 'matched') && part.line !== null)
      for (const rule of ruleset.rules) if (lineOf(rule) === part.line) lineTables.add(rule.chain.table.name);
  const usual: readonly TableName[] = lineTables.size > 0 ? [...lineTables] : ['filter'];
  for (const part of partsOf(ask)) {
    if (part.kind !== 'in') continue;
    // A hook that the usual table does not have: the first table of the ruleset that has it.
    const having = tables.filter((table) => builtInChains[table].includes(part.hook) && ruleset.tables.has(table));
    const own = part.table !== null ? [part.table] : usual.filter((table) => builtInChains[table].includes(part.hook));
    for (const table of own.length > 0 ? own : having.slice(0, 1)) named.push({ table, hook: part.hook });
  }
  if (named.length === 0) for (const table of usual) for (const hook of builtInChains[table]) named.push({ table, hook });
  const seen = new Set<string>();
  return named.filter(({ table, hook }) => {
    const key = `${table}/${hook}`;
    if (seen.has(key) || !ruleset.tables.has(table)) return false;
    seen.add(key);
    return true;
  });
};

/**
 * The ruleset as if it had these tables only, and of the filter table, where hooks are told, only the chains that they lead to. Rules keep their
 * ids. What is left out costs nothing.
 */
export const onlyPart = (ruleset: Ruleset, names: readonly TableName[], filterHooks: readonly Hook[] | null): Ruleset => {
  const kept = new Map([...ruleset.tables].filter(([name]) => names.includes(name)));
  const filter = kept.get('filter');
  if (filter && filterHooks) {
    const reached = new Set<Chain>();
    for (const hook of filterHooks) {
      const chain = filter.chains.get(hook);
      if (chain) reached.add(chain);
    }
    for (const chain of reached)
      for (const { action } of chain.rules) if (action.kind === 'jump' || action.kind === 'goto') reached.add(action.chain);
    const chains = [...filter.chains].flatMap(([name, chain]): [string, Chain][] =>
      reached.has(chain) ? [[name, chain]] : chain.hook !== null ? [[name, { ...chain, rules: [] }]] : [],
    );
    kept.set('filter', { ...filter, chains: new Map(chains) });
  }
  const left = new Set([...kept.values()].flatMap((table) => [...table.chains.values()]));
  return { ...ruleset, tables: kept, rules: ruleset.rules.filter((rule) => left.has(rule.chain)) };
};

/** The table as if it had those of its rules only that some packet of the cubes may match. */
const onlyMeeting = (table: TableProgram, goal: readonly Cube[]): TableProgram => ({
  ...table,
  chains: table.chains.map((chain) => ({
    ...chain,
    steps: chain.steps.filter((step) => !step.cubes || step.cubes.some((cube) => goal.some((one) => meets(cube, one)))),
  })),
});

/** Tables with more rules than this are not worked in as earlier ones, unless all the effort is wanted. */
const mostEarlier = 20_000;

/** Tables that have something to say to packets before they come to a place. */
const tablesBefore = (ruleset: Ruleset, table: TableName, hook: Hook): readonly TableName[] => {
  const found = new Set<TableName>();
  for (const way of waysTo[hook])
    for (const at of way)
      for (const name of tablesAtHook[at]) {
        if (at === hook && name === table) break;
        const chain = ruleset.tables.get(name)?.chains.get(at);
        if (chain && (chain.rules.length > 0 || chain.policy !== 'ACCEPT')) found.add(name);
      }
  return [...found];
};

/** Asks a ruleset. Places come in the order in which the query names them. */
export const askRuleset = (ruleset: Ruleset, ask: Ask, options: QueryOptions): readonly PlaceAnswer[] => {
  const asked = [...partsOf(ask)].flatMap((part) => (part.kind === 'packet' ? [part.predicate(ruleset.family)] : []));
  const places = placesOf(ask, ruleset);
  const sizes = new Map<TableName, number>();
  for (const rule of ruleset.rules) sizes.set(rule.chain.table.name, (sizes.get(rule.chain.table.name) ?? 0) + 1);
  const kept = [...ruleset.tables.keys()].filter(
    (name) => places.some(({ table }) => table === name) || (sizes.get(name) ?? 0) <= mostEarlier || options.effort >= 10_000_000,
  );
  const filterHooks = places.every(({ table }) => table === 'filter') ? places.map(({ hook }) => hook) : null;
  const program = buildProgram(onlyPart(ruleset, kept, filterHooks), {
    resolver: options.resolver,
    asks: asked,
    tellsRewrites: true,
  });
  const diagram = new Diagram(options.effort);
  const flowOf = flowsOf(program, diagram, { keeps: true });
  const paths = new Paths(program, diagram, flowOf);
  return places.map(({ table, hook }) => {
    diagram.budget = options.effort; // each place has the whole of it
    const earlier = tablesBefore(ruleset, table, hook);
    const shared = { program, diagram, flowOf, paths, earlier, ignored: earlier.filter((name) => !kept.includes(name)) };
    return new Place(program.tables.get(table)!, hook, ask, options, shared).answer();
  });
};

/** What all places of a ruleset share. */
interface Workshop {
  readonly program: Program;
  readonly diagram: Diagram;
  readonly flowOf: FlowOf;
  readonly paths: Paths;
  /** Tables that packets pass before. */
  readonly earlier: readonly TableName[];
  /** Those of them that are left out. */
  readonly ignored: readonly TableName[];
}

/** How a packet ends at a place: its fate, and who decides it; null: the policy. */
interface End {
  readonly fate: ClassFate;
  readonly rule: Rule | null;
}

/** One table at one hook, asked. */
class Place {
  private readonly shared: Workshop;
  private readonly program: Program;
  private readonly table: TableProgram;
  private readonly hook: Hook;
  private readonly ask: Ask;
  private readonly options: QueryOptions;
  private readonly diagram: Diagram;
  private readonly decided: { readonly step: Step; readonly set: Node }[] = [];
  private readonly matchedAt = new Map<number, Node>();
  private logged: Node = 0;
  private policy: Node = 0;
  private unknown: readonly { readonly rule: Rule; readonly set: Node }[] = [];
  private readonly conditions = new Map<Ask, Node>();

  constructor(table: TableProgram, hook: Hook, ask: Ask, options: QueryOptions, shared: Workshop) {
    this.shared = shared;
    this.program = shared.program;
    this.diagram = shared.diagram;
    this.table = table;
    this.hook = hook;
    this.ask = ask;
    this.options = options;
  }

  answer(): PlaceAnswer {
    const base = { table: this.table.name, hook: this.hook };
    let { ignored } = this.shared;
    try {
      const wanted = bound(this.ask, this.program.ruleset, true);
      const form = this.program.space.form(wanted);
      const goal = this.table.rewrites ? null : cubesOf(form, 64);
      const { flowOf, paths } = this.shared;
      const table = goal ? onlyMeeting(this.table, goal) : this.table;
      const chain = table.chains[table.indexOf(this.hook)!]!;
      const flow = goal ? new Flow(this.program, table, this.diagram, { keeps: true }) : flowOf(this.table);
      let entry = flow.entry(chain);
      if (!paths.isFirst(this.table.name, this.hook)) {
        const whole = this.diagram.budget;
        this.diagram.budget = whole / 2;
        try {
          entry = paths.arrival(this.table.name, this.hook);
        } catch (error) {
          if (!(error instanceof Exhausted)) throw error;
          ignored = this.shared.earlier;
        }
        this.diagram.budget += whole / 2;
      }
      entry = this.diagram.and(entry, this.diagram.form(form));
      this.run(flow, chain, entry);
      return { ...base, ...this.classes(entry), ignored };
    } catch (error) {
      if (!(error instanceof Exhausted)) throw error;
      return { ...base, classes: null, leftOut: 0, ignored };
    }
  }

  private run(flow: Flow, chain: ChainProgram, entry: Node): void {
    const { diagram } = this;
    const lines = new Set<number>();
    for (const part of partsOf(this.ask)) if (part.kind === 'matched') lines.add(part.line);
    const logged: Node[] = [];
    const gone: { rule: Rule; set: Node }[] = [];
    flow.run(new Map([[chain.index, entry]]), {
      visit: (_chain, step, _here, matched) => {
        if (matched === 0) return;
        const { action } = step.rule;
        if (lines.size > 0) {
          const line = lineOf(step.rule);
          if (lines.has(line)) this.matchedAt.set(line, diagram.or(this.matchedAt.get(line) ?? 0, matched));
        }
        if (action.kind === 'target' && loggers.has(action.name)) logged.push(matched);
        if (step.kind === 'decide') {
          const set = step.takes === null ? matched : diagram.and(matched, diagram.form(step.takes));
          if (set !== 0) this.decided.push({ step, set });
        } else if (step.kind === 'maybe' && step.fate)
          gone.push({ rule: step.rule, set: diagram.and(matched, diagram.of(step.fate.interval(1, 1))) });
      },
      policy: (_chain, set) => {
        this.policy = diagram.or(this.policy, set);
      },
    });
    this.logged = diagram.orAll(logged);
    this.unknown = gone;
  }

  private fateOf(step: Step): Fate {
    const { verdict } = step;
    // SYNPROXY takes a packet to answer it.
    return verdict === 'accept' || verdict === 'stolen'
      ? 'accepted'
      : verdict === 'reject'
        ? 'rejected'
        : verdict === 'queue'
          ? 'queued'
          : 'dropped';
  }

  private policyFate(): Fate {
    const { policy } = this.table.chains[this.table.indexOf(this.hook)!]!.chain;
    return policy === 'DROP' ? 'dropped' : policy === 'QUEUE' ? 'queued' : 'accepted';
  }

  /**
   * The packets that a condition asks for, of those that meet an end. What history decides may fall one way now and another later, so that the same
   * packet is accepted or dropped: each end is asked for itself.
   */
  private sets(ask: Ask, end: End): Node {
    const { diagram } = this;
    switch (ask.kind) {
      case 'all':
        return ask.of.reduce((node: Node, part) => (node === 0 ? 0 : diagram.and(node, this.sets(part, end))), 1);
      case 'some':
        return diagram.orAll(ask.of.map((part) => this.sets(part, end)));
      case 'not':
        return diagram.not(this.sets(ask.of, end));
      case 'packet': {
        let node = this.conditions.get(ask);
        if (node === undefined) {
          node = diagram.form(this.program.space.form(ask.predicate(this.program.ruleset.family)));
          this.conditions.set(ask, node);
        }
        return node;
      }
      case 'in':
        return ask.hook === this.hook && (ask.table === null || ask.table === this.table.name) ? 1 : 0;
      case 'fate':
        return (ask.fates as readonly ClassFate[]).includes(end.fate) ? 1 : 0;
      case 'logged':
        return this.logged;
      case 'decided':
        return (ask.line === null ? end.rule === null : end.rule && lineOf(end.rule) === ask.line) ? 1 : 0;
      case 'matched':
        return this.matchedAt.get(ask.line) ?? 0;
    }
  }

  /** What each rule decides of a fate, and the policy (null), as far as it is asked for. */
  private deciders(fate: ClassFate, within: Node): readonly { readonly rule: Rule | null; readonly set: Node }[] {
    const { diagram } = this;
    const sets = new Map<Rule | null, Node>();
    const add = (rule: Rule | null, own: Node): void => {
      const inside = diagram.and(own, within);
      const part = inside === 0 ? 0 : diagram.and(inside, this.sets(this.ask, { fate, rule }));
      if (part !== 0) sets.set(rule, diagram.or(sets.get(rule) ?? 0, part));
    };
    for (const { step, set: own } of this.decided) if (this.fateOf(step) === fate) add(step.rule, own);
    if (this.policyFate() === fate) add(null, this.policy);
    if (fate === 'unknown') for (const { rule, set } of this.unknown) add(rule, set);
    return [...sets].map(([rule, own]) => ({ rule, set: own }));
  }

  /** An answer as classes, fate by fate, widest first. */
  private classes(entry: Node): Pick<PlaceAnswer, 'classes' | 'leftOut'> {
    const { diagram, program } = this;
    const { space } = program;
    const stages = stageCubes(program, this.table.name, this.hook);
    const universe = diagram.orAll(stages.map((cube) => diagram.cube(cube)));
    const out: PacketClass[] = [];
    let leftOut = 0;
    for (const fate of ['accepted', 'rejected', 'dropped', 'queued', 'unknown'] as const) {
      const deciders = this.deciders(fate, entry);
      const set = diagram.orAll(deciders.map((one) => one.set));
      if (set === 0) continue;
      // Few deciders: each has classes of its own. Many: what they decide together is shorter.
      const groups =
        deciders.length > 0 && deciders.length <= mostDeciders
          ? deciders.map((one) => ({ set: one.set, of: [one] }))
          : [{ set, of: deciders }];
      const found = groups.flatMap((group) => {
        const { cubes, rest } = disjointCubes(space, diagram, group.set, universe, this.options.most);
        leftOut += rest;
        return cubes.map((cube) => ({ cube, group }));
      });
      found.sort((a, b) => extent(b.cube) - extent(a.cube));
      leftOut += Math.max(0, found.length - this.options.most);
      for (const { cube, group } of found.slice(0, this.options.most)) {
        const node = diagram.cube(cube);
        const by = group.of.length === 1 ? group.of : group.of.filter((one) => diagram.and(one.set, node) !== 0);
        out.push({
          fate,
          cube,
          space,
          packet: pickPacket(
            space,
            stages.map((stage) => meet(stage, cube)).find((part) => part !== null) ?? cube,
            program.hook,
            tastes(this.table.name),
          ),
          by: by.flatMap(({ rule }) => rule ?? []).sort((a, b) => a.id - b.id),
          byPolicy: by.some(({ rule }) => rule === null),
        });
      }
    }
    return { classes: out, leftOut };
  }
}

/**
 * A set as few disjoint cubes: the widest one inside it that is found, then what is left, again and again. A cube is widened field by field
 * as long as it stays inside, but for packets that cannot be here at all (`universe`). `rest` counts those beyond `most`, so far as it is worth counting.
 */
const disjointCubes = (
  space: Space,
  diagram: Diagram,
  set: Node,
  universe: Node,
  most: number,
): { readonly cubes: readonly Cube[]; readonly rest: number } => {
  const found: Cube[] = [];
  let left = set;
  while (left !== 0 && found.length < most * 2) {
    const cube = widened(diagram, diagram.or(left, diagram.not(universe)), diagram.pick(left, space.dimensions));
    found.push(cube);
    left = diagram.minus(left, diagram.cube(cube));
  }
  const cubes = merge(found).sort((a, b) => extent(b) - extent(a));
  let rest = Math.max(0, cubes.length - most);
  for (; left !== 0 && rest < 1000; rest++) left = diagram.minus(left, diagram.cube(diagram.pick(left, space.dimensions)));
  return { cubes: cubes.slice(0, most), rest };
};

/** The cube without those of its conditions that it does not need to stay inside the set: what surroundings decide first, then the most special fields. */
const widened = (diagram: Diagram, set: Node, cube: Cube): Cube => {
  let wide = cube;
  const order = [...cube.sets].sort(
    (a, b) =>
      Number(b.dimension.test !== null) - Number(a.dimension.test !== null) || a.count / a.dimension.size - b.count / b.dimension.size,
  );
  for (const { dimension } of order) {
    const freer = release(wide, (dim) => dim === dimension.index);
    if (diagram.minus(freer === everything ? 1 : diagram.cube(freer), set) === 0) wide = freer;
  }
  return wide;
};
