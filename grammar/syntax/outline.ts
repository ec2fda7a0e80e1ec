/**
 * What a rule is made of apart from its values and its place: `-s _ -p tcp -m tcp --dport _ -j ACCEPT`. Rulesets hold few outlines: 100,000 rules of
 * kube-proxy have about sixty. A rule whose words follow a known outline is read by it: only the values differ, so only they are parsed, and no node
 * is made for it. Whoever goes through all rules asks for outlines and values; whoever wants one rule with all its places asks for nodes.
 */
import { findTarget } from '../extensions/catalogue.js';
import type { BesideMatch, MatchSpec, MeaningContext, OptionSpec, TargetSpec } from '../extensions/define.js';
import { givenOf, meaningContext, type ReadOption } from '../extensions/given.js';
import type { Family } from '../netfilter/families.js';
import type { HostName, Network } from '../values/address.js';
import { Fault, type ValueContext, type ValueType } from '../values/value.js';
import type { MatchNode, OptionNode, RuleNode, TargetNode } from './ast.js';
import { Kind, type WordStore } from './store.js';
import { wordAt } from './words.js';

/** One option of an outline. */
export interface OutlineOption {
  readonly key: string;
  /** Null: unknown, or its value could not be read. */
  readonly spec: OptionSpec<unknown> | null;
  readonly negated: boolean;
  /** Index of its value among the rule's; -1: all rules of the outline have `value`. */
  readonly slot: number;
  readonly value: unknown;
  readonly words: readonly string[];
}

/** One use of an extension. */
export interface OutlineUse<S extends MatchSpec | TargetSpec = MatchSpec | TargetSpec> {
  readonly name: string;
  readonly spec: S | null;
  readonly options: readonly OutlineOption[];
  /** Some option takes a value that differs from rule to rule. */
  readonly varies: boolean;
}

export interface OutlineTarget extends OutlineUse<TargetSpec> {
  readonly goto: boolean;
  /** Index of its name among the rule's values; -1: all rules of the outline have `name`. */
  readonly slot: number;
}

/** The families whose program passes over such a rule: that of `iptables` where `-6` is given. */
const passingOver = (matches: readonly OutlineUse[]): readonly Family[] => {
  const [basics] = matches;
  if (basics?.name !== '') return noFamilies;
  return basics.options.flatMap(({ key }) => (key === 'ipv6' ? [4] : key === 'ipv4' ? [6] : []));
};

const noFamilies: readonly Family[] = [];

export class Outline {
  readonly matches: readonly OutlineUse<MatchSpec>[];
  readonly target: OutlineTarget | null;
  /** False where part of the line could not be read. */
  readonly whole: boolean;
  /** Families whose program passes over such a rule, as one that is for the other. */
  readonly passedOverBy: readonly Family[];

  constructor(matches: readonly OutlineUse<MatchSpec>[], target: OutlineTarget | null, whole: boolean) {
    this.matches = matches;
    this.target = target;
    this.whole = whole;
    this.passedOverBy = passingOver(matches);
  }
}

/** A rule as its outline and what fills it. */
export interface Outlined {
  readonly outline: Outline;
  readonly values: readonly unknown[];
}

/** The options of a use as one rule has them. */
export const optionsIn = ({ options, varies }: OutlineUse, values: readonly unknown[]): readonly ReadOption[] =>
  varies ? options.map(({ key, spec, negated, slot, value }) => ({ key, spec, negated, value: slot < 0 ? value : values[slot] })) : options;

/** The value of one option of a rule. */
export const valueIn = ({ slot, value }: OutlineOption, values: readonly unknown[]): unknown => (slot < 0 ? value : values[slot]);

/** One option as a rule has it. */
export interface GivenOption {
  readonly key: string;
  readonly spec: OptionSpec<unknown>;
  readonly negated: boolean;
  readonly value: unknown;
}

/** One option of a use, if it was given and read. */
export const optionIn = ({ options }: OutlineUse, key: string, values: readonly unknown[]): GivenOption | null => {
  for (let i = 0; i < options.length; i++) {
    const option = options[i]!;
    if (option.key === key && option.spec !== null)
      return { key, spec: option.spec, negated: option.negated, value: valueIn(option, values) };
  }
  return null;
};

/** What stands behind -j or -g; null: nothing does. */
export const targetName = ({ outline: { target }, values }: Outlined): string | null =>
  target === null ? null : target.slot < 0 ? target.name : (values[target.slot] as string);

/** Turns a node's option into an outline's; `slot` -1: its value stays. */
type Placing = (option: OptionNode) => number;

