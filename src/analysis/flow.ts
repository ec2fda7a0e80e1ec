/**
 * The thorough half of reachability: sets of packets as diagrams, followed forward through one table's chains. What a called chain does is
 * summed up once, for every packet: the packets that come back, and how they were changed. What arrives at a chain is gathered from all
 * callers before the chain is walked, so a chain is walked once, whatever the number of ways to it.
 *
 * Targets that rewrite in passing (MARK, TOS ...) are images: a dimension is forgotten, then set. What comes back changed is a branch of the
 * summary of its own, with the changes made so far as one assignment in terms of the packet that entered.
 */
import type { Verdict } from '../../grammar/index.js';
import type { Cube } from '../packets/cube.js';
import { meets } from '../packets/cube.js';
import { type Diagram, Exhausted, type Node } from '../packets/diagram.js';
import type { Change, Dimension } from '../packets/space.js';
import { type ChainProgram, type Program, type Step, stageCubes, type TableProgram } from './program.js';
import { moves, type Rerouting, reroutingOf } from './rerouting.js';

/** Changes of several dimensions at once, each in terms of the packet before. */
type Assignment = ReadonlyMap<Dimension, Change>;

const unchanged: Assignment = new Map();

interface Branch {
  /** Packets that enter the chain and come back so. */
  readonly set: Node;
  readonly changes: Assignment;
}

const mostBranches = 48;

/** What becomes of packets in a run: sets after rewriting. */
export interface Outcome {
  /** By verdict of rules and policies. */
  readonly accepted: Node;
  readonly dropped: Node;
  readonly rejected: Node;
  readonly queued: Node;
  /** Taken by a target that nobody knows. */
  readonly unknown: Node;
}

export interface RunOptions {
  /** Called for every step that packets arrive at: what arrives, and what of it matches. */
  readonly visit?: (chain: ChainProgram, step: Step, arriving: Node, matched: Node) => void;
  /** Called at the end of each built-in chain with what its policy decides. */
  readonly policy?: (chain: ChainProgram, set: Node) => void;
  /** Called for every step that decides, with the packets as they leave it. */
  readonly decided?: (chain: ChainProgram, step: Step, set: Node) => void;
  /** Only packets inside these cubes matter: steps that none of them meets are passed over. Not where the table rewrites. */
  readonly goal?: readonly Cube[];
  /** Only these chains are walked. */
  readonly only?: ReadonlySet<number>;
}

export interface FlowOptions {
  /** What history decides on the only visit of a chain stays part of what comes back; else it is left open. */
  readonly keeps?: boolean;
  /** Steps that match nothing: what would be without them. */
  readonly without?: ReadonlySet<Step> | null;
  /** Packets that OUTPUT routes anew are told from the others. */
  readonly isMoving?: boolean;
}

/** The flow of a table, made once. */
export type FlowOf = (table: TableProgram, isMoving?: boolean) => Flow;

export const flowsOf = (program: Program, diagram: Diagram, options: FlowOptions = {}): FlowOf => {
  const known = [new Map<TableProgram, Flow>(), new Map<TableProgram, Flow>()] as const;
  return (table, isMoving = false) => {
    const flows = known[isMoving ? 1 : 0];
    let flow = flows.get(table);
    if (!flow) {
      flow = new Flow(program, table, diagram, { ...options, isMoving });
      flows.set(table, flow);
    }
    return flow;
  };
};

export class Flow {
  readonly program: Program;
  readonly table: TableProgram;
  readonly diagram: Diagram;
  /** Steps that are taken to match nothing: what would be without them. */
  private readonly without: ReadonlySet<Step> | null;
  private readonly matchNodes: (Node | undefined)[][];
  private readonly summaries: (readonly Branch[] | undefined)[];
  private readonly closures: (ReadonlySet<Dimension> | undefined)[];
  private readonly keeps: boolean;
  private readonly rerouting: Rerouting | null;
  private visitedAgain: Uint8Array | undefined;

