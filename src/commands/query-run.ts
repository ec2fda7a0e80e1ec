/** What `iptlint query` does: reads a host, asks, prints. Apart from query.ts so that --help loads none of it. */
import { parse } from '../../grammar/index.js';
import { type Facts, factsOf } from '../analysis/facts.js';
import type { HostContext, LintOptions } from '../diagnostic/result.js';
import { tool } from '../diagnostic/tool.js';
import { resolve as resolveRules } from '../model/resolve.js';
import type { Ruleset } from '../model/ruleset.js';
import { perRule, type RuleAnswer } from '../query/per-rule.js';
import { packetWords } from '../reporters/packet-words.js';
import { type Given, type Outside, UsageError } from './command.js';
import { findHosts, type HostTexts, readHost } from './inputs.js';
import { type Output, resolve } from './io.js';

/** Runs the command; returns its exit code. */
export const runQuery = async (given: Given, outside: Outside): Promise<number> => {
  const { streams } = outside;
  const [file] = given.words;
  if (file === undefined) throw new UsageError('query wants a ruleset: iptlint query rules.v4 --per-rule');
  if (!given.has('per-rule')) throw new UsageError('query wants something to ask: --per-rule');
  const read = await readRulesets(file, given, outside);
  if (read === null) return 3;
  const format = (given.value('format') ?? 'full') as 'full' | 'json' | 'jsonl';
  const print = new RulePrinter(streams.stdout, format);
  for (const { name, rulesets } of read.texts) {
    const desks = rulesets.map((ruleset) => factsOf(ruleset, read.options));
    print.text(name, desks);
  }
  print.end();
  return read.isPartlyUnread ? 3 : print.isOpen ? 4 : 0;
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
  const read = texts.inputs.map(({ name, text }) => {
    const { document } = parse(text, { name, ...(options.family && { family: options.family }) });
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
  private readonly format: 'full' | 'json' | 'jsonl';
  private waiting = '';
  private isFirst = true;
  private readonly counts = { live: 0, dead: 0, unknown: 0 };

  constructor(stdout: Output, format: 'full' | 'json' | 'jsonl') {
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