const useOf = <S extends MatchSpec | TargetSpec>(
  node: { name: string; spec: S | null; options: readonly OptionNode[] },
  slotOf: Placing,
) => {
  const options = node.options.map((option): OutlineOption => {
    const slot = slotOf(option);
    return {
      key: option.key,
      spec: option.spec,
      negated: option.negated,
      slot,
      value: slot < 0 ? option.value : undefined,
      words: option.words,
    };
  });
  return { name: node.name, spec: node.spec, options, varies: options.some(({ slot }) => slot >= 0) };
};

const outlineFrom = (
  matches: readonly MatchNode[],
  target: TargetNode | null,
  whole: boolean,
  slotOf: Placing,
  nameSlot: number,
): Outline =>
  new Outline(
    matches.map((match) => useOf(match, slotOf)),
    target && { ...useOf(target, slotOf), goto: target.goto, slot: nameSlot },
    whole,
  );

const noValues: readonly unknown[] = [];

/** A rule bound by itself, as an outline of its own. */
export const outlineAlone = ({ matches, target, whole }: Pick<RuleNode, 'matches' | 'target' | 'whole'>): Outlined => ({
  outline: outlineFrom(matches, target, whole, () => -1, -1),
  values: noValues,
});

/**
 * How the value of a slot is read, and the value read last with the words that it stands for: rules one after the other often say the same of a thing
 * (`--mode random`, one comment for all rules of a service), and then share it.
 */
interface Slot {
  /** That of the option's type: specs and types have many shapes, which are slow to look into. Null: the name of a chain. */
  readonly parse: ValueType<unknown>['parse'] | null;
  readonly negated: boolean;
  image: string;
  value: unknown;
}

/** An extension whose spec wants to see the options together. */
interface Asking {
  readonly use: OutlineUse | OutlineTarget;
  readonly isTarget: boolean;
  /** What `protocolsFor` said of the rule that the outline was learned from. */
  readonly protocols: string;
}

/** The end of a known sequence of words. */
interface Known {
  readonly outline: Outline;
  readonly slots: readonly Slot[];
  readonly asking: readonly Asking[];
  /** Some address has a `!`. */
  readonly negates: boolean;
}

/** One step in the sequences of words that are known: an option with its values, or `!`. */
interface Step {
  /** The flag as written; `!`. */
  readonly flag: string;
  /** How many words follow it as values. */
  readonly count: number;
  /** These words are part of the outline (names of extensions, protocols, connection states); null: they are a slot. */
  readonly fixed: string | null;
  /** A slot for the name of a chain: names of targets do not go there. */
  readonly isChain: boolean;
  readonly next: Step[];
  known: Known | null;
}

const noSteps: readonly Step[] = [];

/** The step of a list that is the same but for what follows it. */
const stepLike = (steps: readonly Step[], { flag, count, fixed, isChain }: Omit<Step, 'next' | 'known'>): Step | null =>
  steps.find((step) => step.flag === flag && step.count === count && step.fixed === fixed && step.isChain === isChain) ?? null;

const strayBang = new Fault('a value cannot be "!"');
const noName = new Fault('a chain has another name');

const mostSteps = 20_000;
const mostNext = 100;
/** So many values of one option are each part of an outline; where there are more, the option is a slot. */
const mostFixed = 24;
/** With more steps than this no further value becomes part of an outline: lists of states, flags and types beside each other would make thousands of outlines. */
const mostStepsWithFew = 1_000;
const naming = new Set(['-m', '--match', '-j', '--jump', '-g', '--goto']);

/** The outlines met so far in one document, found by the words of a rule. */
export class OutlineBook {
  private readonly text: string;
  private readonly store: WordStore;
  private readonly starts: Readonly<Record<Family, Step[]>> = { 4: [], 6: [] };
  private readonly plain: Readonly<Record<Family, ValueContext>> = { 4: { family: 4, negated: false }, 6: { family: 6, negated: false } };
  private readonly negated: Readonly<Record<Family, ValueContext>> = { 4: { family: 4, negated: true }, 6: { family: 6, negated: true } };
  private size = 0;
  /** The word that was read last as the name of a chain. */
  private chainWord = -1;
  private chainText = '';
  /** First words of the slots on the way, and how many. */
  private readonly slotAt: number[] = [];
  private readonly slotCount: number[] = [];

  constructor(text: string, store: WordStore) {
    this.text = text;
    this.store = store;
  }