  constructor(
    program: Program,
    table: TableProgram,
    diagram: Diagram,
    { keeps = false, without = null, isMoving = false }: FlowOptions = {},
  ) {
    this.keeps = keeps;
    this.rerouting = isMoving ? reroutingOf(program) : null;
    this.program = program;
    this.table = table;
    this.diagram = diagram;
    this.without = without;
    this.matchNodes = table.chains.map(() => []);
    this.summaries = new Array(table.chains.length);
    this.closures = new Array(table.chains.length);
  }

  /** Packets that satisfy a step's condition. */
  matching(chain: ChainProgram, step: Step): Node {
    const nodes = this.matchNodes[chain.index]!;
    let node = nodes[step.index];
    if (node === undefined) {
      node = this.without?.has(step) ? 0 : this.diagram.form(step.form);
      nodes[step.index] = node;
    }
    return node;
  }

  /** Of the packets that match, those that the target takes. */
  private taking(step: Step, matched: Node): Node {
    return step.takes === null ? matched : this.diagram.and(matched, this.diagram.form(step.takes));
  }

  /** What a step surely takes of the packets that arrive at it: they do not go on in this chain, whatever history says. */
  takes(chain: ChainProgram, step: Step): Node {
    if (step.kind === 'pass' || step.kind === 'maybe') return 0;
    const taken = this.taking(step, this.matching(chain, step));
    if (step.kind !== 'jump') return taken;
    return this.diagram.minus(taken, this.diagram.orAll(this.summary(step.target).map((branch) => branch.set)));
  }

  /** What a hook of the table can carry. */
  entry(chain: ChainProgram): Node {
    return chain.hook === null
      ? 0
      : this.diagram.orAll(stageCubes(this.program, this.table.name, chain.hook).map((cube) => this.diagram.cube(cube)));
  }

  /** The set after the changes. */
  image(set: Node, changes: Iterable<Change>): Node {
    const { diagram } = this;
    let node = set;
    const list = [...changes];
    // Copies first: they read what the others overwrite.
    for (const change of list) if ('from' in change) node = this.copied(node, change.dimension, change.from);
    for (const change of list) {
      if (node === 0) return 0;
      if ('set' in change) node = diagram.and(diagram.forget(node, change.dimension), diagram.of(change.set));
      else if ('map' in change) {
        const parts: Node[] = [];
        const { dimension, map } = change;
        for (let atom = 0; atom < dimension.size; atom++) {
          const here = diagram.and(node, diagram.of(dimension.interval(atom, atom)));
          if (here !== 0) parts.push(diagram.and(diagram.forget(here, dimension), diagram.of(dimension.interval(map[atom]!, map[atom]!))));
        }
        node = diagram.orAll(parts);
      }
    }
    return node;
  }

  /** What a step changes. */
  private changesOf(step: Step): readonly Change[] {
    return this.rerouting && moves(this.table, step) ? [...step.changes, this.rerouting.moved] : step.changes;
  }

  private isIdle(step: Step): boolean {
    return step.kind === 'pass' && !step.isChanging && !(this.rerouting && moves(this.table, step));
  }

  /** The set as a deciding step leaves it: what it changes may depend on the hook. */
  private after(step: Step, taken: Node): Node {
    if (!step.changesAt) return this.image(taken, this.changesOf(step));
    const { hook } = this.program;
    const out = this.diagram.orAll(
      step.changesAt.map((changes, at) => this.image(this.diagram.and(taken, this.diagram.of(hook.interval(at, at))), changes)),
    );
    return this.rerouting && moves(this.table, step) ? this.image(out, [this.rerouting.moved]) : out;
  }

  private copied(node: Node, to: Dimension, from: Dimension): Node {
    const { diagram } = this;
    const parts: Node[] = [];
    for (let atom = 0; atom < from.size; atom++) {
      const here = diagram.and(node, diagram.of(from.interval(atom, atom)));
      if (here !== 0) parts.push(diagram.and(diagram.forget(here, to), diagram.of(to.interval(atom, atom))));
    }
    return diagram.orAll(parts);
  }

