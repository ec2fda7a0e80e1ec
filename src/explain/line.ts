/**
 * One rule explained where it stands: a line of a ruleset of any size, or a rule given as text. In large rulesets the other rules are not asked what they
 * mean; in small ones it is also told whether packets reach it.
 */
import { type DocumentNode, type Family, Fault, isTable, parse, type RuleNode, type TableNode } from '../../grammar/index.js';
import { factsOf } from '../analysis/facts.js';
import { ownerOfRule } from '../model/owners.js';
import { lineOf } from '../model/place.js';
import { resolve } from '../model/resolve.js';
import type { Chain, Rule, Ruleset } from '../model/ruleset.js';
import { type ExplainedRule, explainChain, explainRule } from './chain.js';

export interface ExplainedLine extends ExplainedRule {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  readonly policy: string | null;
  /** How many rules its chain holds. */
  readonly of: number;
  /** The program that wrote it, and what for. */
  readonly owner: { readonly name: string; readonly purpose: string } | null;
  /** "Called from line 12 (INPUT) for every packet." */
  readonly calledBy: readonly string[];
  /** Of a rule that no packet reaches: the lines that take its packets first, as far as lines do. Absent: packets reach it, or nobody asked. */
  readonly takenBy?: readonly number[];
  /** What the command does with the rule. */
  readonly does: 'adds' | 'inserts' | 'deletes' | 'replaces' | 'checks';
  /** The place that the command tells: `-I INPUT 3`. Absent: none. */
  readonly at?: number;
  /** What reading it complained of. */
  readonly problems: readonly string[];
}

/** The rule on a line (1-based) of a document; a Fault where none stands there. */
export const explainLine = (document: DocumentNode, line: number): ExplainedLine | Fault => {
  const { source } = document;
  if (line < 1 || line > source.lineCount) return new Fault(`there is no line ${line}: the text has ${source.lineCount}`);
  const found = ruleOn(document, line);
  if (!found) return new Fault(`no rule stands on line ${line}: "${source.line(line).trim()}"`);
  const { table, node } = found;
  const { rulesets } = resolve(excerpt(document, table, node));
  const rule = ruleFor(rulesets, node);
  if (!rule) return new Fault(`line ${line} adds no rule that stays: "${source.line(line).trim()}"`);
  const numbers = placeIn(table, node);
  const taken = table.items.length <= small ? takersOf(document, node) : null;
  return { ...describe(rule, numbers), ...(taken ? { isDead: true, takenBy: taken } : {}), does: 'adds', problems: [] };
};

/** Of a rule that no packet reaches: the lines that take its packets; null: packets reach it, or that is not decided. */
const takersOf = (document: DocumentNode, node: RuleNode): readonly number[] | null => {
  const rule = ruleFor(resolve(document).rulesets, node);
  if (!rule) return null;
  const { status, by } = factsOf(rule.chain.table.ruleset, { effort: 'low' }).verdict(rule);
  return status === 'dead' ? by.map(lineOf) : null;
};

const describe = (rule: Rule, place: { readonly number: number; readonly of: number }): Omit<ExplainedLine, 'problems' | 'does' | 'at'> => {
  const owner = ownerOfRule(rule);
  const { chain } = rule;
  return {
    ...explainRule(rule),
    ...place,
    family: chain.table.ruleset.family,
    table: chain.table.name,
    chain: chain.name,
    policy: chain.policy,
    owner: owner ? { name: owner.name, purpose: owner.purpose } : null,
    calledBy: explainChain(chain, 0).calledBy,
  };
};

/** The table and rule whose text touches a line. */
const ruleOn = (document: DocumentNode, line: number): { readonly table: TableNode; readonly node: RuleNode } | null => {
  const { source } = document;
  const touches = ({ start, end }: RuleNode): boolean =>
    source.position(start).line <= line && line <= source.position(Math.max(start, end - 1)).line;
  for (const table of document.items) {
    if (table.kind !== 'table' || !isTable(table.name)) continue;
    for (let low = 0, high = table.items.length - 1; low <= high; ) {
      const middle = (low + high) >> 1;
      const item = table.items[middle]!;
      if (source.position(item.start).line > line) high = middle - 1;
      else if (source.position(Math.max(item.start, item.end - 1)).line < line) low = middle + 1;
      else if (item.kind === 'rule' && touches(item)) return { table, node: item };
      else break;
    }
    // Lines of several commands, and tables whose lines are not in order.
    for (const item of table.items) if (item.kind === 'rule' && touches(item)) return { table, node: item };
  }
  return null;
};