  /** The rule made of these words, if they follow a known outline and iptables would complain of nothing; else it is to be bound word by word. */
  read(from: number, to: number, family: Family): Outlined | null {
    const { text, store, slotAt, slotCount } = this;
    let next = this.starts[family];
    let known: Known | null = null;
    let slots = 0;
    for (let at = from; at < to; ) {
      const first = at++;
      const kind = store.kind(first);
      if (kind === Kind.option) while (at < to && store.kind(at) === Kind.value) at++;
      else if (kind !== Kind.bang) return null;
      const step = this.step(next, first, at - first - 1);
      if (step === null) return null;
      if (step.fixed === null && step.count > 0) {
        slotAt[slots] = first + 1;
        slotCount[slots++] = step.count;
      }
      next = step.next;
      known = step.known;
    }
    if (known === null || known.slots.length !== slots) return null;
    const values: unknown[] = new Array(slots);
    for (let i = 0; i < slots; i++) {
      const slot = known.slots[i]!;
      const start = store.start(slotAt[i]!);
      const length = store.end(slotAt[i]! + slotCount[i]! - 1) - start;
      if (slot.image.length !== length || !text.startsWith(slot.image, start)) {
        const value =
          slot.parse === null ? this.chainName(slotAt[i]!) : this.value(slot.parse, slotAt[i]!, slotCount[i]!, slot.negated, family);
        if (value instanceof Fault) return null;
        slot.image = text.slice(start, start + length);
        slot.value = value;
      }
      values[i] = slot.value;
    }
    const outlined = { outline: known.outline, values };
    if (known.negates && !areNegatable(outlined)) return null;
    for (let j = 0; j < known.asking.length; j++) if (!isSound(known.asking[j]!, outlined, family)) return null;
    return outlined;
  }

  /** The value that words are. */
  private value(parse: ValueType<unknown>['parse'], first: number, count: number, negated: boolean, family: Family): unknown {
    const context = negated ? this.negated[family] : this.plain[family];
    const word = this.word(first);
    if (word === '!') return strayBang;
    if (count === 1) return parse([word], context);
    const words = [word];
    for (let at = first + 1; at < first + count; at++) words.push(this.word(at));
    return parse(words, context);
  }

  /** The name of a chain that a word is. A name asked for twice is one string, which is looked up faster the second time. */
  private chainName(word: number): string | Fault {
    if (word !== this.chainWord) {
      this.chainWord = word;
      this.chainText = this.word(word);
    }
    return this.chainText === '!' || this.chainText === '' ? noName : this.chainText;
  }

  /** The step that a flag with its values is. */
  private step(next: readonly Step[], flag: number, count: number): Step | null {
    const { text, store } = this;
    const start = store.start(flag);
    const length = store.end(flag) - start;
    for (let i = 0; i < next.length; i++) {
      const step = next[i]!;
      if (step.count !== count || step.flag.length !== length || !text.startsWith(step.flag, start)) continue;
      if (step.fixed !== null) {
        const from = store.start(flag + 1);
        if (step.fixed.length !== store.end(flag + count) - from || !text.startsWith(step.fixed, from)) continue;
      } else if (step.isChain) {
        const name = this.chainName(flag + 1);
        if (typeof name === 'string' && findTarget(name) !== undefined) continue;
      }
      return step;
    }
    return null;
  }

