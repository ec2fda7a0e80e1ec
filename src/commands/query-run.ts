/** What `iptlint query` does: reads a host, asks, prints. Apart from query.ts so that --help loads none of it. */
import { builtInChains, Fault, parse } from '../../grammar/index.js';
import { contextResolver } from '../analysis/context.js';
import { type Facts, factsOf } from '../analysis/facts.js';
import type { HostContext, LintOptions } from '../diagnostic/result.js';
import { tool } from '../diagnostic/tool.js';
import { paragraph, toMarkdown, toText } from '../explain/layout.js';
import { type HostInterface, readAddresses } from '../model/host.js';
import { lineOf } from '../model/place.js';
import { resolve as resolveRules } from '../model/resolve.js';
import type { Ruleset } from '../model/ruleset.js';
import { askRuleset, partsOf } from '../query/evaluate.js';
import { exposureOf } from '../query/exposure.js';
import { type Ask, type Misread, readQuery } from '../query/language.js';
import { exposureBlocks, exposureData, placesBlocks, placesData } from '../query/page.js';
import { perRule, type RuleAnswer } from '../query/per-rule.js';
import { colorsFor } from '../reporters/colors.js';
import { packetWords } from '../reporters/packet-words.js';
import { columns, listed } from '../util/text.js';
import { type Given, type Outside, UsageError } from './command.js';
import { findHosts, type HostTexts, readHost } from './inputs.js';
import { type Output, resolve } from './io.js';
import { wantsColor, widthOf } from './terminal.js';

/** Runs the command; returns its exit code. */
export const runQuery = async (given: Given, outside: Outside): Promise<number> => {
  const { streams } = outside;
  const [file, text] = given.words;
  if (file === undefined) throw new UsageError("query wants a ruleset and a question: iptlint query rules.v4 'to port 22 in INPUT'");
  const questions = [text !== undefined, given.has('per-rule'), given.has('exposure')].filter(Boolean).length;
  if (questions !== 1)
    throw new UsageError(
      questions === 0 ? "query wants something to ask: 'to port 22 in INPUT', --exposure or --per-rule" : 'give one question at a time',
    );
  const format = (given.value('format') ?? 'full') as Format;
  if (format === 'jsonl' && !given.has('per-rule')) throw new UsageError('jsonl is a form of --per-rule; use json');
  if (format === 'markdown' && given.has('per-rule')) throw new UsageError('--per-rule has the forms full, json and jsonl');
  if (!given.has('per-rule')) return runQuestion(file, text ?? null, format, given, outside);
  const read = await readRulesets(file, given, outside);
  if (read === null) return 3;
  const print = new RulePrinter(streams.stdout, format);
  for (const { name, rulesets } of read.texts) {
    const desks = rulesets.map((ruleset) => factsOf(ruleset, read.options));
    print.text(name, desks);
  }
  print.end();
  return read.isPartlyUnread ? 3 : print.isOpen ? 4 : 0;
};

type Format = 'full' | 'json' | 'jsonl' | 'markdown';