/** Rulesets up to this size are read whole. */
const small = 2_000;

/** The document with only the rules that tell of one rule: itself, and those that may lead to its chain. Resolving asks every rule what it means. */
const excerpt = (document: DocumentNode, table: TableNode, node: RuleNode): DocumentNode => {
  const isPlain = table.items.every((item) => item.kind !== 'chain-command' && (item.kind !== 'rule' || item.command === 'append'));
  if (table.items.length <= small || !isPlain) return { ...document, items: [table] };
  const { text } = document.source;
  const name = node.chain.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const jump = new RegExp(`(?:-j|-g|--jump|--goto)[ \\t=]+"?${name}"?(?=\\s|$)`);
  let left = 2_000;
  const items = table.items.filter((item) => {
    if (item === node || item.kind === 'chain') return true;
    if (item.kind !== 'rule' || left === 0 || !jump.test(text.slice(item.start, item.end))) return false;
    left--;
    return true;
  });
  return { ...document, items: [{ ...table, items }] };
};

const ruleFor = (rulesets: readonly Ruleset[], node: RuleNode): Rule | null => {
  for (const { rules } of rulesets) {
    const rule = rules.find((each) => each.node === node || each.node.start === node.start);
    if (rule) return rule;
  }
  return null;
};

/** Its number in its chain, and how many rules the chain holds, as far as lines tell. */
const placeIn = (table: TableNode, node: RuleNode): { readonly number: number; readonly of: number } => {
  let number = 0;
  let of = 0;
  for (const item of table.items) {
    if (item.kind !== 'rule' || item.chain !== node.chain) continue;
    of++;
    if (item === node) number = of;
  }
  return { number, of };
};

/**
 * A rule as people have it in a shell's history, a script or a file: `iptables -t nat -A PREROUTING ...`, `sudo ip6tables -I INPUT 3 ...`, `-A INPUT ...`, or
 * its matches and target alone. `beside`: the ruleset it is thought for, whose chains it may jump to.
 */
export const explainText = (text: string, family: Family | null, beside: Ruleset | null): readonly ExplainedLine[] | Fault => {
  const explained: ExplainedLine[] = [];
  // Several commands in a row, as a shell takes them.
  for (const part of text.split(/\s*(?:&&|;|\n)\s*(?=(?:sudo\s|\S*ip6?tables))/)) {
    const rules = explainOne(part, family, beside);
    if (rules instanceof Fault) return rules;
    explained.push(...rules);
  }
  return explained;
};

