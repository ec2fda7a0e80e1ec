/**
 * The slow, obvious road to reachability that the engine is held against. Every field that a ruleset asks is told by a few values that tell all its
 * questions apart; every combination of them is a packet; every packet walks every rule of every hook and table on its way, and every way that
 * unknowns can fall is tried. It knows nothing of sets as diagrams or cubes; it shares with the engine the model and the predicates only.
 */
import {
  connectionStates,
  type FieldName,
  fields,
  givenOf,
  type Hook,
  hooks,
  icmpMayBe,
  isAddressField,
  meaningContext,
  type Ordinal,
  type Predicate,
  type Rewrite,
  type TableName,
  type Test,
  tablesAtHook,
  tcpMayBe,
} from '../../grammar/index.js';
import type { Chain, Rule, Ruleset } from '../../src/model/ruleset.js';

type Value = Ordinal | string;

/** One packet: a value for each asked field, and the answers that unknowns have given so far. */
interface Point {
  readonly values: readonly Value[];
  readonly told: ReadonlyMap<string, { readonly answer: boolean; readonly reads: readonly FieldName[] }>;
}

/** Packets by what tells them apart. */
type Points = Map<string, Point>;

/** More packets at one place than this: the ruleset is passed over. */
export class TooMany extends Error {}

/** A question about one field. */
type Leaf = Extract<Predicate, { readonly field: FieldName }>;

const leavesOf = (predicate: Predicate): readonly Leaf[] => {
  switch (predicate.kind) {
    case 'in':
    case 'bits':
    case 'name':
      return [predicate];
    case 'not':
      return leavesOf(predicate.of);
    case 'all':
    case 'some':
      return predicate.of.flatMap(leavesOf);
    default:
      return [];
  }
};

/** What a rule asks: its matches, and its target. */
const predicatesOf = ({ predicate, action }: Rule): readonly Predicate[] =>
  action.kind === 'target' && action.actsOn ? [predicate, action.actsOn] : [predicate];

const isName = (field: FieldName): boolean => fields[field].kind === 'name';

const holdsFor = (leaf: Leaf, value: Value): boolean => {
  switch (leaf.kind) {
    case 'name':
      return leaf.prefix ? (value as string).startsWith(leaf.name) : value === leaf.name;
    case 'in':
      return leaf.ranges.some(([low, high]) => low <= (value as Ordinal) && (value as Ordinal) <= high);
    case 'bits':
      return (BigInt(value) & BigInt(leaf.mask)) === BigInt(leaf.value);
  }
};

const stateNumber = (name: (typeof connectionStates)[number]): number => connectionStates.indexOf(name);
const untracked = stateNumber('UNTRACKED');

/** Fields that belong to the connection: raw runs before there is one. */
const connectionFields = (Object.keys(fields) as FieldName[]).filter((field) => /^(?:connection|original|reply)/.test(field));

/** What all packets of one connection that come the same way have in common. */
const ofConnection: ReadonlySet<FieldName> = new Set<FieldName>([
  'protocol',
  'source',
  'destination',
  'sourcePort',
  'destinationPort',
  'icmp',
  'laterFragment',
  ...connectionFields.filter((field) => field !== 'connectionMark' && field !== 'connectionStatus'),
]);

/** Fields that are asked anew when others change. */
const followersOf = (changed: readonly FieldName[]): readonly FieldName[] =>
  (Object.keys(fields) as FieldName[]).filter((name) =>
    (changed as readonly string[]).includes((fields[name] as { follows?: string }).follows ?? ''),
  );

/** What a hook sees anew, whatever the hook before it saw. */
const seenAnew: Partial<Record<Hook, readonly FieldName[]>> = {
  FORWARD: ['outInterface', 'physicalOut', 'outGroup', 'ttl', 'realm'],
  POSTROUTING: ['physicalOut'],
};

/** What makes the kernel look up a new route for a packet of the host, where it was changed in OUTPUT. */
const routedBy: Readonly<Record<'mangle' | 'nat', readonly FieldName[]>> = {
  mangle: ['source', 'destination', 'mark', 'tos', 'ttl'],
  nat: ['source', 'destination'],
};

/** Noted among the answers of a packet that is routed anew. */
const routedAnew = 'routed anew';

const movedAlong = (point: Point): Point => ({ ...point, told: new Map([...point.told, [routedAnew, { answer: true, reads: [] }]]) });