/** A question in words, or that for the exposure (null). */
const runQuestion = async (file: string, text: string | null, format: Format, given: Given, outside: Outside): Promise<number> => {
  const { stdout, env } = outside.streams;
  const most = given.value('most') ?? (format === 'json' ? '1000' : '12');
  if (!/^[1-9]\d*$/.test(most)) throw new UsageError(`--most takes a number, not ${most}`);
  const ask = text === null ? null : readAsk(text);
  const read = await readRulesets(file, given, outside);
  if (read === null) return 3;
  const rulesets = read.texts.flatMap((one) => one.rulesets);
  if (ask !== null) checkLines(text!, ask, rulesets);
  const answers = rulesets.map((ruleset) => {
    const options = {
      resolver: contextResolver(ruleset, read.options.context ?? {}, read.options.backend),
      effort: budgets[read.options.effort ?? 'normal'],
      most: Number(most),
    };
    return ask === null
      ? { ruleset, places: [], exposure: exposureOf(ruleset, { ...options, interfaces: interfacesOf(read.options.context) }) }
      : { ruleset, places: askRuleset(ruleset, ask, options), exposure: [] };
  });
  if (format === 'json') {
    const data = ask === null ? answers.flatMap(exposureData) : answers.flatMap(placesData);
    const asked = text === null ? {} : { query: text };
    stdout.write(`${JSON.stringify({ version: 1, tool, ...asked, answers: data }, null, 2)}\n`);
  } else {
    const blocks = answers.flatMap((answer) => (ask === null ? exposureBlocks(answer) : placesBlocks(answer, answers.length > 1)));
    if (blocks.length === 0) blocks.push(paragraph(nothingOf(ask, rulesets)));
    const colors = await colorsFor(wantsColor(stdout, env, given.value('color')));
    stdout.write(
      format === 'markdown'
        ? `${toMarkdown(blocks)}\n`
        : `${toText(blocks, widthOf(stdout), { strong: colors.bold, faint: colors.dim })}\n`,
    );
  }
  if (read.isPartlyUnread) return 3;
  const isOpen = answers.some(
    ({ places, exposure }) =>
      places.some((place) => place.classes === null || place.ignored.length > 0) || exposure.some((one) => !one.isExact),
  );
  return isOpen ? 4 : 0;
};

/** Why no place was asked. */
const nothingOf = (ask: Ask | null, rulesets: readonly Ruleset[]): string => {
  const has = new Set(rulesets.flatMap(({ tables }) => [...tables.keys()]));
  if (ask === null || has.size === 0) return 'There is nothing of that in the ruleset.';
  const hooks = [...has].flatMap((table) => builtInChains[table].map((hook) => `${table}/${hook}`));
  const named = [...partsOf(ask)].some(({ kind }) => kind === 'in');
  return named
    ? `The ruleset has no such table; it has ${listed([...has])}.`
    : `There is no filter table in the ruleset. Name a place that it has, such as "in ${hooks[0]}".`;
};

/** The host's interfaces, where they are told and can be read. */
const interfacesOf = (context: HostContext | undefined): readonly HostInterface[] | null => {
  const interfaces = context?.addresses ? readAddresses(context.addresses.text) : null;
  return interfaces instanceof Fault ? null : interfaces;
};

/** Node operations that a place may cost, by effort. */
const budgets = { low: 500_000, normal: 3_000_000, high: 80_000_000 } as const;

/** Points at the word of a query that is to blame. */
const misreadError = (text: string, { message, at, length }: Misread): UsageError =>
  new UsageError(
    `${message}\n  ${text}\n  ${' '.repeat(columns(text.slice(0, at)))}${'^'.repeat(Math.max(1, columns(text.slice(at, at + length))))}`,
  );

const readAsk = (text: string): Ask => {
  if (/[\n\t]/.test(text)) return readAsk(text.replaceAll(/[\n\t]/g, ' '));
  const ask = readQuery(text);
  if ('message' in ask) throw misreadError(text, ask);
  return ask;
};

/** Lines that a query names must hold rules. */
const checkLines = (text: string, ask: Ask, rulesets: readonly Ruleset[]): void => {
  const named = [...partsOf(ask)].flatMap((part) => (part.kind === 'decided' || part.kind === 'matched' ? [part] : []));
  if (named.every(({ line }) => line === null)) return;
  const lines = rulesets.flatMap((ruleset) => ruleset.rules.map(lineOf));
  const known = new Set(lines);
  for (const { line, word } of named) {
    if (line === null || known.has(line)) continue;
    let near: number | undefined;
    for (const other of known) if (near === undefined || Math.abs(other - line) < Math.abs(near - line)) near = other;
    const hint = near === undefined ? '' : `; the nearest rule is on line ${near}`;
    throw misreadError(text, { message: `line ${line} holds no rule${hint}`, at: word.at, length: word.text.length });
  }
};

interface ReadRulesets {
  readonly texts: readonly { readonly name: string; readonly rulesets: readonly Ruleset[] }[];
  readonly options: LintOptions;
  readonly isPartlyUnread: boolean;
}

