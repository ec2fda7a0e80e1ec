/**
 * A ruleset made ready for analysis: the space that it asks about, every rule as one step with its condition and what it does, chains in the order
 * of calls. Facts of the path (what each hook and table can see) are those of the kernel, measured where a text was silent: POSTROUTING knows the
 * incoming interface of forwarded packets; raw sees no connection yet, but for packets looped back; an empty nat table assembles no fragments.
 */
import {
  builtInChains,
  connectionStates,
  type FieldName,
  type Hook,
  hooks,
  type Ordinal,
  type Predicate,
  type Rewrite,
  type TableName,
  tables,
  type Verdict,
} from '../../grammar/index.js';
import type { Chain, Rule, Ruleset, Table } from '../model/ruleset.js';
import { type Cube, cubesOf, meet } from '../packets/cube.js';
import { type Change, type Dimension, type Form, type Resolver, Space } from '../packets/space.js';
import { Asking, type Condition, fateTest, mostCubes, whole } from './conditions.js';

/** What a step does with what it matches. `maybe`: decides, or lets pass, and the ruleset does not tell which. */
export type Kind = 'pass' | 'decide' | 'return' | 'jump' | 'goto' | 'maybe';

export interface Step {
  readonly rule: Rule;
  /** Place in the program's chain. */
  readonly index: number;
  readonly form: Form;
  /** The condition as a union of cubes; null: too many, the form alone tells. */
  readonly cubes: readonly Cube[] | null;
  readonly kind: Kind;
  readonly verdict: Verdict | null;
  /** Of a jump or goto: index of the chain in its table's program. */
  readonly target: number;
  readonly changes: readonly Change[];
  /** It changes something that rules ask. */
  readonly isChanging: boolean;
  /** It translates an address or a port that rules ask. */
  readonly translates: boolean;
  /** Where they depend on the hook (NETMAP): by hook; `changes` then holds all of them. */
  readonly changesAt: readonly (readonly Change[])[] | null;
  /** Of what it matches, what the target acts on; null: all. */
  readonly takes: Form | null;
  readonly takeCubes: readonly Cube[] | null;
  /** For `maybe`: atom 1 decides. */
  readonly fate: Dimension | null;
  /** It asks for a state that connection tracking gives to none of the packets that it asks for. */
  readonly isStateless: boolean;
}

/** A step that jumps or goes to a chain, by its chain's place in the table's program and its own in that chain. */
export interface Caller {
  readonly chain: number;
  readonly step: number;
}

export interface ChainProgram {
  readonly chain: Chain;
  readonly index: number;
  readonly steps: readonly Step[];
  readonly hook: Hook | null;
  /** Dimensions of tests in this chain that history decides, and of fates: asked anew at each visit. */
  readonly history: readonly Dimension[];
  /** Some step matches every packet that comes to it. */
  readonly hasWhole: boolean;
}

export interface TableProgram {
  readonly name: TableName;
  readonly chains: readonly ChainProgram[];
  /** Index of a chain, by its name. */
  readonly indexOf: (name: string) => number | undefined;
  /** Steps that jump or go to a chain, told by its index. */
  readonly callersOf: (chain: number) => readonly Caller[];
  readonly calls: StepCalls;
  /** Callers before the called. */
  readonly order: readonly number[];
  /** A rule changes in passing what a rule of the table asks: sets must then be followed forward. */
  readonly rewrites: boolean;
}

export interface Program {
  readonly ruleset: Ruleset;
  readonly space: Space;
  readonly tables: ReadonlyMap<TableName, TableProgram>;
  /** Step of each rule, by rule id. */
  readonly steps: readonly Step[];
  /** Position of the chain of each rule in its table's program, by rule id. */
  readonly chainOf: Int32Array;
  /** The hook as a dimension: atom i is hooks[i]. */
  readonly hook: Dimension;
  /** Connection tracking puts fragments together before any table sees them. */
  readonly assembles: boolean;
  /** What a hook carries, where the host is known. */
  readonly carries: ReadonlyMap<Hook, readonly Cube[]>;
}