const settled = (point: Point): Point => ({ ...point, told: new Map([...point.told].filter(([text]) => text !== routedAnew)) });

/** Whether a rule may take what leaves by lo. */
const mayTakeLo = (predicate: Predicate): boolean => {
  if (predicate.kind === 'all') return predicate.of.every(mayTakeLo);
  if (predicate.kind === 'not')
    return predicate.of.kind !== 'name' || predicate.of.field !== 'outInterface' || !holdsFor(predicate.of, 'lo');
  return predicate.kind !== 'name' || predicate.field !== 'outInterface' || holdsFor(predicate, 'lo');
};

/** The ways of a packet. */
const ways: readonly (readonly Hook[])[] = [
  ['PREROUTING', 'INPUT'],
  ['PREROUTING', 'FORWARD', 'POSTROUTING'],
  ['OUTPUT', 'POSTROUTING'],
];

/** What a target can make of a number; null: anything. */
const rewritten = (rewrite: Rewrite, old: Ordinal, other: Ordinal, top: bigint): bigint | readonly [bigint, bigint][] | null => {
  const value = BigInt(old);
  switch (rewrite.kind) {
    case 'to':
      return rewrite.ranges.map(([low, high]) => [BigInt(low), BigInt(high)]);
    case 'xor':
      return (value & ~BigInt(rewrite.mask)) ^ BigInt(rewrite.value);
    case 'network':
      return (value & ~BigInt(rewrite.mask)) | BigInt(rewrite.value);
    case 'copy':
      return (value & ~BigInt(rewrite.mask)) ^ (BigInt(other) & BigInt(rewrite.fromMask));
    case 'add': {
      const sum = value + BigInt(rewrite.by);
      return sum < 0n ? 0n : sum >= top ? top - 1n : sum;
    }
    default:
      return null;
  }
};

/** A rule that some packet met, at one hook: which questions those packets answer yes, and what unknowns had said. */
export interface Meeting {
  readonly hook: Hook;
  readonly told: Point['told'];
}

export class SlowChecker {
  readonly ruleset: Ruleset;
  readonly asked: readonly FieldName[];
  /**
   * A target puts a field that is asked by masks with holes into a range, or a match changes one as it matches (`lost`): the engine then knows less of it than the checker, and may call live, with a packet,
   * what is dead.
   */
  readonly isLoose: boolean;
  /** How many packets enter a hook. */
  readonly size: number;
  /** By rule id: what was met, by hook and questions. */
  readonly met: Map<string, Meeting[]>[];
  private readonly heard = new Set<number>();
  private readonly values: readonly (readonly Value[])[];
  private readonly leaves: readonly Leaf[];
  private readonly leavesAt: readonly (readonly Leaf[])[];
  private readonly rewrites: readonly Rewrite[];
  private readonly most: number;
  private readonly translates: boolean;
  private readonly tracks: boolean;

  constructor(ruleset: Ruleset, most: number) {
    this.ruleset = ruleset;
    this.most = most;
    this.met = ruleset.rules.map(() => new Map());
    const predicates = ruleset.rules.flatMap(predicatesOf);
    this.leaves = predicates.flatMap(leavesOf);
    this.rewrites = ruleset.rules.flatMap(({ action }) =>
      action.kind === 'target' ? [...action.rewrites, ...hooks.flatMap((hook) => action.rewritesAt(hook))] : [],
    );
    const holed = new Set<FieldName>([
      ...this.leaves.flatMap((leaf) => (leaf.kind === 'bits' && !isPrefix(BigInt(leaf.mask), this.top(leaf.field)) ? [leaf.field] : [])),
      ...this.rewrites.flatMap((rewrite) => (rewrite.kind === 'copy' || rewrite.kind === 'xor' ? [rewrite.field] : [])),
    ]);
    this.isLoose =
      this.lost().size > 0 ||
      this.rewrites.some(
        (rewrite) =>
          holed.has(rewrite.field) &&
          (rewrite.kind === 'network' || (rewrite.kind === 'to' && rewrite.ranges.some(([low, high]) => low < high))),
      );
    const asked = new Set<FieldName>(['connectionState', 'inInterface', 'outInterface']);
    for (const { field } of this.leaves) asked.add(field);
    for (const rewrite of this.rewrites) if (rewrite.kind === 'copy' && asked.has(rewrite.field)) asked.add(rewrite.from);
    this.asked = [...asked];
    this.leavesAt = this.asked.map((field) => this.leaves.filter((leaf) => leaf.field === field));
    this.values = this.asked.map((field, at) => this.valuesOf(field, this.leavesAt[at]!));
    this.size = this.values.reduce((product, { length }) => product * length, 1);
    this.translates = (ruleset.tables.get('nat') ? [...ruleset.tables.get('nat')!.chains.values()] : []).some(({ rules }) =>
      rules.some(
        ({ action }) =>
          action.kind === 'target' &&
          action.rewrites.some(({ field }) => ['source', 'destination', 'sourcePort', 'destinationPort'].includes(field)),
      ),
    );
    this.tracks = ruleset.rules.some(
      ({ node, predicate }) =>
        asksConnection(predicate) ||
        /^(?:DNAT|SNAT|MASQUERADE|REDIRECT|NETMAP|CONNMARK|CONNSECMARK|SYNPROXY)$/.test(node.target?.name ?? '') ||
        (node.target?.name === 'CT' && !node.target.options.some(({ key }) => key === 'notrack')),
    );
  }