  /** Packets that the assignment may take into the set. */
  private before(set: Node, changes: Assignment): Node {
    const { diagram } = this;
    let node = set;
    // Copies last: what they read is what entered.
    for (const change of [...changes.values()].sort((a, b) => Number('from' in a) - Number('from' in b))) {
      if (node === 0) return 0;
      const { dimension } = change;
      if ('set' in change) node = diagram.forget(diagram.and(node, diagram.of(change.set)), dimension);
      else if ('map' in change) {
        const parts: Node[] = [];
        for (let atom = 0; atom < dimension.size; atom++) {
          const to = change.map[atom]!;
          const there = diagram.forget(diagram.and(node, diagram.of(dimension.interval(to, to))), dimension);
          parts.push(diagram.and(there, diagram.of(dimension.interval(atom, atom))));
        }
        node = diagram.orAll(parts);
      } else {
        const parts: Node[] = [];
        for (let atom = 0; atom < change.from.size; atom++) {
          const there = diagram.forget(diagram.and(node, diagram.of(dimension.interval(atom, atom))), dimension);
          parts.push(diagram.and(there, diagram.of(change.from.interval(atom, atom))));
        }
        node = diagram.orAll(parts);
      }
    }
    return node;
  }

  private compose(first: Assignment, then: readonly Change[]): Assignment {
    const out = new Map(first);
    for (const change of then) {
      const { dimension } = change;
      if ('set' in change) out.set(dimension, change);
      else if ('map' in change) {
        const before = first.get(dimension);
        if (!before) out.set(dimension, change);
        else if ('set' in before) {
          const ranges: number[] = [];
          for (let i = 0; i < before.set.ranges.length; i += 2)
            for (let atom = before.set.ranges[i]!; atom <= before.set.ranges[i + 1]!; atom++)
              ranges.push(change.map[atom]!, change.map[atom]!);
          out.set(dimension, { dimension, set: dimension.ofLoose(ranges) });
        } else if ('map' in before) out.set(dimension, { dimension, map: before.map.map((atom) => change.map[atom]!) });
        else throw new Exhausted(); // a copied value changed again: no ruleset seen does it
      } else {
        const source = first.get(change.from);
        if (!source) out.set(dimension, change);
        else if ('set' in source && source.set.count === 1) out.set(dimension, { dimension, set: dimension.of(source.set.ranges) });
        else throw new Exhausted();
      }
    }
    return out;
  }

  /** Whether a packet may enter a chain more than once: several steps call it, or one that may be met more than once does. */
  private isVisitedAgain(at: number): boolean {
    if (!this.visitedAgain) {
      this.visitedAgain = new Uint8Array(this.table.chains.length);
      // Callers before the called.
      for (const index of this.table.order) {
        const callers = this.table.callersOf(index);
        if (callers.length > 1 || callers.some(({ chain }) => this.visitedAgain![chain] === 1)) this.visitedAgain[index] = 1;
      }
    }
    return this.visitedAgain[at] === 1;
  }

  /** Dimensions that a further visit of the chain, and of those it calls, asks history about anew. */
  private closure(at: number): ReadonlySet<Dimension> {
    const known = this.closures[at];
    if (known) return known;
    const own = new Set<Dimension>();
    const seen = new Set<number>([at]);
    const stack = [at];
    while (stack.length > 0) {
      const chain = this.table.chains[stack.pop()!]!;
      if (!this.keeps || this.isVisitedAgain(chain.index)) for (const dimension of chain.history) own.add(dimension);
      for (const step of chain.steps)
        if (step.target >= 0 && !seen.has(step.target)) {
          seen.add(step.target);
          stack.push(step.target);
        }
    }
    this.closures[at] = own;
    return own;
  }

