/**
 * Which rules some packet reaches, proved for all packets. Two roads by cost: cubes settle almost every rule (survey.ts), diagrams what is left (flow.ts);
 * then the whole path, for rules behind tables that drop or rewrite (path.ts). A rule is dead whatever unknowns say; a live one has a packet
 * that gets there; `unknown` is told where the budget ran out.
 */
import { type Hook, hooks, printTarget } from '../../grammar/index.js';
import type { Rule, Ruleset } from '../model/ruleset.js';
import {
  type Budget,
  type Cube,
  contains,
  everything,
  extent,
  meet,
  meets,
  pinned,
  replace,
  setOf,
  uncovered,
  uncoveredByFew,
} from '../packets/cube.js';
import { Diagram, Exhausted, type Node } from '../packets/diagram.js';
import { type Packet, pickPacket } from '../packets/pick.js';
import { takersBeforeEntry } from './before-entry.js';
import { climb } from './climb.js';
import { type FlowOf, flowsOf } from './flow.js';
import { Natural, tastes } from './natural.js';
import { Paths, waysTo } from './path.js';
import {
  buildProgram,
  type ChainProgram,
  cubesAnywhere,
  loopback,
  type Program,
  type ProgramOptions,
  type Step,
  stageCubes,
  type TableProgram,
} from './program.js';
import { type Death, hullOf, type SurveyResult, survey } from './survey.js';

export type Status = 'live' | 'dead' | 'unknown';

/**
 * Why no packet gets there. `rule`: one earlier rule takes them all; `rules`: several together; `catch-all`: after a rule that takes every packet;
 * `deciding-chain`: after a jump to a chain that decides every packet that enters; `callers`: what the rule asks never arrives, given how its chain
 * is entered; `before-entry`: rules of the chain that calls its own, or of one called before, take all of them; `contradiction`: its own conditions exclude each other; `interface`: it asks for an interface that its hooks do not know; `loopback`: in nat PREROUTING, for what comes in by lo; `hook`: it asks
 * for what its hooks never see otherwise (a state that nat never sees); `host`: for an address that the addresses given route elsewhere; `state`:
 * for a state that no such packet has; `chain`: no packet enters its chain; `path`: an earlier table or hook
 * drops or rewrites all of them.
 */
export type Cause =
  | 'rule'
  | 'rules'
  | 'catch-all'
  | 'deciding-chain'
  | 'callers'
  | 'before-entry'
  | 'contradiction'
  | 'interface'
  | 'loopback'
  | 'hook'
  | 'host'
  | 'state'
  | 'chain'
  | 'path';

/** What is known of one rule. */
export interface RuleVerdict {
  readonly status: Status;
  /** Of a live rule: a natural packet that gets there, as it is at the rule. Null where no packet is told. */
  readonly packet: Packet | null;
  /** Of a dead rule. */
  readonly cause: Cause | null;
  /** Of a dead rule: the fewest earlier rules found that take all its packets, in the order in which packets meet them. */
  readonly by: readonly Rule[];
  /** Of a dead rule with takers: whether packets that it would decide get the same verdict from them. */
  readonly fate: 'same' | 'other' | null;
  /** Of a dead rule: a packet that it asks for, which the takers take. */
  readonly shows: Packet | null;
  /** Texts of unknowns that every packet which gets there needs to fall one way; of a dead rule: what the proof leans on. */
  readonly leansOn: readonly string[];
}

export interface ReachabilityOptions extends ProgramOptions {
  /** Node operations that diagrams may cost; absent: 8 million. */
  readonly effort?: number | undefined;
}

/** More takers than this are not thinned out: all that have a part are told. */
const mostTold = 300;

/** What `statuses` holds. */
const open = 0;
const alive = 1;
const dead = 2;
const statusWords: readonly Status[] = ['unknown', 'live', 'dead'];

/** Undecided rules of one table up to which each is asked by itself. */
const fewUndecided = 64;

/** What is known of a rule beside its status, where it took looking for. */
interface Found {
  witness?: Cube | undefined;
  death?: Death | undefined;
  /** All packets that get there, where diagrams decided. */
  node?: Node | undefined;
  /** Shown with diagrams: what arrives at the rule and matches its condition is none. */
  byDiagram?: boolean;
  byPath?: boolean;
}