  private top(field: FieldName): bigint {
    const { size, width } = fields[field] as { size?: number; width: number };
    return BigInt(size ?? 0) || 1n << BigInt(isAddressField(field) ? (this.ruleset.family === 4 ? 32 : 128) : width);
  }

  private number(field: FieldName, value: bigint): Ordinal {
    return this.ruleset.family === 6 && isAddressField(field) ? value : Number(value);
  }

  /** Values of a field that answer its questions in every way that they can be answered, before and after rewriting. */
  private valuesOf(field: FieldName, leaves: readonly Leaf[]): readonly Value[] {
    if (isName(field)) {
      const names = new Set<string>(['', 'zz9']);
      if (field === 'inInterface') names.add('lo');
      for (const leaf of leaves) if (leaf.kind === 'name') names.add(leaf.prefix ? `${leaf.name}~` : leaf.name);
      return [...names];
    }
    const top = this.top(field);
    if (field === 'connectionState') return connectionStates.map((_, i) => i);
    const own = this.rewrites.filter((rewrite) => rewrite.field === field || (rewrite.kind === 'copy' && rewrite.from === field));
    let found = new Set<bigint>([0n]);
    const cut = (low: bigint, high: bigint): void => {
      for (const value of [low, high + 1n]) if (value >= 0n && value < top) found.add(value);
    };
    const twins = this.rewrites.flatMap((r) =>
      r.kind === 'copy' ? (r.field === field ? [r.from] : r.from === field ? [r.field] : []) : [],
    );
    const alike = this.leaves.filter((leaf) => leaf.field === field || (twins as readonly FieldName[]).includes(leaf.field));
    for (const leaf of alike) if (leaf.kind === 'in') for (const [low, high] of leaf.ranges) cut(BigInt(low), BigInt(high));
    const masks: [bigint, bigint][] = [];
    for (const leaf of alike) if (leaf.kind === 'bits') masks.push([BigInt(leaf.mask), BigInt(leaf.value)]);
    for (const rewrite of own) {
      if (rewrite.kind === 'to') for (const [low, high] of rewrite.ranges) cut(BigInt(low), BigInt(high));
      if (rewrite.kind === 'xor') masks.push([BigInt(rewrite.mask), BigInt(rewrite.value) & BigInt(rewrite.mask)]);
      if (rewrite.kind === 'xor' && BigInt(rewrite.value) & ~BigInt(rewrite.mask)) masks.push([BigInt(rewrite.value), 0n]);
      if (rewrite.kind === 'network') cut(BigInt(rewrite.value), (BigInt(rewrite.value) | (top - 1n)) ^ BigInt(rewrite.mask));
      if (rewrite.kind === 'add' && leaves.length > 0) {
        for (const value of [...found]) for (const by of [-2n, -1n, 1n, 2n]) cut(value + by, value + by);
        found.add(top - 1n);
      }
    }
    // What answers alike before and after every rewriting is one.
    const isCopied = own.some(({ kind }) => kind === 'copy');
    const told = (value: bigint, depth: number): string => {
      const now = this.number(field, value);
      let text = leaves.map((leaf) => (holdsFor(leaf, now) ? 1 : 0)).join('');
      for (const rewrite of own)
        if (rewrite.kind === 'to')
          text += rewrite.ranges.map(([low, high]) => (BigInt(low) <= value && value <= BigInt(high) ? 1 : 0)).join('');
      if (depth > 0)
        for (const rewrite of own) {
          const after = rewrite.kind === 'copy' ? null : rewritten(rewrite, now, 0, top);
          if (typeof after === 'bigint') text += `/${told(after, depth - 1)}`;
        }
      return text;
    };
    const thin = (): void => {
      if (isCopied) return;
      const byAnswers = new Map<string, bigint>();
      for (const value of found) {
        const key = told(value, own.length > 4 ? 1 : 2);
        if (!byAnswers.has(key)) byAnswers.set(key, value);
      }
      found = new Set(byAnswers.values());
    };
    for (const [mask, value] of new Map(masks.map((pair) => [pair.join('/'), pair])).values()) {
      // Each value, and the next behind it that leaves the bits of the mask free.
      for (const base of [...found])
        for (const each of [base, (base | mask) + 1n]) for (const bits of bitsOf(mask)) found.add((each & ~mask) | (value ^ bits));
      for (const each of [...found]) if (each >= top) found.delete(each);
      if (found.size > 400) thin();
      if (found.size > 2000) throw new TooMany();
    }
    thin();
    return [...found].map((value) => this.number(field, value));
  }

