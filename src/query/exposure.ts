/**
 * The service matrix: what new connections from outside get to, in three tables: this host itself, other addresses that nat sends them to, and what is
 * passed through as it is. The way of the packets is followed (passage.ts); the widest flows are told, and only they are looked at closely: of a hundred
 * thousand rules most are never asked what is left of them.
 */
import { all, type FieldName, type Hook, inRange, inRanges, is, not, type Ordinal, type Predicate } from '../../grammar/index.js';
import { buildProgram, loopback, type Program } from '../analysis/program.js';
import { serviceNameIn } from '../explain/kubernetes.js';
import { commentsOf } from '../explain/parts.js';
import { containerNameIn } from '../explain/published.js';
import { testWords } from '../explain/test-words.js';
import type { HostInterface } from '../model/host.js';
import { ownerOfRule } from '../model/owners.js';
import { lineOf } from '../model/place.js';
import type { Rule, Ruleset } from '../model/ruleset.js';
import {
  type Cube,
  contains,
  cubesOf,
  everything,
  extent,
  meet,
  meets,
  merge,
  release,
  remainder,
  replace,
  setOf,
  uncovered,
  uncoveredAmongMany,
} from '../packets/cube.js';
import { type Packet, pickPacket } from '../packets/pick.js';
import { joinSets, meetSets, type Resolver, type Space, setContains, type ValueSet } from '../packets/space.js';
import { Heap } from '../util/heap.js';
import {
  anycast,
  askedIn,
  broadcast,
  forwardable,
  local,
  localRanges,
  loopbackOf,
  martians,
  multicast,
  neverNew,
  ownAddresses,
  syn,
  unicast,
} from './outside.js';
import { type Flow, Passage, rewritesOf, type Translation, Twin } from './passage.js';
import { before, behind, passedBy } from './stages.js';
import { sayCube, serviceWords } from './words.js';

/** Services that are let in from the same places: one row of the table. */
export interface ExposureRow {
  /** As the outside sees it: "tcp 22 (ssh)", "everything". */
  readonly service: string;
  /** Where nat sends it: "172.17.0.2:80", "this host port 3128"; empty: nowhere else. */
  readonly goesTo: readonly string[];
  /** What that is called: a Kubernetes service, a container, the program that wrote the rule. */
  readonly names: readonly string[];
  readonly from: readonly string[];
  readonly to: string;
  readonly arriving: string;
  readonly leaving: string;
  /** Further conditions, those that nobody but the surroundings decides among them. */
  readonly only: readonly string[];
  /** The hook that lets it in. */
  readonly hook: Hook;
  /** Lines that translate it, in file order. */
  readonly translatedBy: readonly number[];
  /** Lines that accept it, in file order. */
  readonly lines: readonly number[];
  readonly byPolicy: boolean;
  /** One such packet, as it comes. */
  readonly packet: Packet;
  /** All of them, as they come; where `only` speaks of earlier rules, those are among them. */
  readonly cubes: readonly Cube[];
}

/** Something that nat sends on, and that gets nowhere. */
export interface Refused {
  readonly service: string;
  readonly goesTo: readonly string[];
  readonly translatedBy: readonly number[];
  /** Lines that refuse it. */
  readonly lines: readonly number[];
  readonly byPolicy: boolean;
  /** Lines that would let it in if its address were one of this host's. */
  readonly ifLocal: readonly number[];
}

/** `host`: to this host as they come; `published`: sent on by nat; `through`: forwarded as they come. */
export type ExposureKind = 'host' | 'published' | 'through';

export interface Exposure {
  readonly kind: ExposureKind;
  /** Widest first. */
  readonly rows: readonly ExposureRow[];
  /** What the rows' cubes are of. */
  readonly space: Space;
  /** Rows that are not told, at most. */
  readonly leftOut: number;
  readonly refused: readonly Refused[];
  /** False: some of what is told may be taken by an earlier rule or table after all. */
  readonly isExact: boolean;
  /** Why. */
  readonly doubts: ReadonlySet<string>;
}

export interface ExposureOptions {
  readonly resolver?: Resolver | undefined;
  /** The host's own addresses; null: not told. */
  readonly interfaces?: readonly HostInterface[] | null;
  /** Rows that are told of each table. */
  readonly most: number;
}