export interface ProgramOptions {
  readonly resolver?: Resolver | undefined;
  /** Conditions that will be asked beside those of the rules: fields are cut for them, too. */
  readonly asks?: readonly Predicate[] | undefined;
  /** What rewriting rules write will be told value by value, so fields are cut there, too. */
  readonly tellsRewrites?: boolean | undefined;
  /** What a hook carries, where the host is known: packets to its own addresses come to INPUT, others to FORWARD. */
  readonly carries?: ReadonlyMap<Hook, Predicate> | undefined;
}

const noHistory: readonly Dimension[] = [];

/** Text of a rule's line as reports name it. */
const lineOf = (rule: Rule): number => rule.chain.table.ruleset.source.position(rule.node.start).line;

export const buildProgram = (ruleset: Ruleset, options: ProgramOptions = {}): Program => {
  const space = new Space(ruleset.family, options.resolver);
  const asking = new Asking(ruleset, space, options.tellsRewrites ?? false);
  for (let i = 0; i < ruleset.rules.length; i++) asking.note(ruleset.rules[i]!);
  for (const predicate of [...(options.asks ?? []), ...(options.carries?.values() ?? [])]) space.collect(predicate);
  asking.noteRewrites();
  space.cut();
  const hook = space.addOwn(hooks.length);
  const carries = new Map<Hook, readonly Cube[]>();
  for (const [at, predicate] of options.carries ?? []) {
    const cubes = cubesOf(space.form(predicate), mostCubes);
    if (cubes) carries.set(at, cubes);
  }
  const { count } = asking;
  const program = { steps: new Array<Step>(count), chainOf: new Int32Array(count) };
  const programs = new Map<TableName, TableProgram>();
  for (let i = 0; i < tables.length; i++) {
    const name = tables[i]!;
    const table = ruleset.tables.get(name);
    if (!table) continue;
    const builder = new TableBuilder(table, asking, space, program);
    for (const chain of table.chains.values()) builder.add(chain);
    programs.set(name, builder.finish());
  }
  return { ruleset, space, tables: programs, ...program, hook, assembles: asking.assembles, carries };
};

/**
 * A question that nobody can answer: whether a step takes a packet. Steps may share one (`common`): to take packets is all that they may do, so what a rule
 * can meet at all it meets where all of them let pass, and what is dead then is dead.
 */
type FateOf = (text: string, common?: string) => Dimension;

/** So many steps of a table have a fate of their own. */
const mostFates = 64;

/** Makes the program of one table, chain by chain. */
class TableBuilder {
  private readonly table: Table;
  private readonly asking: Asking;
  private readonly space: Space;
  private readonly program: Pick<Program, 'chainOf'> & { readonly steps: Step[] };
  private readonly chains: CompiledChain[] = [];
  private readonly places: Int32Array;
  private readonly setters: CompiledStep[] = [];
  /** Steps that change something in passing. */
  private readonly changers: CompiledStep[] = [];
  /** Beside each chain what it asks, roughly: a bit stands for every 31st dimension. */
  private readonly asked: number[] = [];
  private readonly callStarts: number[] = [0];
  private readonly callTargets: number[] = [];
  private readonly callSteps: number[] = [];
  /** What history decides in the chain in hand. */
  private history: Dimension[] | null = null;

  constructor(table: Table, asking: Asking, space: Space, program: Pick<Program, 'chainOf'> & { readonly steps: Step[] }) {
    this.table = table;
    this.asking = asking;
    this.space = space;
    this.program = program;
    this.places = placesOf(table.chains.values());
  }

  add(chain: Chain): void {
    const { rules } = chain;
    const steps: CompiledStep[] = new Array(rules.length);
    this.history = null;
    let asked = 0;
    let hasWhole = false;
    for (let i = 0; i < rules.length; i++) {
      const step = this.compile(rules[i]!, i);
      steps[i] = step;
      asked |= roughlyAsked(step);
      if (step.cubes !== null && step.cubes.length > 0 && step.cubes[0]!.dims.length === 0) hasWhole = true;
    }
    this.asked.push(asked);
    this.callStarts.push(this.callTargets.length);
    this.chains.push({ chain, index: this.chains.length, steps, hook: chain.hook, history: this.history ?? noHistory, hasWhole });
  }