/** Rulesets of a file, of a bundle's folder or of standard input, with what is told of the host; null: there is none to read. */
const readRulesets = async (word: string, given: Given, { streams }: Outside): Promise<ReadRulesets | null> => {
  const { cwd, stderr } = streams;
  const { hosts, unreadable } = findHosts([word], streams);
  if (hosts.length > 1) throw new UsageError(`${word} holds several hosts; query asks one at a time`);
  const flags: Partial<Record<keyof HostContext, string>> = {};
  for (const key of ['ipset', 'addresses', 'routes'] as const) {
    const path = given.value(key);
    if (path !== null) flags[key] = resolve(cwd, path);
  }
  const host = hosts[0];
  const texts: HostTexts = host
    ? await readHost(host, flags, given.value('stdin-filename') ?? '<stdin>', streams)
    : { inputs: [], context: {}, unreadable: [] };
  let isPartlyUnread = false;
  const complain = (name: string, message: string): void => {
    stderr.write(`iptlint: ${name}: ${message}\n`);
    isPartlyUnread = true;
  };
  for (const { path, message } of [...unreadable, ...texts.unreadable]) complain(path, message);
  if (texts.inputs.length === 0) return null;
  const family = given.value('family');
  const backend = given.value('backend') as 'legacy' | 'nft' | null;
  const effort = given.value('effort') as LintOptions['effort'] | null;
  const options: LintOptions = {
    ...(family && { family: family === '4' ? (4 as const) : (6 as const) }),
    ...(backend && { backend }),
    ...(effort && { effort }),
    context: texts.context,
  };
  const read = texts.inputs.map(({ name, text, likelyFamily }) => {
    const { document } = parse(text, {
      name,
      ...(likelyFamily && { likelyFamily }),
      ...(options.family && { family: options.family }),
    });
    const { rulesets } = resolveRules(document);
    if (rulesets.some(({ whole }) => !whole)) complain(name, `not all of it could be read; iptlint ${name} tells where`);
    if (rulesets.length === 0) stderr.write(`iptlint: ${name}: holds no rules\n`);
    return { name, rulesets };
  });
  return { texts: read, options, isPartlyUnread };
};

/** Pieces of about this many characters are written at once. */
const chunk = 1 << 16;

/** Prints answers as they come. */
class RulePrinter {
  private readonly stdout: Output;
  private readonly format: Format;
  private waiting = '';
  private isFirst = true;
  private readonly counts = { live: 0, dead: 0, unknown: 0 };

  constructor(stdout: Output, format: Format) {
    this.stdout = stdout;
    this.format = format;
    if (format === 'json') this.put(`{"version":1,"tool":${JSON.stringify(tool)},"rules":[`);
  }

  get isOpen(): boolean {
    return this.counts.unknown > 0;
  }

  text(name: string, desks: readonly Facts[]): void {
    if (this.format === 'full' && desks.length > 0) this.put(`${name}\n`);
    for (const answer of perRule(desks)) {
      this.counts[answer.status]++;
      if (this.format === 'jsonl') this.put(`${JSON.stringify(answer)}\n`);
      else if (this.format === 'json') this.put(`${this.isFirst ? '\n' : ',\n'}${JSON.stringify(answer)}`);
      else this.put(inWords(answer));
      this.isFirst = false;
    }
  }

  end(): void {
    const { live, dead, unknown } = this.counts;
    if (this.format === 'json') this.put('\n]}\n');
    else if (this.format === 'full') this.put(`${live} live, ${dead} dead${unknown > 0 ? `, ${unknown} not decided` : ''}\n`);
    this.stdout.write(this.waiting);
    this.waiting = '';
  }

  private put(text: string): void {
    this.waiting += text;
    if (this.waiting.length < chunk) return;
    this.stdout.write(this.waiting);
    this.waiting = '';
  }
}

const inWords = ({ line, table, chain, status, witness, by, leansOn }: RuleAnswer): string => {
  const reason = witness ? packetWords(witness) : by.length > 0 ? `by line${by.length > 1 ? 's' : ''} ${by.join(', ')}` : '';
  const leaning = leansOn.length > 0 ? `if ${leansOn.join(', ')}` : '';
  return `${[`${String(line).padStart(6)}  ${status.padEnd(7)}`, `${table}/${chain}`, reason, leaning].filter((word) => word !== '').join('  ')}\n`;
};