/** Matches by which rules spread connections over several targets, or keep a client at one. */
const choosing: ReadonlySet<string> = new Set(['statistic', 'recent']);

/** Pieces that a row may fall into before it is told by the rules that take from it. */
const mostPieces = 2;
/** Earlier rules that are taken away from one row as cubes. */
const mostTaken = 400;

/** What new connections from outside get to. */
export const exposureOf = (ruleset: Ruleset, options: ExposureOptions): readonly Exposure[] => new Matrix(ruleset, options).exposures();

/** A part of a flow that a row tells. */
interface Piece {
  readonly flow: Flow;
  readonly hook: 'INPUT' | 'FORWARD';
  readonly cube: Cube;
  /** A part of it that nobody took. */
  readonly open: Cube;
  /** Lines of earlier rules that take parts of it which the cube does not tell. */
  readonly but: readonly number[];
}

/** A row in the making. */
interface Draft {
  readonly pieces: Piece[];
}

class Matrix {
  private readonly ruleset: Ruleset;
  private readonly most: number;
  private readonly passage: Passage;
  private readonly program: Program;
  private readonly stages: ReadonlySet<string>;
  private readonly knowsHost: boolean;
  private readonly isHere: Cube | null = null;
  private readonly isElsewhere: Cube | null = null;
  private readonly isForwardable: Cube | null;
  /** What comes from outside, by its addresses. */
  private readonly outer: Cube;
  /** TCP, and UDP. */
  private readonly plain: readonly Cube[];
  /** Packets that begin no connection. */
  private readonly never: readonly Cube[];
  private readonly hidden: ReadonlySet<number>;
  /** Tests of nat by which one of several targets is chosen. */
  private readonly chances: ReadonlySet<number>;
  /** Addresses of the host's own, which examples rather have than others. */
  private readonly liked: ReadonlyMap<FieldName, readonly Ordinal[]>;
  private readonly untranslated: Flow[] = [];
  private readonly translated: Flow[] = [];

  constructor(ruleset: Ruleset, { resolver, interfaces, most }: ExposureOptions) {
    this.ruleset = ruleset;
    this.most = most;
    const { part, stages, closed } = passedBy(ruleset, most);
    this.stages = stages;
    const { family } = ruleset;
    const loopback = [loopbackOf(family)];
    const outer = all(
      not(inRanges('source', [...loopback, ...martians(interfaces ?? [], family)])),
      not(inRanges('destination', loopback)),
    );
    const ranges = interfaces && interfaces.length > 0 ? localRanges(interfaces, family) : null;
    this.knowsHost = ranges !== null;
    const isLocal = ranges && inRanges('destination', ranges);
    this.liked = new Map<FieldName, readonly Ordinal[]>([
      ['destination', ownAddresses(interfaces ?? [], family)],
      ['ttl', [63, 64, 62, 9, 5, 2, 1]],
    ]);
    const asked = askedIn(part);
    const hasTypes = family === 4 && !isLocal && asked.types;
    const { tcp, icmp } = neverNew(family);
    const never = [...(asked.flags ? [tcp] : []), ...(asked.icmp ? [icmp] : [])];
    const typed = (field: 'sourceType' | 'destinationType', ...types: readonly number[]): Predicate =>
      inRanges(
        field,
        types.map((type) => [type, type]),
      );
    const foreign = not(typed('sourceType', local, broadcast, multicast));
    const here = typed('destinationType', local, broadcast, anycast, multicast);
    const elsewhere = not(typed('destinationType', local, broadcast));
    const asks = [
      outer,
      forwardable(family),
      inRange('destinationPort', 1, 65535),
      inRange('protocol', 6, 6),
      inRange('protocol', 17, 17),
      ...(isLocal ? [isLocal] : []),
      ...(hasTypes ? [foreign, here, elsewhere] : []),
      ...never,
      ...asked.connections,
    ];
    this.program = buildProgram(part, { resolver, asks, tellsRewrites: true });
    const { space } = this.program;
    const oneCube = (predicate: Predicate): Cube | null => {
      const cubes = cubesOf(space.form(predicate), 24);
      return cubes?.length === 1 ? cubes[0]! : null;
    };
    if (isLocal) {
      this.isHere = oneCube(isLocal);
      this.isElsewhere = oneCube(not(isLocal));
    }
    this.isForwardable = oneCube(forwardable(family));
    const limits = oneCube(outer);
    this.outer = limits ?? everything;
    this.plain = [6, 17].flatMap((protocol) => oneCube(is('protocol', protocol)) ?? []);
    this.never = never.flatMap((predicate) => cubesOf(space.form(predicate), 64) ?? []);
    const isMasked = !limits || (isLocal && !(this.isHere && this.isElsewhere));
    const inTypes = (predicate: Predicate): Cube => oneCube(predicate) ?? everything;
    this.passage = new Passage(this.program, closed, hasTypes ? { INPUT: inTypes(here), FORWARD: inTypes(elsewhere) } : null);
    if (isMasked) this.passage.doubts.add('masks with holes cut addresses so that those of the host are not told apart');
    this.chances = new Set(
      (this.program.tables.get('nat')?.chains ?? []).flatMap(({ history }) =>
        history.flatMap(({ index, test }) => (test && choosing.has(test.extension) ? [index] : [])),
      ),
    );
    this.hidden = new Set([
      this.program.hook.index,
      ...(['mark', 'connectionMark', 'connectionStatus', 'connectionDirection', 'connectionState', 'laterFragment'] as const).flatMap(
        (field) => space.dimensionsOf(field).map(({ index }) => index),
      ),
    ]);
    this.arrive(hasTypes ? inTypes(foreign) : everything, limits ?? everything);
  }