  private compile(rule: Rule, index: number): CompiledStep {
    const { space, program } = this;
    const before = space.dimensions.length;
    const step = rule.node.whole
      ? compile(rule, index, this.asking.conditionOf(rule, this.table.name), space, this.places, this.fateOf)
      : unreadStep(rule, index, space, this.fateOf);
    if (space.dimensions.length > before) this.noteHistory(before);
    program.steps[rule.id] = step;
    program.chainOf[rule.id] = this.chains.length;
    if (step.target >= 0) {
      this.callTargets.push(step.target);
      this.callSteps.push(index);
    } else if (step.kind === 'pass' && rule.action.kind === 'target') {
      if (rule.action.name === 'SET') this.setters.push(step);
      if (rule.action.name === 'SET' || rule.action.rewrites.length > 0) this.changers.push(step);
    }
    return step;
  }

  private fates = 0;
  private readonly shared = new Map<string, Dimension>();

  /** The first have a question each, which tells them apart. Of tens of thousands each would cut what the ones before it leave, so the others share one. */
  private readonly fateOf: FateOf = (text, common = text) => {
    if (this.fates++ < mostFates) return this.space.addTest(fateTest(text));
    let fate = this.shared.get(common);
    if (!fate) {
      fate = this.space.addTest(fateTest(common));
      this.shared.set(common, fate);
    }
    return fate;
  };

  private noteHistory(from: number): void {
    const { dimensions } = this.space;
    for (let at = from; at < dimensions.length; at++) {
      const dimension = dimensions[at]!;
      if (dimension.test!.decidedBy !== 'history') continue;
      if (this.history === null) this.history = [dimension];
      else this.history.push(dimension);
    }
  }

  finish(): TableProgram {
    const { chains, space, changers, asked } = this;
    const calls: StepCalls = {
      starts: Int32Array.from(this.callStarts),
      targets: Int32Array.from(this.callTargets),
      steps: Int32Array.from(this.callSteps),
    };
    const order = callOrder(chains, calls, space, this.program.steps);
    reaskSets(this.setters, space);
    return {
      name: this.table.name,
      chains,
      calls,
      order,
      rewrites: rewritesWhatItAsks(chains, calls, order, { changers, asked, chainOf: this.program.chainOf, space }),
      indexOf: onFirstUse(() => new Map(chains.map(({ chain: { name }, index }) => [name, index] as const))),
      callersOf: onFirstUse(() => callersIn(chains)),
    };
  }
}

/** Which chain of a program a chain of the model is, by its index there; -1: it is left out. */
const placesOf = (chains: Iterable<Chain>): Int32Array => {
  const indexes: number[] = [];
  let size = 0;
  for (const { index } of chains) {
    indexes.push(index);
    size = Math.max(size, index + 1);
  }
  const places = new Int32Array(size).fill(-1);
  for (let place = 0; place < indexes.length; place++) places[indexes[place]!] = place;
  return places;
};

/** Looks things up in a list or map that is made when the first one is asked for. */
const onFirstUse = <Key, Value>(make: () => { get(key: Key): Value }): ((key: Key) => Value) => {
  let made: { get(key: Key): Value } | null = null;
  return (key) => {
    made ??= make();
    return made.get(key);
  };
};

const callersIn = (chains: readonly ChainProgram[]): { get(chain: number): readonly Caller[] } => {
  const callers: Caller[][] = chains.map(() => []);
  for (let i = 0; i < chains.length; i++) {
    const { steps, index } = chains[i]!;
    for (let j = 0; j < steps.length; j++) {
      const step = steps[j]!;
      if (step.target >= 0) callers[step.target]!.push({ chain: index, step: step.index });
    }
  }
  return { get: (chain) => callers[chain]! };
};

/** A chain while the program is built: a jump that closes a circle is still replaced. */
type CompiledChain = ChainProgram & { readonly steps: CompiledStep[]; history: readonly Dimension[] };

/** What a step does beside its condition. */
interface Deed {
  readonly kind: Kind;
  readonly verdict?: Verdict;
  readonly target?: number;
  readonly takes?: Form | null;
  readonly fate?: Dimension;
}

const noChanges: Change[] = [];