export class Reachability {
  readonly ruleset: Ruleset;
  readonly program: Program;
  readonly diagram: Diagram;
  readonly paths: Paths;
  private readonly natural: Natural;
  private readonly surveys = new Map<TableProgram, SurveyResult>();
  readonly flow: FlowOf;
  private readonly hooksBefore = new Map<ChainProgram, Hook[]>();
  /** By rule id. */
  private readonly statuses: Uint8Array;
  private readonly details = new Map<number, Found>();
  private readonly verdicts = new Map<number, RuleVerdict>();
  /** Node operations that diagrams may cost in all. */
  readonly effort: number;
  /** What leaving out takers that others make up for may cost, all rules together. */
  private readonly thinning: Budget = { left: 1_500_000 };
  /** Node operations that finding the fewest rules of earlier tables may cost, all rules together. */
  private wayBudget: number;
  /** Some rule could not be decided. */
  readonly inconclusive: boolean;

  constructor(ruleset: Ruleset, options: ReachabilityOptions = {}) {
    this.ruleset = ruleset;
    this.effort = options.effort ?? 8_000_000;
    this.wayBudget = this.effort / 4;
    this.program = buildProgram(ruleset, options);
    this.natural = new Natural(this.program);
    // A real firewall of 4,800 rules came to 50 nodes a rule.
    this.diagram = new Diagram(this.effort, 32 * ruleset.rules.length);
    this.flow = flowsOf(this.program, this.diagram, { keeps: true });
    this.paths = new Paths(this.program, this.diagram, this.flow);
    this.statuses = new Uint8Array(this.program.steps.length);
    for (const table of this.program.tables.values()) this.decide(table);
    this.followPaths();
    // Of a part of a ruleset: rules keep their numbers, and those between are none.
    const isWhole = this.statuses.length === ruleset.rules.length;
    this.inconclusive = isWhole ? this.statuses.includes(open) : ruleset.rules.some(({ id }) => this.statuses[id] === open);
  }

  step(rule: Rule): Step {
    return this.program.steps[rule.id]!;
  }

  chain(rule: Rule): ChainProgram {
    return this.table(rule).chains[this.program.chainOf[rule.id]!]!;
  }

  table(rule: Rule): TableProgram {
    return this.program.tables.get(rule.chain.table.name)!;
  }

  status(rule: Rule): Status {
    return statusWords[this.statuses[rule.id]!]!;
  }

  isDead(rule: Rule): boolean {
    return this.statuses[rule.id] === dead;
  }

  /** A cube of packets that get to a live rule, where one is kept. */
  cube(rule: Rule): Cube | undefined {
    return this.statuses[rule.id] === alive ? this.found(this.step(rule)).witness : undefined;
  }

  /** What is known of a step; of those that the survey decided it is there when somebody asks. */
  private found(step: Step): Found {
    const { id } = step.rule;
    let found = this.details.get(id);
    if (!found) {
      const result = this.surveys.get(this.table(step.rule));
      const status = this.statuses[id];
      found =
        result === undefined || status === open
          ? {}
          : status === alive
            ? { witness: result.life(step).witness }
            : { death: result.deaths.get(id) };
      this.details.set(id, found);
    }
    return found;
  }