  /** Follows what comes from outside through PREROUTING. */
  private arrive(within: Cube, limits: Cube): void {
    const { passage } = this;
    let flows: readonly Flow[] = [passage.arrival(within, limits)];
    for (const [table, hook] of before) {
      if (this.stages.has(`${table},${hook}`))
        flows = flows.flatMap((flow) => {
          if (table === 'nat' && !passage.isTracked(flow)) return [flow];
          const { through, translated } = passage.pass(flow, table, hook);
          this.translated.push(...translated);
          return through;
        });
      if (table === 'raw') flows = flows.map((flow) => passage.tracked(flow));
    }
    this.untranslated.push(...flows);
  }

  exposures(): readonly Exposure[] {
    const shared = new Set(this.passage.doubts);
    const found: Exposure[] = [];
    const { tables } = this.ruleset;
    const has = (hook: Hook): boolean => tables.get('filter')?.chains.has(hook) ?? false;
    const told = (kind: ExposureKind, make: () => Omit<Exposure, 'kind' | 'space' | 'isExact' | 'doubts'>): void => {
      this.passage.doubts.clear();
      const made = make();
      const doubts = new Set([...shared, ...this.passage.doubts]);
      found.push({ kind, ...made, space: this.program.space, isExact: doubts.size === 0, doubts });
    };
    if (has('INPUT')) told('host', () => this.asTheyCome('INPUT'));
    if (this.translated.length > 0 || this.passage.closedMet > 0) told('published', () => this.sentOn());
    if (has('FORWARD')) told('through', () => this.asTheyCome('FORWARD'));
    return found;
  }

  /** Flows that arrive at a hook, by where their destination may lie. */
  private routed(flow: Flow, hook: 'INPUT' | 'FORWARD'): Flow | null {
    const entered = this.passage.enter(flow, hook, 'PREROUTING');
    const bounds = hook === 'INPUT' ? [this.isHere] : [this.isForwardable, this.isElsewhere];
    return bounds.reduce((flow, bound) => (flow && bound ? this.passage.limited(flow, bound) : flow), entered);
  }

  /** What comes of a flow behind a stage of its hook: flows that are through, or wait for the next one. */
  private next(flow: Flow, hook: 'INPUT' | 'FORWARD', stage: number): readonly Flow[] | null {
    const [table, at] = behind[hook][stage] ?? [];
    if (table === undefined || at === undefined) return null;
    if (!this.stages.has(`${table},${at}`)) return [flow];
    const here = at === 'POSTROUTING' ? this.passage.enter(flow, at, 'FORWARD') : flow;
    return here ? this.passage.pass(here, table, at).through : [];
  }

  /** All that is through of a flow. */
  private through(flow: Flow, hook: 'INPUT' | 'FORWARD'): readonly Flow[] {
    let flows: readonly Flow[] = [flow];
    for (let stage = 0; stage < behind[hook].length; stage++) flows = flows.flatMap((one) => this.next(one, hook, stage) ?? []);
    return flows;
  }

