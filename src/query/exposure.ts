/**
 * The service matrix: what new connections the filter table lets in or through, from where, on which interface, by which line. Each accepting
 * rule is followed through the jumps to it, and what earlier rules on its way take is taken away from it, cube by cube: a question for the
 * rules that meet it only, so that a hundred thousand rules are a matter of a second. Earlier tables are not followed.
 */
import { connectionStates, type FieldName, type Hook } from '../../grammar/index.js';
import { buildProgram, type ChainProgram, type Program, type Step, stageCubes, type TableProgram } from '../analysis/program.js';
import { hullOf } from '../analysis/survey.js';
import { lineOf } from '../model/place.js';
import type { Ruleset } from '../model/ruleset.js';
import { type Cube, extent, meet, merge, remainder, replace, setOf } from '../packets/cube.js';
import { CubeIndex, dividing } from '../packets/cube-index.js';
import { type Packet, pickPacket } from '../packets/pick.js';
import type { Resolver, ValueSet } from '../packets/space.js';
import { onlyPart } from './evaluate.js';
import { sayCube, serviceWords } from './words.js';

/** Services that are let in from the same places: one row of the table. */
export interface ExposureRow {
  /** "tcp 22 (ssh)", "everything". */
  readonly service: string;
  readonly from: readonly string[];
  readonly to: string;
  readonly arriving: string;
  readonly leaving: string;
  /** Further conditions, those that nobody but the surroundings decides among them. */
  readonly only: readonly string[];
  /** Lines that accept it, in file order. */
  readonly lines: readonly number[];
  readonly byPolicy: boolean;
  /** One such packet. */
  readonly packet: Packet;
}

export interface Exposure {
  readonly hook: Hook;
  /** Widest first. */
  readonly rows: readonly ExposureRow[];
  /** Rows that are not told. */
  readonly leftOut: number;
  /** The policy accepts, and what no rule decides is too tangled to tell otherwise. */
  readonly isOpenAtEnd: boolean;
  /** False: some of what is told may be taken by an earlier rule or table after all. */
  readonly isExact: boolean;
  /** Why. */
  readonly doubts: ReadonlySet<string>;
}

/** Steps looked at over all ways through the table, and pieces that one rule may fall into. */
const mostSteps = 2_000_000;
const mostPieces = 48;
/** Earlier rules that are taken away from one rule. */
const mostBefore = 400;

/** What new connections hooks of the filter table accept; none: the ruleset has no such table. */
export const exposureOf = (ruleset: Ruleset, wanted: readonly Hook[], options: ExposureOptions): readonly Exposure[] => {
  if (!ruleset.tables.has('filter')) return [];
  const program = buildProgram(onlyPart(ruleset, ['filter'], wanted), { resolver: options.resolver });
  return wanted.map((hook) => new Walk(ruleset, program, hook, options.most).exposure());
};

export interface ExposureOptions {
  readonly resolver?: Resolver | undefined;
  /** Rows that are told. */
  readonly most: number;
}

interface Found {
  readonly cube: Cube;
  /** Null: the policy. */
  readonly line: number | null;
}

class Walk {
  private readonly ruleset: Ruleset;
  private readonly most: number;
  private readonly program: Program;
  private readonly table: TableProgram;
  private readonly hook: Hook;
  private readonly found: Found[] = [];
  private readonly doubts = new Set<string>();
  /** What was decided on the way, in order. */
  private readonly taken: CubeIndex;
  private steps = 0;
  private isOpenAtEnd = false;

  constructor(ruleset: Ruleset, program: Program, hook: Hook, most: number) {
    const table = program.tables.get('filter')!;
    this.ruleset = ruleset;
    this.most = most;
    this.program = program;
    this.table = table;
    this.hook = hook;
    const all: Cube[] = [];
    for (const chain of table.chains) for (const step of chain.steps) if (step.kind === 'decide' && step.cubes) all.push(...step.cubes);
    this.taken = new CubeIndex(all.length > 64 ? dividing(all) : []);
  }

  exposure(): Exposure {
    const { program, table, hook } = this;
    const chain = table.chains[table.byName.get(hook)!]!;
    const state = program.space.dimension('connectionState')!;
    const fresh = connectionStates.indexOf('NEW');
    // What runs through lo never leaves the host.
    const inside = program.space.dimension('inInterface')!;
    const code = program.space.code('inInterface');
    const lo = code?.kind === 'names' ? code.exact.get('lo')! : 0;
    const outer = inside.ofLoose(pairs(1, lo, inside.size - 1));
    const entries = stageCubes(program, 'filter', hook).flatMap((cube) => {
      const own = setOf(cube, inside.index);
      return own ? [replace(replace(cube, state.interval(fresh, fresh)), outer)] : [];
    });
    for (const entry of entries) {
      this.chain(chain, entry);
      if (chain.chain.policy !== 'DROP') {
        const left = this.leftOf(entry, mostPieces);
        // Few enough to tell one by one, or all that no rule decides.
        if (left) for (const cube of left) this.found.push({ cube, line: null });
        else this.isOpenAtEnd = true;
      }
    }
    for (const name of ['raw', 'mangle', 'nat'] as const)
      if (isHarmful(this.ruleset, name, hook)) this.doubts.add(`what table ${name} drops or translates before is not taken into account`);
    const { rows, leftOut } = this.rows();
    return { hook, rows, leftOut, isOpenAtEnd: this.isOpenAtEnd, isExact: this.doubts.size === 0, doubts: this.doubts };
  }

