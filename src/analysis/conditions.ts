/**
 * What rules ask and write: gathered from all of them, so that the space can be cut, then each condition made ready for sets. Rules of one make mostly
 * differ by addresses and ports alone: what they have in common is asked once, and of each rule only its ranges are looked at, as numbers (`Plan`). Of
 * 100,000 rules of kube-proxy three in four are read so; whole predicates for each of them take more than twice the time.
 */
import {
  all,
  type Family,
  type FieldName,
  fields,
  givenInPart,
  givenOf,
  hasHistory,
  hooks,
  meaningContext,
  type NumberField,
  type Ordinal,
  optionsIn,
  outlined,
  type Predicate,
  type Rewrite,
  type TableName,
  type Test,
  targetOf,
} from '../../grammar/index.js';
import { type Make, type Makes, makesOf, rulesLike } from '../model/makes.js';
import type { Rule, Ruleset } from '../model/ruleset.js';
import { type Cube, cubeOf, cubesOf, everything } from '../packets/cube.js';
import { type Form, type Space, ValueSet } from '../packets/space.js';
import { mayBe } from './states.js';

/** A condition that would be more cubes than this is kept as its form alone. */
export const mostCubes = 24;

const nothing: readonly Cube[] = [];
/** Every packet, as cubes. */
export const whole: readonly Cube[] = [everything];

/** What a rule asks, ready for sets. */
export interface Condition {
  /** Null: the only cube tells it. */
  readonly form: Form | null;
  /** Null: too many. */
  readonly cubes: readonly Cube[] | null;
  /** It asks for a state that connection tracking gives to none of the packets that it asks for. */
  readonly isStateless: boolean;
}

/** An option whose value differs from rule to rule, and asks for a field in some ranges. */
interface Part {
  /** Index among the values of a rule. */
  readonly slot: number;
  readonly negated: boolean;
  readonly field: NumberField;
  readonly ranges: (value: unknown, negated: boolean) => readonly Ordinal[] | null;
}

/** What rules of a make ask, where they differ in ranges alone. */
interface Plan {
  /** What all of them ask. */
  readonly same: Predicate;
  readonly parts: readonly Part[];
  /** `same` as sets, once the space is cut; null: it is no plain conjunction, or a field is not cut by ranges. */
  sets: readonly ValueSet[] | null | undefined;
}

const ofConnection = /^(?:connection|original|reply)/;