  private widthOf({ region, current, translation }: Flow): number {
    let width = 0;
    for (const { dimension, count } of region.sets) {
      const { index } = dimension;
      if (!current.has(index) && !this.hidden.has(index) && !(translation && this.chances.has(index)))
        width += Math.log2(count / dimension.size);
    }
    return width;
  }

  /** What nat leaves alone. */
  private asTheyCome(hook: 'INPUT' | 'FORWARD'): Omit<Exposure, 'kind' | 'space' | 'isExact' | 'doubts'> {
    const heap = new Heap<{ readonly flow: Flow; readonly stage: number; readonly width: number }>();
    const stages = behind[hook];
    const put = (flow: Flow, from: number): void => {
      let stage = from;
      while (stage < stages.length && !this.stages.has(stages[stage]!.join())) stage++;
      heap.push({ flow, stage, width: this.widthOf(flow) });
    };
    for (const flow of this.untranslated) {
      const entered = this.routed(flow, hook);
      if (entered) put(entered, 0);
    }
    let rows = new Map<string, Draft>();
    for (let more = true; more; ) {
      while (rows.size < this.most) {
        const item = heap.pop();
        if (!item) break;
        const after = this.next(item.flow, hook, item.stage);
        if (after) {
          for (const flow of after) put(flow, item.stage + 1);
          continue;
        }
        this.draft(this.piecesOf(item.flow, hook), rows);
      }
      const size = rows.size;
      rows = this.joined(rows);
      // Joined rows make room for others.
      more = rows.size < size && heap.size > 0;
    }
    // Others of the same rows are narrower, and still wait.
    const source = this.program.space.dimension('source')?.index ?? -1;
    const shown = (region: Cube): readonly ValueSet[] =>
      region.sets.filter(({ dimension: { index } }) => index !== source && !this.hidden.has(index));
    const shapes = [...rows.values()].flatMap(({ pieces }) => pieces.map(({ flow }) => shown(flow.region)));
    const isShaped = (flow: Flow): boolean =>
      shapes.some((shape) => {
        let at = 0;
        for (const set of flow.region.sets) {
          const { index } = set.dimension;
          if (index !== source && !this.hidden.has(index) && shape[at++] !== set) return false;
        }
        return at === shape.length;
      });
    let leftOut = 0;
    for (const { flow, stage } of heap.rest) {
      if (stage < stages.length || !isShaped(flow)) leftOut++;
      else leftOut += this.draft(this.piecesOf(flow, hook), rows, false);
    }
    return { rows: this.told(rows), leftOut, refused: [] };
  }

  /** What nat sends on: ports that go to the same places from the same conditions are one row. */
  private sentOn(): Omit<Exposure, 'kind' | 'space' | 'isExact' | 'doubts'> {
    const groups = new Map<string, { readonly flows: Flow[]; width: number }>();
    for (const flow of this.translated) {
      // Packets that nobody can send.
      if (!meets(flow.region, flow.limits)) continue;
      const key = this.shapeOf(flow);
      const width = this.widthOf(flow);
      const group = groups.get(key);
      if (group) {
        group.flows.push(flow);
        group.width = Math.max(group.width, width);
      } else groups.set(key, { flows: [flow], width });
    }
    const sorted = [...groups.values()].sort((a, b) => b.width - a.width);
    let rows = new Map<string, Draft>();
    const refused: Refused[] = [];
    let at = 0;
    for (let more = true; more; ) {
      for (; at < sorted.length && rows.size < this.most; at++) {
        const gone: Flow[] = [];
        for (const flow of sorted[at]!.flows) {
          const pieces: Piece[] = [];
          for (const hook of this.waysOf(flow)) {
            const entered = this.routed(flow, hook);
            if (entered) for (const one of this.through(entered, hook)) pieces.push(...this.piecesOf(one, hook));
          }
          if (pieces.length === 0) gone.push(flow);
          this.draft(pieces, rows);
        }
        refused.push(...this.refusedOf(gone));
      }
      const { size } = rows;
      rows = this.joined(rows);
      // Joined rows make room for others.
      more = rows.size < size && at < sorted.length;
    }
    return { rows: this.told(rows), leftOut: sorted.length - at + this.passage.closedMet, refused };
  }

