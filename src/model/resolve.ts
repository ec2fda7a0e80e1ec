/**
 * From the tree to the model: tables gathered into rulesets, chains found by name, rules bound to what they jump to. Nothing is judged here;
 * what cannot be resolved is there as `unknown` for the checks to tell.
 */
import {
  all,
  builtInChains,
  type ChainNode,
  type DocumentNode,
  type Effect,
  effectiveItems,
  type Family,
  givenOf,
  type Hook,
  isForOtherFamily,
  isTable,
  type MatchNode,
  meaningContext,
  type Outline,
  type OutlineTarget,
  type OutlineUse,
  optionsIn,
  outlined,
  type Policy,
  type Predicate,
  type Problem,
  printMatch,
  type ReadOption,
  type Rewrite,
  type RuleNode,
  type Source,
  type TableName,
  type TableNode,
  type TargetSpec,
  targetName,
  test,
} from '../../grammar/index.js';
import type { Action, Chain, Rule, Ruleset, Table } from './ruleset.js';

export interface Resolved {
  /** In order of their first table. One for each family, more where a stream holds several dumps. */
  readonly rulesets: readonly Ruleset[];
  /** What only shows when the lines of a table are taken together. */
  readonly problems: readonly Problem[];
}

class ModelRuleset implements Ruleset {
  readonly tables = new Map<TableName, ModelTable>();
  readonly rules: ModelRule[] = [];
  readonly source: Source;
  readonly family: Family;
  whole = true;
  constructor(source: Source, family: Family) {
    this.source = source;
    this.family = family;
  }
}

class ModelTable implements Table {
  readonly chains = new Map<string, ModelChain>();
  readonly name: TableName;
  readonly ruleset: ModelRuleset;
  readonly node: TableNode;
  constructor(name: TableName, ruleset: ModelRuleset, node: TableNode) {
    this.name = name;
    this.ruleset = ruleset;
    this.node = node;
  }
}

const noRules: readonly ModelRule[] = [];

class ModelChain implements Chain {
  rules: readonly ModelRule[] = noRules;
  callers: readonly ModelRule[] = noRules;
  readonly index: number;
  readonly name: string;
  readonly table: ModelTable;
  readonly hook: Hook | null;
  policy: Policy | null;
  node: ChainNode | null;
  whole = true;
  constructor(name: string, table: ModelTable, hook: Hook | null, node: ChainNode | null) {
    this.index = table.chains.size;
    this.name = name;
    this.table = table;
    this.hook = hook;
    this.node = node;
    this.policy = hook ? 'ACCEPT' : null;
  }

  private jump: Action | null = null;
  private goto: Action | null = null;

  /** What a rule does that jumps here: one for all rules that do. */
  get asJump(): Action {
    this.jump ??= { kind: 'jump', chain: this };
    return this.jump;
  }

  get asGoto(): Action {
    this.goto ??= { kind: 'goto', chain: this };
    return this.goto;
  }
}

/** A rule whose meaning is computed when somebody asks: 100,000 of them are built in well under a tenth of a second. */
class ModelRule implements Rule {
  readonly id: number;
  readonly chain: ModelChain;
  readonly index: number;
  readonly node: RuleNode;
  private meaning: Predicate | null = null;
  private doing: Action | null = null;

  constructor(id: number, chain: ModelChain, index: number, node: RuleNode) {
    this.id = id;
    this.chain = chain;
    this.index = index;
    this.node = node;
  }

  get predicate(): Predicate {
    this.meaning ??= predicateOf(this.node, this.chain.table.ruleset.family);
    return this.meaning;
  }

  get condition(): Predicate {
    return this.meaning ?? predicateOf(this.node, this.chain.table.ruleset.family);
  }

  get action(): Action {
    this.doing ??= actionOf(this.node, this.chain.table);
    return this.doing;
  }

  /** Its target is the name of a chain. */
  calls(chain: ModelChain, goto: boolean): void {
    this.doing = goto ? chain.asGoto : chain.asJump;
  }
}

/** What a match asks; where it could not be read, a question of its own whose answer nobody knows. */
export const matchPredicate = (match: MatchNode, family: Family): Predicate => {
  const { spec } = match;
  const given = spec && (!spec.families || spec.families.includes(family)) ? givenOf(spec, match.options) : null;
  if (spec && given) return spec.matches(given as never, meaningContext(family, match.options));
  if (spec && match.name === '') {
    // Of the built-in options each stands for itself: those that were read count.
    const read = match.options.filter((option) => option.spec !== null);
    const unread = match.options.filter((option) => option.spec === null);
    return all(
      spec.matches(givenOf(spec, read) as never, meaningContext(family, read)),
      ...unread.map((option) => unknownCondition(option.words.join(' '))),
    );
  }
  return unknownCondition(printMatch(match, { family, backend: 'legacy' }));
};

const unknownCondition = (text: string): Predicate => test({ extension: '?', text, decidedBy: 'history', reads: [], given: {} });

