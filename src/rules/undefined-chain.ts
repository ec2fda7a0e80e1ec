/** Jumps to chains, and rules in chains, that do not exist when the line runs. */
import { builtInChains, findTarget, isHook, meantTarget, targetOf } from '../../grammar/index.js';
import { censusOf } from '../model/census.js';
import { linesOf } from '../model/lines.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule, Table } from '../model/ruleset.js';
import { closest } from '../util/closest.js';
import { defineCheck } from './define.js';
import { isUnknownTarget } from './unknown-extension.js';

/** Targets that need no options. */
const verdicts = ['ACCEPT', 'DROP', 'REJECT', 'RETURN', 'LOG', 'MASQUERADE'];

interface Mention {
  readonly rule: Rule;
  /** The rule stands in the chain; else it jumps or goes there. */
  readonly isIn: boolean;
}

export default defineCheck({
  id: 'undefined-chain',
  category: 'load',
  level: 'error',
  summary: 'A chain that does not exist: no line declares it, or a later one does.',
  why: 'iptables-restore runs the lines in order. A chain has to be declared (":NAME - [0:0]" or "-N NAME") before a rule is added to it or jumps to it; else it stops there and nothing of the table is loaded. A name that is neither a chain nor a target gives the same error. Files that are loaded with --noflush (-n) may count on chains that the kernel already holds; those are not known here. A file with tables that are plainly made for that (no line for a built-in chain, rules in chains of others) is told once, as a warning.',
  advice:
    'Declare the chain at the head of its table, or correct the name. Excerpts of dumps often lack their ":" lines: lint the whole dump. (A dump that lacks declarations of built-in chains is taken for an excerpt, and this is a warning there.)',
  examples: {
    find: [
      { title: 'a slip in a name', text: ':WEB - [0:0]\n-A INPUT -p tcp -m tcp --dport 80 -j WBE\n-A INPUT -j WEB\n-A WEB -j ACCEPT' },
      { title: 'declared too late', text: '-A INPUT -j WEB\n:WEB - [0:0]\n-A WEB -j ACCEPT' },
      { title: 'a chain that the table does not have', text: '*nat\n-A FORWARD -j ACCEPT\nCOMMIT\n' },
      {
        title: 'a file to be loaded with --noflush: a warning',
        text: '*filter\n:GUESTS - [0:0]\n-A GUESTS -p tcp -m tcp --dport 80 -j ACCEPT\n-A INPUT_ZONES -i eth1 -g GUESTS\nCOMMIT\n',
      },
    ],
    leave: [{ title: 'declared with -N', text: '-N WEB\n-A INPUT -j WEB\n-A WEB -j ACCEPT' }],
  },
  checkRuleset: ({ ruleset, report }) => {
    const missing = new Map<Table, Map<string, Mention[]>>();
    const mention = (name: string, rule: Rule, isIn: boolean): void => {
      const { table } = rule.chain;
      let byName = missing.get(table);
      if (!byName) {
        byName = new Map();
        missing.set(table, byName);
      }
      const list = byName.get(name);
      if (list) list.push({ rule, isIn });
      else byName.set(name, [{ rule, isIn }]);
    };
    for (const table of ruleset.tables.values())
      for (const chain of table.chains.values()) {
        if (chain.hook || (chain.node !== null && linesOf(table.node).declaresFirst)) continue;
        for (const rule of chain.rules) if (isAbsent(chain.node, rule) && rule.node.whole) mention(chain.name, rule, true);
      }
    for (const rule of censusOf(ruleset).oddJumps) {
      const { chain, node } = rule;
      const callee = chain.table.chains.get(targetOf(node)!);
      if (callee && !callee.hook && !isAbsent(callee.node, rule)) continue; // as nearly all
      if (!node.whole) continue; // told as unread, and perhaps read amiss
      const { target } = node;
      if (!target || (target.spec && !target.goto && rule.action.kind !== 'jump')) continue;
      if (callee?.hook) continue; // bad-jump tells it
      if (!callee && rule.action.kind !== 'unknown') continue;
      if (!callee && (isUnknownTarget(rule) || (target.goto && findTarget(target.name)))) continue; // told elsewhere
      if (!callee || isAbsent(callee.node, rule)) mention(target.name, rule, false);
    }
    // Of all tables together: that the file is meant for --noflush is one cause.
    const counted: { readonly name: string; readonly mentions: readonly Mention[] }[] = [];
    for (const [table, byName] of missing) {
      const isPart = isForNoflush(table, byName);
      for (const [name, mentions] of byName) {
        const [first, ...others] = mentions.sort((a, b) => a.rule.id - b.rule.id) as [Mention, ...Mention[]];
        const declared = table.chains.get(name)?.node;
        // A name that is both filled and jumped to is meant; and no rule can jump to a built-in chain.
        const isMeant = mentions.some(({ isIn }) => isIn) && mentions.some(({ isIn }) => !isIn);
        const known = isMeant
          ? []
          : [...table.chains.values()].filter((chain) => (chain.hook ? first.isIn : chain.node)).map((chain) => chain.name);
        const slip = declared || first.isIn ? null : slipFor(first.rule.node.target!);
        // Options would show the target that is meant; a bare name is most likely a slip for a verdict.
        const near = slip ?? (declared ? null : closest(name, first.isIn || isMeant ? known : [...known, ...verdicts]));
        if (isPart && !declared && near === null && !isHook(name)) {
          counted.push({ name, mentions });
          continue;
        }
        const doubt =
          declared || slip
            ? null
            : isExcerpt(table)
              ? 'lines that were left out: the dump does not even declare all built-in chains'
              : ruleset.whole
                ? null
                : 'lines that could not be read and may declare it';
        const shown = name.replace(/\n/g, '\\n');
        const focus = first.isIn ? first.rule.node.chainSpan : first.rule.node.target!.nameSpan;
        report({
          ...placeOfRule(first.rule),
          focus: [spanOf(focus)],
          label: declared ? 'declared only later' : 'not a chain',
          message: declared
            ? `the chain ${shown} is declared only after this line: iptables-restore stops here`
            : isHook(name)
              ? `the table ${table.name} has no chain ${name}`
              : first.isIn
                ? `rules are added to ${shown}, a chain that no line declares`
                : `"${shown}" is neither a chain of the table ${table.name} nor a target`,
          ...(doubt === null ? {} : { certainty: 'possible' as const, level: 'warning' as const, leansOn: [doubt] }),
          help: declared
            ? 'move the declaration to the head of the table'
            : isHook(name)
              ? `the built-in chains of ${table.name} are ${[...table.chains.values()].flatMap((chain) => (chain.hook ? [chain.name] : [])).join(', ')}`
              : near
                ? `did you mean ${near}?`
                : `declare it at the head of the table: :${shown} - [0:0]`,
          related: [
            ...(declared ? [{ at: spanOf(declared), message: 'declared here' }] : []),
            ...others.map(({ rule, isIn }) => ({ at: spanOf(rule.node), message: isIn ? 'in it as well' : 'jumps there as well' })),
          ],
        });
      }
    }
    const all = counted.flatMap(({ mentions }) => mentions).sort((a, b) => a.rule.id - b.rule.id);
    const [first] = all;
    if (!first) return;
    const names = [...new Set(counted.map(({ name }) => name.replace(/\n/g, '\\n')))];
    const them = names.length === 1 ? 'it' : 'them';
    report({
      ...placeOfRule(first.rule),
      focus: [spanOf(first.isIn ? first.rule.node.chainSpan : first.rule.node.target!.nameSpan)],
      label: 'declared nowhere',
      level: 'warning',
      certainty: 'possible',
      leansOn: ['whether the file is meant for iptables-restore --noflush, and which chains the kernel then holds'],
      message: `no line declares ${listed(names)}: iptables-restore stops here, unless it runs with --noflush and the kernel holds ${them} already`,
      help: `if this is part of a dump, lint all of it; else load it with --noflush (-n) behind what declares ${them}, or declare ${them} here: :${names[0]!} - [0:0]`,
      related: [...new Set(all.map(({ rule }) => rule))]
        .filter((rule) => rule !== first.rule)
        .map((rule) => ({ at: spanOf(rule.node), message: 'names such a chain, too' })),
    });
  },
});

