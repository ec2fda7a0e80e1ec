/** The text form of a trace: hooks, tables and chains passed, rules met and nearly met, what was rewritten, what became of the packet. */
import { fields, type Predicate, printAddress } from '../../grammar/index.js';
import {
  askedOf,
  seenJson,
  type TraceBy,
  type TraceEvent,
  type TraceResult,
  type Tracer,
  type TraceWay,
  Unknown,
} from '../analysis/trace/index.js';
import type { Rule } from '../model/ruleset.js';

/** How words are set apart; plain text by default. */
export interface TracePaint {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

const same = (text: string): string => text;
export const plainPaint: TracePaint = { strong: same, faint: same, good: same, bad: same };

const verdictWords = { delivered: 'delivered', dropped: 'dropped', rejected: 'rejected', unknown: 'not certain' } as const;

/** "line 12 (filter/INPUT) ACCEPT", "the policy of filter/INPUT". */
export const byWords = (by: TraceBy): string => {
  switch (by.by) {
    case 'rule':
      return `line ${by.line} (${by.chain})${by.target === null ? '' : ` ${by.target}`}`;
    case 'policy':
      return `the policy of ${by.chain}, ${by.target}`;
    case 'kernel':
      return by.reason;
    case 'none':
      return 'no rule';
  }
};

const value = (field: string, given: unknown): string => {
  if (given instanceof Unknown) return 'something not known';
  if (given === null || given === undefined) return 'none';
  if (field === 'source' || field === 'destination') return printAddress(given as number | bigint);
  if (field === 'mark' || field === 'connectionMark') return `0x${Number(given).toString(16)}`;
  return String(given);
};

/** "source address and destination port differ", "the test "-m set ..." says no". */
const differs = (unmet: readonly Predicate[]): string => {
  const parts = unmet.map(askedOf);
  const names = [...new Set(parts.flatMap((part) => part.fields))].map((field) => fields[field].words);
  const tests = [...new Set(parts.flatMap((part) => part.tests))];
  const said = [
    ...(names.length > 0 ? [`${names.join(' and ')} differ${names.length === 1 ? 's' : ''}`] : []),
    ...tests.map((test) => `"${test}" says no`),
  ];
  return said.length > 0 ? said.join('; ') : 'it never matches';
};

const ruleText = (rule: Rule): string => rule.chain.table.ruleset.source.slice(rule.node).trim();

/** The lines of one way, with its near misses (rules that one condition alone kept from matching). */
const wayLines = (way: TraceWay, paint: TracePaint): string[] => {
  const lines: string[] = [];
  let missed = 0;
  const flush = (indent: string) => {
    if (missed > 0) lines.push(paint.faint(`${indent}  ${missed} other rule${missed === 1 ? '' : 's'} did not match`));
    missed = 0;
  };
  let indent = '';
  for (const event of way.events) {
    const inner = 'depth' in event ? `    ${'  '.repeat(event.depth)}` : indent;
    if (event.kind !== 'rule') flush(indent);
    switch (event.kind) {
      case 'hook': {
        const where = [event.in && `in ${event.in}`, event.out && `out ${event.out}`].filter(Boolean).join(', ');
        lines.push(paint.strong(event.hook) + (where ? `  (${where})` : ''));
        indent = '  ';
        break;
      }
      case 'tracking':
      case 'kernel':
        lines.push(`  ${event.words}`);
        break;
      case 'routing':
        lines.push(`routing: ${event.words}`);
        break;
      case 'table':
        lines.push(`  ${event.table} ${event.chain}`);
        indent = '    ';
        break;
      case 'rule':
        indent = inner;
        if (event.matched) {
          flush(inner);
          lines.push(`${inner}${paint.good('*')} ${event.line}: ${ruleText(event.rule)}`);
        } else if (isNearMiss(event)) {
          flush(inner);
          lines.push(paint.faint(`${inner}- ${event.line}: ${ruleText(event.rule)}   [${differs(event.unmet)}]`));
        } else missed++;
        break;
      case 'return':
        lines.push(`${inner}back in ${event.to}`);
        break;
      case 'policy':
        lines.push(`    policy ${event.policy}`);
        break;
      case 'rewrite':
        lines.push(`${inner}  ${fields[event.field].words}: ${value(event.field, event.from)} becomes ${value(event.field, event.to)}`);
        break;
      case 'assumed':
        lines.push(
          `${inner}  ? ${event.line === null ? '' : `line ${event.line}: `}${event.question.reason}; here taken for ${event.answer ? 'yes' : 'no'}`,
        );
        break;
    }
  }
  flush(indent);
  return lines;
};

/** One condition of several alone is not met. */
const isNearMiss = (event: TraceEvent & { readonly kind: 'rule' }): boolean => {
  const { predicate } = event.rule;
  return event.unmet.length === 1 && predicate.kind === 'all' && predicate.of.length > 1;
};

/** "delivered to this host by line 12 (filter/INPUT) ACCEPT". */
export const outcomeWords = (way: TraceWay): string => {
  const where =
    way.where === 'local'
      ? ' to this host'
      : way.where === 'forward' && way.seen
        ? ` by ${way.seen.at instanceof Unknown ? 'an interface not known' : way.seen.at}`
        : '';
  const by = way.by.by === 'none' ? '' : way.by.by === 'kernel' ? `: ${byWords(way.by)}` : ` by ${byWords(way.by)}`;
  if (way.verdict === 'delivered') return `delivered${where}${by === '' ? '' : `, accepted${by}`}`;
  if (way.by.by === 'rule' && way.by.target === 'SYNPROXY') return `taken${by}, which answers in the server's place`;
  return `${verdictWords[way.verdict]}${by}`;
};

/** A whole trace as text, without a final line end. */
export const traceText = (result: TraceResult, paint: TracePaint = plainPaint): string => {
  const lines = wayLines(result, paint);
  lines.push('');
  const color = (way: TraceWay) => (way.verdict === 'delivered' ? paint.good : way.verdict === 'unknown' ? paint.strong : paint.bad);
  if (result.certain) {
    lines.push(color(result)(outcomeWords(result)));
    if (result.seen) {
      const { src, dst, sport, dport, proto, ttl } = seenJson(result.seen);
      const end = (address: string | null, port: number | null | undefined) =>
        port === undefined ? (address ?? '?') : `${address?.includes(':') ? `[${address}]` : (address ?? '?')}:${port ?? '?'}`;
      lines.push(`  as ${proto} ${end(src, sport)} > ${end(dst, dport)} ttl ${ttl}`);
    }
    return lines.join('\n');
  }
  lines.push(
    paint.strong(
      `${result.verdict === 'unknown' ? 'not certain' : `${verdictWords[result.verdict]} in any case, but not certain how`}: it hangs on what is not known`,
    ),
  );
  for (const { reason, help } of result.reasons) lines.push(`  - ${reason}${help === '' ? '' : ` (${help})`}`);
  for (const way of result.ways) {
    const if_ = way.assumes.map(
      ({ question, answer, line }) => `${line === null ? '' : `line ${line}: `}${answer ? 'yes' : 'no'}, ${question.reason}`,
    );
    lines.push(`  ${color(way)(outcomeWords(way))}`, ...if_.map((words) => paint.faint(`      if ${words}`)));
  }
  if (result.truncated) lines.push('  ... and more ways');
  return lines.join('\n');
};

/** Why a packet does not match a line, or does: in sentences. */
export const whyNot = (result: TraceResult, tracer: Tracer, line: number): string => {
  const rule = tracer.ruleset.rules.find((one) => tracer.lineOf(one) === line);
  if (!rule) return `line ${line} holds no rule of this packet's family`;
  const met = result.events.filter((event) => event.kind === 'rule' && event.rule === rule) as (TraceEvent & { kind: 'rule' })[];
  const place = `${rule.chain.table.name}/${rule.chain.name}`;
  if (met.some(({ matched }) => matched)) return `line ${line} does match the packet`;
  if (met.length > 0) return `the packet comes to line ${line}, but ${differs(met[0]!.unmet)}`;
  // Not met: a rule before it ended the way through its chain, or nothing led into the chain.
  const visited = result.events.some((event) => event.kind === 'rule' && event.rule.chain === rule.chain);
  if (visited) {
    const last = result.trace.filter(({ table, chain }) => table === rule.chain.table.name && chain === rule.chain.name).at(-1);
    return `the packet comes into ${place}, but leaves it before line ${line}${last ? `: line ${last.line} ${last.target ?? ''} took it` : ''}`.trimEnd();
  }
  if (rule.chain.hook) {
    const ended =
      result.verdict === 'delivered'
        ? `it passes ${result.trace.map(({ chain, table }) => `${table}/${chain}`).at(-1) ?? 'other chains'}`
        : outcomeWords(result);
    return `the packet never comes to ${place}: ${ended}`;
  }
  const callers = rule.chain.callers.map((caller) => ({
    caller,
    event: result.events.find((event) => event.kind === 'rule' && event.rule === caller),
  }));
  if (callers.length === 0) return `nothing jumps to ${place}, so no packet comes to line ${line}`;
  const said = callers.map(({ caller, event }) => {
    const at = tracer.lineOf(caller);
    return event?.kind === 'rule'
      ? `line ${at} jumps there, but ${differs(event.unmet)}`
      : `line ${at} jumps there, but the packet does not come to it`;
  });
  return `the packet never comes into ${place}: ${said.join('; ')}`;
};
