/**
 * What an extension is: one table of options, and what they mean. Everything else (binding, checks of table, hook, family and protocol,
 * printing, explaining, tracing, packet sets) follows from the spec. The shape follows libxtables' struct xtables_match / xtables_target
 * (include/xtables.h), with the meaning added.
 */
import type { Family } from '../netfilter/families.js';
import type { Hook } from '../netfilter/hooks.js';
import type { TableName } from '../netfilter/tables.js';
import type { Verdict } from '../netfilter/verdicts.js';
import type { NumberField } from '../packet/fields.js';
import type { DecidedBy, Ordinal, Predicate } from '../packet/predicate.js';
import type { Rewrite } from '../packet/rewrite.js';
import type { ValueType } from '../values/value.js';

export type Backend = 'legacy' | 'nft';

/** One option of an extension. */
export interface OptionSpec<T> {
  /** The long spelling that iptables-save prints, with dashes: `--dport`. */
  readonly flag: string;
  /** Other spellings: `--destination-port`; one-letter ones of the built-in options: `-s`. */
  readonly aliases?: readonly string[];
  readonly value: ValueType<T>;
  /** `!` may stand before it. */
  readonly negatable?: boolean;
  /** The extension is refused without it. */
  readonly required?: boolean;
  /** It may be given more than once: `given` then holds a list. */
  readonly repeatable?: boolean;
  /** Keys of options that cannot stand beside it. */
  readonly excludes?: readonly string[];
  /** Keys of options, one of which must stand beside it. */
  readonly needs?: readonly string[];
  /** Families that have it; absent: both. */
  readonly families?: readonly Family[];
  /**
   * Where the option stands for itself, whatever stands beside it: its match asks for what it would ask without it, and for the field in some ranges, or outside
   * all of them where the option is negated. `matches` is then asked without it, even if it is required. `ranges`: first and last value of each, one behind the
   * other. Null: this value is not so plain, `matches` alone tells. Rules by the ten thousand are read by it (src/analysis/conditions.ts).
   */
  readonly within?: { readonly field: NumberField; readonly ranges: (value: T, negated: boolean) => readonly Ordinal[] | null };
}

// biome-ignore lint/suspicious/noExplicitAny: a table holds options of many value types; each is recovered by inference in Given.
export type OptionTable = Readonly<Record<string, OptionSpec<any>>>;

/** One option as given in a rule. */
export interface Use<T = unknown> {
  readonly value: T;
  readonly negated: boolean;
}

type GivenOption<S> = S extends OptionSpec<infer T> ? (S extends { repeatable: true } ? readonly Use<T>[] : Use<T>) : never;

type RequiredKeys<O extends OptionTable> = { [K in keyof O]: O[K] extends { required: true } ? K : never }[keyof O];

/** The options given to one use of an extension, by key, typed by its table: required ones are there. A repeatable option is a list, never empty. */
export type Given<O extends OptionTable> = { readonly [K in RequiredKeys<O>]: GivenOption<O[K]> } & {
  readonly [K in Exclude<keyof O, RequiredKeys<O>>]?: GivenOption<O[K]>;
};

/** One option in written order, for extensions where order matters (policy --next). */
export interface OrderedUse extends Use {
  readonly key: string;
}

/** What the meaning and the words of an extension may lean on. */
export interface MeaningContext {
  readonly family: Family;
  /** Options in written order. */
  readonly order: readonly OrderedUse[];
  /** The hook that asks the rule, where the asker knows it: what NETMAP rewrites depends on it. */
  readonly hook?: Hook;
}

/** What canonical printing may lean on. */
export interface PrintContext extends MeaningContext {
  readonly backend: Backend;
}

/** Where in a sentence a phrase stands. "Accept <adjective> <noun> <from> <to> <arriving> <leaving> <condition>." */
export type Slot = 'adjective' | 'noun' | 'from' | 'to' | 'arriving' | 'leaving' | 'condition' | 'note';

/**
 * Part of a sentence. `adjective`: "new", "fragmented"; `noun`: "TCP packets", "ICMP echo-request"; `from`: "from 10.0.0.0/8", "from port 53"; `to`: "to port 22 (ssh)";
 * `arriving`: "arriving on eth0"; `leaving`: "leaving by eth1"; `condition`: "marked 0x4000/0x4000", "at most 3 an hour"; `note`: the comment's text.
 */
export interface Phrase {
  readonly slot: Slot;
  readonly text: string;
}

export const phrase = (slot: Slot, text: string): Phrase => ({ slot, text });