  /** One table by itself: whatever its hooks can carry arrives. */
  private decide(table: TableProgram): void {
    const all = (): ReadonlyMap<number, Node> => {
      const flow = this.flow(table);
      return new Map(table.chains.filter((chain) => chain.hook !== null).map((chain) => [chain.index, flow.entry(chain)]));
    };
    const { statuses, details } = this;
    let left: [ChainProgram, Step][] = [];
    if (table.rewrites) for (const chain of table.chains) for (const step of chain.steps) left.push([chain, step]);
    else {
      const result = survey(this.program, table, statuses);
      climb(this.program, table, result);
      this.surveys.set(table, result);
      left = result.open.filter(([, step]) => statuses[step.rule.id] === open);
    }
    if (left.length === 0) return;
    if (!table.rewrites && left.length <= fewUndecided) {
      for (const [chain, step] of left) this.ask(table, chain, step);
      if (left.every(([, step]) => statuses[step.rule.id] !== open)) return;
    }
    // All at once: forward through the whole table.
    try {
      this.within(this.effort, () =>
        this.flow(table).run(all(), {
          visit: (_chain, step, _here, set) => {
            const { id } = step.rule;
            if (statuses[id] === open && set !== 0) this.live(id, set);
          },
        }),
      );
      for (const [, { rule }] of left)
        if (statuses[rule.id] === open) {
          statuses[rule.id] = dead;
          details.set(rule.id, { byDiagram: true });
        }
    } catch (error) {
      if (!(error instanceof Exhausted)) throw error;
      // One by one, where following one rule's packets alone is right.
      if (!table.rewrites) for (const [chain, step] of left) if (statuses[step.rule.id] === open) this.ask(table, chain, step);
    }
  }

  private ask(table: TableProgram, chain: ChainProgram, step: Step): void {
    try {
      const set = this.within(Math.max(20000, this.effort / 40), () => this.flow(table).reaching(chain, step));
      const { id } = step.rule;
      if (set !== 0) this.live(id, set);
      else {
        this.statuses[id] = dead;
        this.details.set(id, { byDiagram: true });
      }
    } catch (error) {
      if (!(error instanceof Exhausted)) throw error;
    }
  }

  /** All these packets get to a rule. */
  private live(id: number, node: Node): void {
    this.statuses[id] = alive;
    this.details.set(id, { witness: this.diagram.pick(node, this.program.space.dimensions), node });
  }

  /** Does some work with a budget of its own, no more than what is left of the whole. */
  within<T>(budget: number, work: () => T): T {
    const { diagram } = this;
    const left = diagram.budget;
    const given = Math.min(left, budget);
    diagram.budget = given;
    try {
      return work();
    } finally {
      diagram.budget = left - (given - Math.max(0, diagram.budget));
    }
  }

  /** Rules that live in their table may be dead on the whole way. */
  private followPaths(): void {
    const { program, paths } = this;
    for (const table of program.tables.values()) {
      const late = new Set<Hook>();
      for (let i = 0; i < table.chains.length; i++) {
        const chain = table.chains[i]!;
        if (chain.hook !== null && !paths.isFirst(table.name, chain.hook)) late.add(chain.hook);
      }
      if (late.size === 0) continue;
      const result = this.surveys.get(table);
      const comeLate = program.hook.ofLoose([...late].flatMap((hook) => [hooks.indexOf(hook), hooks.indexOf(hook)]));
      const left: [ChainProgram, Step][] = [];
      for (let i = 0; i < table.chains.length; i++) {
        const chain = table.chains[i]!;
        const isLate = result?.comes(chain, comeLate) ?? true;
        if (!isLate && result!.arrivals[chain.index]!.exact) continue;
        for (let j = 0; j < chain.steps.length; j++) {
          const step = chain.steps[j]!;
          const { id } = step.rule;
          if (this.statuses[id] !== alive) continue;
          // Packets beyond those that are known to arrive were looked for, from below or by diagrams.
          if (!isLate && !result!.wasLookedFor(step) && !this.details.has(id)) continue;
          const found = this.found(step);
          const witness = found.witness!;
          const hook = hooks[(setOf(witness, program.hook.index) ?? program.hook.full).ranges[0]!]!;
          if (!late.has(hook)) continue;
          const part = table.rewrites ? undefined : paths.untouched(witness, table.name, hook);
          if (part) found.witness = part;
          else left.push([chain, step]);
        }
      }
      if (left.length > 0) this.followExactly(table, left);
    }
  }

