/**
 * What becomes of one kind of packet at a built-in chain: a few fields are told, the rest is open, and the answer holds for all of them at once. Cheaper than
 * following everything that a hook can carry: only rules that such a packet can meet are looked at. Tests that nobody can answer stay open.
 */
import { type FieldName, type NumberField, type Ordinal, prefixMask, type Verdict } from '../../grammar/index.js';
import type { PacketJson } from '../diagnostic/diagnostic.js';
import type { Chain, Rule } from '../model/ruleset.js';
import { type Cube, meet, meets } from '../packets/cube.js';
import { Exhausted, type Node } from '../packets/diagram.js';
import { packetJson, pickPacket } from '../packets/pick.js';
import { atomAt, type ValueSet } from '../packets/space.js';
import type { Facts } from './facts.js';
import { type ChainProgram, type Step, stageCubes, type TableProgram } from './program.js';

/** What is told of the packets asked about. A number is one value, a range all from its first to its last; `elsewhere` an interface that no rule names, `outside` one other than lo. */
export interface Asked {
  readonly numbers?: Partial<Record<NumberField, Ordinal>>;
  readonly ranges?: Partial<Record<NumberField, readonly [first: Ordinal, last: Ordinal]>>;
  readonly in?: string | Outside;
  readonly out?: string | Outside;
}

export const elsewhere = Symbol('an interface that no rule names');
export const outside = Symbol('any interface but lo');
type Outside = typeof elsewhere | typeof outside;

/** What a rule, or a policy (null), decides of them. */
export interface Decided {
  readonly rule: Rule | null;
  readonly verdict: Verdict | 'unknown';
  readonly set: Node;
}

/** Fates of the packets asked about, by sets; 0 is none of them. */
export interface Fates {
  readonly accepted: Node;
  /** Dropped or rejected. */
  readonly refused: Node;
  /** Queued, answered in the server's place (SYNPROXY), or taken by a target that nobody knows. */
  readonly open: Node;
  readonly decided: readonly Decided[];
  /** A packet of one of the sets. */
  readonly packet: (set: Node) => PacketJson;
}

/** Rules that one question may look at. */
const mostSteps = 400_000;
const budget = 300_000;

/** TCP's SYN without ACK, as a new connection begins. */
export const newTcp = { protocol: 6, connectionState: 1, tcpFlags: 2, laterFragment: 0 } as const;
export const newUdp = { protocol: 17, connectionState: 1, laterFragment: 0 } as const;

/** Follows the packets asked about through a built-in chain. Null: nothing of the kind gets there, or it was not decided. */
export const probe = (facts: Facts, chain: Chain, asked: Asked): Fates | null => {
  if (chain.hook === null) return null;
  const { reachability: reach } = facts;
  const { program, diagram } = reach;
  const table = program.tables.get(chain.table.name);
  const start = table?.chains[table.indexOf(chain.name)!];
  const cube = cubeOf(facts, asked);
  if (!table || !start || !cube) return null;
  const goals = stageCubes(program, table.name, chain.hook).flatMap((stage) => meet(stage, cube) ?? []);
  if (goals.length === 0) return null;
  try {
    return reach.within(budget, () => {
      const entry = diagram.orAll(goals.map((goal) => diagram.cube(goal)));
      const walk = new Walk(facts, table, table.rewrites ? null : goals);
      const left = walk.through(start, entry);
      const policy = { ACCEPT: 'accept', DROP: 'drop', QUEUE: 'queue' } as const;
      if (left !== 0) walk.decided.push({ rule: null, verdict: policy[chain.policy ?? 'ACCEPT'], set: left });
      const of = (...verdicts: readonly Decided['verdict'][]): Node =>
        diagram.orAll(walk.decided.filter(({ verdict }) => verdicts.includes(verdict)).map(({ set }) => set));
      return {
        accepted: of('accept'),
        refused: of('drop', 'reject'),
        open: of('queue', 'stolen', 'unknown'),
        decided: walk.decided,
        packet: (set: Node) => {
          const likes = new Map<FieldName, Ordinal[]>();
          for (const [field, value] of Object.entries(asked.numbers ?? {})) likes.set(field as FieldName, [value]);
          const picked = pickPacket(program.space, diagram.pick(set, program.space.dimensions), program.hook, likes);
          // Fields that no rule asks are not in the space; what was asked for is told all the same.
          const numbers = new Map(picked.numbers);
          for (const [field, value] of Object.entries(asked.numbers ?? {})) numbers.set(field as FieldName, value);
          const names = new Map(picked.names);
          if (typeof asked.in === 'string') names.set('inInterface', asked.in);
          if (typeof asked.out === 'string') names.set('outInterface', asked.out);
          return packetJson({ ...picked, numbers, names });
        },
      };
    });
  } catch (error) {
    if (error instanceof Exhausted) return null;
    throw error;
  }
};