/** Fields and extensions that make the kernel track connections in this namespace. */
const tracks = (predicate: Predicate): boolean => {
  switch (predicate.kind) {
    case 'in':
    case 'bits':
      return ofConnection.test(predicate.field);
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

/** CT makes the kernel track, but for CT --notrack. */
const isTracking = ({ node }: Rule): boolean =>
  trackingTargets.has(targetOf(node) ?? '') && !outlined(node).outline.target!.options.some(({ key }) => key === 'notrack');

/**
 * Fields that a match changes as it matches, whatever else its rule asks (`-m socket --restore-skmark`), and those that targets copy them to. What they
 * hold is then not followed: every question about them is open.
 */
const changedByMatches = (ruleset: Ruleset): ReadonlySet<FieldName> => {
  const found = new Set<FieldName>();
  const changing = rulesLike(ruleset, ({ outline }) => outline.matches.some(({ spec }) => spec?.rewrites));
  for (const { node } of changing) {
    const { outline, values } = outlined(node);
    for (const use of outline.matches) {
      if (!use.spec?.rewrites) continue;
      const options = optionsIn(use, values);
      const given = givenOf(use.spec, options) as never;
      if (given) for (const { field } of use.spec.rewrites(given, meaningContext(ruleset.family, options))) found.add(field);
    }
  }
  for (let size = -1; found.size > size && found.size > 0; ) {
    size = found.size;
    for (const { action } of ruleset.rules)
      if (action.kind === 'target')
        for (const rewrite of action.rewrites) if (rewrite.kind === 'copy' && found.has(rewrite.from)) found.add(rewrite.field);
  }
  return found;
};

/** A predicate with questions about some fields left open. */
const forgetting = (predicate: Predicate, lost: ReadonlySet<FieldName>): Predicate => {
  switch (predicate.kind) {
    case 'in':
    case 'bits':
      if (!lost.has(predicate.field)) return predicate;
      return { kind: 'test', test: fateTest(`the ${fields[predicate.field].words}, which a match may have changed`) };
    case 'not':
      return { kind: 'not', of: forgetting(predicate.of, lost) };
    case 'all':
    case 'some':
      return { kind: predicate.kind, of: predicate.of.map((part) => forgetting(part, lost)) };
    case 'test':
      return predicate.test.reads.some((field) => lost.has(field))
        ? { kind: 'test', test: { ...predicate.test, decidedBy: 'history' } }
        : predicate;
    default:
      return predicate;
  }
};

/** A question that is nothing but its text, asked at each visit. */
export const fateTest = (text: string): Test => ({ extension: '', text, decidedBy: 'history', reads: [], given: {} });

const planOf = ({ outline }: Make, family: Family): Plan | null => {
  const same: Predicate[] = [];
  const parts: Part[] = [];
  for (let i = 0; i < outline.matches.length; i++) {
    const { spec, options } = outline.matches[i]!;
    if (!spec || (spec.families && !spec.families.includes(family))) return null;
    // What asks nothing whatever it is given, as a comment.
    const isConstant = spec.matches.length === 0;
    for (let j = 0; j < options.length; j++) {
      const { spec: option, slot, negated } = options[j]!;
      if (slot >= 0 && !isConstant) {
        if (!option?.within) return null;
        parts.push({ slot, negated, ...option.within });
      }
    }
    const fixed = options.filter(({ slot }) => slot < 0);
    // Whether all that is required is there does not lean on values.
    const given = isConstant ? {} : givenOf(spec, options) && givenInPart(spec, fixed);
    if (!given) return null;
    same.push(spec.matches(given as never, meaningContext(family, fixed)));
  }
  const predicate = all(...same);
  return parts.length === 0 || hasHistory(predicate) ? null : { same: predicate, parts, sets: undefined };
};

/**
 * Notes what rules ask and write, then tells their conditions. It has a method for each rule: called 100,000 times it is compiled early, which a loop in a
 * function that runs once is not.
 */
export class Asking {
  private readonly makes: Makes;
  private readonly family: Family;
  /** By rule id what the rule asks, where no plan tells. */
  private readonly predicates: (Predicate | undefined)[];
  /** By make. Undefined: not looked for yet; null: there is none. */
  private readonly plans: (Plan | null | undefined)[];
  /** By rule id, where a plan tells, the place of its first bound among `bounds`. */
  private readonly placeOf: Int32Array;
  /** Of each part of each rule how many numbers follow, then first and last value of each range. */
  private readonly bounds: Ordinal[] = [];
  /** What the last rule of each make asked and was told, if that is nothing of its own. */
  private readonly told: (Told | undefined)[];
  /** Of a part of a ruleset: rules keep their numbers. */
  readonly count: number;
  /** Some rule makes the kernel track connections. */
  assembles = false;
  private readonly space: Space;
  private readonly lost: ReadonlySet<FieldName>;
  /** What the last rule of each make asks: most rules of some makes ask the same. */
  private readonly last: (Predicate | undefined)[];
  private readonly rewriting: Rule[] = [];
  /** Makes of rules that translate, all but their first ones left out of `rewriting`. */
  private readonly translating = new Set<number>();
  private readonly ruleset: Ruleset;
  /** What fields take is told value by value. */
  private readonly tells: boolean;

  constructor(ruleset: Ruleset, space: Space, tells: boolean) {
    this.ruleset = ruleset;
    this.tells = tells;
    this.space = space;
    this.family = ruleset.family;
    this.makes = makesOf(ruleset);
    this.count = (ruleset.rules.at(-1)?.id ?? -1) + 1;
    this.predicates = new Array(this.count);
    this.placeOf = new Int32Array(this.count).fill(-1);
    this.lost = changedByMatches(ruleset);
    const { length } = this.makes.makes;
    this.last = new Array(length);
    this.plans = new Array(length);
    this.told = new Array(length);
  }

  note(rule: Rule): void {
    const make = this.makes.of[rule.id]!;
    const plan = this.planOf(make);
    if (plan === null || !this.noteRanges(rule, plan)) this.notePredicate(rule, make);
    const { action } = rule;
    if (action.kind !== 'target') return;
    if (!this.assembles && isTracking(rule)) this.assembles = true;
    if (action.actsOn) this.space.collect(action.actsOn);
    if (action.translates && !this.tells) {
      if (this.translating.has(make)) return;
      this.translating.add(make);
    }
    if (action.rewrites.length > 0) this.rewriting.push(rule);
  }

  private planOf(make: number): Plan | null {
    let plan = this.plans[make];
    if (plan === undefined) {
      plan = this.lost.size > 0 ? null : planOf(this.makes.makes[make]!, this.family);
      this.plans[make] = plan;
      if (plan !== null) this.collect(plan.same);
    }
    return plan;
  }

  private collect(predicate: Predicate): void {
    this.space.collect(predicate);
    if (!this.assembles && tracks(predicate)) this.assembles = true;
  }

  private notePredicate(rule: Rule, make: number): void {
    const { lost, last } = this;
    const predicate = lost.size === 0 ? rule.condition : forgetting(rule.condition, lost);
    this.predicates[rule.id] = predicate;
    if (predicate === last[make]) return;
    last[make] = predicate;
    this.collect(predicate);
  }

  /** False: some value is no list of ranges. */
  private noteRanges(rule: Rule, { parts }: Plan): boolean {
    const { bounds, space } = this;
    const { values } = outlined(rule.node);
    const place = bounds.length;
    for (let i = 0; i < parts.length; i++) {
      const { slot, negated, ranges } = parts[i]!;
      const found = ranges(values[slot], negated);
      if (found === null) {
        bounds.length = place;
        return false;
      }
      bounds.push(found.length);
      for (let j = 0; j < found.length; j++) bounds.push(found[j]!);
    }
    for (let i = 0, at = place; i < parts.length; i++) {
      const { field } = parts[i]!;
      const end = at + 1 + (bounds[at++] as number);
      for (; at < end; at += 2) space.collectRange(field, bounds[at]!, bounds[at + 1]!);
    }
    this.placeOf[rule.id] = place;
    return true;
  }

  /** What is written, once all that is asked is known: values last, since what else is written says how their fields are cut. */
  noteRewrites(): void {
    const { space, tells, rewriting } = this;
    for (let i = 0; i < rewriting.length; i++)
      eachRewrite(rewriting[i]!, (rewrite) => {
        if (!takesValues(rewrite)) space.collectRewrite(rewrite, tells);
      });
    const values = (rewrite: Rewrite): void => {
      if (takesValues(rewrite)) space.collectRewrite(rewrite, tells);
    };
    for (let i = 0; i < rewriting.length; i++) eachRewrite(rewriting[i]!, values);
    if (tells || !fieldsTranslated.some((field) => space.isGrouped(field))) return;
    // Under masks each value counts, so here the rules of a make that were left out count, too.
    for (const rule of this.ruleset.rules) if (this.translating.has(this.makes.of[rule.id]!)) eachRewrite(rule, values);
  }

  /** What a rule asks, once the space is cut. */
  conditionOf(rule: Rule, table: TableName): Condition {
    const make = this.makes.of[rule.id]!;
    const known = this.told[make];
    if (known && this.isTold(known, rule.id)) return known.condition;
    const { dimensions } = this.space;
    const before = dimensions.length;
    const condition = this.planned(rule.id, make, table) ?? conditionOf(this.predicates[rule.id] ?? rule.condition, table, this.space);
    // What asks something new asks it for this rule alone, or is asked for the first time.
    if (dimensions.length === before) this.told[make] = { id: rule.id, condition };
    return condition;
  }

  /** Whether a rule asks what the one before of its make did. */
  private isTold({ id: before }: Told, id: number): boolean {
    const { placeOf, predicates, bounds } = this;
    const place = placeOf[id]!;
    const other = placeOf[before]!;
    if (place < 0 || other < 0) return place === other && predicates[id] === predicates[before];
    const { length } = this.plans[this.makes.of[id]!]!.parts;
    for (let i = 0, at = 0; i < length; i++) {
      const end = at + 1 + (bounds[place + at] as number);
      for (; at < end; at++) if (bounds[place + at] !== bounds[other + at]) return false;
    }
    return true;
  }

  /** The condition as the plan of its make tells it; null: it does not. */
  private planned(id: number, make: number, table: TableName): Condition | null {
    const place = this.placeOf[id]!;
    if (place < 0) return null;
    const { space, bounds } = this;
    const plan = this.plans[make]!;
    if (plan.sets === undefined) plan.sets = this.setsOf(plan);
    if (plan.sets === null) return null;
    const sets = setsHere;
    sets.length = 0;
    for (let i = 0; i < plan.sets.length; i++) sets.push(plan.sets[i]!);
    for (let i = 0, at = place; i < plan.parts.length; i++) {
      const { field, negated } = plan.parts[i]!;
      const from = at + 1;
      at = from + (bounds[at] as number);
      const set = space.within(field, bounds, from, at, negated);
      if (set.count === 0) return never;
      if (set.count < set.dimension.size) sets.push(set);
    }
    return ofCube(cubeOf(sets), table, space);
  }

  private setsOf({ same, parts }: Plan): readonly ValueSet[] | null {
    const { space } = this;
    if (!parts.every(({ field }) => space.code(field)?.kind === 'ranges')) return null;
    const sets = space.condition(same);
    return Array.isArray(sets) ? sets : sets === true ? [] : sets instanceof ValueSet ? [sets] : null;
  }
}

const takesValues = ({ kind }: Rewrite): boolean => kind === 'to' || kind === 'network';

const fieldsTranslated = [
  'source',
  'destination',
  'sourcePort',
  'destinationPort',
  'replySource',
  'replyDestination',
  'replySourcePort',
  'replyDestinationPort',
] as const;

/** All that a rule may write, at some hook. */
const eachRewrite = ({ action, chain }: Rule, each: (rewrite: Rewrite) => void): void => {
  if (action.kind !== 'target') return;
  const { rewrites } = action;
  let isByHook = false;
  for (let i = 0; i < rewrites.length; i++) {
    each(rewrites[i]!);
    if (rewrites[i]!.kind === 'unknown') isByHook = true;
  }
  // NETMAP and REDIRECT write what is known by hook only.
  if (isByHook && chain.table.name === 'nat') for (const at of hooks) for (const rewrite of action.rewritesAt(at)) each(rewrite);
};

/** Where conditions are put together. */
const setsHere: ValueSet[] = [];

/** What a rule was told. */
interface Told {
  readonly id: number;
  readonly condition: Condition;
}

const never: Condition = { form: false, cubes: nothing, isStateless: false };

const conditionOf = (predicate: Predicate, table: TableName, space: Space): Condition => {
  const condition = space.condition(predicate);
  if (Array.isArray(condition)) return ofCube(cubeOf(condition as ValueSet[]), table, space);
  const form = condition as Form;
  const cubes = cubesOf(form, mostCubes);
  return isStateless(cubes, table, space) ? noState : { form, cubes, isStateless: false };
};

const ofCube = (cube: Cube | null, table: TableName, space: Space): Condition => {
  if (cube === null) return never;
  if (cube === everything) return always;
  const cubes = [cube];
  return isStateless(cubes, table, space) ? noState : { form: null, cubes, isStateless: false };
};

const always: Condition = { form: true, cubes: whole, isStateless: false };
const noState: Condition = { form: false, cubes: nothing, isStateless: true };

/** In raw a packet of any kind may look NEW: behind CT. */
const isStateless = (cubes: readonly Cube[] | null, table: TableName, space: Space): boolean =>
  cubes !== null && cubes.length > 0 && table !== 'raw' && !cubes.some((cube) => mayBe(space, cube));
