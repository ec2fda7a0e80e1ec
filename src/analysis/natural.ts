/**
 * The packet that an administrator would think of first: picked from what a rule asks, not from what is left for it, and walked through all that stands
 * before it. Where it gets there it is a better example than a packet out of the proof.
 */
import {
  connectionStates,
  type FieldName,
  type Hook,
  hooks,
  type NumberField,
  type Ordinal,
  type TableName,
  tablesAtHook,
} from '../../grammar/index.js';
import { type Cube, everything, formHolds, meet, setOf } from '../packets/cube.js';
import { type Packet, pickPacket } from '../packets/pick.js';
import type { Dimension, Form, Space } from '../packets/space.js';
import { waysTo } from './path.js';
import { type ChainProgram, loopback, type Program, type Step, stageCubes, type TableProgram } from './program.js';

/** An atom for each dimension that is told. */
type Point = Map<Dimension, number>;

/** Answers that unknowns must give on the way, by dimension. */
type Answers = Map<Dimension, number>;

/** Values that are liked before the usual ones. */
type Likes = ReadonlyMap<FieldName, readonly Ordinal[]>;

/** In raw nothing is tracked yet, which tells nothing of a packet: it looks as a new one does. */
export const tastes = (table: TableName): Likes => (table === 'raw' ? liking('tcpFlags', 2) : new Map());

const liking = (field: FieldName, value: Ordinal): Likes => new Map([[field, [value]]]);

/** How many cubes are tried for one rule. */
const mostTried = 6;

export class Natural {
  private readonly program: Program;
  private readonly stagesBy = new Map<string, readonly Cube[]>();
  private readonly known = new Map<ChainProgram, readonly Cube[]>();
  /** Steps that may be looked at, all rules together. */
  private left = 2_000_000;

  constructor(program: Program) {
    this.program = program;
  }