const predicateOf = (node: RuleNode, family: Family): Predicate => {
  const { outline, values } = outlined(node);
  const known = constantConditions.get(outline);
  if (known) return known;
  const parts: Predicate[] = [];
  let isConstant = true;
  for (let i = 0; i < outline.matches.length; i++) {
    const use = outline.matches[i]!;
    const { spec } = use;
    // A condition that is the same whatever the values, as that of a comment, is made once.
    let part = constants.get(use);
    if (part === undefined) {
      const options = optionsIn(use, values);
      const given = spec && (!spec.families || spec.families.includes(family)) ? givenOf(spec, options) : null;
      part = spec && given ? spec.matches(given as never, meaningContext(family, options)) : matchPredicate(node.matches[i]!, family);
      if (!use.varies || (given && spec?.matches.length === 0)) constants.set(use, part);
      else isConstant = false;
    }
    parts.push(part);
  }
  const condition = parts.length === 1 ? parts[0]! : all(...parts);
  if (isConstant) constantConditions.set(outline, condition);
  return condition;
};

/** Conditions that all rules of an outline share. */
const constantConditions = new WeakMap<Outline, Predicate>();

/** Conditions of uses that no value changes. Those of one family never meet those of the other: an outline is of one table's text. */
const constants = new WeakMap<OutlineUse, Predicate>();

const nothing: Action = { kind: 'none' };
const noRewrites: readonly Rewrite[] = [];
/** What a target without options, or with the same options in all rules of its outline, does. */
const constantActions = new WeakMap<OutlineUse, Action>();

const actionOf = (node: RuleNode, table: ModelTable): Action => {
  const made = outlined(node);
  const { target } = made.outline;
  const name = targetName(made);
  if (!target || name === null) return nothing;
  const { family } = table.ruleset;
  // A chain named like an extension hides it (measured: -N LOG, then -j LOG, calls the chain).
  const chain = table.chains.get(name);
  if (chain && !chain.hook && !isOfLater(chain, target, node)) return target.goto ? chain.asGoto : chain.asJump;
  const spec = target.spec && (!target.spec.families || target.spec.families.includes(family)) ? target.spec : null;
  if (!spec || target.goto) return { kind: 'unknown', name };
  const constant = constantActions.get(target);
  if (constant) return constant;
  // Whether all that is required is there is the same for all rules of an outline.
  if (!isComplete(target, made.values)) return { kind: 'unknown', name };
  const action = new TargetAction(node, family, spec);
  if (!target.varies) constantActions.set(target, action);
  return action;
};

/** Whether a rule means the target that a chain hides from its ":" line on only, which stands behind the rule (measured). */
const isOfLater = ({ node: line }: ModelChain, { spec, goto }: OutlineTarget, { start }: RuleNode): boolean =>
  spec !== null && !goto && line?.form === 'declaration' && line.start > start;

/** Whether targets of outlines have all options that they require. */
const complete = new WeakMap<OutlineUse, boolean>();

const isComplete = (target: OutlineUse, values: readonly unknown[]): boolean => {
  let known = complete.get(target);
  if (known === undefined) {
    known = givenOf(target.spec!, optionsIn(target, values)) !== null;
    complete.set(target, known);
  }
  return known;
};

/** A target of the catalogue. What it rewrites is worked out when asked: few ask, and there are tens of thousands of DNAT rules. */
class TargetAction {
  readonly kind = 'target' as const;
  readonly effect: Effect;
  readonly actsOn: Predicate | undefined;
  private readonly node: RuleNode;
  private readonly family: Family;
  private readonly spec: TargetSpec;
  private made: readonly Rewrite[] | undefined;

  constructor(node: RuleNode, family: Family, spec: TargetSpec) {
    this.node = node;
    this.family = family;
    this.spec = spec;
    this.effect = spec.effect;
    this.actsOn = undefined;
    this.made = spec.rewrites ? undefined : noRewrites;
    if (!spec.actsOn) return;
    const options = this.options();
    this.actsOn = spec.actsOn(givenOf(spec, options) as never, meaningContext(family, options));
  }

  get name(): string {
    return this.spec.name;
  }

  get translates(): TargetSpec['translates'] {
    return this.spec.translates;
  }

  get hasSideEffect(): boolean {
    return this.spec.hasSideEffect ?? false;
  }

  get rewrites(): readonly Rewrite[] {
    this.made ??= this.rewritesAt();
    return this.made;
  }

  rewritesAt(hook?: Hook): readonly Rewrite[] {
    const { spec } = this;
    if (!spec.rewrites) return noRewrites;
    const options = this.options();
    return spec.rewrites(givenOf(spec, options) as never, { ...meaningContext(this.family, options), ...(hook ? { hook } : {}) });
  }

  private options(): readonly ReadOption[] {
    const { outline, values } = outlined(this.node);
    return optionsIn(outline.target!, values);
  }
}