  /** Where a translated flow goes: the host's own addresses tell, or else what its new address looks like. */
  private waysOf({ translation, current }: Flow): readonly ('INPUT' | 'FORWARD')[] {
    const { action } = translation!.rule;
    const address = rewritesOf(action, 'PREROUTING').find(({ field }) => field === 'destination');
    // REDIRECT: the address of the interface that it came in by.
    if (address?.kind === 'unknown') return ['INPUT'];
    if (!address || this.knowsHost) return ['INPUT', 'FORWARD'];
    const [low, high] = loopbackOf(this.ruleset.family);
    const goesTo = current.get(this.program.space.dimension('destination')?.index ?? -1);
    if (!goesTo || address.kind !== 'to') return ['FORWARD'];
    return address.ranges.every((range) => range[0] >= low && range[1] <= high) ? ['INPUT'] : ['FORWARD'];
  }

  private refusedOf(flows: readonly Flow[]): readonly Refused[] {
    const found = new Map<string, { flows: Flow[]; ifLocal: Set<number> }>();
    for (const flow of flows) {
      // All of it was taken before it was translated: that is no news.
      if (this.openIn(flow, flow.region) === null) continue;
      const ifLocal = new Set<number>();
      if (!this.knowsHost && !this.waysOf(flow).includes('INPUT')) {
        const entered = this.passage.enter({ ...flow, translation: { ...flow.translation!, refusing: new Set() } }, 'INPUT', 'PREROUTING');
        if (entered)
          for (const one of this.through(entered, 'INPUT')) if (one.by && this.openIn(one, one.region)) ifLocal.add(lineOf(one.by));
      }
      const key = this.shapeOf(flow);
      const known = found.get(key) ?? { flows: [], ifLocal: new Set<number>() };
      known.flows.push(flow);
      for (const line of ifLocal) known.ifLocal.add(line);
      found.set(key, known);
    }
    return [...found.values()].map(({ flows: list, ifLocal }): Refused => {
      const said = this.sayingsOf(list[0]!, list[0]!.region, 'FORWARD');
      const refusing = list.flatMap(({ translation }) => [...translation!.refusing]);
      return {
        service: said.service,
        goesTo: [...new Set(list.map((flow) => this.targetOf(flow, flow.region)))],
        translatedBy: linesOf(list.map(({ translation }) => translation!.rule)),
        lines: linesOf(refusing.flatMap((rule) => rule ?? [])),
        byPolicy: refusing.includes(null),
        ifLocal: [...ifLocal],
      };
    });
  }

  /** What is left of a flow after all that earlier rules took, in pieces; where that is too tangled, the whole of it with one packet that is left. */
  private piecesOf(flow: Flow, hook: 'INPUT' | 'FORWARD'): readonly Piece[] {
    const start = meet(flow.region, flow.limits);
    if (!start) return [];
    const { cubes: taken, rules } = this.passage.takenFrom(flow, start);
    const rest =
      taken.length <= mostTaken
        ? // The widest first: they leave fewest pieces.
          remainder(
            flow.region,
            [...taken].sort((a, b) => extent(b) - extent(a)),
            16 * mostPieces,
            { left: 20_000 },
          )
        : null;
    const merged = rest && merge(rest);
    if (merged && merged.length <= mostPieces)
      return merged.flatMap((cube) => {
        const open = this.openIn(flow, cube, []);
        return open ? [{ flow, hook, cube, open, but: [] }] : [];
      });
    const open = this.plainest(flow, start, taken) ?? this.openIn(flow, start, taken);
    if (open === null) return [];
    if (open === undefined)
      this.passage.doubts.add(
        `whether earlier rules leave anything to ${flow.by ? `line ${lineOf(flow.by)}` : 'the policy'} is not decided`,
      );
    return [{ flow, hook, cube: flow.region, open: open ?? start, but: linesOf([...rules]) }];
  }

  /** A part that is left of TCP or UDP packets, which people know best; null: none was found. */
  private plainest(flow: Flow, cube: Cube, taken: readonly Cube[]): Cube | null {
    for (const one of this.plain) {
      const part = meet(cube, one);
      const open = part && part !== cube ? this.openIn(flow, part, taken) : null;
      if (open) return open;
    }
    return null;
  }

