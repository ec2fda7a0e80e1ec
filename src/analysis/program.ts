/**
 * A ruleset made ready for analysis: the space that it asks about, every rule as one step with its condition and what it does, chains in the order
 * of calls. Facts of the path (what each hook and table can see) are those of the kernel, measured where a text was silent: POSTROUTING knows the
 * incoming interface of forwarded packets; raw sees no connection yet, but for packets looped back; an empty nat table assembles no fragments.
 */
import {
  builtInChains,
  connectionStates,
  type Hook,
  hooks,
  type Ordinal,
  type Predicate,
  type TableName,
  type Test,
  tables,
  type Verdict,
} from '../../grammar/index.js';
import type { Chain, Rule, Ruleset } from '../model/ruleset.js';
import { type Cube, cubesOf, everything } from '../packets/cube.js';
import { type Change, type Dimension, type Form, type Resolver, Space } from '../packets/space.js';

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
  /** Where they depend on the hook (NETMAP): by hook; `changes` then holds all of them. */
  readonly changesAt: readonly (readonly Change[])[] | null;
  /** Of what it matches, what the target acts on; null: all. */
  readonly takes: Form | null;
  readonly takeCubes: readonly Cube[] | null;
  /** For `maybe`: atom 1 decides. */
  readonly fate: Dimension | null;
}

export interface ChainProgram {
  readonly chain: Chain;
  readonly index: number;
  readonly steps: readonly Step[];
  /** Steps of the table that jump or go here. */
  readonly callers: { readonly chain: number; readonly step: number }[];
  readonly hook: Hook | null;
  /** Dimensions of tests in this chain that history decides, and of fates: asked anew at each visit. */
  readonly history: readonly Dimension[];
}

export interface TableProgram {
  readonly name: TableName;
  readonly chains: readonly ChainProgram[];
  readonly byName: ReadonlyMap<string, number>;
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
}

export interface ProgramOptions {
  readonly resolver?: Resolver | undefined;
  /** Conditions that will be asked beside those of the rules: fields are cut for them, too. */
  readonly asks?: readonly Predicate[] | undefined;
}

const mostCubes = 24;

/** Fields and extensions that make the kernel track connections in this namespace. */
const tracks = (predicate: Predicate): boolean => {
  switch (predicate.kind) {
    case 'in':
    case 'bits':
      return /^(connection|original|reply)/.test(predicate.field);
    case 'not':
      return tracks(predicate.of);
    case 'all':
    case 'some':
      return predicate.of.some(tracks);
    case 'test':
      return /^(conn|ct|state$|helper$|cluster$|nat)/.test(predicate.test.extension);
    default:
      return false;
  }
};

const trackingTargets = new Set(['DNAT', 'SNAT', 'MASQUERADE', 'REDIRECT', 'NETMAP', 'CT', 'CONNMARK', 'CONNSECMARK', 'SYNPROXY', 'SAME']);

const fateTest = (text: string): Test => ({ extension: '', text, decidedBy: 'history', reads: [], given: {} });

/** Text of a rule's line as reports name it. */
const lineOf = (rule: Rule): number => rule.chain.table.ruleset.source.position(rule.node.start).line;

export const buildProgram = (ruleset: Ruleset, options: ProgramOptions = {}): Program => {
  const space = new Space(ruleset.family, options.resolver);
  let assembles = false;
  const predicates: Predicate[] = new Array(ruleset.rules.length);
  for (const rule of ruleset.rules) {
    const { predicate } = rule;
    predicates[rule.id] = predicate;
    space.collect(predicate);
    if (!assembles) {
      if (tracks(predicate) || (rule.action.kind === 'target' && trackingTargets.has(rule.action.name))) assembles = true;
    }
  }
  for (const rule of ruleset.rules)
    if (rule.action.kind === 'target') for (const rewrite of rule.action.rewrites) space.collectRewrite(rewrite);
  for (const predicate of options.asks ?? []) space.collect(predicate);
  space.cut();
  const hook = space.addHook(hooks.length);
  const steps: Step[] = new Array(ruleset.rules.length);
  const chainOf = new Int32Array(ruleset.rules.length);
  const programs = new Map<TableName, TableProgram>();
  for (const name of tables) {
    const table = ruleset.tables.get(name);
    if (!table) continue;
    const byName = new Map<string, number>();
    for (const chain of table.chains.values()) byName.set(chain.name, byName.size);
    const chains: ChainProgram[] = [];
    for (const chain of table.chains.values()) {
      const own: Step[] = [];
      const history: Dimension[] = [];
      for (const rule of chain.rules) {
        const before = space.dimensions.length;
        const step = compile(rule, own.length, predicates[rule.id]!, space, byName);
        for (let i = before; i < space.dimensions.length; i++)
          if (space.dimensions[i]!.test!.decidedBy === 'history') history.push(space.dimensions[i]!);
        own.push(step);
        steps[rule.id] = step;
        chainOf[rule.id] = chains.length;
      }
      chains.push({ chain, index: chains.length, steps: own, callers: [], hook: chain.hook, history });
    }
    const order = callOrder(chains, space);
    reaskSets(
      chains.flatMap((chain) => chain.steps),
      space,
    );
    for (const at of order)
      for (const step of chains[at]!.steps) {
        steps[step.rule.id] = step;
        if (step.target >= 0) chains[step.target]!.callers.push({ chain: at, step: step.index });
      }
    programs.set(name, { name, chains, byName, order, rewrites: rewritesWhatItAsks(chains, order) });
  }
  return { ruleset, space, tables: programs, steps, chainOf, hook, assembles };
};

