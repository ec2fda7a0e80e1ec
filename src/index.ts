/**
 * The library's door. What the command line shows can be had as values: the tree of a text, its model with names resolved, what is wrong
 * with it. Nothing behind this door reads a file or needs Node; a test walks its imports to hold that.
 *
 * ```ts
 * import { lint } from 'iptlint';
 *
 * const { diagnostics } = lint([{ name: 'rules.v4', text }]);
 * for (const { check, level, message, source, at } of diagnostics)
 *   console.log(`${source.name}:${source.position(at.start).line}: ${level}[${check}] ${message}`);
 * ```
 *
 * Each step of that way is here too, for programs that want to look for themselves:
 *
 * ```ts
 * const { document, problems } = parse(text); // the tree; nothing is lost, trouble is told and never thrown
 * print(document); //                            the text that iptables-save would print
 * const { rulesets } = resolve(document); //     one ruleset a family: tables, chains, rules, jumps
 * ```
 *
 * `lint` tells all that the checks find. `settle` then does what the command line does with it: silences in comments, managed chains,
 * least certainty, baseline.
 */
export {
  type Backend,
  type Family,
  type ParseOptions,
  type ParseResult,
  type Position,
  type PrintOptions,
  type Problem,
  parse,
  print,
  Source,
  type Span,
} from '../grammar/index.js';
export type * as ast from '../grammar/syntax/ast.js';
export {
  type Category,
  type Certainty,
  categories,
  type Diagnostic,
  type Edit,
  type Fix,
  type Level,
  levels,
  type PacketJson,
  type Related,
} from './diagnostic/diagnostic.js';
export type { Counts, ReportedFinding } from './diagnostic/report.js';
export type { CheckDescriptor, Effort, HostContext, InputSummary, LintOptions, LintResult, TextInput } from './diagnostic/result.js';
export type { Selection } from './diagnostic/selection.js';
export { type Override, type Settled, type SettleOptions, settle } from './diagnostic/settle.js';
export { tool } from './diagnostic/tool.js';
export { lintText as lint } from './lint.js';
export { type Resolved, resolve } from './model/resolve.js';
export type { Action, Chain, Rule, Ruleset, Table } from './model/ruleset.js';
export type { CheckExample, CheckInfo } from './rules/define.js';

import type { CheckInfo } from './rules/define.js';
import { checks as allChecks } from './rules/index.js';

/** Every check as data: id, category, default level, what it finds and why that matters, with examples. */
export const checks: readonly CheckInfo[] = allChecks;
