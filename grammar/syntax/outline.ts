/**
 * What a rule is made of apart from its values and its place: `-s _ -p tcp -m tcp --dport _ -j ACCEPT`. Rulesets hold few outlines: 100,000 rules of
 * kube-proxy have about sixty. A rule whose words follow a known outline is read by it: only the values differ, so only they are parsed, and no node
 * is made for it. Whoever goes through all rules asks for outlines and values; whoever wants one rule with all its places asks for nodes.
 */
import { findTarget } from '../extensions/catalogue.js';
import type { BesideMatch, MatchSpec, MeaningContext, OptionSpec, TargetSpec } from '../extensions/define.js';
import { givenOf, meaningContext, type ReadOption } from '../extensions/given.js';
import type { Family } from '../netfilter/families.js';
import type { Problem } from '../problem.js';
import type { HostName, Network } from '../values/address.js';
import { Fault, type ValueContext, type ValueType } from '../values/value.js';
import type { MatchNode, OptionNode, RuleNode, TargetNode } from './ast.js';
import type { RuleMeaning } from './bind.js';
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
    target && targetUseOf(target, slotOf, nameSlot),
    whole,
  );

/** Key by key: what is spread has a shape of its own each time, and these are looked into for each rule. */
const targetUseOf = (target: TargetNode, slotOf: Placing, nameSlot: number): OutlineTarget => {
  const { name, spec, options, varies } = useOf(target, slotOf);
  return { name, spec, options, varies, goto: target.goto, slot: nameSlot };
};

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
class Slot {
  /** That of the option's type: specs and types have many shapes, which are slow to look into. Null: the name of a chain. */
  readonly parse: ValueType<unknown>['parse'] | null;
  readonly negated: boolean;
  /** How many words the value is. */
  readonly count: number;
  readonly memo: Memo;
  image: string;
  value: unknown;

  constructor(parse: Slot['parse'], negated: boolean, count: number, memo: Memo, image: string, value: unknown) {
    this.parse = parse;
    this.negated = negated;
    this.count = count;
    this.memo = memo;
    this.image = image;
    this.value = value;
  }
}

/** What single words were read as: rulesets name the same ports and networks over and over, and then share the values. */
interface Memo {
  readonly parse: ValueType<unknown>['parse'] | null;
  readonly negated: boolean;
  readonly family: Family | null;
  readonly known: Map<string, unknown>;
  /** How often a word was known. */
  found: number;
  /** False: it is full, and most words were new. */
  isWorth: boolean;
}

/** An extension whose spec wants to see the options together. */
interface Asking {
  readonly use: OutlineUse | OutlineTarget;
  readonly isTarget: boolean;
  /** What `protocolsFor` said of the rule that the outline was learned from. */
  readonly protocols: string;
}

/** The end of a known sequence of words. */
export interface Known {
  readonly outline: Outline;
  readonly slots: readonly Slot[];
  readonly asking: readonly Asking[];
  /** Some address has a `!`. */
  readonly negates: boolean;
}

/** What is told of words that are no value of their option; the same words are told the same of in every line of a family. */
export type ValueFault = Pick<Problem, 'code' | 'severity' | 'message' | 'help'>;

/** One step in the sequences of words that are known: an option with its values, or `!`. */
interface Pace {
  /** The flag as written; `!`. */
  readonly flag: string;
  /** How many words follow it as values. */
  readonly count: number;
  /** These words are part of the outline (names of extensions, protocols, connection states); null: they are a slot. */
  readonly fixed: string | null;
  /** A slot for the name of a chain: names of targets do not go there. */
  readonly isChain: boolean;
  /** What is wrong with these words, which are no value of the option; null: nothing. */
  readonly fault: ValueFault | null;
}

/** A class, like Slot, so that all steps have one shape: they are looked into for each word of each rule. */
class Step implements Pace {
  readonly flag: string;
  readonly count: number;
  readonly fixed: string | null;
  readonly isChain: boolean;
  readonly fault: ValueFault | null;
  readonly next: Step[] = [];
  known: Known | null = null;

  constructor({ flag, count, fixed, isChain, fault }: Pace) {
    this.flag = flag;
    this.count = count;
    this.fixed = fixed;
    this.isChain = isChain;
    this.fault = fault;
  }
}

const noSteps: readonly Step[] = [];

/** The step of a list that is the same but for what follows it. */
const stepLike = (steps: readonly Step[], { flag, count, fixed, isChain }: Pace): Step | null =>
  steps.find((step) => step.flag === flag && step.count === count && step.fixed === fixed && step.isChain === isChain) ?? null;

const noName = new Fault('a chain has another name');