  private followExactly(table: TableProgram, left: readonly [ChainProgram, Step][]): void {
    const { diagram, program, paths } = this;
    const flow = this.flow(table);
    const undecided = new Map(left.map(([, step]) => [step.rule.id, step]));
    const live = (step: Step, set: Node): void => {
      const found = this.found(step);
      let chosen = set;
      // The packet that is known already, if it is among them.
      if (found.witness) {
        const both = diagram.and(set, diagram.cube(found.witness));
        if (both !== 0) chosen = both;
      }
      found.witness = diagram.pick(chosen, program.space.dimensions);
      found.node = set;
      undecided.delete(step.rule.id);
    };
    try {
      const entries = this.within(this.effort, () => {
        const map = new Map<number, Node>();
        for (const chain of table.chains) if (chain.hook !== null) map.set(chain.index, paths.arrival(table.name, chain.hook));
        return map;
      });
      if (table.rewrites || left.length > fewUndecided)
        this.within(this.effort, () =>
          flow.run(entries, {
            visit: (_chain, step, _here, set) => {
              if (set !== 0 && undecided.has(step.rule.id)) live(step, set);
            },
          }),
        );
      else
        for (const [chain, step] of left) {
          const set = this.within(this.effort / 10, () => flow.reaching(chain, step, (c) => entries.get(c.index) ?? 0));
          if (set !== 0) live(step, set);
        }
      for (const [id, step] of undecided) {
        this.found(step).byPath = true;
        this.statuses[id] = dead;
      }
    } catch (error) {
      if (!(error instanceof Exhausted)) throw error;
      for (const id of undecided.keys()) this.statuses[id] = open;
    }
  }

  /** All that is known of a rule; details are worked out when somebody asks. */
  verdict(rule: Rule): RuleVerdict {
    const known = this.verdicts.get(rule.id);
    if (known) return known;
    const none = { packet: null, cause: null, by: [], fate: null, shows: null, leansOn: [] };
    const status = this.status(rule);
    const found = this.found(this.step(rule));
    const verdict: RuleVerdict =
      status === 'live'
        ? { ...none, status, packet: this.example(rule, found), leansOn: this.leansOn(rule, found) }
        : status === 'unknown'
          ? { ...none, status }
          : { ...none, status, ...this.explain(rule, found), leansOn: this.unread(rule) };
    this.verdicts.set(rule.id, verdict);
    return verdict;
  }

  private pick(cube: Cube | undefined, rule: Rule): Packet | null {
    return cube ? pickPacket(this.program.space, cube, this.program.hook, tastes(rule.chain.table.name)) : null;
  }

  /** A packet that gets to a live rule: a natural one if it does, else one out of the proof. */
  private example(rule: Rule, found: Found): Packet | null {
    const packet = this.pick(found.witness, rule);
    if (!packet?.hook) return packet;
    const natural = this.natural.packet(this.table(rule), this.program.chainOf[rule.id]!, this.step(rule), packet.hook, packet);
    return natural && natural.tests.length <= packet.tests.length ? natural : packet;
  }

  /** A line that could not be read may be a jump that nobody knows of. */
  private unread(rule: Rule): readonly string[] {
    const { table } = rule.chain;
    const whole = [...table.chains.values()].every((chain) => chain.whole) && this.ruleset.whole;
    return whole ? [] : ['a line that could not be read'];
  }

  private leansOn(rule: Rule, found: Found): readonly string[] {
    const texts = new Set<string>();
    if (found.node !== undefined) {
      // Of the tests that the picked packet answers, those that all packets which get there answer so.
      const asked = found.witness!.sets.filter(({ dimension: { test } }) => test && test.decidedBy !== 'packet');
      const forced = asked.length > 0 ? this.forced(found.node) : null;
      for (const { dimension } of asked) if (forced === null || forced.has(dimension.level)) texts.add(dimension.test!.text);
    } else {
      const result = this.surveys.get(this.table(rule));
      if (result) for (const dimension of result.life(this.step(rule)).leans) texts.add(dimension.test!.text);
    }
    if (!rule.chain.whole || !this.ruleset.whole) texts.add('a line that could not be read');
    return [...texts];
  }

  /** What all packets of a set answer the same way; null: that could not be told. */
  private forced(node: Node): ReadonlyMap<number, 0 | 1> | null {
    try {
      return this.within(this.effort / 100, () => this.diagram.forced(node));
    } catch (error) {
      if (error instanceof Exhausted) return null;
      throw error;
    }
  }