/**
 * A table made to be added to what the kernel holds (iptables-restore --noflush), as firewalld and kube-proxy write them: it says nothing of built-in chains'
 * policies, and either fills chains that it does not declare, or no rule of it stands in a built-in chain. One name alone shows nothing: it may be a slip.
 */
const isForNoflush = ({ node, chains }: Table, missing: ReadonlyMap<string, readonly Mention[]>): boolean =>
  node.header !== null &&
  [...chains.values()].every(({ hook, node: line }) => hook === null || line === null) &&
  (missing.size > 1 || [...chains.values()].some(({ hook, node: line }) => hook === null && line !== null)) &&
  ([...missing].some(([name, mentions]) => !chains.get(name)?.node && !isHook(name) && mentions.some(({ isIn }) => isIn)) ||
    [...chains.values()].every(({ hook, rules }) => hook === null || rules.length === 0));

const listed = (names: readonly string[]): string =>
  names.length === 1 ? `the chain ${names[0]!}` : `the chains ${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;

/** The target that a name in wrong letters means, told by its capitals or by its options. A jump to a chain has no options. */
const slipFor = (target: NonNullable<Rule['node']['target']>): string | null => {
  const capitals = target.name.toUpperCase();
  return findTarget(capitals) ? capitals : (meantTarget(target) ?? null);
};

/** No line declares the chain before the rule runs. */
const isAbsent = (declaration: { readonly start: number } | null, { node }: Rule): boolean =>
  declaration === null || declaration.start > node.start;

/** iptables-save always declares every built-in chain of a table: a dump that lacks one has lost lines on its way here. */
const isExcerpt = ({ name, node, chains }: Table): boolean =>
  node.generator !== null && builtInChains[name].some((hook) => !chains.get(hook)?.node);