  /** A natural packet at a hook that meets a step; null: none was found that is not the one known already. */
  packet(table: TableProgram, chain: number, step: Step, hook: Hook, known: Packet): Packet | null {
    if (table.rewrites || !step.cubes) return null;
    const entries = this.known.get(table.chains[chain]!) ?? this.entries(table, chain);
    this.known.set(table.chains[chain]!, entries);
    // What the plainest packets are taken for by others, a packet of another protocol may get past.
    for (const likes of this.tastes(table.name, known)) {
      const found = this.packetLike(likes, table, step, entries, hook, known);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** Null: the packet that is known is the one; undefined: none. */
  private packetLike(
    likes: Likes,
    table: TableProgram,
    step: Step,
    entries: readonly Cube[],
    hook: Hook,
    known: Packet,
  ): Packet | null | undefined {
    const { program } = this;
    const at = hooks.indexOf(hook);
    let tried = 0;
    for (const own of step.cubes!)
      for (const entry of entries) {
        const cube = meet(own, entry);
        if (!cube || !(setOf(cube, program.hook.index) ?? program.hook.full).has(at)) continue;
        for (const side of this.sides()) {
          if (tried++ === mostTried || this.left < 0) return undefined;
          const beside = meet(cube, side);
          const here = beside && meet(beside, { dims: [program.hook.index], sets: [program.hook.interval(at, at)] });
          const packet = here && pickPacket(program.space, here, program.hook, likes);
          if (packet && isSame(packet, known)) return null;
          const tests = here && packet && this.walk(table, step, hook, here, packet);
          if (tests) return { ...packet, tests };
        }
      }
    return undefined;
  }

  /** What a packet may look like beside the usual: UDP, an echo request, TCP without a flag, which is INVALID. */
  private tastes(table: TableName, known: Packet): readonly Likes[] {
    const icmp = this.program.ruleset.family === 4 ? 1 : 58;
    const others = [liking('protocol', 17), liking('protocol', icmp)];
    const bare = liking('tcpFlags', 0);
    const isInvalid = known.numbers.get('connectionState') === connectionStates.indexOf('INVALID');
    return [tastes(table), ...(isInvalid ? [bare, ...others] : [...others, bare])];
  }

  private stages(table: TableName, hook: Hook): readonly Cube[] {
    const key = `${table} ${hook}`;
    const found = this.stagesBy.get(key) ?? stageCubes(this.program, table, hook);
    this.stagesBy.set(key, found);
    return found;
  }

  /** Packets that the ways into a chain ask for, whatever is taken from them before; empty: the ways are too many, or too long. */
  private entries(table: TableProgram, index: number): readonly Cube[] {
    let found: [chain: number, cubes: readonly Cube[]][] = [[index, [everything]]];
    const out: Cube[] = [];
    for (let depth = 0; depth < 16 && found.length > 0; depth++) {
      const next: typeof found = [];
      for (const [at, cubes] of found) {
        const chain = table.chains[at]!;
        if (chain.hook !== null)
          for (const stage of this.stages(table.name, chain.hook)) for (const cube of cubes) out.push(...meeting(cube, stage));
        for (const caller of table.callersOf(chain.index).slice(0, mostTried)) {
          const own = table.chains[caller.chain]!.steps[caller.step]!.cubes ?? [];
          next.push([caller.chain, own.flatMap((cube) => cubes.flatMap((one) => meeting(cube, one)))]);
        }
      }
      found = next.slice(0, 4 * mostTried);
      if (out.length >= 4 * mostTried) break;
    }
    return out;
  }

  /** Any interface; then one that no rule names, where those that are named are all taken before. */
  private sides(): readonly Cube[] {
    const code = this.program.space.code('inInterface');
    if (code?.kind !== 'names' || !code.prefixes.has('')) return [everything];
    const other = code.atoms.findIndex(({ name, prefix }) => prefix && name === '');
    return [everything, { dims: [code.dimension.index], sets: [code.dimension.interval(other, other)] }];
  }

  /** Walks a packet to a step. What unknowns have to answer; null: it does not get there. */
  private walk(table: TableProgram, step: Step, hook: Hook, cube: Cube, packet: Packet): Packet['tests'] | null {
    const { program } = this;
    const point = pointOf(program.space, packet);
    if (!point) return null;
    point.set(program.hook, hooks.indexOf(hook));
    const answers: Answers = new Map();
    for (const set of cube.sets) if (set.dimension.test) answers.set(set.dimension, set.has(1) ? 1 : 0);
    const isLocal = packet.names.get('inInterface') === '';
    const way = waysTo[hook].find((hooksOfWay) => (hooksOfWay[0] === 'OUTPUT') === (hook === 'OUTPUT' || isLocal)) ?? waysTo[hook][0]!;
    for (const passing of way)
      for (const name of tablesAtHook[passing]) {
        const here = program.tables.get(name);
        if (!here) continue;
        const isLast = passing === hook && here === table;
        const seen = isLast ? point : this.seenAt(point, passing, name);
        const isAsked = this.stages(name, passing).some((stage) => stage.sets.every((set) => set.has(atomOf(seen, set.dimension))));
        if (!isAsked) {
          if (isLast || name !== 'nat') return null;
          continue;
        }
        const outcome = this.pass(here, passing, seen, answers, isLast ? step : null);
        if (isLast) return outcome === 'met' ? [...answers].map(([{ test }, atom]) => ({ text: test!.text, holds: atom === 1 })) : null;
        if (outcome !== 'through') return null;
      }
    return null;
  }

  /** The packet as an earlier hook sees it. */
  private seenAt(point: Point, hook: Hook, table: string): Point {
    const { program } = this;
    const seen = new Map(point);
    seen.set(program.hook, hooks.indexOf(hook));
    const outside = program.space.dimension('outInterface')!;
    if (hook === 'PREROUTING' || hook === 'INPUT') seen.set(outside, 0);
    // Nothing is tracked yet.
    const state = program.space.dimension('connectionState')!;
    const inside = program.space.dimension('inInterface')!;
    if (table === 'raw' && atomOf(seen, inside) !== loopback(program)) seen.set(state, connectionStates.indexOf('INVALID'));
    return seen;
  }

  /** Passes one built-in chain. `met`: it came to the step. Null: dropped, changed or not known. */
  private pass(table: TableProgram, hook: Hook, point: Point, answers: Answers, goal: Step | null): 'met' | 'through' | null {
    const base = table.chains[table.indexOf(hook)!]!;
    const frames: { readonly chain: ChainProgram; next: number }[] = [{ chain: base, next: 0 }];
    while (frames.length > 0) {
      const frame = frames[frames.length - 1]!;
      const step = frame.chain.steps[frame.next++];
      if (!step) {
        frames.pop();
        continue;
      }
      if (--this.left < 0) return null;
      if (step.kind === 'pass' && !step.isChanging && step !== goal) continue;
      if (!this.holds(step, point, answers, step === goal)) continue;
      if (step === goal) return 'met';
      switch (step.kind) {
        case 'pass':
          if (step.isChanging) return null;
          break;
        case 'decide':
          if (step.takes && !formHolds(step.takes, (dimension) => answers.get(dimension) ?? atomOf(point, dimension))) break;
          return step.verdict === 'accept' && !step.isChanging && !goal ? 'through' : null;
        case 'return':
          frames.pop();
          break;
        case 'maybe':
          return null;
        case 'goto':
          frames.pop();
          frames.push({ chain: table.chains[step.target]!, next: 0 });
          break;
        default:
          frames.push({ chain: table.chains[step.target]!, next: 0 });
      }
    }
    return !goal && base.chain.policy === 'ACCEPT' ? 'through' : null;
  }

  /** Whether a step takes the packet. An unknown that could make it do so is taken to say no, and is noted; for the goal it must have said yes. */
  private holds(step: Step, point: Point, answers: Answers, isGoal: boolean): boolean {
    if (step.cubes && !step.cubes.some((cube) => cube.sets.every((set) => set.dimension.test || set.has(atomOf(point, set.dimension)))))
      return false;
    const asked: Dimension[] = [];
    const holds = (form: Form): boolean =>
      formHolds(form, (dimension) => {
        if (!dimension.test) return atomOf(point, dimension);
        const known = answers.get(dimension);
        if (known === undefined) asked.push(dimension);
        return known ?? 0;
      });
    const matches = holds(step.form);
    if (!isGoal) for (const dimension of asked) answers.set(dimension, 0);
    return matches;
  }
}

const isSame = (a: Packet, b: Packet): boolean =>
  [...a.numbers].every(([field, value]) => b.numbers.get(field) === value) &&
  [...a.names].every(([field, name]) => b.names.get(field) === name);

const meeting = (a: Cube, b: Cube): readonly Cube[] => {
  const both = meet(a, b);
  return both ? [both] : [];
};

const atomOf = (point: Point, dimension: Dimension): number => point.get(dimension) ?? 0;

/** Where a packet stands among the atoms; null: a value of it stands for no atom. */
const pointOf = (space: Space, packet: Packet): Point | null => {
  const point: Point = new Map();
  for (const [field, value] of packet.numbers) {
    const code = space.code(field as NumberField);
    if (!code || code.kind === 'names') continue;
    if (code.kind === 'groups') {
      for (const { dimension, mask, index, values } of code.groups) {
        const at = index.get(BigInt(value) & mask) ?? (dimension.size > values.length ? dimension.size - 1 : -1);
        if (at < 0) return null;
        point.set(dimension, at);
      }
      continue;
    }
    let low = 0;
    let high = code.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (code.starts[middle]! <= value) low = middle;
      else high = middle - 1;
    }
    point.set(code.dimension, low);
  }
  for (const [field, name] of packet.names) {
    const code = space.code(field);
    if (code?.kind !== 'names') continue;
    let best = code.exact.get(name) ?? -1;
    if (best < 0 && name !== '')
      for (const [at, atom] of code.atoms.entries())
        if (atom.prefix && name.startsWith(atom.name) && (best < 0 || atom.name.length > code.atoms[best]!.name.length)) best = at;
    point.set(code.dimension, Math.max(best, 0));
  }
  return point;
};