  /** Whether packets by lo would be met, if the hooks carried any. */
  private asksLoopback(cubes: readonly Cube[], stages: readonly Cube[]): boolean {
    const lo = loopback(this.program);
    const byLo = this.program.space.dimension('inInterface')!.interval(lo, lo);
    const looped = stages.map((stage) => replace(stage, byLo));
    return cubes.some((cube) => looped.some((stage) => meets(cube, stage)));
  }

  private explain(rule: Rule, found: Found): Pick<RuleVerdict, 'cause' | 'by' | 'fate' | 'shows'> {
    const step = this.step(rule);
    const chain = this.chain(rule);
    const table = this.table(rule);
    if (step.form === false || step.cubes?.length === 0)
      return { cause: step.isStateless ? 'state' : 'contradiction', by: [], fate: null, shows: null };
    if (found.byPath) return this.explainPath(rule, found);
    const own = step.cubes ?? [hullOf(step.form)];
    const entered = this.hooksInto(table, chain.index);
    const callers = table.callersOf(chain.index).map(({ chain: c, step: s }) => table.chains[c]!.steps[s]!.rule);
    if (chain.hook === null && (entered.length === 0 || callers.every((caller) => this.status(caller) === 'dead')))
      return { cause: 'chain', by: callers.filter((caller) => this.status(caller) === 'dead'), fate: null, shows: null };
    // What the hooks can carry of it.
    const stages = entered.flatMap((hook) => stageCubes(this.program, table.name, hook));
    if (!own.some((cube) => stages.some((stage) => meets(cube, stage)))) {
      const sides = [this.program.space.dimension('inInterface')!.index, this.program.space.dimension('outInterface')!.index];
      const anywhere = entered.flatMap((hook) => cubesAnywhere(this.program, table.name, hook));
      if (own.some((cube) => anywhere.some((stage) => meets(cube, stage)))) return { cause: 'host', by: [], fate: null, shows: null };
      if (table.name === 'nat' && entered.includes('PREROUTING') && this.asksLoopback(own, stages))
        return { cause: 'loopback', by: [], fate: null, shows: null };
      const freed = own.map((cube) => ({
        dims: cube.dims.filter((dim) => !sides.includes(dim)),
        sets: cube.sets.filter((set) => !sides.includes(set.dimension.index)),
      }));
      return {
        cause: freed.some((cube) => stages.some((stage) => meets(cube, stage))) ? 'interface' : 'hook',
        by: [],
        fate: null,
        shows: null,
      };
    }
    const death = found.death;
    const unentered = (): ReturnType<Reachability['explain']> => {
      const early = takersBeforeEntry(table, chain, own, stages);
      if (!early) return { cause: 'callers', by: callers, fate: null, shows: null };
      const { takers, parts } = early;
      return {
        cause: 'before-entry',
        by: takers.map((taker) => taker.rule),
        fate: this.fate(step, takers, table, parts),
        shows: this.pick(parts[0], rule),
      };
    };
    if (death && death.parts.length === 0) return unentered();
    let takers: Step[];
    if (death) takers = this.fewest(chain, death);
    else {
      const told = this.takersByDiagram(table, chain, step);
      if (told === null) return unentered();
      takers = told;
    }
    const by = takers.map((taker) => taker.rule);
    const cause: Cause =
      takers.length > 1
        ? 'rules'
        : takers.length === 0
          ? 'callers'
          : takers[0]!.kind === 'jump'
            ? 'deciding-chain'
            : takers[0]!.form === true && takers[0]!.kind !== 'pass'
              ? 'catch-all'
              : 'rule';
    const parts = death?.parts ?? own;
    // A packet that a hook of its chain carries: one of INPUT has no outgoing interface.
    const [shown = parts[0]] = parts.flatMap((part) => stages.flatMap((stage) => meet(part, stage) ?? []));
    return { cause, by, fate: this.fate(step, takers, table, parts), shows: this.pick(shown, rule) };
  }