  /** What comes back of a called chain, for every packet. Callees are summed up first, without recursion. */
  summary(at: number): readonly Branch[] {
    const known = this.summaries[at];
    if (known) return known;
    const { order } = this.table;
    // Everything reachable from here, callees first: the order of calls read backwards.
    const wanted = new Set<number>([at]);
    const stack = [at];
    while (stack.length > 0)
      for (const step of this.table.chains[stack.pop()!]!.steps)
        if (step.target >= 0 && !wanted.has(step.target) && !this.summaries[step.target]) {
          wanted.add(step.target);
          stack.push(step.target);
        }
    for (let i = order.length - 1; i >= 0; i--)
      if (wanted.has(order[i]!)) this.summaries[order[i]!] ??= this.summarise(this.table.chains[order[i]!]!);
    return this.summaries[at]!;
  }

  private summarise(chain: ChainProgram): readonly Branch[] {
    const { diagram } = this;
    let current: Branch[] = [{ set: 1, changes: unchanged }];
    const back: Branch[] = [];
    for (const step of chain.steps) {
      if (current.length === 0) break;
      if (this.isIdle(step)) continue;
      const match = this.matching(chain, step);
      if (match === 0) continue;
      const inner = step.target >= 0 ? this.summaries[step.target]! : null;
      if (step.kind === 'jump' && inner!.length === 1 && inner![0]!.set === 1 && inner![0]!.changes.size === 0) continue; // it changes nothing
      const taking = this.taking(step, match);
      const next: Branch[] = [];
      for (const { set, changes } of current) {
        const hit = changes.size === 0 ? diagram.and(set, taking) : diagram.and(set, this.before(taking, changes));
        if (hit === 0) {
          next.push({ set, changes });
          continue;
        }
        const miss = changes.size === 0 ? diagram.minus(set, taking) : diagram.and(set, this.before(diagram.not(taking), changes));
        if (miss !== 0) next.push({ set: miss, changes });
        switch (step.kind) {
          case 'pass':
            next.push({ set: hit, changes: this.compose(changes, this.changesOf(step)) });
            break;
          case 'return':
            back.push({ set: hit, changes });
            break;
          case 'maybe':
            next.push({
              set: diagram.and(hit, diagram.of(step.fate!.interval(0, 0))),
              changes: this.compose(changes, this.changesOf(step)),
            });
            break;
          case 'jump':
          case 'goto':
            for (const branch of inner!) {
              const through = diagram.and(hit, changes.size === 0 ? branch.set : this.before(branch.set, changes));
              if (through !== 0)
                (step.kind === 'jump' ? next : back).push({ set: through, changes: this.compose(changes, [...branch.changes.values()]) });
            }
            break;
          default:
            break;
        }
      }
      current = this.gather(next);
    }
    const history = this.closure(chain.index);
    return this.gather([...back, ...current]).map(({ set, changes }) => {
      let open = set;
      if (history.size > 0) {
        const levels = diagram.support(set);
        for (const dimension of history) if (levels.has(dimension.level)) open = diagram.forget(open, dimension);
      }
      return { set: open, changes };
    });
  }

  /** Branches with the same changes become one. */
  private gather(branches: readonly Branch[]): Branch[] {
    if (branches.length <= 1) return [...branches];
    const groups = new Map<string, Branch>();
    for (const branch of branches) {
      const key = [...branch.changes.values()]
        .map(
          (change) =>
            `${change.dimension.index}:${'set' in change ? change.set.ranges.join(',') : 'map' in change ? `m${change.map.join(',')}` : `c${change.from.index}`}`,
        )
        .sort()
        .join(' ');
      const other = groups.get(key);
      groups.set(key, other ? { set: this.diagram.or(other.set, branch.set), changes: other.changes } : branch);
    }
    if (groups.size > mostBranches) throw new Exhausted();
    return [...groups.values()];
  }