/** Where an extension (or some use of it) is accepted by the kernel. Absent: everywhere. */
export interface Place {
  readonly tables?: readonly TableName[];
  readonly hooks?: readonly Hook[];
  /** nft accepts it there too, although legacy does not (TRACE). */
  readonly backends?: readonly Backend[];
}

/** A short rule and its words; executed by tests. `rule` is what stands between the chain name and the target (match) or behind it (target). */
export interface Example {
  /** The words of the rule, e.g. `-p tcp -m tcp --dport 80`. */
  readonly rule: string;
  /** The rule as iptables-save prints it, where that differs. */
  readonly saved?: string;
  /** The rule's phrases or action in plain words. */
  readonly says?: string;
  readonly family?: Family;
  readonly table?: TableName;
  readonly chain?: string;
  /** The rule is refused: part of the message. */
  readonly refused?: string;
}

interface ExtensionSpec<O extends OptionTable> {
  /** As iptables-save prints it. */
  readonly name: string;
  /** Other names that are read (`icmpv6` for icmp6). */
  readonly aliases?: readonly string[];
  /** Where the facts come from: man page section, kernel file. */
  readonly manual: string;
  readonly families?: readonly Family[];
  readonly options: O;
  /** Protocols (names of netfilter/protocols.ts), one of which `-p` must name without `!`. */
  readonly protocols?: readonly string[];
  /** Narrower: protocols that this use needs (`--to-destination :80` needs ports). Undefined: none beyond `protocols`. */
  readonly protocolsFor?: (given: Given<O>, context: MeaningContext) => readonly string[] | undefined;
  /** Where every use is accepted. */
  readonly place?: Place;
  /** Narrower: where this use is accepted (policy --dir in). Both hold. */
  readonly placeFor?: (given: Given<O>, context: MeaningContext) => Place | undefined;
  /** Keys of options that look at the protocol while they are read: `-p` must stand before them, not only somewhere in the rule. */
  readonly protocolBefore?: readonly string[];
  /** Cross-option faults beyond required, excludes and needs: a sentence without a full stop, or undefined. */
  readonly check?: (given: Given<O>, context: MeaningContext) => string | RuleFault | undefined;
  /**
   * Canonical words behind `-m name` or `-j name`, as iptables-save prints them. Default: the options in table order, each
   * `[! ]flag value`. Give it where save adds defaults, hides them or rewrites options.
   */
  readonly save?: (given: Given<O>, context: PrintContext) => string;
  /** What iptables-save prints of this use and cannot be loaded again, or not as it was: a sentence without a full stop. */
  readonly lostOnSave?: (given: Given<O>, context: MeaningContext) => string | undefined;
  readonly examples: readonly Example[];
}

/** A match extension (`-m`). */
export interface MatchSpec<O extends OptionTable = OptionTable> extends ExtensionSpec<O> {
  readonly kind: 'match';
  /** What decides it; the strongest of its uses where they differ. */
  readonly decidedBy: DecidedBy;
  /** The condition on a packet. */
  readonly matches: (given: Given<O>, context: MeaningContext) => Predicate;
  /** True where iptables-save prints nothing of this use, not even `-m name`. */
  readonly isHidden?: (given: Given<O>, context: PrintContext) => boolean;
  readonly say: (given: Given<O>, context: MeaningContext) => readonly Phrase[];
  /** The nft back end of 1.8.9 loads this use as expressions of its own, so that no kernel module looks at the rest of the rule. */
  readonly isNativeInNft?: (given: Given<O>) => boolean;
  /** The match counts or remembers as it matches (recent --set, hashlimit, connlimit ...), so removing the rule changes more than verdicts. */
  readonly hasSideEffect?: (given: Given<O>) => boolean;
  /** What it changes in the packet where it matches, before the target (socket --restore-skmark); absent: nothing. */
  readonly rewrites?: (given: Given<O>, context: MeaningContext) => readonly Rewrite[];
}

/** What a target does with the packet. `continue`: the next rule sees it. */
export type Effect = { readonly kind: 'verdict'; readonly verdict: Verdict } | { readonly kind: 'return' } | { readonly kind: 'continue' };

/** A match that stands beside a target in a rule, as far as the target may ask. */
export interface BesideMatch {
  readonly name: string;
  readonly given: Readonly<Record<string, Use | readonly Use[]>>;
}

/** A fault of several options together, or of a whole rule. */
export interface RuleFault {
  /** A sentence without a full stop. */
  readonly message: string;
  /** Only these back ends refuse the rule; absent: both. */
  readonly backends?: readonly Backend[];
}