class Walk {
  readonly decided: Decided[] = [];
  private readonly facts: Facts;
  private readonly table: TableProgram;
  private readonly goals: readonly Cube[] | null;
  private steps = mostSteps;

  constructor(facts: Facts, table: TableProgram, goals: readonly Cube[] | null) {
    this.facts = facts;
    this.table = table;
    this.goals = goals;
  }

  private isMet({ cubes }: Step): boolean {
    return !this.goals || !cubes || cubes.some((cube) => this.goals!.some((goal) => meets(cube, goal)));
  }

  /** What comes out at the end of a chain, or goes back from it. Chains may call one another ten thousand deep: the visits stand in a list. */
  through(chain: ChainProgram, entering: Node): Node {
    const { diagram } = this.facts.reachability;
    const open: Visit[] = [{ chain, next: 0, here: entering, back: 0 }];
    for (;;) {
      const visit = open[open.length - 1]!;
      const called = this.onward(visit);
      if (called) {
        open.push(called);
        continue;
      }
      let out = diagram.or(visit.back, visit.here);
      // A limit asked at the next visit answers anew.
      const { history } = visit.chain;
      if (out !== 0 && history.length > 0) {
        const levels = diagram.support(out);
        for (const dimension of history) if (levels.has(dimension.level)) out = diagram.forget(out, dimension);
      }
      open.pop();
      const caller = open[open.length - 1];
      if (!caller) return out;
      if (caller.chain.steps[caller.next - 1]!.kind === 'jump') caller.here = diagram.or(caller.here, out);
      else caller.back = diagram.or(caller.back, out);
    }
  }

  /** Goes on in a chain up to the next call, which it returns; null: at its end. */
  private onward(visit: Visit): Visit | null {
    const { diagram } = this.facts.reachability;
    const flow = this.facts.reachability.flow(this.table);
    const { chain } = visit;
    while (visit.next < chain.steps.length && visit.here !== 0) {
      const step = chain.steps[visit.next++]!;
      if (--this.steps < 0) throw new Exhausted();
      if (step.kind === 'pass' && !step.isChanging) continue;
      if (!this.isMet(step)) continue;
      const matched = diagram.and(visit.here, flow.matching(chain, step));
      const taken = step.takes === null ? matched : diagram.and(matched, diagram.form(step.takes));
      if (taken === 0) continue;
      switch (step.kind) {
        case 'pass':
          visit.here = diagram.or(diagram.minus(visit.here, taken), flow.image(taken, step.changes));
          break;
        case 'decide':
          this.decided.push({ rule: step.rule, verdict: step.verdict!, set: taken });
          visit.here = diagram.minus(visit.here, taken);
          break;
        case 'return':
          visit.back = diagram.or(visit.back, taken);
          visit.here = diagram.minus(visit.here, taken);
          break;
        case 'maybe': {
          const gone = diagram.and(taken, diagram.of(step.fate!.interval(1, 1)));
          this.decided.push({ rule: step.rule, verdict: 'unknown', set: gone });
          visit.here = diagram.minus(visit.here, gone);
          break;
        }
        default:
          visit.here = diagram.minus(visit.here, taken);
          return { chain: this.table.chains[step.target]!, next: 0, here: taken, back: 0 };
      }
    }
    return null;
  }
}

/** One visit to a chain: how far it is, what still goes on, what goes back to the caller. */
interface Visit {
  readonly chain: ChainProgram;
  next: number;
  here: Node;
  back: Node;
}

/** The atoms of what is asked, as a cube; null: there are none. */
const cubeOf = (facts: Facts, { numbers = {}, ranges = {}, in: inside, out }: Asked): Cube | null => {
  const { space } = facts.reachability.program;
  const sets: ValueSet[] = [];
  for (const [name, value] of Object.entries(numbers) as [NumberField, Ordinal][]) {
    const code = space.code(name);
    if (!code || code.kind === 'names') continue;
    if (code.kind === 'ranges') {
      const at = atomAt(code.starts, value);
      sets.push(code.dimension.interval(at, at));
    } else
      for (const group of code.groups) {
        const at =
          group.index.get(BigInt(value) & group.mask) ?? (group.dimension.size > group.values.length ? group.dimension.size - 1 : -1);
        if (at < 0) return null;
        sets.push(group.dimension.interval(at, at));
      }
  }
  for (const [name, [first, last]] of Object.entries(ranges) as [NumberField, readonly [Ordinal, Ordinal]][]) {
    const code = space.code(name);
    if (code?.kind === 'ranges') sets.push(code.dimension.interval(atomAt(code.starts, first), atomAt(code.starts, last)));
  }
  for (const [field, wanted] of [
    ['inInterface', inside],
    ['outInterface', out],
  ] as const) {
    const code = space.code(field);
    if (wanted === undefined || code?.kind !== 'names') continue;
    const { dimension, atoms } = code;
    const fits = (atom: { readonly name: string; readonly prefix: boolean }): boolean =>
      typeof wanted === 'string'
        ? atom.name === wanted && !atom.prefix
        : wanted === elsewhere
          ? atom.prefix && atom.name === ''
          : atom.name !== 'lo' || atom.prefix;
    let places = atoms.flatMap((atom, at) => (at > 0 && fits(atom) ? [at, at] : []));
    // A name that no rule mentions behaves as the longest prefix that holds it.
    if (places.length === 0 && typeof wanted === 'string') {
      let best = -1;
      for (const [at, atom] of atoms.entries())
        if (at > 0 && atom.prefix && wanted.startsWith(atom.name) && (best < 0 || atom.name.length > atoms[best]!.name.length)) best = at;
      if (best >= 0) places = [best, best];
    }
    if (places.length === 0) return null;
    sets.push(dimension.ofLoose(places));
  }
  const kept = sets.filter((set) => set.count < set.dimension.size).sort((a, b) => a.dimension.index - b.dimension.index);
  return { dims: kept.map((set) => set.dimension.index), sets: kept };
};