  /** Follows sets of packets that enter built-in chains (or any chain) through the table. */
  run(entries: ReadonlyMap<number, Node>, options: RunOptions = {}): Outcome {
    const { diagram, table } = this;
    const arriving = new Map(entries);
    const outcome: Record<keyof Outcome, Node[]> = { accepted: [], dropped: [], rejected: [], queued: [], unknown: [] };
    const put = (verdict: Verdict | 'unknown', set: Node): void => {
      if (set === 0) return;
      const key = {
        accept: 'accepted',
        drop: 'dropped',
        stolen: 'dropped',
        reject: 'rejected',
        queue: 'queued',
        unknown: 'unknown',
      } as const;
      outcome[key[verdict]].push(set);
    };
    const send = (to: number, set: Node): void => {
      if (set !== 0) arriving.set(to, diagram.or(arriving.get(to) ?? 0, set));
    };
    for (const at of table.order) {
      let here = arriving.get(at) ?? 0;
      if (here === 0 || (options.only && !options.only.has(at))) continue;
      const chain = table.chains[at]!;
      /** What a goto sent away and what then came back: the policy's. */
      let away: Node = 0;
      for (const step of chain.steps) {
        if (here === 0) break;
        if (options.goal && step.cubes && !step.cubes.some((cube) => options.goal!.some((goal) => meets(cube, goal)))) continue;
        const matched = diagram.and(here, this.matching(chain, step));
        options.visit?.(chain, step, here, matched);
        if (matched === 0) continue;
        const taken = this.taking(step, matched);
        if (taken === 0) continue;
        switch (step.kind) {
          case 'pass':
            if (!this.isIdle(step)) here = diagram.or(diagram.minus(here, taken), this.image(taken, this.changesOf(step)));
            break;
          case 'decide': {
            const after = step.verdict === 'accept' ? this.after(step, taken) : taken;
            put(step.verdict!, after);
            options.decided?.(chain, step, after);
            here = diagram.minus(here, taken);
            break;
          }
          case 'return':
            here = diagram.minus(here, taken);
            if (chain.hook !== null) away = diagram.or(away, taken);
            break;
          case 'maybe': {
            const gone = diagram.and(taken, diagram.of(step.fate!.interval(1, 1)));
            put('unknown', gone);
            here = diagram.or(diagram.minus(here, taken), this.image(diagram.minus(taken, gone), this.changesOf(step)));
            break;
          }
          default: {
            if (!options.only || options.only.has(step.target)) send(step.target, taken);
            here = diagram.minus(here, taken);
            for (const branch of this.summary(step.target)) {
              const back = this.image(diagram.and(taken, branch.set), branch.changes.values());
              if (step.kind === 'jump') here = diagram.or(here, back);
              else if (chain.hook !== null) away = diagram.or(away, back);
            }
          }
        }
      }
      if (chain.hook === null) continue;
      const left = diagram.or(here, away);
      if (left === 0) continue;
      options.policy?.(chain, left);
      const { policy } = chain.chain;
      put(policy === 'DROP' ? 'drop' : policy === 'QUEUE' ? 'queue' : 'accept', left);
    }
    return {
      accepted: diagram.orAll(outcome.accepted),
      dropped: diagram.orAll(outcome.dropped),
      rejected: diagram.orAll(outcome.rejected),
      queued: diagram.orAll(outcome.queued),
      unknown: diagram.orAll(outcome.unknown),
    };
  }

  /** Chains from which a chain can be entered, itself included. */
  ancestors(at: number): Set<number> {
    const found = new Set<number>([at]);
    const stack = [at];
    while (stack.length > 0)
      for (const caller of this.table.callersOf(stack.pop()!))
        if (!found.has(caller.chain)) {
          found.add(caller.chain);
          stack.push(caller.chain);
        }
    return found;
  }

  /** Packets that reach one step, entering by the hooks of the table. Only for tables that rewrite nothing they ask. */
  reaching(chain: ChainProgram, step: Step, entry: (chain: ChainProgram) => Node = (c) => this.entry(c)): Node {
    const { diagram } = this;
    const wanted = this.matching(chain, step);
    if (wanted === 0) return 0;
    const only = this.ancestors(chain.index);
    const entries = new Map<number, Node>();
    for (const at of only) {
      const set = diagram.and(entry(this.table.chains[at]!), wanted);
      if (set !== 0) entries.set(at, set);
    }
    let found: Node = 0;
    this.run(entries, {
      only,
      ...(step.cubes ? { goal: step.cubes } : {}),
      visit: (c, s, _here, matched) => {
        if (c === chain && s === step) found = matched;
      },
    });
    return found;
  }
}