const compile = (rule: Rule, index: number, predicate: Predicate, space: Space, byName: ReadonlyMap<string, number>): Step => {
  const { action } = rule;
  const base = { rule, index, target: -1, verdict: null, changes: [], changesAt: null, takes: null, takeCubes: null, fate: null };
  if (!rule.node.whole) {
    // It may match anything and do anything: one question decides whether it takes a packet.
    const fate = space.addTest(fateTest(`line ${lineOf(rule)}, which could not be read`));
    return { ...base, form: true, cubes: [everything], kind: 'maybe', fate };
  }
  const form = space.form(predicate);
  const cubes = cubesOf(form, mostCubes);
  switch (action.kind) {
    case 'none':
      return { ...base, form, cubes, kind: 'pass' };
    case 'jump':
    case 'goto': {
      const target = byName.get(action.chain.name);
      if (target !== undefined && action.chain.hook === null) return { ...base, form, cubes, kind: action.kind, target };
      return {
        ...base,
        form,
        cubes,
        kind: 'maybe',
        fate: space.addTest(fateTest(`-${action.kind === 'jump' ? 'j' : 'g'} ${action.chain.name}`)),
      };
    }
    case 'unknown':
      return { ...base, form, cubes, kind: 'maybe', fate: space.addTest(fateTest(`-j ${action.name}`)) };
    default: {
      const takes: Form | null = action.actsOn ? both(form, space.form(action.actsOn)) : null;
      const changes = action.rewrites.flatMap((rewrite) => space.changes(rewrite));
      const acts = { ...base, form, cubes, changes, takes, takeCubes: takes === null ? null : cubesOf(takes, mostCubes) };
      const { effect } = action;
      if (effect.kind === 'continue') return { ...acts, kind: 'pass' };
      if (effect.kind === 'return') return { ...base, form, cubes, kind: 'return' };
      const byHook = action.rewrites.length === 0 ? [] : hooks.map((at) => action.rewritesAt(at));
      const depends = byHook.some((rewrites) => rewrites.length !== action.rewrites.length);
      return {
        ...acts,
        kind: 'decide',
        verdict: effect.verdict,
        changesAt: depends ? byHook.map((rewrites) => rewrites.flatMap((rewrite) => space.changes(rewrite))) : null,
      };
    }
  }
};

const both = (a: Form, b: Form): Form => (a === true ? b : b === true ? a : a === false || b === false ? false : { and: [a, b] });

/** What a set holds may be another thing after SET changed it: questions about sets are then asked anew. */
const reaskSets = (steps: readonly Step[], space: Space): void => {
  const sets = space.dimensions.filter((dimension) => dimension.test?.extension === 'set');
  for (const step of steps)
    if (step.rule.action.kind === 'target' && step.rule.action.name === 'SET')
      for (const dimension of sets) (step.changes as Change[]).push({ dimension, set: dimension.full });
};