  /** Some part of a cube of a flow that earlier rules left; null: there is none, undefined: that is not decided. */
  private openIn(flow: Flow, cube: Cube, known?: readonly Cube[]): Cube | null | undefined {
    const start = meet(cube, flow.limits);
    if (!start) return null;
    const taken = [...(known ?? this.passage.takenFrom(flow, start).cubes), ...(this.passage.isTracked(flow) ? this.never : [])];
    if (taken.length <= 40) return uncovered(start, taken, { left: 200_000 });
    return uncoveredAmongMany(start, taken, [], { left: 200_000 }) ?? uncovered(start, taken, { left: 3_000_000 });
  }

  /** What rows have in common: all but the source, and the chances by which one of several targets is chosen. */
  private shapeOf({ region, current, translation }: Flow, cube: Cube = region): string {
    const source = this.program.space.dimension('source')?.index ?? -1;
    let key = translation ? 'to ' : '';
    for (const { dimension, ranges } of this.passage.asItCame(cube, current).sets)
      if (dimension.index !== source && !this.hidden.has(dimension.index) && !(translation && this.chances.has(dimension.index)))
        key += `${dimension.index}:${ranges.length > 64 ? hashOf(ranges) : ranges.join()} `;
    return key;
  }

  /** Puts pieces into rows; those that would begin a row too many are counted. */
  private draft(pieces: readonly Piece[], rows: Map<string, Draft>, mayBegin = true): number {
    let leftOut = 0;
    for (const piece of pieces) {
      const key = `${this.shapeOf(piece.flow, piece.cube)}${piece.flow.translation ? piece.hook : ''}${piece.but.length > 0 ? 'but' : ''}`;
      const draft = rows.get(key) ?? this.wider(piece, rows);
      if (draft) draft.pieces.push(piece);
      else if (mayBegin) rows.set(key, { pieces: [piece] });
      else leftOut++;
    }
    return leftOut;
  }

  /** Rows of one rule that are one, but for a cut on the way: two interfaces, and all but these two. */
  private joined(rows: ReadonlyMap<string, Draft>): Map<string, Draft> {
    const groups = new Map<string, Piece[]>();
    for (const { pieces } of rows.values())
      for (const piece of pieces) {
        const { by, translation, current } = piece.flow;
        const shown = [...current].filter(([index]) => !this.hidden.has(index));
        const changed = translation && `${translation.rule.id} ${piece.hook} ${shown.map(([index, { id }]) => `${index}:${id}`)}`;
        const key = `${by === null ? 'policy' : by?.id} ${changed}`;
        const group = groups.get(key);
        if (group) group.push(piece);
        else groups.set(key, [piece]);
      }
    const kept = new Map<Piece, Piece>();
    for (const pieces of groups.values()) {
      const whole = pieces.filter(({ but }) => but.length === 0);
      for (const piece of pieces) if (!whole.includes(piece)) kept.set(piece, piece);
      // A mark that some of them bear is not shown.
      for (const cube of merge(whole.map((piece) => this.passage.without(piece.cube, this.hidden)))) {
        const first = whole.find((piece) => contains(cube, piece.cube))!;
        kept.set(first, { ...first, cube });
      }
    }
    const out = new Map<string, Draft>();
    for (const { pieces } of rows.values())
      this.draft(
        pieces.flatMap((piece) => kept.get(piece) ?? []),
        out,
      );
    return out;
  }

  /** A row that holds a piece, and that the same rule or policy lets in: a mark on the way set the piece apart. */
  private wider({ flow, cube }: Piece, rows: ReadonlyMap<string, Draft>): Draft | undefined {
    if (flow.translation) return undefined;
    const own = this.asShown(flow, cube);
    for (const draft of rows.values()) {
      const [first] = draft.pieces;
      if (first && !first.flow.translation && first.flow.by === flow.by && contains(this.asShown(first.flow, first.cube), own))
        return draft;
    }
    return undefined;
  }

  private asShown({ current }: Flow, cube: Cube): Cube {
    return release(this.passage.asItCame(cube, current), (dim) => this.hidden.has(dim));
  }