const explainOne = (text: string, family: Family | null, beside: Ruleset | null): readonly ExplainedLine[] | Fault => {
  const words = text.trim().replace(/^\[\d+:\d+\]\s*/, '');
  if (words === '') return new Fault('the rule is empty');
  const isCommand = /^(?:sudo\s+(?:-\S+\s+)*)?(?:\S*\/)?(?:ip6?tables|xtables)\S*\s/.test(words);
  const isV6 =
    family === 6 || (family === null && (beside?.family === 6 || /(?:^|[\s,[])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,}/i.test(words)));
  const command = /(?:^|\s)(-[AICDR]|--(?:append|insert|check|delete|replace))(?:\s+|=)(\S+)(?:\s+(\d+)(?=\s|$))?/.exec(words);
  const letter = doing(command?.[1] ?? '-A');
  if (command?.[3] && letter === 'deletes') return deletedBy(command[2]!, Number(command[3]), words, beside);
  if (!command && withoutRule.test(words)) return new Fault(`"${words}" is a command without a rule to explain`);
  const whole = command
    ? `${words.slice(0, command.index)} -A ${command[2]}${words.slice(command.index + command[0].length)}`
    : `${words} -A INPUT`;
  const line = `${isCommand ? '' : isV6 ? 'ip6tables ' : 'iptables '}${whole.trim()}`;
  const { document, problems } = parse(`${line}\n`, {
    name: '--rule',
    ...(family ? { family } : isCommand ? {} : { family: isV6 ? (6 as const) : (4 as const) }),
  });
  const nodes = document.items.flatMap((table) =>
    table.kind === 'table' ? table.items.flatMap((item) => (item.kind === 'rule' ? [{ table, node: item }] : [])) : [],
  );
  const faults = problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  if (
    nodes.every(({ node }) => !node.target && !node.matches.some(({ options }) => options.some(({ spec }) => spec !== null)) && !node.whole)
  )
    return new Fault(faults[0] ?? `"${text.trim()}" is not a rule`);
  const { rulesets } = resolve(document);
  const explained = nodes.flatMap(({ node }) => {
    const rule = ruleFor(rulesets, node);
    return rule
      ? [
          {
            ...describe(withChainsOf(rule, beside), { number: rule.index + 1, of: rule.chain.rules.length }),
            text: words,
            does: letter,
            ...(command?.[3] ? { at: Number(command[3]) } : {}),
            problems: faults,
          },
        ]
      : [];
  });
  return explained.length > 0 ? explained : new Fault(`"${text.trim()}" is not a rule`);
};

/** Commands about chains and counters. */
const withoutRule = /(?:^|\s)(?:-[NPFXEZLS]|--(?:new-chain|policy|flush|delete-chain|rename-chain|zero|list|list-rules))(?:[\s=]|$)/;

/** `-D INPUT 3`: which rule that is, the ruleset tells. */
const deletedBy = (name: string, place: number, text: string, beside: Ruleset | null): readonly ExplainedLine[] | Fault => {
  const table = /(?:^|\s)(?:-t|--table)(?:\s+|=)(\S+)/.exec(text)?.[1] ?? 'filter';
  const chain = [...(beside?.tables.values() ?? [])].find((each) => each.name === table)?.chains.get(name);
  const rule = chain?.rules[place - 1];
  if (rule) return [{ ...describe(rule, { number: place, of: rule.chain.rules.length }), text, does: 'deletes', at: place, problems: [] }];
  return new Fault(
    chain
      ? `${table}/${name} has no rule ${place}: it holds ${chain.rules.length}`
      : `"${text}" deletes rule ${place} of ${name}, whichever that is: give the ruleset, too`,
  );
};

const doing = (command: string): ExplainedLine['does'] => {
  const letter = command.replace(/^--/, '').replace(/^-/, '').charAt(0).toLowerCase();
  const words: Readonly<Record<string, ExplainedLine['does']>> = { i: 'inserts', d: 'deletes', r: 'replaces', c: 'checks' };
  return words[letter] ?? 'adds';
};

/** The rule, in the chain of its name of another ruleset: jumps then find their chains. */
const withChainsOf = (rule: Rule, beside: Ruleset | null): Rule => {
  const table = beside?.tables.get(rule.chain.table.name);
  const chain: Chain | undefined = table?.chains.get(rule.chain.name);
  if (!table) return rule;
  const own: Chain = chain ?? { ...copyOf(rule.chain), table };
  const callee = rule.node.target && !rule.node.target.spec ? table.chains.get(rule.node.target.name) : undefined;
  return {
    id: rule.id,
    chain: { ...copyOf(own), table: { ...copyOfTable(own), ruleset: rule.chain.table.ruleset } },
    index: rule.index,
    node: rule.node,
    predicate: rule.predicate,
    condition: rule.condition,
    action: callee ? { kind: rule.node.target!.goto ? 'goto' : 'jump', chain: callee } : rule.action,
  };
};

const copyOf = ({ index, name, table, hook, policy, node, rules, callers, whole }: Chain): Chain => ({
  index,
  name,
  table,
  hook,
  policy,
  node,
  rules,
  callers,
  whole,
});
const copyOfTable = ({ table }: Chain): Chain['table'] => ({
  name: table.name,
  ruleset: table.ruleset,
  node: table.node,
  chains: table.chains,
});