/** Chains, callers before the called (depth first, without recursion: chains may be ten thousand deep). A jump that closes a circle becomes a `maybe`. */
const callOrder = (chains: readonly ChainProgram[], space: Space): number[] => {
  const state = new Uint8Array(chains.length); // 1: open, 2: done
  const done: number[] = [];
  for (let root = 0; root < chains.length; root++) {
    if (state[root]) continue;
    const stack: { at: number; step: number }[] = [{ at: root, step: 0 }];
    state[root] = 1;
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const steps = chains[top.at]!.steps as Step[];
      if (top.step >= steps.length) {
        state[top.at] = 2;
        done.push(top.at);
        stack.pop();
        continue;
      }
      const step = steps[top.step]!;
      top.step++;
      if (step.target < 0) continue;
      if (state[step.target] === 1) {
        const fate = space.addTest(fateTest(`the circle of jumps through ${chains[step.target]!.chain.name}`));
        (chains[top.at]!.history as Dimension[]).push(fate);
        steps[step.index] = { ...step, kind: 'maybe', target: -1, fate };
      } else if (state[step.target] === 0) {
        state[step.target] = 1;
        stack.push({ at: step.target, step: 0 });
      }
    }
  }
  return done.reverse();
};

const dimensionsOf = (form: Form, into: Set<Dimension>): void => {
  if (typeof form === 'boolean') return;
  if ('ranges' in form) into.add(form.dimension);
  else for (const part of 'and' in form ? form.and : form.or) dimensionsOf(part, into);
};

/**
 * Whether a rule can see what another changed in passing, under one hook: what nat PREROUTING marks and nat POSTROUTING asks is the path's
 * business. What may have been changed is carried along the calls, callers first.
 */
const rewritesWhatItAsks = (chains: readonly ChainProgram[], order: readonly number[]): boolean => {
  const changed = new Map<Dimension, bigint>();
  for (const { steps } of chains)
    for (const step of steps)
      if (step.kind === 'pass')
        for (const { dimension } of step.changes) if (!changed.has(dimension)) changed.set(dimension, 1n << BigInt(changed.size));
  if (changed.size === 0) return false;
  const bitsOf = (dimensions: Iterable<Dimension>): bigint => {
    let bits = 0n;
    for (const dimension of dimensions) bits |= changed.get(dimension) ?? 0n;
    return bits;
  };
  const changes = (step: Step): bigint =>
    step.kind === 'pass' && step.changes.length > 0 ? bitsOf(step.changes.map((change) => change.dimension)) : 0n;
  /** What a visit to a chain may change, chains called included. */
  const within: bigint[] = new Array(chains.length).fill(0n);
  for (let i = order.length - 1; i >= 0; i--)
    for (const step of chains[order[i]!]!.steps) within[order[i]!]! |= step.target >= 0 ? within[step.target]! : changes(step);
  for (const root of chains) {
    if (root.hook === null || within[root.index] === 0n) continue;
    const entered = new Map<number, bigint>([[root.index, 0n]]);
    for (const at of order) {
      let seen = entered.get(at);
      if (seen === undefined) continue;
      for (const step of chains[at]!.steps) {
        if (seen !== 0n) {
          const asked = new Set<Dimension>();
          dimensionsOf(step.form, asked);
          if (step.takes !== null) dimensionsOf(step.takes, asked);
          if ((bitsOf(asked) & seen) !== 0n) return true;
        }
        if (step.target >= 0) {
          entered.set(step.target, (entered.get(step.target) ?? 0n) | seen);
          seen |= within[step.target]!;
        } else seen |= changes(step);
      }
    }
  }
  return false;
};

const stateIndex = (name: (typeof connectionStates)[number]): number => connectionStates.indexOf(name);

/** What a table can see at a hook at all, as disjoint cubes. */
export const stageCubes = (program: Program, table: TableName, hook: Hook): Cube[] => {
  const { space } = program;
  const sets: Cube['sets'][number][] = [];
  const at = hooks.indexOf(hook);
  sets.push(program.hook.interval(at, at));
  const inside = space.dimension('inInterface')!;
  const outside = space.dimension('outInterface')!;
  const state = space.dimension('connectionState')!;
  if (hook === 'OUTPUT') sets.push(inside.interval(0, 0));
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
    const not = inside.ofLoose(lo < inside.size - 1 ? [1, lo - 1, lo + 1, inside.size - 1] : [1, lo - 1]);
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

/** The atom of interface lo. */
export const loopback = (program: Program): number => {
  const code = program.space.code('inInterface');
  return code?.kind === 'names' ? code.exact.get('lo')! : 0;
};

/** The stages of a table: its built-in chains' hooks. */
export const hooksOf = (table: TableName): readonly Hook[] => builtInChains[table];

export type { Ordinal };