  /** The hooks by which packets could come into a chain. */
  private hooksInto(table: TableProgram, at: number): Hook[] {
    const chain = table.chains[at]!;
    let known = this.hooksBefore.get(chain);
    if (!known) {
      known = [...this.flow(table).ancestors(at)].flatMap((index) => table.chains[index]!.hook ?? []);
      this.hooksBefore.set(chain, known);
    }
    return known;
  }

  /** The fewest covers that still take every part: one by one they are left out, last first. */
  private fewest(chain: ChainProgram, death: Death): Step[] {
    const bySteps = new Map<number, Cube[]>();
    death.covers.forEach((cover, i) => {
      const at = death.coverSteps[i]!;
      const list = bySteps.get(at);
      if (list) list.push(cover);
      else bySteps.set(at, [cover]);
    });
    for (const [at, covers] of bySteps) {
      if (this.thinning.left < 0) break;
      this.thinning.left -= covers.length;
      // One by itself?
      if (
        death.parts.every(
          (part) =>
            covers.some((cover) => contains(cover, part)) || (covers.length > 1 && uncovered(part, covers, { left: 2000 }) === null),
        )
      )
        return [chain.steps[at]!];
    }
    // Packet by packet: whoever takes what the chosen ones leave is chosen too; then those are left out that the others make up for.
    const chosen = new Set<number>();
    const covers: Cube[] = [];
    for (const part of death.parts)
      for (;;) {
        const budget: Budget = { left: Math.min(20_000, this.thinning.left) };
        const given = budget.left;
        const open = uncoveredByFew(part, covers, budget);
        this.thinning.left -= given - budget.left;
        if (open === null) break;
        const next = open ? this.widest(open, bySteps) : undefined;
        this.thinning.left -= death.covers.length >> 1;
        if (next === undefined || chosen.size >= mostTold) return [...bySteps.keys()].sort((x, y) => x - y).map((at) => chain.steps[at]!);
        chosen.add(next);
        covers.push(...bySteps.get(next)!);
      }
    let kept = [...chosen].sort((x, y) => x - y);
    for (const at of [...kept].reverse()) {
      if (kept.length === 1 || this.thinning.left < 0) break;
      const rest = kept.filter((other) => other !== at);
      const left = rest.flatMap((other) => bySteps.get(other)!);
      const budget: Budget = { left: Math.min(20_000, this.thinning.left) };
      const given = budget.left;
      if (death.parts.every((part) => uncoveredByFew(part, left, budget) === null)) kept = rest;
      this.thinning.left -= given - budget.left;
    }
    return kept.map((at) => chain.steps[at]!);
  }

  /** The step that takes one packet of a cube, and most of the packets around it. */
  private widest(cube: Cube, bySteps: ReadonlyMap<number, readonly Cube[]>): number | undefined {
    const point = pinned(cube);
    let best: number | undefined;
    let size = Number.NEGATIVE_INFINITY;
    for (const [at, covers] of bySteps)
      for (const cover of covers) {
        if (!meets(cover, point)) continue;
        const own = extent(cover);
        if (own > size) {
          size = own;
          best = at;
        }
      }
    return best;
  }