/** A step; what few ask for is worked out when somebody does. */
class CompiledStep implements Step {
  readonly rule: Rule;
  readonly index: number;
  readonly cubes: readonly Cube[] | null;
  readonly kind: Kind;
  readonly verdict: Verdict | null;
  readonly target: number;
  readonly takes: Form | null;
  readonly takeCubes: readonly Cube[] | null;
  readonly fate: Dimension | null;
  isStateless = false;
  private readonly space: Space;
  private condition: Form | null;
  private made: Change[] | null;
  /** It plainly changes something that is asked: nobody needs to know what. */
  private readonly surely: boolean;
  readonly translates: boolean;

  constructor(space: Space, rule: Rule, index: number, form: Form | null, cubes: readonly Cube[] | null, deed: Deed) {
    this.space = space;
    this.rule = rule;
    this.index = index;
    this.condition = form;
    this.cubes = cubes;
    this.kind = deed.kind;
    this.verdict = deed.verdict ?? null;
    this.target = deed.target ?? -1;
    this.takes = deed.takes ?? null;
    this.takeCubes = deed.takes === undefined || deed.takes === null ? null : cubesOf(deed.takes, mostCubes);
    this.fate = deed.fate ?? null;
    const { action } = rule;
    const target = (deed.kind === 'pass' || deed.kind === 'decide') && action.kind === 'target' ? action : null;
    const { translates } = target ?? {};
    this.translates = translates !== undefined && [translates[0], translates[1]].every((field) => space.code(field)?.kind === 'ranges');
    const rewrites = target === null || this.translates || target.rewrites.length === 0 ? null : target.rewrites;
    this.made = rewrites === null && !this.translates ? noChanges : null;
    this.surely = this.translates || (rewrites?.some((rewrite) => space.surelyChanges(rewrite)) ?? false);
  }

  /** Without one, the step is a single cube, and its form is told by it. */
  get form(): Form {
    if (this.condition === null) {
      const { sets } = this.cubes![0]!;
      this.condition = sets.length === 1 ? sets[0]! : { and: sets };
    }
    return this.condition;
  }

  get changes(): readonly Change[] {
    this.made ??= rewritesOf(this.rule).flatMap((rewrite) => this.space.changes(rewrite));
    return this.made;
  }

  get isChanging(): boolean {
    return this.surely || this.changes.length > 0;
  }

  get changesAt(): readonly (readonly Change[])[] | null {
    const { action } = this.rule;
    if (this.kind !== 'decide' || action.kind !== 'target' || action.rewrites.length === 0) return null;
    const byHook = hooks.map((at) => action.rewritesAt(at));
    if (byHook.every((rewrites) => kindsOf(rewrites) === kindsOf(action.rewrites))) return null;
    return byHook.map((rewrites) => rewrites.flatMap((rewrite) => this.space.changes(rewrite)));
  }

  /** Changes something more. */
  alsoChange(change: Change): void {
    this.made = [...this.changes, change];
  }

  /** The step where one question decides what it does. */
  orNot(fate: Dimension): CompiledStep {
    return new CompiledStep(this.space, this.rule, this.index, this.condition, this.cubes, maybe(fate));
  }
}

const kindsOf = (rewrites: readonly Rewrite[]): string => rewrites.map(({ kind, field }) => `${kind} ${field}`).join();

const rewritesOf = ({ action }: Rule) => (action.kind === 'target' ? action.rewrites : []);

/** A rule that could not be read may match anything and do anything: one question decides whether it takes a packet. */
const unreadStep = (rule: Rule, index: number, space: Space, fateOf: FateOf): CompiledStep => {
  const fate = fateOf(`line ${lineOf(rule)}, which could not be read`, 'a line that could not be read');
  return new CompiledStep(space, rule, index, true, whole, maybe(fate));
};

const compile = (rule: Rule, index: number, condition: Condition, space: Space, places: Int32Array, fateOf: FateOf): CompiledStep => {
  const { form, cubes, isStateless } = condition;
  const step = new CompiledStep(space, rule, index, form, cubes, deedOf(rule, form, cubes, space, places, fateOf));
  step.isStateless = isStateless;
  return step;
};