const policyOf = (word: string | null): Policy | null => (word === 'ACCEPT' || word === 'DROP' || word === 'QUEUE' ? word : null);

/** The tables of one ruleset to be, by name. */
type Group = Map<TableName, TableNode>;

/** Which tables belong together: those of one family up to the next dump in the stream, which begins with a header line of its own. */
const groupTables = (document: DocumentNode, problems: Problem[]): readonly Group[] => {
  const groups: Group[] = [];
  const current = new Map<Family, Group>();
  for (const node of document.items) {
    if (node.kind !== 'table' || !isTable(node.name)) continue;
    let group = current.get(node.family);
    const before = group?.get(node.name);
    if (!group || (before && node.generator)) {
      group = new Map();
      groups.push(group);
      current.set(node.family, group);
    } else if (before) {
      const second = node.header ?? node;
      problems.push({
        code: 'duplicate-table',
        severity: 'warning',
        start: second.start,
        end: second.end,
        message: `the table ${node.name} is given twice: loading this one throws away all of the first, and only with --noflush adds to it`,
        help: 'put the rules of both into one table',
        related: [{ start: (before.header ?? before).start, end: (before.header ?? before).end, message: 'first given here' }],
      });
      // The table thrown away is still judged, by itself.
      groups.push(new Map([[node.name, before]]));
    }
    group.set(node.name, node);
  }
  return groups;
};

/** Builds the model. Tables with names that netfilter does not have are left out. */
export const resolve = (document: DocumentNode): Resolved => {
  const problems: Problem[] = [];
  // Lines outside any table that could not be read may have been anything.
  const wholeOutside = !document.items.some((item) => item.kind === 'unread');
  const rulesets = groupTables(document, problems).map((group) => {
    const nodes = [...group].sort(([, a], [, b]) => a.start - b.start);
    const ruleset = new ModelRuleset(document.source, nodes[0]![1].family);
    for (const [name, node] of nodes) {
      const table = new ModelTable(name, ruleset, node);
      ruleset.tables.set(name, table);
      if (!fillTable(table, node, problems) || !wholeOutside) ruleset.whole = false;
    }
    linkCallers(ruleset);
    return ruleset;
  });
  return { rulesets, problems };
};

/** Chains and rules of a table; false where lines of it could not be read. */
const fillTable = (table: ModelTable, node: TableNode, problems: Problem[]): boolean => {
  const { ruleset, chains } = table;
  for (const hook of builtInChains[table.name]) chains.set(hook, new ModelChain(hook, table, hook, null));
  const { items, problems: failing } = effectiveItems(node);
  problems.push(...failing);
  let whole = true;
  const chainOf = (name: string): ModelChain => {
    let chain = chains.get(name);
    if (!chain) {
      chain = new ModelChain(name, table, null, null);
      chains.set(name, chain);
    }
    return chain;
  };
  // Rules of a chain mostly stand together: gathered so, their list is of its length at once.
  let current: ModelChain | null = null;
  const gathered: ModelRule[] = [];
  const close = (): void => {
    if (current?.rules.length === 0) current.rules = gathered.slice();
    else if (current) for (let i = 0; i < gathered.length; i++) (current.rules as ModelRule[]).push(gathered[i]!);
    gathered.length = 0;
  };
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    if (item.kind === 'chain') {
      const chain = chainOf(item.name);
      chain.node ??= item;
      if (chain.hook) chain.policy = policyOf(item.policy) ?? chain.policy;
    } else if (item.kind === 'rule') {
      if (isForOtherFamily(item, ruleset.family)) continue;
      const chain: ModelChain = current !== null && current.name === item.chain ? current : chainOf(item.chain);
      if (!item.whole) chain.whole = false;
      if (chain !== current) {
        close();
        current = chain;
      }
      const rule = new ModelRule(ruleset.rules.length, chain, chain.rules.length + gathered.length, item);
      gathered.push(rule);
      ruleset.rules.push(rule);
    } else if (item.kind === 'unread') whole = false;
  }
  close();
  if (!whole) for (const chain of chains.values()) chain.whole = false;
  for (const chain of chains.values()) if (!chain.whole) whole = false;
  return whole;
};

const linkCallers = (ruleset: ModelRuleset): void => {
  for (let i = 0; i < ruleset.rules.length; i++) {
    const rule = ruleset.rules[i]!;
    const made = outlined(rule.node);
    const name = targetName(made);
    const chain = name === null ? undefined : rule.chain.table.chains.get(name);
    if (!chain || isOfLater(chain, made.outline.target!, rule.node)) continue;
    if (!chain.hook) rule.calls(chain, made.outline.target!.goto);
    // Most chains have one caller or two; a list that grows keeps room for sixteen more.
    if (chain.callers.length < 4) chain.callers = [...chain.callers, rule];
    else (chain.callers as ModelRule[]).push(rule);
  }
};