  /** Which steps of its chain take what arrives for a step; null: nothing arrives at all. */
  private takersByDiagram(table: TableProgram, chain: ChainProgram, step: Step): Step[] | null {
    const { diagram } = this;
    try {
      return this.within(this.effort / 20, () => {
        const flow = this.flow(table);
        const wanted = flow.matching(chain, step);
        // What arrives at the chain, as if the step were its first.
        let arrives: Node = 0;
        if (chain.hook !== null) arrives = diagram.and(flow.entry(chain), wanted);
        else if (table.rewrites) {
          const entries = new Map(table.chains.filter((c) => c.hook !== null).map((c) => [c.index, flow.entry(c)] as const));
          flow.run(entries, {
            visit: (_c, s, _here, matched) => {
              if (table.chains[s.target] === chain) arrives = diagram.or(arrives, matched);
            },
          });
          arrives = diagram.and(arrives, wanted);
        } else
          for (const caller of table.callersOf(chain.index)) {
            const from = table.chains[caller.chain]!;
            arrives = diagram.or(arrives, diagram.and(flow.reaching(from, from.steps[caller.step]!), wanted));
          }
        if (arrives === 0) return null;
        const takes = new Map<number, Node>();
        for (const earlier of chain.steps) {
          if (earlier === step) break;
          const taken = diagram.and(arrives, flow.takes(chain, earlier));
          if (taken !== 0) takes.set(earlier.index, taken);
        }
        const covered = (steps: readonly number[]): boolean =>
          diagram.minus(arrives, diagram.orAll(steps.map((at) => takes.get(at)!))) === 0;
        const all = [...takes.keys()];
        if (!covered(all)) {
          // Rewriting has a part in it: who changes what the step asks.
          const asked = diagram.support(wanted);
          const rewriters = chain.steps
            .slice(0, step.index)
            .filter(({ changes }) => changes.some(({ dimension }) => asked.has(dimension.level)));
          return rewriters.length > 0 ? rewriters : all.map((at) => chain.steps[at]!);
        }
        for (const at of all) if (covered([at])) return [chain.steps[at]!];
        return quickExplain(all, covered)
          .sort((a, b) => a - b)
          .map((at) => chain.steps[at]!);
      });
    } catch (error) {
      if (error instanceof Exhausted)
        return chain.steps.slice(0, step.index).filter((earlier) => earlier.kind !== 'pass' && earlier.kind !== 'maybe');
      throw error;
    }
  }

  private explainPath(rule: Rule, found: Found): Pick<RuleVerdict, 'cause' | 'by' | 'fate' | 'shows'> {
    const step = this.step(rule);
    const candidates = this.onTheWay(rule, found);
    const by = this.fewestOnTheWay(rule, candidates) ?? candidates.slice(0, 20);
    const isSame =
      step.kind === 'decide' &&
      by.length > 0 &&
      by.every((one) => this.step(one).verdict === step.verdict && !this.step(one).isChanging) &&
      verdictOf(step) === step.verdict;
    return { cause: 'path', by, fate: isSame ? 'same' : 'other', shows: this.pick(found.witness, rule) };
  }

  /** Rules of earlier tables and hooks that drop or rewrite packets like those that reach a rule in its own table. */
  private onTheWay(rule: Rule, found: Found): readonly Rule[] {
    const step = this.step(rule);
    const region = found.witness ? [found.witness] : (step.cubes ?? [hullOf(step.form)]);
    const at = found.witness ? (setOf(found.witness, this.program.hook.index) ?? this.program.hook.full) : this.program.hook.full;
    const hook = hooks[at.ranges[0]!]!;
    const passed = new Set(waysTo[hook].flat());
    const out: Rule[] = [];
    for (const table of this.program.tables.values()) {
      if (!this.paths.isBefore(table.name, rule.chain.table.name, hook)) continue;
      for (const chain of table.chains) {
        let onTheWay: boolean | undefined;
        for (const other of chain.steps) {
          if (this.statuses[other.rule.id] === dead) continue;
          const acts = other.isChanging || (other.kind === 'decide' && other.verdict !== 'accept');
          if (!acts) continue;
          const cubes = other.cubes ?? [everything];
          if (!cubes.some((cube) => region.some((part) => this.paths.meetAcross(cube, part)))) continue;
          onTheWay ??= this.hooksInto(table, chain.index).some((entered) => passed.has(entered));
          if (!onTheWay) break;
          out.push(other.rule);
          if (out.length >= mostTold) return out;
        }
      }
    }
    return out;
  }