/** Where the blanks end that begin at `at`, if any do. */
const behindBlanks = (text: string, at: number): number => {
  let behind = at;
  for (;;) {
    const code = text.charCodeAt(behind);
    if (code !== 32 && code !== 9) return behind;
    behind++;
  }
};

/**
 * Where the word ends that begins at `at`; -1 where it may be anything but a plain value: empty, like an option, like a "!", with a quote within, or with
 * a NUL or a carriage return. A word in quotes ends behind the quote that closes it, and holds no line end.
 */
export const wordEnd = (text: string, at: number): number => {
  const first = text.charCodeAt(at);
  if (first === 34) return quotedEnd(text, at);
  if (first === 45 || first === 33) return -1;
  let end = at;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code > 34 || code === 33) continue;
    if (code === 32 || code === 10 || code === 9) break;
    if (code === 34 || code === 13 || code === 0) return -1;
  }
  return end === at ? -1 : end;
};

const quotedEnd = (text: string, at: number): number => {
  const first = text.charCodeAt(at + 1);
  if (first === 45 || first === 33) return -1;
  for (let end = at + 1; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === 34) {
      const next = end + 1 < text.length ? text.charCodeAt(end + 1) : 10;
      return next === 32 || next === 10 || next === 9 ? end + 1 : -1;
    }
    if (code === 10 || code === 13 || code === 0) return -1;
    // What is escaped is looked at no more, but for a line end, which cannot be.
    if (code === 92 && text.charCodeAt(end + 1) >= 32) end++;
  }
  return -1;
};