/** A target extension (`-j`). */
export interface TargetSpec<O extends OptionTable = OptionTable> extends ExtensionSpec<O> {
  readonly kind: 'target';
  /** The same whatever its options. */
  readonly effect: Effect;
  /** The packets that it acts on; the others go on to the next rule unchanged, whatever `effect` and `rewrites` say. Absent: all. */
  readonly actsOn?: (given: Given<O>, context: MeaningContext) => Predicate;
  /** What the matches beside it must be like, beyond the protocol (TCPMSS on legacy wants SYN packets), or what a back end refuses at all. */
  readonly checkRule?: (given: Given<O>, matches: readonly BesideMatch[], context: MeaningContext) => RuleFault | undefined;
  /** What it changes in the packet or its connection; absent: nothing. */
  readonly rewrites?: (given: Given<O>, context: MeaningContext) => readonly Rewrite[];
  /**
   * Every use writes the first of these fields, or the second, or both, and the other two with them, as its values say (`to` or `unknown`); all else that it
   * rewrites is the same for all uses. So of tens of thousands of such rules few need to be looked at.
   */
  readonly translates?: readonly [address: NumberField, port: NumberField, ofReplies: NumberField, portOfReplies: NumberField];
  /** It does something beyond verdict and rewriting that someone may want: LOG, SET, NFLOG, TEE, AUDIT. */
  readonly hasSideEffect?: boolean;
  /** The verb phrase: "Log with prefix \"x\"", "Rewrite the destination to 10.0.0.5:80". */
  readonly say: (given: Given<O>, context: MeaningContext) => string;
  /** A warning that holds for every use (deprecated targets), a sentence without a full stop. */
  readonly deprecated?: string;
}

/** All keys of a spec, whether a definition gives them or not. */
type Shape<S> = { readonly [K in keyof S]-?: S[K] | undefined };

/**
 * What definitions leave out is there as undefined, in one order. Code that looks into the specs of all extensions then meets objects of one shape; of seventy
 * shapes V8 keeps none in mind.
 */
const shapeOfOption = (option: OptionSpec<unknown>): Shape<OptionSpec<unknown>> => ({
  flag: option.flag,
  aliases: option.aliases,
  value: option.value,
  negatable: option.negatable,
  required: option.required,
  repeatable: option.repeatable,
  excludes: option.excludes,
  needs: option.needs,
  families: option.families,
  within: option.within,
});

/** The keys of matches, then those of targets, all in both. */
const shapeOf = (
  kind: 'match' | 'target',
  spec: Partial<Omit<MatchSpec, 'kind'> & Omit<TargetSpec, 'kind'>>,
): Shape<Omit<MatchSpec, 'kind'> & Omit<TargetSpec, 'kind'>> & { readonly kind: 'match' | 'target' } => ({
  kind,
  name: spec.name,
  aliases: spec.aliases,
  manual: spec.manual,
  families: spec.families,
  options: Object.fromEntries(Object.entries(spec.options!).map(([key, option]) => [key, shapeOfOption(option) as OptionSpec<unknown>])),
  protocols: spec.protocols,
  protocolsFor: spec.protocolsFor,
  place: spec.place,
  placeFor: spec.placeFor,
  protocolBefore: spec.protocolBefore,
  check: spec.check,
  save: spec.save,
  lostOnSave: spec.lostOnSave,
  examples: spec.examples,
  decidedBy: spec.decidedBy,
  matches: spec.matches,
  isHidden: spec.isHidden,
  say: spec.say,
  isNativeInNft: spec.isNativeInNft,
  hasSideEffect: spec.hasSideEffect,
  rewrites: spec.rewrites,
  effect: spec.effect,
  actsOn: spec.actsOn,
  checkRule: spec.checkRule,
  translates: spec.translates,
  deprecated: spec.deprecated,
});

/** Fixes the type of `given` by inference from the option table; the result is stored without it. */
export const defineMatch = <const O extends OptionTable>(spec: Omit<MatchSpec<O>, 'kind'>): MatchSpec =>
  shapeOf('match', spec as never) as unknown as MatchSpec; // sound: `given` is only ever built from this spec's own table (syntax/bind.ts)

/** As defineMatch, for targets. */
export const defineTarget = <const O extends OptionTable>(spec: Omit<TargetSpec<O>, 'kind'>): TargetSpec =>
  shapeOf('target', spec as never) as unknown as TargetSpec;
