/** The whole way in one function: text, tree, model, facts, checks, findings in file order. */
import { type Backend, type Family, parse, type Source } from '../grammar/index.js';
import { type Facts, factsOf } from './analysis/facts.js';
import type { Diagnostic } from './diagnostic/diagnostic.js';
import type { InputSummary, LintOptions, LintResult, TextInput } from './diagnostic/result.js';
import { levelOf } from './diagnostic/selection.js';
import { chainGraph } from './model/chain-graph.js';
import { hostRoutes } from './model/host.js';
import { readIpsets } from './model/ipset.js';
import { kernelIn, settingsIn } from './model/kernel.js';
import { linesOf } from './model/lines.js';
import { resolve } from './model/resolve.js';
import type { Ruleset } from './model/ruleset.js';
import type { Check, Finding } from './rules/define.js';
import { checks } from './rules/index.js';

/** Checks that tell of text that could not be read. */
const unreadChecks: ReadonlySet<string> = new Set(['syntax-error']);

/** Lints the texts of one host, in the order given. Never throws on input. */
export const lintText = (inputs: readonly TextInput[], options: LintOptions = {}): LintResult => {
  const active = checks.flatMap((check) => {
    const level = levelOf(check, options);
    return level === 'off' ? [] : [{ check, level, forced: options.levels?.[check.id] !== undefined }];
  });
  const kernel = kernelIn(options.context?.sysctl?.text);
  const sysctl = settingsIn(options.context?.sysctl?.text);
  const sets = options.context?.ipset ? readIpsets(options.context.ipset.text) : null;
  const routes = hostRoutes(options.context?.routes?.text, options.context?.addresses?.text);
  const gathered: { ruleset: Ruleset; facts: Facts }[] = [];
  const asksHost = active.some(({ check }) => check.checkHost);
  const summaries: InputSummary[] = [];
  const foundIn: { source: Source; found: Diagnostic[] }[] = [];
  let partlyUnread = false;
  let inconclusive = false;
  for (const input of inputs) {
    const { document, problems: readingProblems } = parse(input.text, {
      name: input.name,
      ...(options.family ? { family: options.family } : {}),
      ...(input.likelyFamily ? { likelyFamily: input.likelyFamily } : {}),
    });
    const { rulesets, problems: resolvingProblems } = resolve(document);
    const problems = [...readingProblems, ...resolvingProblems].sort((a, b) => a.start - b.start || a.end - b.end);
    if (problems.some(({ code, severity }) => unreadChecks.has(code) && severity === 'error')) partlyUnread = true;
    summaries.push(...summarize(input, document.items, rulesets));
    const found: Diagnostic[] = [];
    foundIn.push({ source: document.source, found });
    const reporter =
      (check: Check, level: Diagnostic['level'], forced: boolean, family?: Family) =>
      (finding: Finding): void => {
        found.push({
          certainty: 'proved',
          related: [],
          source: document.source,
          ...(family ? { family } : {}),
          ...finding,
          check: check.id,
          category: check.category,
          level: forced ? level : (finding.level ?? level),
        });
      };
    const backendOf = (ruleset: Ruleset | undefined): Backend | null => options.backend ?? headerBackend(ruleset);
    for (const { check, level, forced } of active)
      check.checkDocument?.({
        document,
        source: document.source,
        problems,
        rulesets,
        backend: backendOf(rulesets[0]),
        report: reporter(check, level, forced, rulesets[0]?.family),
      });
    for (const ruleset of rulesets) {
      const graph = chainGraph(ruleset);
      const facts: Facts = factsOf(ruleset, options);
      for (const { check, level, forced } of active)
        check.checkRuleset?.({
          ruleset,
          graph,
          facts,
          kernel,
          sysctl,
          sets,
          routes,
          backend: backendOf(ruleset),
          report: reporter(check, level, forced, ruleset.family),
        });
      if (asksHost) gathered.push({ ruleset, facts });
      if (facts.inconclusive) inconclusive = true;
    }
  }
  if (asksHost)
    for (const { check, level, forced } of active)
      check.checkHost?.({
        rulesets: gathered,
        sysctl,
        backend: options.backend ?? null,
        report: (finding) => {
          const source = finding.source ?? gathered[0]!.ruleset.source;
          foundIn
            .find((input) => input.source === source)
            ?.found.push({
              certainty: 'proved',
              related: [],
              ...finding,
              source,
              check: check.id,
              category: check.category,
              level: forced ? level : (finding.level ?? level),
            });
        },
      });
  const diagnostics = foundIn.flatMap(({ found }) => inFileOrder(found));
  return { inputs: summaries, diagnostics, partlyUnread, inconclusive };
};

/** The back end that all header lines of a ruleset agree on. */
const headerBackend = (ruleset: Ruleset | undefined): Backend | null => {
  const told = new Set([...(ruleset?.tables.values() ?? [])].map((table) => table.node.generator?.backend ?? null));
  return told.size === 1 ? [...told][0]! : null;
};

const inFileOrder = (found: readonly Diagnostic[]): Diagnostic[] =>
  found
    .map((finding, index) => ({ finding, index }))
    .sort((a, b) => a.finding.at.start - b.finding.at.start || a.index - b.index)
    .map(({ finding }) => finding);

/** One summary a family that the text holds; a text without tables is one empty input. */
const summarize = (
  input: TextInput,
  items: ReturnType<typeof parse>['document']['items'],
  rulesets: readonly Ruleset[],
): InputSummary[] => {
  const summaries = new Map<Family, { tables: string[]; rules: number; chains: number }>();
  for (const item of items) {
    if (item.kind !== 'table') continue;
    const summary = summaries.get(item.family) ?? { tables: [], rules: 0, chains: 0 };
    summaries.set(item.family, summary);
    if (!summary.tables.includes(item.name)) summary.tables.push(item.name);
    summary.rules += linesOf(item).added;
  }
  for (const ruleset of rulesets) for (const table of ruleset.tables.values()) summaries.get(ruleset.family)!.chains += table.chains.size;
  if (summaries.size === 0) return [{ path: input.name, family: input.likelyFamily ?? 4, tables: [], chains: 0, rules: 0 }];
  return [...summaries].map(([family, summary]) => ({ path: input.name, family, ...summary }));
};