/** So many words are memorised for one way to read them. */
const mostMemorised = 2_000;
const noMemo: Memo = { parse: null, negated: false, family: null, known: new Map(), found: 0, isWorth: false };

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
  private readonly memos: Memo[] = [];
  /** The word that was read last as the name of a chain. */
  private chainAt = -1;
  private chainText = '';
  /** Where the words of the slots on the way begin and end. */
  private readonly slotStart: number[] = [];
  private readonly slotEnd: number[] = [];
  /** Steps on the way whose words are no value of their option, and where these begin and end. */
  private readonly faultySteps: Step[] = [];
  private readonly faultStart: number[] = [];
  private readonly faultEnd: number[] = [];
  private valueStart = 0;
  private stepEnd = 0;
  private after = 0;
  /** Where the last word of the rule that was read last ends. */
  end = 0;
  /** Where its line ends: at the line end. */
  behind = 0;
  /** So many of its options have no value that can be read. */
  private faults = 0;
  private slots = 0;

  constructor(text: string, store: WordStore) {
    this.text = text;
    this.store = store;
  }

  /**
   * What the words that begin at `from`, behind the name of a rule's chain, are known as; null: they are to be read word by word. `end` is then where
   * the last word ends, and `behind` where the line does: at the line end, or at that of the text.
   *
   * Words are taken from the text itself, so that lines like ones before them need neither lexer nor parser. The grammar looks at the types of words
   * alone: a line with the options of another, in their order, and a word for each of its values, is parsed as that one. Whatever may be no such word
   * (see `wordEnd`) is left to the grammar.
   */
  follow(from: number, family: Family): Known | null {
    const { text, slotStart, slotEnd } = this;
    let next: readonly Step[] = this.starts[family];
    let known: Known | null = null;
    let slots = 0;
    let faults = 0;
    let at = from;
    for (;;) {
      const step = this.step(next, at);
      if (step === null) return null;
      if (step.fault !== null) {
        this.faultySteps[faults] = step;
        this.faultStart[faults] = this.valueStart;
        this.faultEnd[faults++] = this.stepEnd;
      }
      if (step.fixed === null && step.count > 0) {
        slotStart[slots] = this.valueStart;
        slotEnd[slots++] = this.stepEnd;
      }
      next = step.next;
      known = step.known;
      at = this.after;
      if (at >= text.length || text.charCodeAt(at) < 32) break;
    }
    if (known === null || known.slots.length !== slots) return null;
    this.end = this.stepEnd;
    this.behind = at;
    this.faults = faults;
    this.slots = slots;
    return known;
  }

  /** Puts the words of a rule that was followed into the store; false: they cannot be followed any more. */
  words(from: number, family: Family): boolean {
    const { text, store } = this;
    let next: readonly Step[] = this.starts[family];
    let at = from;
    while (at < text.length && text.charCodeAt(at) >= 32) {
      const step = this.step(next, at);
      if (step === null) return false;
      const behind = at + step.flag.length;
      store.push(step.flag === '!' ? Kind.bang : Kind.option, at, behind);
      let value = behindBlanks(text, behind);
      for (let i = 0; i < step.count; i++) {
        const end = wordEnd(text, value);
        if (end < 0) return false;
        store.push(Kind.value, value, end);
        value = behindBlanks(text, end);
      }
      next = step.next;
      at = this.after;
    }
    return true;
  }

  /** Some words of the rule that was followed last are no value of their option. */
  get hasFaults(): boolean {
    return this.faults > 0;
  }

  /** Keeps where the values of the rule that was followed last stand: index of the first in the store. */
  keepSlots(): number {
    const { store, slotStart, slotEnd } = this;
    const first = store.count;
    for (let i = 0; i < this.slots; i++) store.push(Kind.value, slotStart[i]!, slotEnd[i]!);
    return first;
  }

  /** The rule that follows a known outline, if iptables would complain of nothing. `kept`: where `keepSlots` put its values; -1: it was followed last. */
  fill(known: Known, family: Family, kept = -1): Outlined | null {
    const { text, store, slotStart, slotEnd } = this;
    const { slots } = known;
    const values: unknown[] = new Array(slots.length);
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      const start = kept < 0 ? slotStart[i]! : store.start(kept + i);
      const length = (kept < 0 ? slotEnd[i]! : store.end(kept + i)) - start;
      if (slot.image.length !== length || !text.startsWith(slot.image, start)) {
        const value = slot.parse === null ? this.chainName(start, start + length) : this.value(slot, start, start + length, family);
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

  /** Both at once. */
  read(from: number, family: Family): Outlined | null {
    const known = this.follow(from, family);
    return known && this.fill(known, family);
  }

  /** What is wrong with the rule that was read last. */
  tellFaults(problems: Problem[]): void {
    for (let i = 0; i < this.faults; i++)
      problems.push({ ...this.faultySteps[i]!.fault!, start: this.faultStart[i]!, end: this.faultEnd[i]! });
  }

  /** The value that the words of a slot are. */
  private value({ parse, negated, count, memo }: Slot, start: number, end: number, family: Family): unknown {
    const { text } = this;
    const context = negated ? this.negated[family] : this.plain[family];
    if (count === 1) {
      const word = wordAt(text, start, end);
      if (!memo.isWorth) return parse!([word], context);
      const before = memo.known.get(word);
      if (before !== undefined) {
        memo.found++;
        return before;
      }
      const value = parse!([word], context);
      if (memo.known.size < mostMemorised) {
        if (!(value instanceof Fault)) memo.known.set(word, value);
      } else if (memo.found < 4 * mostMemorised) memo.isWorth = false;
      return value;
    }
    const words: string[] = [];
    for (let at = start; at < end; ) {
      const behind = wordEnd(text, at);
      words.push(wordAt(text, at, behind));
      at = behindBlanks(text, behind);
    }
    return parse!(words, context);
  }

  /** The name of a chain that a word is. A name asked for twice is one string, which is looked up faster the second time. */
  private chainName(start: number, end: number): string | Fault {
    if (start !== this.chainAt) {
      this.chainAt = start;
      this.chainText = wordAt(this.text, start, end);
    }
    return this.chainText === '' ? noName : this.chainText;
  }

  /** The step that begins at `at`: a flag with its values. Notes where its values begin, where it ends, and where the next word or the line end is. */
  private step(next: readonly Step[], at: number): Step | null {
    const { text } = this;
    for (let i = 0; i < next.length; i++) {
      const step = next[i]!;
      const { flag, fixed, count } = step;
      if (!text.startsWith(flag, at)) continue;
      let end = at + flag.length;
      let after = behindBlanks(text, end);
      if (count > 0) {
        if (after === end) continue;
        this.valueStart = after;
        if (fixed === null) {
          for (let word = 0; word < count && end >= 0; word++) {
            end = after === end ? -1 : wordEnd(text, after);
            if (end >= 0) after = behindBlanks(text, end);
          }
          if (end < 0) continue;
          if (step.isChain) {
            const name = this.chainName(this.valueStart, end);
            if (typeof name === 'string' && findTarget(name) !== undefined) continue;
          }
        } else {
          if (!text.startsWith(fixed, after)) continue;
          end = after + fixed.length;
          after = behindBlanks(text, end);
        }
      }
      // What follows is the next option or a "!", behind a blank, or the line end: not more of the word, and not one more value.
      const code = after < text.length ? text.charCodeAt(after) : 10;
      if (code === 10 || (code === 13 && text.charCodeAt(after + 1) === 10) || (after > end && (code === 45 || code === 33))) {
        this.stepEnd = end;
        this.after = after;
        return step;
      }
    }
    return null;
  }

  /**
   * Remembers the outline of a rule that was bound word by word; what it is now. `problems`: what was told of it. A line with options given twice, glued
   * values or counters among them is not remembered, nor one of which more was told than that words are no value of their option.
   */
  learn(
    from: number,
    to: number,
    family: Family,
    { matches, target }: Pick<RuleMeaning, 'matches' | 'target'>,
    problems: readonly Problem[],
  ): Outlined {
    const { store } = this;
    let told = 0;
    const alone = (): Outlined => outlineAlone({ matches, target, whole: true });
    if (this.size > mostSteps) return alone();
    const options = new Map<number, OptionNode>();
    for (const use of target ? [...matches, target] : matches) {
      if (use.spec === null && !(use.kind === 'target' && use.options.length === 0)) return alone();
      for (const option of use.options) options.set(option.start, option);
    }
    const slots: Slot[] = [];
    const values: unknown[] = [];
    const slotOf = new Map<OptionNode, number>();
    let nameSlot = -1;
    const path: Pace[] = [];
    /** The steps that may follow the path so far, as they are known. */
    let here: readonly Step[] = this.starts[family];
    const go = (one: Pace): void => {
      path.push(one);
      here = stepLike(here, one)?.next ?? noSteps;
    };
    let seen = 0;
    for (let at = from; at < to; ) {
      const first = at++;
      const kind = store.kind(first);
      const flag = this.image(first);
      if (kind === Kind.bang && flag === '!') {
        go({ flag, count: 0, fixed: null, isChain: false, fault: null });
        continue;
      }
      if (kind !== Kind.option) return alone();
      while (at < to && store.kind(at) === Kind.value) at++;
      const count = at - first - 1;
      const hasBang = first > from && store.kind(first - 1) === Kind.bang;
      const option = options.get(store.start(hasBang ? first - 1 : first));
      const words = count === 0 ? null : this.text.slice(store.start(first + 1), store.end(at - 1));
      // An option in quotes, or a quote over a line end: not for `read`, which looks at the text.
      if (flag.charCodeAt(0) !== 45 || words?.includes('\n')) return alone();
      if (option) {
        seen++;
        const { spec } = option;
        if (option.end !== store.end(at - 1)) return alone();
        const hasRoom = this.size < mostStepsWithFew && here.filter((step) => step.flag === flag && step.fixed !== null).length < mostFixed;
        if (spec === null) {
          const fault = problems.find(({ start, end }) => count > 0 && start === store.start(first + 1) && end === option.end);
          if (!fault || !hasRoom) return alone();
          const { code, severity, message, help } = fault;
          told++;
          go({ flag, count, fixed: words, isChain: false, fault: { code, severity, message, ...(help === undefined ? {} : { help }) } });
          continue;
        }
        if (spec.value.arity !== count && !(spec.value.optional && count === 0)) return alone();
        const isFixed = (option.key === 'protocol' && matches[0]!.options.includes(option)) || (spec.value.isFew === true && hasRoom);
        if (count > 0 && !isFixed) {
          slotOf.set(option, slots.length);
          slots.push(new Slot(spec.value.parse, option.negated, count, this.memoOf(option, family), words!, option.value));
          values.push(option.value);
        }
        go({ flag, count, fixed: isFixed ? words : null, isChain: false, fault: null });
      } else {
        if (!naming.has(flag) || count !== 1 || hasBang) return alone();
        const isChain = target !== null && target.start === store.start(first) && target.spec === null;
        if (isChain) {
          if (findTarget(target.name) !== undefined) return alone();
          nameSlot = slots.length;
          slots.push(new Slot(null, false, count, noMemo, words!, target.name));
          values.push(target.name);
        }
        go({ flag, count, fixed: isChain ? null : words, isChain, fault: null });
      }
    }
    if (seen !== options.size || told !== problems.length) return alone();
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
        step = new Step(one);
        this.size++;
        // Words that are no value, before the slot for those that are.
        if (step.fault === null) next.push(step);
        else next.unshift(step);
      }
      next = step.next;
    }
    if (step === null || step.known !== null) return outlined;
    step.known = known;
    return outlined;
  }

  private memoOf({ spec, negated }: OptionNode, family: Family): Memo {
    const { parse } = spec!.value;
    const known = this.memos.find((memo) => memo.parse === parse && memo.negated === negated && memo.family === family);
    if (known) return known;
    const memo: Memo = { parse, negated, family, known: new Map(), found: 0, isWorth: true };
    this.memos.push(memo);
    return memo;
  }

  private image(word: number): string {
    return this.text.slice(this.store.start(word), this.store.end(word));
  }
}

const addressesOf = ({ matches: [basics] }: Outline): readonly OutlineOption[] =>
  basics?.name === '' ? basics.options.filter(({ key }) => key === 'source' || key === 'destination') : [];

/** One address each, all of them read, and none of them everywhere: beside a `!` the rest is for the binder to judge. */
const areNegatable = ({ outline, values }: Outlined): boolean =>
  addressesOf(outline).every((option) => {
    if (option.spec === null) return false;
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