  private at(field: FieldName): number {
    return this.asked.indexOf(field);
  }

  // Questions.

  /** Answers a predicate; where it needs an answer that nobody gave, that test. */
  private answer(predicate: Predicate, point: Point, history: ReadonlyMap<Test, boolean>): boolean | Test {
    switch (predicate.kind) {
      case 'any':
        return true;
      case 'none':
        return false;
      case 'not': {
        const inner = this.answer(predicate.of, point, history);
        return typeof inner === 'boolean' ? !inner : inner;
      }
      case 'all':
      case 'some':
        for (const part of predicate.of) {
          const inner = this.answer(part, point, history);
          if (typeof inner !== 'boolean' || inner === (predicate.kind === 'some')) return inner;
        }
        return predicate.kind === 'all';
      case 'test': {
        const { test } = predicate;
        const known = test.decidedBy === 'history' ? history.get(test) : point.told.get(test.text)?.answer;
        return known ?? test;
      }
      default:
        return holdsFor(predicate, point.values[this.at(predicate.field)]!);
    }
  }

  /** Every way in which a packet can answer, with what it has told then. */
  private answers(
    predicate: Predicate,
    point: Point,
    history: ReadonlyMap<Test, boolean> = new Map(),
  ): { readonly holds: boolean; readonly point: Point; readonly history: ReadonlyMap<Test, boolean> }[] {
    const found = this.answer(predicate, point, history);
    if (typeof found === 'boolean') return [{ holds: found, point, history }];
    return [true, false].flatMap((answer) =>
      found.decidedBy === 'history'
        ? this.answers(predicate, point, new Map([...history, [found, answer]]))
        : this.answers(predicate, { ...point, told: new Map([...point.told, [found.text, { answer, reads: found.reads }]]) }, history),
    );
  }

  // Sets of points.

  private add(points: Points, point: Point): void {
    const told = [...point.told].map(([text, { answer }]) => `${text}=${answer}`).sort();
    points.set([...point.values, ...told].join(' '), point);
    if (points.size > this.most) throw new TooMany();
  }

  private all(points: Iterable<Point>): Points {
    const out: Points = new Map();
    for (const point of points) this.add(out, point);
    return out;
  }

  /** The same packets with other values of some fields, any of them, and questions that read them asked anew. */
  private open(
    points: Iterable<Point>,
    which: readonly FieldName[],
    fits: (value: Value, field: FieldName) => boolean = () => true,
  ): Point[] {
    let out = [...points].map((point) => ({ ...point, told: forget(point.told, which) }));
    for (const field of which) {
      const at = this.at(field);
      if (at < 0) continue;
      const seen = this.all(out.map((point) => ({ ...point, values: point.values.with(at, 0) })));
      out = [...seen.values()].flatMap((point) =>
        this.values[at]!.filter((value) => fits(value, field)).map((value) => ({ ...point, values: point.values.with(at, value) })),
      );
      if (out.length > this.most) throw new TooMany();
    }
    return out;
  }

  // Walking.