  /** Where a translated packet goes. */
  private targetOf({ current, translation }: Flow, cube: Cube): string {
    const { space } = this.program;
    const sets = cube.sets.filter(
      ({ dimension }) => current.has(dimension.index) && (dimension.field === 'destination' || dimension.field === 'destinationPort'),
    );
    const { to, toPort } = sayCube(space, { dims: sets.map(({ dimension }) => dimension.index), sets });
    const isRedirect = rewritesOf(translation!.rule.action, 'PREROUTING').some(
      ({ field, kind }) => field === 'destination' && kind === 'unknown',
    );
    const address = isRedirect ? (to ? `this host (${to})` : 'this host') : to;
    if (toPort === '') return address;
    if (address === '') return `port ${toPort}`;
    return /[, ]/.test(address) ? `${address} port ${toPort}` : `${address.includes(':') ? `[${address}]` : address}:${toPort}`;
  }

  /** The columns of a cube. */
  private sayingsOf(flow: Flow, cube: Cube, hook: 'INPUT' | 'FORWARD') {
    const { space } = this.program;
    const { current, translation } = flow;
    let came = release(
      this.passage.asItCame(cube, current),
      (dim) => this.hidden.has(dim) || (translation !== null && this.chances.has(dim)),
    );
    let toType = '';
    const holds = (field: 'sourceType' | 'destinationType' | 'packetType', value: number): boolean | null => {
      const code = space.code(field);
      const set = code?.kind === 'ranges' ? setOf(came, code.dimension.index) : undefined;
      if (code?.kind !== 'ranges' || !set) return null;
      return set.has(code.starts.filter((start) => start <= value).length - 1);
    };
    const free = (field: FieldName): void => {
      const dims = new Set(space.dimensionsOf(field).map(({ index }) => index));
      came = release(came, (dim) => dims.has(dim));
    };
    if (holdsValue(space, came, 'tcpFlags', syn)) free('tcpFlags');
    if (hook === 'FORWARD' && holds('packetType', 0)) free('packetType');
    // What comes from outside does not come by lo.
    const inside = space.dimension('inInterface')!;
    const arriving = setOf(came, inside.index);
    if (arriving?.has(1)) came = replace(came, joinSets(arriving, inside.interval(loopback(this.program), loopback(this.program))));
    // That nobody from outside bears addresses of the host, or sends to those of loopback, goes without saying.
    for (const field of ['source', 'destination'] as const) {
      const own = space.dimension(field);
      const set = own && setOf(came, own.index);
      const usual = own && (setOf(this.outer, own.index) ?? own.full);
      const here = field === 'destination' && !translation && hook === 'INPUT' && this.isHere ? setOf(this.isHere, own!.index) : undefined;
      if (set && usual && (setContains(set, usual) || (here && setContains(set, meetSets(here, usual))))) free(field);
    }
    if (holds('sourceType', unicast)) free('sourceType');
    // Where it goes tells of what type its destination is, as long as that is the one it came with.
    if (!translation && holds('destinationType', hook === 'INPUT' ? local : unicast)) free('destinationType');
    if (translation && holds('destinationType', local) && !holds('destinationType', unicast)) {
      toType = 'this host';
      free('destinationType');
    }
    const said = sayCube(space, came);
    // Of the translated packet: tests that were asked anew.
    const later = cube.sets.flatMap(({ dimension, ranges }) =>
      dimension.test && current.has(dimension.index)
        ? [`${testWords(dimension.test, ranges[0] === 1, space.family)}${translation ? ' (once translated)' : ''}`]
        : [],
    );
    return {
      service: said.protocol || said.toPort ? serviceWords(said.protocol, said.toPort) : 'everything',
      from: said.from || 'anywhere',
      to: said.to || toType,
      arriving: said.arriving,
      leaving: said.leaving,
      only: [said.fromPort && `from port ${said.fromPort}`, ...said.rest, ...said.tests, ...later].filter((words): words is string =>
        Boolean(words),
      ),
    };
  }

  /** One packet of a piece, as it comes. */
  private packetOf({ flow, hook, open }: Piece): Packet {
    const packet = pickPacket(this.program.space, this.passage.asItCame(open, flow.current), this.program.hook, this.liked);
    const numbers = new Map(packet.numbers);
    const ttl = numbers.get('ttl');
    // FORWARD sees one less than what comes.
    if (hook === 'FORWARD' && typeof ttl === 'number') numbers.set('ttl', Math.min(255, ttl + 1));
    return { ...packet, numbers, tests: testsOf(open) };
  }