  /** The fewest of these rules without whose doings a packet would get to a rule that is dead on the way; null: not found out. */
  private fewestOnTheWay(rule: Rule, candidates: readonly Rule[]): readonly Rule[] | null {
    if (candidates.length < 2) return null;
    const { diagram, program } = this;
    const own = this.table(rule);
    const chain = this.chain(rule);
    const step = this.step(rule);
    const isDeadWith = (kept: readonly Rule[]): boolean => {
      const without = new Set(candidates.filter((one) => !kept.includes(one)).map((one) => this.step(one)));
      const changed = new Set([...without].map((one) => this.table(one.rule)));
      const flowWithout = flowsOf(program, diagram, { keeps: true, without });
      const flowOf: FlowOf = (table, isMoving) => (changed.has(table) ? flowWithout : this.flow)(table, isMoving);
      const paths = new Paths(program, diagram, flowOf, scope);
      const flow = flowOf(own);
      const only = flow.ancestors(chain.index);
      const entries = new Map<number, Node>();
      for (const index of only) {
        const { hook } = own.chains[index]!;
        if (hook !== null) entries.set(index, paths.arrival(own.name, hook));
      }
      let isMet = false;
      flow.run(entries, {
        ...(own.rewrites ? {} : { only }),
        visit: (_chain, at, _here, matched) => {
          if (at === step && matched !== 0) isMet = true;
        },
      });
      return !isMet;
    };
    let scope: Node = 1;
    const given = Math.min(this.effort / 20, this.wayBudget);
    const before = diagram.budget;
    try {
      return this.within(given, () => {
        scope = this.paths.origins(this.flow(own).matching(chain, step));
        // Where policies alone make it so, those that drop are told all the same.
        if (!isDeadWith(candidates) || isDeadWith([])) return null;
        return [...quickExplain(candidates, isDeadWith)].sort((a, b) => a.id - b.id);
      });
    } catch (error) {
      if (error instanceof Exhausted) return null;
      throw error;
    } finally {
      this.wayBudget -= before - diagram.budget;
    }
  }

  /** Whether takers give the verdict that the rule would have given. */
  private fate(step: Step, takers: readonly Step[], table: TableProgram, parts: readonly Cube[]): 'same' | 'other' | null {
    if (takers.length === 0) return null;
    const own = this.verdictsOf(step, table, parts);
    for (const taker of takers) {
      const theirs = this.verdictsOf(taker, table, parts);
      if (theirs.size !== own.size || [...theirs].some((verdict) => !own.has(verdict))) return 'other';
    }
    return 'same';
  }

  /** Verdicts that a step can give to packets of some cubes, called chains included. */
  private verdictsOf(step: Step, table: TableProgram, parts: readonly Cube[]): Set<string> {
    if (step.kind === 'decide') return new Set([verdictOf(step)]);
    if (step.kind === 'return') return new Set(['return']);
    if (step.target < 0) return new Set(['pass']);
    const out = new Set<string>();
    const seen = new Set<number>([step.target]);
    const stack = [step.target];
    while (stack.length > 0)
      for (const inner of table.chains[stack.pop()!]!.steps) {
        if (inner.cubes && !inner.cubes.some((cube) => parts.some((part) => meets(cube, part)))) continue;
        if (inner.kind === 'decide') out.add(verdictOf(inner));
        if (inner.target >= 0 && !seen.has(inner.target)) {
          seen.add(inner.target);
          stack.push(inner.target);
        }
        if (inner.kind === 'decide' && inner.form === true) break;
      }
    return out;
  }
}

/** The verdict, and what becomes of the packet where the target changes it: two that translate differently do not do the same. */
const verdictOf = ({ rule: { node, action, chain }, verdict }: Step): string =>
  action.kind === 'target' && action.rewrites.length > 0 && node.target
    ? printTarget(node.target, { family: chain.table.ruleset.family, backend: 'legacy' })
    : verdict!;

/** QuickXplain (Junker 2004): a smallest subset, none of which can be left out, that still satisfies a monotone condition which all together satisfy. */
export const quickExplain = <T>(items: readonly T[], holds: (some: readonly T[]) => boolean): T[] => {
  const search = (base: readonly T[], changed: boolean, rest: readonly T[]): T[] => {
    if (changed && holds(base)) return [];
    if (rest.length === 1) return [...rest];
    const half = rest.length >> 1;
    const first = rest.slice(0, half);
    const second = rest.slice(half);
    const fromSecond = search([...base, ...first], first.length > 0, second);
    const fromFirst = search([...base, ...fromSecond], fromSecond.length > 0, first);
    return [...fromFirst, ...fromSecond];
  };
  return items.length === 0 || holds([]) ? [] : search([], false, items);
};