/** Networks that are nobody's on the Internet: private, shared, link-local, documentation, benchmark, loopback, multicast and above. */
const notPublic: readonly (readonly [first: number, prefix: number])[] = [
  [0x00000000, 8],
  [0x0a000000, 8],
  [0x64400000, 10],
  [0x7f000000, 8],
  [0xa9fe0000, 16],
  [0xac100000, 12],
  [0xc0000000, 24],
  [0xc0000200, 24],
  [0xc0a80000, 16],
  [0xc6120000, 15],
  [0xc6336400, 24],
  [0xcb007100, 24],
  [0xe0000000, 3],
];

const isPublic = (address: Ordinal): boolean => {
  if (typeof address === 'bigint') return address >> 125n === 1n && address >> 96n !== 0x20010db8n;
  return !!notPublic.every(([first, prefix]) => (address & (prefixMask(prefix, 4) as number)) >>> 0 !== first);
};

const publicAddresses = new WeakMap<Facts, Map<'source' | 'destination', Ordinal>>();

/** An address of the Internet at large: the first of the widest run of addresses that all rules treat alike. */
export const anyPublic = (facts: Facts, field: 'source' | 'destination'): Ordinal => {
  const known = publicAddresses.get(facts) ?? new Map<'source' | 'destination', Ordinal>();
  publicAddresses.set(facts, known);
  const found = known.get(field) ?? findPublic(facts, field);
  known.set(field, found);
  return found;
};

const findPublic = (facts: Facts, field: 'source' | 'destination'): Ordinal => {
  const { space } = facts.reachability.program;
  const usual: Ordinal = space.family === 4 ? 0x08080808 : 0x26064700000000000000000000000010n;
  const code = space.code(field);
  if (code?.kind !== 'ranges') return usual;
  const top: Ordinal = space.family === 4 ? 2 ** 32 : 1n << 128n;
  let best: Ordinal = usual;
  let width = -1;
  for (let i = 0; i < code.starts.length; i++) {
    const start = code.starts[i]!;
    const end = code.starts[i + 1] ?? top;
    const size = Number(end) - Number(start);
    if (size <= width) continue;
    const at = candidates(start, end, space.family).find(isPublic);
    if (at === undefined) continue;
    width = size;
    best = at;
  }
  return best;
};

/** Addresses inside a run that may be public: its first and middle, and well-known ones that lie in it. */
const candidates = (start: Ordinal, end: Ordinal, family: 4 | 6): readonly Ordinal[] => {
  if (typeof start === 'bigint' || typeof end === 'bigint') {
    const [low, high] = [BigInt(start), BigInt(end)];
    return [0x26064700000000000000000000000010n, 0x20000000000000000000000000000010n, low + 1n, (low + high) / 2n].filter(
      (value) => value >= low && value < high,
    );
  }
  const known = family === 4 ? [0x08080808, 0x01010101, 0xc1000a0a, 0x50000a0a] : [];
  return [...known, start + 1, Math.floor((start + end) / 2)].filter((value) => value >= start && value < end);
};

const usualPorts = [40404, 30303, 50505, 20202, 10101, 60606];

/** A destination port that no rule names by itself. */
export const unnamedPort = (facts: Facts): number => {
  const code = facts.reachability.program.space.code('destinationPort');
  if (code?.kind !== 'ranges') return usualPorts[0]!;
  let best = usualPorts[0]!;
  let width = 0;
  for (let i = 0; i < code.starts.length; i++) {
    const start = Number(code.starts[i]!);
    const size = Number(code.starts[i + 1] ?? 65536) - start;
    if (size > width) {
      width = size;
      best = usualPorts.find((port) => port >= start && port < start + size) ?? start + (size >> 1);
    }
  }
  return best;
};