  private told(rows: ReadonlyMap<string, Draft>): ExposureRow[] {
    const { space } = this.program;
    const source = space.dimension('source');
    return [...rows.values()].map(({ pieces }): ExposureRow => {
      const first = pieces[0]!;
      const { flow, hook, cube } = first;
      const but = [...new Set(pieces.flatMap((piece) => piece.but))].sort((a, b) => a - b);
      const said = this.sayingsOf(flow, cube, hook);
      const sets = pieces.map((piece) => (source && setOf(piece.cube, source.index)) || null);
      const isAnywhere = sets.includes(null) || source!.ofLoose(sets.flatMap((set) => [...set!.ranges])).count === source!.size;
      const from = isAnywhere ? ['anywhere'] : [...new Set(pieces.map((piece) => this.sayingsOf(piece.flow, piece.cube, hook).from))];
      const translations = pieces.flatMap(({ flow: { translation } }) => translation ?? []);
      const accepting = pieces.map(({ flow: { by } }) => by);
      return {
        service: said.service,
        goesTo: flow.translation ? [...new Set(pieces.map((piece) => this.targetOf(piece.flow, piece.cube)))] : [],
        names: [...new Set(translations.flatMap((one) => nameOf(one) ?? []))],
        from,
        to: said.to,
        arriving: said.arriving,
        leaving: said.leaving,
        only: [
          ...said.only,
          ...(but.length > 0 ? [leftWords(but)] : []),
          ...(pieces.every((piece) => piece.flow.isQueued) ? ['if the program behind the queue accepts'] : []),
        ],
        hook,
        translatedBy: linesOf(translations.map(({ rule }) => rule)),
        lines: linesOf(accepting.flatMap((rule) => rule ?? [])),
        byPolicy: accepting.includes(null),
        packet: this.packetOf(first),
        cubes: pieces.map((piece) => this.passage.asItCame(piece.cube, piece.flow.current)),
      };
    });
  }
}

/** "what lines 3, 9 leave". */
const leftWords = (lines: readonly number[]): string =>
  lines.length === 1
    ? `what line ${lines[0]} leaves`
    : lines.length <= 4
      ? `what lines ${lines.join(', ')} leave`
      : `what ${lines.length} earlier rules leave`;

/** Whether a cube leaves a value of a field whole: it asks nothing of it, or nothing else than it is. */
const holdsValue = (space: Space, cube: Cube, field: FieldName, value: number): boolean => {
  const code = space.code(field);
  if (code?.kind === 'ranges') {
    const set = setOf(cube, code.dimension.index);
    return !set || set.has(code.starts.filter((start) => start <= value).length - 1);
  }
  return (
    code?.kind === 'groups' &&
    code.groups.every(({ dimension, mask, index }) => {
      const set = setOf(cube, dimension.index);
      return !set || set.has(index.get(BigInt(value) & mask) ?? dimension.size - 1);
    })
  );
};

/** How tests come out, before and after rewriting. */
const testsOf = ({ sets }: Cube): Packet['tests'] =>
  sets.flatMap((set) => {
    const test = (set.dimension instanceof Twin ? set.dimension.own : set.dimension).test;
    return test ? [{ text: test.text, holds: set.has(1) }] : [];
  });

const linesOf = (rules: readonly Rule[]): number[] => [...new Set(rules.map(lineOf))].sort((a, b) => a - b);

/** What the rules call the target of a translation. */
const nameOf = ({ rule, way }: Translation): string | null => {
  for (const one of [rule, ...way.toReversed()]) {
    const name = serviceNameIn(commentsOf(one)) ?? containerNameIn(commentsOf(one));
    if (name !== null) return name;
  }
  const comment = commentsOf(rule)[0];
  return comment && comment.length <= 40 ? comment : (ownerOfRule(rule)?.name ?? null);
};

const hashOf = (numbers: readonly number[]): string => {
  let hash = 0x811c9dc5;
  for (const one of numbers) hash = Math.imul(hash ^ one, 0x01000193);
  return `${numbers.length}#${hash >>> 0}`;
};