  /** Walks a chain with what enters it. `own`: what leaves it before its end without a verdict. */
  private chain(chain: ChainProgram, entry: Cube): void {
    const own: Cube[] = [];
    for (const step of chain.steps) {
      if (step.kind === 'pass') continue;
      if (++this.steps > mostSteps) {
        this.doubts.add('there are too many ways through the chains');
        return;
      }
      const cubes = step.takeCubes ?? step.cubes;
      const isHull = cubes === null;
      for (const one of cubes ?? [hullOf(step.form)]) {
        const common = meet(one, entry);
        if (!common) continue;
        let parts = own.length === 0 ? [common] : remainder(common, own, mostPieces, { left: 5000 });
        if (!parts) {
          this.doubts.add('a chain that gives packets back is too tangled');
          parts = [common];
        }
        for (const part of parts) this.step(step, part, isHull, own);
      }
      if (step.form === true && step.kind === 'decide') break;
    }
  }

  private step(step: Step, cube: Cube, isHull: boolean, own: Cube[]): void {
    switch (step.kind) {
      case 'decide':
        if (step.verdict === 'accept') {
          if (isHull) this.doubts.add(`line ${lineOf(step.rule)} asks more than is told of it`);
          for (const part of this.left(cube)) this.found.push({ cube: part, line: lineOf(step.rule) });
        }
        if (!isHull) this.taken.insert(cube);
        else if (step.verdict !== 'accept') this.doubts.add(`line ${lineOf(step.rule)} may refuse some of it`);
        return;
      case 'return':
        if (isHull) this.doubts.add(`line ${lineOf(step.rule)} may pass some of it by`);
        else own.push(cube);
        return;
      case 'jump':
      case 'goto':
        this.chain(this.table.chains[step.target]!, cube);
        if (step.kind === 'goto' && !isHull) own.push(cube);
        return;
      default:
        this.doubts.add(`what line ${lineOf(step.rule)} does is not known`);
    }
  }

  /** What is left of a cube after all that was decided before it; the cube itself, with a doubt, where that is too tangled. */
  private left(cube: Cube): readonly Cube[] {
    const rest = this.leftOf(cube, mostPieces);
    if (rest) return rest;
    this.doubts.add('earlier rules that are too many to tell may take some of it');
    return [cube];
  }

  private leftOf(cube: Cube, most: number): readonly Cube[] | null {
    const before = this.taken.meeting(cube).map((at) => this.taken.cube(at));
    if (before.length === 0) return [cube];
    if (before.length > mostBefore) return null;
    // The widest first: they leave fewest pieces.
    const rest = remainder(
      cube,
      before.sort((a, b) => extent(b) - extent(a)),
      most,
      { left: 20_000 },
    );
    return rest && merge(rest);
  }

  /** Packets that differ in their source alone are one row. */
  private rows(): Pick<Exposure, 'rows' | 'leftOut'> {
    const { space, hook } = this.program;
    const source = space.dimension('source')?.index ?? -1;
    const ids = new Map<ValueSet, number>();
    const idOf = (set: ValueSet): number => {
      let id = ids.get(set);
      if (id === undefined) {
        id = ids.size;
        ids.set(set, id);
      }
      return id;
    };
    const groups = new Map<string, { readonly found: Found[]; wide: number }>();
    for (const one of this.found) {
      let key = '';
      for (const set of one.cube.sets) if (set.dimension.index !== source) key += `${idOf(set)} `;
      const wide = extent(one.cube);
      const group = groups.get(key);
      if (group) {
        group.found.push(one);
        group.wide = Math.max(group.wide, wide);
      } else groups.set(key, { found: [one], wide });
    }
    const sorted = [...groups.values()].sort((a, b) => b.wide - a.wide);
    const rows = sorted.slice(0, this.most).map(({ found }): ExposureRow => {
      const said = sayCube(space, found[0]!.cube);
      const from = new Set(found.map(({ cube }) => sayCube(space, cube).from || 'anywhere'));
      return {
        service: said.protocol || said.toPort ? serviceWords(said.protocol, said.toPort) : 'everything',
        from: from.has('anywhere') ? ['anywhere'] : [...from],
        to: said.to,
        // That lo is left out goes without saying.
        arriving: said.arriving === 'any but lo' ? '' : said.arriving.replace(/^any but (.*), lo$/, 'any but $1'),
        leaving: said.leaving,
        only: [
          said.fromPort && `from port ${said.fromPort}`,
          ...said.rest.filter((words) => !words.startsWith('whole packets')),
          ...said.tests,
        ].filter(Boolean),
        lines: [...new Set(found.flatMap(({ line }) => line ?? []))].sort((a, b) => a - b),
        byPolicy: found.some(({ line }) => line === null),
        packet: pickPacket(space, found[0]!.cube, hook),
      };
    });
    return { rows, leftOut: sorted.length - rows.length };
  }
}

/** Whether rules of a table that is asked before filter drop packets or change them. */
const isHarmful = (ruleset: Ruleset, name: 'raw' | 'mangle' | 'nat', hook: Hook): boolean => {
  for (const chain of ruleset.tables.get(name)?.chains.values() ?? []) {
    if (chain.hook !== null && chain.hook !== 'PREROUTING' && (chain.hook !== hook || name === 'nat')) continue;
    if (chain.policy === 'DROP') return true;
    for (const { action } of chain.rules)
      if (
        action.kind === 'target' &&
        ((action.effect.kind === 'verdict' && action.effect.verdict !== 'accept') || action.rewrites.some(({ field }) => moved.has(field)))
      )
        return true;
  }
  return false;
};

/** What a translation changes of a packet that the matrix tells. */
const moved: ReadonlySet<FieldName> = new Set<FieldName>(['destination', 'destinationPort', 'source', 'sourcePort']);

/** The intervals from `low` to `high` without one atom. */
const pairs = (low: number, hole: number, high: number): number[] => [
  ...(hole > low ? [low, hole - 1] : []),
  ...(hole < high ? [hole + 1, high] : []),
];