const maybe = (fate: Dimension): Deed => ({ kind: 'maybe', fate });
const passing: Deed = { kind: 'pass' };
const returning: Deed = { kind: 'return' };
const deciding: Readonly<Record<Verdict, Deed>> = {
  accept: { kind: 'decide', verdict: 'accept' },
  drop: { kind: 'decide', verdict: 'drop' },
  reject: { kind: 'decide', verdict: 'reject' },
  queue: { kind: 'decide', verdict: 'queue' },
  stolen: { kind: 'decide', verdict: 'stolen' },
};

const deedOf = (rule: Rule, form: Form | null, cubes: readonly Cube[] | null, space: Space, places: Int32Array, fateOf: FateOf): Deed => {
  const { action } = rule;
  switch (action.kind) {
    case 'none':
      return passing;
    case 'jump':
    case 'goto': {
      const target = places[action.chain.index] ?? -1;
      if (target >= 0 && action.chain.hook === null) return { kind: action.kind, target };
      return maybe(fateOf(`-${action.kind === 'jump' ? 'j' : 'g'} ${action.chain.name}`));
    }
    case 'unknown':
      return maybe(fateOf(`-j ${action.name}`));
    default: {
      const { effect } = action;
      if (effect.kind === 'return') return returning;
      const deed = effect.kind === 'continue' ? passing : deciding[effect.verdict];
      if (!action.actsOn) return deed;
      return { ...deed, takes: both(form ?? { and: cubes![0]!.sets }, space.form(action.actsOn)) };
    }
  }
};

const both = (a: Form, b: Form): Form => (a === true ? b : b === true ? a : a === false || b === false ? false : { and: [a, b] });

/** What a set holds may be another thing after SET changed it: questions about sets are then asked anew. */
const reaskSets = (setters: readonly CompiledStep[], space: Space): void => {
  if (setters.length === 0) return;
  const sets = space.dimensions.filter((dimension) => dimension.test?.extension === 'set');
  for (const step of setters) for (const dimension of sets) step.alsoChange({ dimension, set: dimension.full });
};

/**
 * The targets of jumps and gotos, chain by chain: what is asked again and again for 100,000 rules stands in one piece. Not those of model/calls.ts: here a jump
 * that closes a circle, or leads to a chain that is left out, is none.
 */
export interface StepCalls {
  /** Where the calls of a chain begin; those of the next follow. */
  readonly starts: Int32Array;
  readonly targets: Int32Array;
  /** The step of the chain that calls. */
  readonly steps: Int32Array;
}

/** Chains, callers before the called (depth first, without recursion: chains may be ten thousand deep). A jump that closes a circle becomes a `maybe`. */
const callOrder = (chains: readonly CompiledChain[], calls: StepCalls, space: Space, steps: Step[]): number[] => {
  const { starts, targets } = calls;
  const state = new Uint8Array(chains.length); // 1: open, 2: done
  const next = starts.slice();
  const done: number[] = [];
  const stack: number[] = [];
  for (let root = 0; root < chains.length; root++) {
    if (state[root]) continue;
    stack.push(root);
    state[root] = 1;
    while (stack.length > 0) {
      const at = stack[stack.length - 1]!;
      const call = next[at]!;
      if (call === starts[at + 1]!) {
        state[at] = 2;
        done.push(at);
        stack.pop();
        continue;
      }
      next[at]!++;
      const target = targets[call]!;
      if (state[target] === 1) {
        const fate = space.addTest(fateTest(`the circle of jumps through ${chains[target]!.chain.name}`));
        const chain = chains[at]!;
        chain.history = [...chain.history, fate];
        const step = chain.steps[calls.steps[call]!]!.orNot(fate);
        chain.steps[step.index] = step;
        steps[step.rule.id] = step;
        targets[call] = -1;
      } else if (state[target] === 0) {
        state[target] = 1;
        stack.push(target);
      }
    }
  }
  return done.reverse();
};

/** What a step asks, a bit for every 31st dimension; all bits where that is not plain. */
const roughlyAsked = ({ cubes, takes }: Step): number => {
  if (cubes === null || takes !== null) return -1;
  let out = 0;
  for (let c = 0; c < cubes.length; c++) {
    const { dims } = cubes[c]!;
    for (let i = 0; i < dims.length; i++) out |= 1 << (dims[i]! % 31);
  }
  return out;
};