  private rewrite(point: Point, rewrites: readonly Rewrite[]): Point[] {
    let out: Point[] = [point];
    const followers: FieldName[] = [];
    for (const rewrite of rewrites) {
      const at = this.at(rewrite.field);
      followers.push(...followersOf([rewrite.field]));
      if (at < 0) continue;
      const other = rewrite.kind === 'copy' ? (point.values[this.at(rewrite.from)] as Ordinal) : 0;
      out = out.flatMap((each) => {
        const after = rewritten(rewrite, point.values[at] as Ordinal, other, this.top(rewrite.field));
        const all = this.values[at]!;
        const fits =
          after === null
            ? all
            : typeof after === 'bigint'
              ? [this.number(rewrite.field, after)]
              : all.filter((value) => after.some(([low, high]) => low <= BigInt(value) && BigInt(value) <= high));
        return fits.map((value) => ({ ...each, values: each.values.with(at, value) }));
      });
    }
    const touched = rewrites.map(({ field }) => field);
    return this.open(
      out.map((each) => ({ ...each, told: forget(each.told, touched) })),
      followers,
    );
  }

  /** Whether connection tracking may give the packet its state. In raw it may look NEW whatever it is. */
  private isHeard(rule: Rule, point: Point): boolean {
    const number = (field: FieldName): number | null => (this.at(field) < 0 ? null : Number(point.values[this.at(field)]));
    const [protocol, flags, icmp] = [number('protocol'), number('tcpFlags'), number('icmp')];
    const state = connectionStates[this.state(point)]!;
    const { family } = this.ruleset;
    if (rule.chain.table.name === 'raw') return true;
    if (protocol === 59 && family === 6) return state === 'INVALID' || state === 'UNTRACKED';
    if (protocol === 6 && flags !== null) return tcpMayBe(flags, state);
    return protocol !== (family === 4 ? 1 : 58) || icmp === null || icmpMayBe(family, icmp >> 8, state);
  }

  private note(rule: Rule, hook: Hook, point: Point): void {
    if (this.isHeard(rule, point)) this.heard.add(rule.id);
    const found = this.met[rule.id]!;
    const key = `${hook} ${this.told((field) => point.values[this.at(field)]!)}`;
    const list = found.get(key);
    if (list) list.push({ hook, told: point.told });
    else found.set(key, [{ hook, told: point.told }]);
  }

  /** The answers of a packet to all questions about fields. */
  private told(value: (field: FieldName) => Value): string {
    return this.leaves.map((leaf) => (holdsFor(leaf, value(leaf.field)) ? 1 : 0)).join('');
  }

  /** Walks a chain with many packets. What comes back, and what was accepted. */
  private walk(chain: Chain, entering: Points, hook: Hook): { readonly back: Points; readonly accepted: Points } {
    let here = entering;
    const back: Points = new Map();
    const accepted: Points = new Map();
    for (const rule of chain.rules) {
      const next: Points = new Map();
      const called: Points = new Map();
      for (const point of here.values())
        for (const { holds, point: asked } of this.answers(rule.predicate, point)) {
          const changed = this.changedByMatches(rule, asked);
          for (const now of changed) {
            if (!holds) this.add(next, now);
            else {
              this.note(rule, hook, now);
              this.act(rule, now, hook, { next, called, back, accepted });
            }
          }
        }
      if (called.size > 0 && (rule.action.kind === 'jump' || rule.action.kind === 'goto')) {
        const inner = this.walk(rule.action.chain, called, hook);
        for (const point of inner.accepted.values()) this.add(accepted, point);
        for (const point of inner.back.values()) this.add(rule.action.kind === 'jump' ? next : back, point);
      }
      here = next;
    }
    for (const point of here.values()) this.add(back, point);
    return { back, accepted };
  }

  /** A match may change what it looks at, whatever else its rule asks. */
  private changedByMatches(rule: Rule, point: Point): readonly Point[] {
    const rewrites = rule.node.matches.flatMap(({ spec, options }) => {
      const given = spec?.rewrites ? (givenOf(spec, options) as never) : null;
      return given ? spec!.rewrites!(given, meaningContext(this.ruleset.family, options)) : [];
    });
    return rewrites.length === 0 ? [point] : [point, ...this.rewrite(point, rewrites)];
  }