  /**
   * Remembers the outline of a rule that was bound word by word and found without fault; what it is now. A line with options given twice, glued values
   * or counters among them is not remembered.
   */
  learn(from: number, to: number, family: Family, matches: readonly MatchNode[], target: TargetNode | null): Outlined {
    const { store } = this;
    const alone = (): Outlined => outlineAlone({ matches, target, whole: true });
    if (this.size > mostSteps) return alone();
    const options = new Map<number, OptionNode>();
    for (const use of target ? [...matches, target] : matches) {
      if (use.spec === null && !(use.kind === 'target' && use.options.length === 0)) return alone();
      for (const option of use.options) {
        if (option.spec === null) return alone();
        options.set(option.start, option);
      }
    }
    const slots: Slot[] = [];
    const values: unknown[] = [];
    const slotOf = new Map<OptionNode, number>();
    let nameSlot = -1;
    const path: Omit<Step, 'next' | 'known'>[] = [];
    /** The steps that may follow the path so far, as they are known. */
    let here: readonly Step[] = this.starts[family];
    const go = (one: Omit<Step, 'next' | 'known'>): void => {
      path.push(one);
      here = stepLike(here, one)?.next ?? noSteps;
    };
    let seen = 0;
    for (let at = from; at < to; ) {
      const first = at++;
      const kind = store.kind(first);
      const flag = this.image(first);
      if (kind === Kind.bang) {
        go({ flag, count: 0, fixed: null, isChain: false });
        continue;
      }
      if (kind !== Kind.option) return alone();
      while (at < to && store.kind(at) === Kind.value) at++;
      const count = at - first - 1;
      const hasBang = first > from && store.kind(first - 1) === Kind.bang;
      const option = options.get(store.start(hasBang ? first - 1 : first));
      const words = count === 0 ? null : this.text.slice(store.start(first + 1), store.end(at - 1));
      if (option) {
        seen++;
        if (option.end !== store.end(at - 1)) return alone();
        if (option.spec!.value.arity !== count && !(option.spec!.value.optional && count === 0)) return alone();
        const isFixed =
          (option.key === 'protocol' && matches[0]!.options.includes(option)) ||
          (option.spec!.value.isFew === true &&
            this.size < mostStepsWithFew &&
            here.filter((step) => step.flag === flag && step.fixed !== null).length < mostFixed);
        if (count > 0 && !isFixed) {
          slotOf.set(option, slots.length);
          slots.push({ parse: option.spec!.value.parse, negated: option.negated, image: words!, value: option.value });
          values.push(option.value);
        }
        go({ flag, count, fixed: isFixed ? words : null, isChain: false });
      } else {
        if (!naming.has(flag) || count !== 1 || hasBang) return alone();
        const isChain = target !== null && target.start === store.start(first) && target.spec === null;
        if (isChain) {
          if (findTarget(target.name) !== undefined) return alone();
          nameSlot = slots.length;
          slots.push({ parse: null, negated: false, image: words!, value: target.name });
          values.push(target.name);
        }
        go({ flag, count, fixed: isChain ? null : words, isChain });
      }
    }
    if (seen !== options.size) return alone();
    const outline = outlineFrom(matches, target, true, (option) => slotOf.get(option) ?? -1, nameSlot);
    const outlined: Outlined = { outline, values };
    const known: Known = {
      outline,
      slots,
      asking: askingIn(outlined, family),
      negates: addressesOf(outline).some(({ negated }) => negated),
    };
    let next = this.starts[family];
    let step: Step | null = null;
    for (const one of path) {
      step = stepLike(next, one);
      if (step === null) {
        if (next.length >= mostNext) return outlined;
        step = { ...one, next: [], known: null };
        this.size++;
        next.push(step);
      }
      next = step.next;
    }
    if (step === null || step.known !== null) return outlined;
    step.known = known;
    return outlined;
  }

  private image(word: number): string {
    return this.text.slice(this.store.start(word), this.store.end(word));
  }

  private word(word: number): string {
    return wordAt(this.text, this.store.start(word), this.store.end(word));
  }
}

const addressesOf = ({ matches: [basics] }: Outline): readonly OutlineOption[] =>
  basics?.name === '' ? basics.options.filter(({ key }) => key === 'source' || key === 'destination') : [];

/** One address each, and none of them everywhere: beside a `!` the rest is for the binder to judge. */
const areNegatable = ({ outline, values }: Outlined): boolean =>
  addressesOf(outline).every((option) => {
    const networks = valueIn(option, values) as readonly (Network | HostName)[];
    const [only] = networks;
    return networks.length === 1 && only!.kind === 'network' && Number(only!.mask) !== 0;
  });

const protocolsSaid = (spec: MatchSpec | TargetSpec, given: Record<string, never> | null, context: MeaningContext): string =>
  given ? (spec.protocolsFor?.(given, context)?.join() ?? '') : '';

/** The uses that are to be asked of each rule, for what they say depends on values. */
const askingIn = ({ outline: { matches, target }, values }: Outlined, family: Family): Asking[] => {
  const found: Asking[] = [];
  for (const use of target ? [...matches, target] : matches) {
    const { spec } = use;
    const isTarget = use === target;
    const asksRule = spec?.kind === 'target' && spec.checkRule !== undefined;
    if (!spec || !((use.varies && (spec.check || spec.protocolsFor)) || asksRule)) continue;
    const options = optionsIn(use, values);
    found.push({ use, isTarget, protocols: protocolsSaid(spec, givenOf(spec, options), meaningContext(family, options)) });
  }
  return found;
};

/** Whether a use has nothing to complain of, as it had not in the rule that the outline was learned from. */
const isSound = ({ use, isTarget, protocols }: Asking, { outline, values }: Outlined, family: Family): boolean => {
  const spec = use.spec!;
  const options = optionsIn(use, values);
  const given = givenOf(spec, options);
  if (!given) return false;
  const context = meaningContext(family, options);
  if (spec.check?.(given, context) !== undefined) return false;
  if (spec.protocolsFor && protocolsSaid(spec, given, context) !== protocols) return false;
  if (!isTarget) return true;
  const { checkRule } = spec as TargetSpec;
  if (!checkRule) return true;
  const besides: BesideMatch[] = [];
  for (let i = 0; i < outline.matches.length; i++) {
    const match = outline.matches[i]!;
    const beside = match.spec && givenOf(match.spec, optionsIn(match, values));
    if (beside) besides.push({ name: match.name, given: beside });
  }
  return checkRule(given, besides, context) === undefined;
};