/** The bits of what a form asks, by dimension. */
const askedBits = (form: Form, bits: Int32Array): number => {
  if (typeof form === 'boolean') return 0;
  if ('ranges' in form) return bits[form.dimension.index]!;
  let out = 0;
  for (const part of 'and' in form ? form.and : form.or) out |= askedBits(part, bits);
  return out;
};

interface WhatRewrites {
  /** Steps that change something in passing. */
  readonly changers: readonly Step[];
  /** Beside each chain what it asks, roughly. */
  readonly asked: readonly number[];
  readonly chainOf: Int32Array;
  readonly space: Space;
}

/**
 * Whether a rule can see what another changed in passing, under one hook: what nat PREROUTING marks and nat POSTROUTING asks is the path's
 * business. What may have been changed is carried along the calls, callers first, as bits: of more than 31 dimensions some share one, which errs to yes.
 */
const rewritesWhatItAsks = (
  chains: readonly ChainProgram[],
  { starts, targets }: StepCalls,
  order: readonly number[],
  { changers, asked: roughly, chainOf, space }: WhatRewrites,
): boolean => {
  const bits = new Int32Array(space.dimensions.length);
  /** What a visit to a chain may change, chains called included. */
  const within = new Int32Array(chains.length);
  let known = 0;
  let wanted = 0;
  for (let j = 0; j < changers.length; j++) {
    const step = changers[j]!;
    for (let k = 0; k < step.changes.length; k++) {
      const { dimension } = step.changes[k]!;
      bits[dimension.index] ||= 1 << (known++ % 31);
      within[chainOf[step.rule.id]!]! |= bits[dimension.index]!;
      wanted |= 1 << (dimension.index % 31);
    }
  }
  if (known === 0) return false;
  const changes = (step: Step): number => {
    let out = 0;
    if (step.kind === 'pass' && step.isChanging)
      for (let i = 0; i < step.changes.length; i++) {
        const { dimension } = step.changes[i]!;
        out |= bits[dimension.index]!;
      }
    return out;
  };
  const asks = (step: Step): number => {
    let out = 0;
    const { cubes } = step;
    if (cubes && step.takes === null) {
      for (let c = 0; c < cubes.length; c++) {
        const { dims } = cubes[c]!;
        for (let i = 0; i < dims.length; i++) out |= bits[dims[i]!]!;
      }
      return out;
    }
    return askedBits(step.form, bits) | (step.takes === null ? 0 : askedBits(step.takes, bits));
  };
  /** What a visit to a chain may ask, chains called included. */
  const asked = new Int32Array(chains.length);
  let isAsked = false;
  for (let index = 0; index < chains.length; index++) {
    if ((roughly[index]! & wanted) === 0) continue;
    for (const step of chains[index]!.steps) asked[index]! |= asks(step);
    if (asked[index] !== 0) isAsked = true;
  }
  if (!isAsked) return false;
  for (let i = order.length - 1; i >= 0; i--) {
    const at = order[i]!;
    for (let call = starts[at]!; call < starts[at + 1]!; call++) {
      const target = targets[call]!;
      if (target < 0) continue;
      within[at]! |= within[target]!;
      asked[at]! |= asked[target]!;
    }
  }
  for (let j = 0; j < chains.length; j++) {
    const root = chains[j]!;
    if (root.hook === null || (within[root.index]! & asked[root.index]!) === 0) continue;
    const entered = new Int32Array(chains.length).fill(-1);
    entered[root.index] = 0;
    for (let k = 0; k < order.length; k++) {
      const at = order[k]!;
      let seen = entered[at]!;
      if (seen < 0 || asked[at] === 0) continue;
      for (const step of chains[at]!.steps) {
        if (seen !== 0 && (asks(step) & seen) !== 0) return true;
        if (step.target >= 0) {
          const before = entered[step.target]!;
          entered[step.target] = before < 0 ? seen : before | seen;
          seen |= within[step.target]!;
        } else seen |= changes(step);
      }
    }
  }
  return false;
};