  private act(
    { action, chain }: Rule,
    point: Point,
    hook: Hook,
    to: { readonly next: Points; readonly called: Points; readonly back: Points; readonly accepted: Points },
  ): void {
    const { name } = chain.table;
    const isQueued = action.kind === 'target' && action.effect.kind === 'verdict' && action.effect.verdict === 'queue';
    const isChanged =
      (name === 'mangle' || name === 'nat') &&
      (action.kind === 'unknown' || (action.kind === 'target' && action.rewrites.some(({ field }) => routedBy[name].includes(field))));
    const isMoved = hook === 'OUTPUT' && (isQueued || isChanged);
    if (action.kind === 'none') this.add(to.next, point);
    else if (action.kind === 'jump' || action.kind === 'goto') this.add(to.called, point);
    // What a target that nobody knows does is not known: it may let pass, or accept.
    else if (action.kind === 'unknown') {
      const now = isMoved ? movedAlong(point) : point;
      this.add(to.next, now);
      this.add(to.accepted, now);
    } else
      for (const { holds, point: asked } of action.actsOn ? this.answers(action.actsOn, point) : [{ holds: true, point }]) {
        if (!holds) this.add(to.next, asked);
        else if (action.effect.kind === 'return') this.add(to.back, asked);
        else {
          const isSet = action.name === 'SET';
          for (const after of this.rewrite(asked, action.rewritesAt(hook))) {
            const left = isMoved ? movedAlong(after) : after;
            const now = isSet ? { ...left, told: withoutSets(left.told) } : left;
            if (action.effect.kind === 'continue') this.add(to.next, now);
            else if (action.effect.verdict === 'accept' || action.effect.verdict === 'queue') this.add(to.accepted, now);
          }
        }
      }
  }

  /** All packets that a hook can carry. */
  private entering(hook: Hook): Point[] {
    let points: Point[] = [{ values: this.asked.map(() => 0), told: new Map() }];
    for (const [at, field] of this.asked.entries()) {
      const fits = this.values[at]!.filter((value) => {
        if (field === 'inInterface') return (value === '') === (hook === 'OUTPUT');
        if (field === 'outInterface') return (value === '') === (hook === 'PREROUTING');
        return field !== 'laterFragment' || !this.tracks || value === 0;
      });
      points = points.flatMap((point) => fits.map((value) => ({ ...point, values: point.values.with(at, value) })));
      if (points.length > this.most) throw new TooMany();
    }
    return points;
  }

  private isLoopback(point: Point): boolean {
    return point.values[this.at('inInterface')] === 'lo';
  }

  private state(point: Point): number {
    return point.values[this.at('connectionState')] as number;
  }

  private passTable(name: TableName, hook: Hook, here: readonly Point[]): readonly Point[] {
    const chain = this.ruleset.tables.get(name)?.chains.get(hook);
    if (!chain) return here;
    const passing: Point[] = [];
    let asked = here;
    if (name === 'raw')
      asked = here.filter(
        (point) =>
          this.isLoopback(point) ||
          (hook === 'PREROUTING' ? ['INVALID'] : ['INVALID', 'RELATED', 'UNTRACKED']).some(
            (state) => stateNumber(state as 'NEW') === this.state(point),
          ),
      );
    const translated = (points: readonly Point[]): readonly Point[] =>
      hook === 'OUTPUT' && this.answersMove() ? points.map(movedAlong) : points;
    if (name === 'nat') {
      const isAsked = (point: Point): boolean =>
        ['NEW', 'RELATED'].some((state) => stateNumber(state as 'NEW') === this.state(point)) &&
        !(hook === 'PREROUTING' && this.isLoopback(point));
      asked = here.filter(isAsked);
      passing.push(...here.filter((point) => !isAsked(point)));
      // Later packets are translated as their connection was, and replies back again.
      const later = here.filter((point) => ['ESTABLISHED', 'RELATED'].some((state) => stateNumber(state as 'NEW') === this.state(point)));
      if (this.translates)
        passing.push(
          ...translated(
            this.open(
              later,
              hook === 'PREROUTING' || hook === 'OUTPUT'
                ? ['destination', 'destinationPort', 'destinationType', 'realm']
                : ['source', 'sourcePort', 'sourceType'],
            ),
          ),
        );
    }
    const { back, accepted } = this.walk(chain, this.all(asked), hook);
    passing.push(...accepted.values());
    if (name === 'nat' && this.translates) passing.push(...this.following(chain, hook, asked));
    if (chain.policy !== 'DROP') passing.push(...back.values());
    if (name !== 'raw') return [...this.all(passing).values()];
    // Connection tracking comes behind raw.
    const isUntracked = (point: Point): boolean => this.state(point) === untracked;
    return [
      ...this.all([
        ...passing.filter(isUntracked),
        ...this.open(
          passing.filter((point) => !isUntracked(point)),
          connectionFields,
        ),
      ]).values(),
    ];
  }

