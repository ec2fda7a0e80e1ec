/**
 * The service matrix: what new connections the filter table lets in or through, from where, on which interface, by which line. Each accepting
 * rule is followed through the jumps to it, and what earlier rules on its way take is taken away from it, cube by cube: a question for the
 * rules that meet it only, so that a hundred thousand rules are a matter of a second. Earlier tables are not followed.
 */
import { connectionStates, type Hook } from '../../grammar/index.js';
import { buildProgram, type ChainProgram, type Program, type Step, stageCubes, type TableProgram } from '../analysis/program.js';
import { hullOf } from '../analysis/survey.js';
import { lineOf } from '../model/place.js';
import type { Ruleset } from '../model/ruleset.js';
import { type Cube, extent, meet, merge, remainder, replace, setOf } from '../packets/cube.js';
import { CubeIndex, dividing } from '../packets/cube-index.js';
import { type Packet, pickPacket } from '../packets/pick.js';
import type { Resolver } from '../packets/space.js';
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
  /** False: some of what is told may be taken by an earlier rule or table after all. */
  readonly isExact: boolean;
  /** Why. */
  readonly doubts: ReadonlySet<string>;
}

/** Steps looked at over all ways through the table, and pieces that one rule may fall into. */
const mostSteps = 2_000_000;
const mostPieces = 48;

/** What new connections a hook of the filter table accepts; null: the ruleset has no such table. */
export const exposureAt = (ruleset: Ruleset, hook: Hook, options: { readonly resolver?: Resolver | undefined }): Exposure | null => {
  if (!ruleset.tables.has('filter')) return null;
  const program = buildProgram(ruleset, { resolver: options.resolver });
  return new Walk(program, program.tables.get('filter')!, hook).exposure();
};

interface Found {
  readonly cube: Cube;
  /** Null: the policy. */
  readonly line: number | null;
}

class Walk {
  private readonly program: Program;
  private readonly table: TableProgram;
  private readonly hook: Hook;
  private readonly found: Found[] = [];
  private readonly doubts = new Set<string>();
  /** What was decided on the way, in order. */
  private readonly taken: CubeIndex;
  private steps = 0;

  constructor(program: Program, table: TableProgram, hook: Hook) {
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
      if (chain.chain.policy !== 'DROP') for (const cube of this.left(entry)) this.found.push({ cube, line: null });
    }
    for (const name of ['raw', 'mangle', 'nat'] as const)
      if (program.tables.has(name) && this.isHarmful(name))
        this.doubts.add(`what table ${name} drops or translates before is not taken into account`);
    return { hook, rows: this.rows(), isExact: this.doubts.size === 0, doubts: this.doubts };
  }

  /** Whether rules of an earlier table drop packets or translate their destination. */
  private isHarmful(name: 'raw' | 'mangle' | 'nat'): boolean {
    return this.program.tables
      .get(name)!
      .chains.some(({ chain, steps }) =>
        chain.hook === null || chain.hook === 'PREROUTING' || chain.hook === this.hook
          ? chain.policy === 'DROP' ||
            steps.some((step) => (step.kind === 'decide' && step.verdict !== 'accept') || step.changes.length > 0)
          : false,
      );
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

  /** What is left of a cube after all that was decided before it. */
  private left(cube: Cube): readonly Cube[] {
    const before = this.taken.meeting(cube).map((at) => this.taken.cube(at));
    if (before.length === 0) return [cube];
    const budget = { left: 20_000 };
    // The widest first: they leave fewest pieces.
    const rest =
      before.length > 400
        ? null
        : remainder(
            cube,
            before.sort((a, b) => extent(b) - extent(a)),
            mostPieces,
            budget,
          );
    if (rest) return merge(rest);
    this.doubts.add('some of it may be taken by earlier rules that are too many to tell');
    return [cube];
  }

  /** Rows of the same service, way and conditions become one, as do those of the same ends but for the source. */
  private rows(): ExposureRow[] {
    const { space, hook } = this.program;
    const rows = new Map<string, { row: ExposureRow; from: Set<string>; lines: Set<number>; byPolicy: boolean; wide: number }>();
    for (const { cube, line } of this.found) {
      const said = sayCube(space, cube);
      const { protocol, from, fromPort, to, toPort, leaving, rest, tests } = said;
      const arriving = said.arriving === 'any but lo' ? '' : said.arriving.replace(/^any but (.*), lo$/, 'any but $1');
      const service = protocol || toPort ? serviceWords(protocol, toPort) : 'everything';
      const only = [fromPort && `from port ${fromPort}`, ...rest.filter((words) => !/^whole packets/.test(words)), ...tests].filter(
        Boolean,
      );
      const key = JSON.stringify([service, to, arriving, leaving, only]);
      const wide = extent(cube);
      let known = rows.get(key);
      if (!known) {
        const row = { service, from: [], to, arriving, leaving, only, lines: [], byPolicy: false, packet: pickPacket(space, cube, hook) };
        known = { row, from: new Set(), lines: new Set(), byPolicy: false, wide };
        rows.set(key, known);
      }
      known.wide = Math.max(known.wide, wide);
      known.from.add(from || 'anywhere');
      if (line === null) known.byPolicy = true;
      else known.lines.add(line);
    }
    return [...rows.values()]
      .sort((a, b) => b.wide - a.wide)
      .map(({ row, from, lines, byPolicy }) => ({
        ...row,
        from: from.has('anywhere') ? ['anywhere'] : [...from],
        lines: [...lines].sort((a, b) => a - b),
        byPolicy,
      }));
  }
}

/** The intervals from `low` to `high` without one atom. */
const pairs = (low: number, hole: number, high: number): number[] => [
  ...(hole > low ? [low, hole - 1] : []),
  ...(hole < high ? [hole + 1, high] : []),
];