const translating = new Set<FieldName>(['source', 'destination', 'sourcePort', 'destinationPort']);

/** Whether a nat table rewrites addresses or ports at all. */
export const translates = (table: TableProgram): boolean =>
  table.chains.some((chain) =>
    chain.steps.some(
      (step) => step.rule.action.kind === 'target' && step.rule.action.rewrites.some((rewrite) => translating.has(rewrite.field)),
    ),
  );

const stateIndex = (name: (typeof connectionStates)[number]): number => connectionStates.indexOf(name);

/** What a table can see at a hook at all, as disjoint cubes. */
export const stageCubes = (program: Program, table: TableName, hook: Hook): Cube[] => {
  const cubes = cubesAnywhere(program, table, hook);
  const carried = program.carries.get(hook);
  return carried ? cubes.flatMap((cube) => carried.flatMap((one) => meet(cube, one) ?? [])) : cubes;
};

/** The same on a host of which nothing is known. */
export const cubesAnywhere = (program: Program, table: TableName, hook: Hook): Cube[] => {
  const { space } = program;
  const sets: Cube['sets'][number][] = [];
  const at = hooks.indexOf(hook);
  sets.push(program.hook.interval(at, at));
  const inside = space.dimension('inInterface')!;
  const outside = space.dimension('outInterface')!;
  const state = space.dimension('connectionState')!;
  if (hook === 'OUTPUT') sets.push(inside.interval(0, 0));
  // Packets looped back have been translated as they left (measured).
  else if (table === 'nat' && hook === 'PREROUTING') sets.push(besidesLoopback(program));
  else if (hook !== 'POSTROUTING') sets.push(inside.interval(1, inside.size - 1));
  if (hook === 'PREROUTING' || hook === 'INPUT') sets.push(outside.interval(0, 0));
  else sets.push(outside.interval(1, outside.size - 1));
  const fragment = space.dimension('laterFragment');
  if (fragment && fragment.size > 1 && (program.assembles || (hook === 'INPUT' && program.ruleset.family === 4)))
    sets.push(fragment.interval(0, 0));
  const build = (extra: readonly Cube['sets'][number][]): Cube => {
    const kept = [...sets, ...extra].filter((set) => set.count < set.dimension.size).sort((a, b) => a.dimension.index - b.dimension.index);
    return { dims: kept.map((set) => set.dimension.index), sets: kept };
  };
  const states = (...names: (typeof connectionStates)[number][]): Cube['sets'][number] =>
    state.ofLoose(names.flatMap((name) => [stateIndex(name), stateIndex(name)]));
  if (table === 'nat') return [build([states('NEW', 'RELATED')])];
  if (table === 'raw' && hook === 'PREROUTING') {
    // Looped back packets keep the connection that they got at OUTPUT (measured).
    const lo = loopback(program);
    const cube = build([states('INVALID')]);
    const looped = build([]);
    const not = besidesLoopback(program);
    const put = (base: Cube, set: Cube['sets'][number]): Cube => ({
      dims: base.dims,
      sets: base.sets.map((s) => (s.dimension === inside ? set : s)),
    });
    return [put(cube, not), put(looped, inside.interval(lo, lo))];
  }
  // The host's own packets have no connection in raw, but those that REJECT and TEE send have.
  if (table === 'raw') return [build([states('INVALID', 'RELATED', 'UNTRACKED')])];
  return [build([])];
};

/** Interfaces that packets come in by, but lo. */
const besidesLoopback = (program: Program): Cube['sets'][number] => {
  const inside = program.space.dimension('inInterface')!;
  const lo = loopback(program);
  return inside.ofLoose(lo < inside.size - 1 ? [1, lo - 1, lo + 1, inside.size - 1] : [1, lo - 1]);
};

/** The atom of interface lo. */
export const loopback = (program: Program): number => {
  const code = program.space.code('inInterface');
  return code?.kind === 'names' ? code.exact.get('lo')! : 0;
};

/** The stages of a table: its built-in chains' hooks. */
export const hooksOf = (table: TableName): readonly Hook[] => builtInChains[table];

export type { Ordinal };