  /**
   * A connection that nobody has answered yet goes on with NEW packets, which nat is not asked about: they are translated as the first one was. Each packet
   * may follow each other one of the same connection.
   */
  private following(chain: Chain, hook: Hook, asked: readonly Point[]): readonly Point[] {
    const fresh = asked.filter((point) => this.state(point) === stateNumber('NEW'));
    const written: readonly FieldName[] =
      hook === 'PREROUTING' || hook === 'OUTPUT'
        ? ['destination', 'destinationPort', 'replySource', 'replySourcePort', 'connectionStatus']
        : ['source', 'sourcePort', 'replyDestination', 'replyDestinationPort', 'connectionStatus'];
    const places = written.map((field) => this.at(field)).filter((at) => at >= 0);
    const byConnection = new Map<string, Point[]>();
    for (const point of fresh) {
      const key = this.asked.map((field, at) => (ofConnection.has(field) ? point.values[at] : '')).join(' ');
      const list = byConnection.get(key);
      if (list) list.push(point);
      else byConnection.set(key, [point]);
    }
    const out: Point[] = [];
    for (const points of byConnection.values()) {
      const results = new Map<string, { readonly values: readonly Value[]; readonly isMoved: boolean }>();
      const { accepted, back } = this.walk(chain, this.all(points.map(settled)), hook);
      for (const after of [...accepted.values(), ...back.values()]) {
        const values = places.map((at) => after.values[at]!);
        const isMoved = after.told.has(routedAnew);
        results.set([isMoved, ...values].join(' '), { values, isMoved });
      }
      if (results.size < 2 && points.length === 1) continue;
      for (const point of points)
        for (const { values, isMoved } of results.values()) {
          let next = point.values;
          for (const [i, at] of places.entries()) next = next.with(at, values[i]!);
          const follower = { values: next, told: forget(point.told, written) };
          out.push(...this.open([isMoved ? movedAlong(follower) : follower], followersOf(written)));
        }
      if (out.length > this.most * 4) throw new TooMany();
    }
    return out;
  }

  /** Whether packets of known connections may be routed anew: sent elsewhere by OUTPUT, or answers to what got another source. */
  private answersMove(): boolean {
    const writes = (table: TableName, hook: Hook, fields: readonly FieldName[], fits: (rule: Rule) => boolean = () => true): boolean => {
      const start = this.ruleset.tables.get(table)?.chains.get(hook);
      const seen = new Set(start ? [start] : []);
      for (const { rules } of seen)
        for (const rule of rules) {
          const { action } = rule;
          if (action.kind === 'jump' || action.kind === 'goto') seen.add(action.chain);
          if (action.kind === 'target' && fits(rule) && action.rewrites.some(({ field }) => fields.includes(field))) return true;
        }
      return false;
    };
    return (
      writes('nat', 'OUTPUT', ['destination']) ||
      writes('nat', 'INPUT', ['source']) ||
      writes('nat', 'POSTROUTING', ['source'], ({ predicate }) => mayTakeLo(predicate)) ||
      writes('raw', 'OUTPUT', ['mark', 'tos'])
    );
  }

  private cross(points: readonly Point[], hook: Hook, from: Hook): readonly Point[] {
    let here = points;
    if (from === 'OUTPUT') {
      // What OUTPUT changed so that it is routed anew leaves by any interface, the rest by the one that OUTPUT saw.
      const [moved, stayed] = [here.filter(({ told }) => told.has(routedAnew)), here.filter(({ told }) => !told.has(routedAnew))];
      const anew = this.open(moved, ['outInterface', 'outGroup', 'realm'], (value, field) => field !== 'outInterface' || value !== '');
      here = [...this.all([...stayed, ...anew.map(settled)]).values()];
    }
    if (hook === 'INPUT' && this.ruleset.family === 4 && this.at('laterFragment') >= 0)
      here = here.filter((point) => point.values[this.at('laterFragment')] === 0);
    const anew = seenAnew[hook];
    return anew ? this.open(here, anew, (value, field) => field !== 'outInterface' || value !== '') : here;
  }

  /** Walks all packets all ways. */
  run(): void {
    for (const way of ways) {
      let here: readonly Point[] = this.entering(way[0]!);
      for (const [i, hook] of way.entries()) {
        if (i > 0) here = this.cross(here, hook, way[i - 1]!);
        for (const table of tablesAtHook[hook]) here = this.passTable(table, hook, here);
      }
    }
  }

  isMet(rule: Rule): boolean {
    return this.met[rule.id]!.size > 0;
  }

  /** Met only by packets with states that connection tracking never gives them: the engine sees so where one rule asks for both. */
  isUnheard(rule: Rule): boolean {
    return this.isMet(rule) && !this.heard.has(rule.id);
  }

  /** Fields that matches change as they match, and those that targets copy them to: the engine tells nothing of what they hold. */
  private lost(): ReadonlySet<FieldName> {
    const lost = new Set<FieldName>();
    for (const { node } of this.ruleset.rules)
      for (const { spec, options } of node.matches) {
        const given = spec?.rewrites ? (givenOf(spec, options) as never) : null;
        if (given) for (const { field } of spec!.rewrites!(given, meaningContext(this.ruleset.family, options))) lost.add(field);
      }
    for (let size = -1; size < lost.size; ) {
      size = lost.size;
      for (const rewrite of this.rewrites) if (rewrite.kind === 'copy' && lost.has(rewrite.from)) lost.add(rewrite.field);
    }
    return lost;
  }

  /**
   * Whether a packet told of a rule is one of those that met it: at that hook, with those answers. `asItEnters`: fields that targets of the rule's table
   * change are told as they were before.
   */
  isAmong(
    rule: Rule,
    packet: {
      readonly hook: Hook | null;
      readonly numbers: ReadonlyMap<FieldName, Ordinal>;
      readonly names: ReadonlyMap<FieldName, string>;
      readonly tests: readonly { readonly text: string; readonly holds: boolean }[];
    },
    asItEnters: boolean,
  ): boolean {
    const told = this.told((field) =>
      isName(field) ? (packet.names.get(field) ?? '') : (packet.numbers.get(field) ?? this.number(field, 0n)),
    );
    const changedHere = asItEnters
      ? [...rule.chain.table.chains.values()].flatMap(({ rules }) =>
          rules.flatMap(({ action }) => (action.kind === 'target' ? action.rewrites.map(({ field }) => field) : [])),
        )
      : [];
    const changed: readonly FieldName[] = [...this.lost(), ...changedHere];
    const isLoose = this.leaves.map(({ field }) => changed.includes(field));
    const wanted = `${packet.hook} ${told}`;
    const start = wanted.length - told.length;
    const found = changed.length === 0 ? [wanted] : [...this.met[rule.id]!.keys()];
    return found.some(
      (key) =>
        key.length === wanted.length &&
        [...key].every((letter, i) => letter === wanted[i] || isLoose[i - start]) &&
        (this.met[rule.id]!.get(key) ?? []).some(({ told: answers }) =>
          packet.tests.every(({ text, holds }) => {
            const known = answers.get(text);
            if (known === undefined || known.answer === holds) return true;
            // Asked twice, and answered anew in between.
            return (
              known.reads.some((field) => changed.includes(field)) || packet.tests.some((two) => two.text === text && two.holds !== holds)
            );
          }),
        ),
    );
  }
}

/** Ones above, zeros below. */
const isPrefix = (mask: bigint, top: bigint): boolean => ((top - mask) & (top - mask - 1n)) === 0n;

/** Some values of the bits of a mask: all of them where they are few. */
const bitsOf = (mask: bigint): readonly bigint[] => {
  const single: bigint[] = [];
  for (let bit = 1n; bit <= mask; bit <<= 1n) if (mask & bit) single.push(bit);
  if (single.length > 4) return [0n, single[0]!, single.at(-1)!];
  let all = [0n];
  for (const bit of single) all = all.concat(all.map((other) => other | bit));
  return all;
};

const forget = (told: Point['told'], which: readonly FieldName[]): Point['told'] =>
  [...told.values()].some(({ reads }) => reads.some((field) => which.includes(field)))
    ? new Map([...told].filter(([, { reads }]) => !reads.some((field) => which.includes(field))))
    : told;

const withoutSets = (told: Point['told']): Point['told'] => new Map([...told].filter(([text]) => !text.startsWith('-m set')));

/** Whether a condition makes the kernel track connections. */
const asksConnection = (predicate: Predicate): boolean => {
  switch (predicate.kind) {
    case 'not':
      return asksConnection(predicate.of);
    case 'all':
    case 'some':
      return predicate.of.some(asksConnection);
    case 'in':
    case 'bits':
      return connectionFields.includes(predicate.field);
    case 'test':
      return /^(conn|ct|state$|helper$|cluster$|nat)/.test(predicate.test.extension);
    default:
      return false;
  }
};
