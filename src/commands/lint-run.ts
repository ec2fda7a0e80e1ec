/** What `iptlint lint` does: reads, lints, settles and prints. Apart from lint.ts so that --help loads none of it. */
import { type BaselineEntry, entryOf, printBaseline, readBaseline } from '../config/baseline.js';
import { type Config, type ContextPaths, type Flags, type Settings, settingsOf } from '../config/config.js';
import { type Certainty, type Level, levels } from '../diagnostic/diagnostic.js';
import {
  type Counts,
  exitCode,
  type FailOn,
  type HostCounts,
  type Report,
  type ReportedFinding,
  type Unreadable,
} from '../diagnostic/report.js';
import type { CheckDescriptor, Effort, InputSummary } from '../diagnostic/result.js';
import { tool } from '../diagnostic/tool.js';
import { colorsFor, noColors } from '../reporters/colors.js';
import { type Format, formats, type Look, reporters } from '../reporters/index.js';
import { count } from '../util/text.js';
import { type Given, type Outside, UsageError } from './command.js';
import { configPath, type FoundConfig, loadConfig, refuseUnknownNames } from './configuration.js';
import type { Engine } from './engine.js';
import { shortHelp } from './help.js';
import { allChecks, type HostAnswer, type HostJob, lintHost } from './host-lint.js';
import { findHosts, type Host, isBundlePath } from './inputs.js';
import { fileUrl, kindOf, type Output, pathFromRoot, readText, resolve, shownPath, writeText } from './io.js';
import { wantsColor, wantsLinks, widthOf } from './terminal.js';

/** Runs the command; returns its exit code. */
export const runLint = async (given: Given, outside: Outside): Promise<number> => {
  const { streams, now } = outside;
  const words = given.words.length > 0 ? given.words : ['-'];
  if (given.words.length === 0 && streams.stdin.isTerminal) {
    streams.stderr.write(shortHelp);
    return 2;
  }
  const start = now();
  const flags = flagsOf(given, streams.cwd);
  const outputs = outputsOf(given);
  const { hosts, unreadable } = findHosts(words, streams);
  const engine = await outside.engine();
  const checks = allChecks(engine);
  refuseUnknownNames(flags.selection, checks, 'the command line');

  const run = new Run(given, flags, checks, outside);
  const jobs: HostJob[] = [];
  for (const host of hosts) jobs.push(await run.jobFor(host));
  const show = progress(hosts.length, outside);
  for await (const [index, answer] of answersTo(jobs, engine, given, outside, show)) run.take(jobs[index]!, answer);
  show(null);
  if (given.has('update-baseline')) run.writeBaseline();
  const report = run.report(unreadable);
  for (const { path, message } of report.unreadable) streams.stderr.write(`iptlint: ${path}: ${message}\n`);
  for (const { path, tables } of report.inputs) {
    // An iptables-save without rights prints nothing either, and a pipe hides that it failed.
    if (tables.length === 0) streams.stderr.write(`iptlint: ${path}: holds no table; iptables-save needs root to see the rules\n`);
  }

  const format = (given.value('format') ?? 'auto') as Format | 'auto';
  const stdout = await lookAt(streams.stdout, given, outside, format === 'auto' || format === 'full' ? now() - start : null);
  const forms: Format[] = format !== 'auto' ? [format] : streams.env.GITHUB_ACTIONS === 'true' ? ['full', 'github'] : ['full'];
  for (const form of forms) streams.stdout.write(reporters[form](report, stdout));
  for (const { form, path } of outputs) {
    const text = reporters[form](report, { ...stdout, colors: noColors, link: null, width: 100, elapsed: null });
    if (path === '-') streams.stdout.write(text);
    else {
      const fault = writeText(resolve(streams.cwd, path), text);
      if (fault) throw new UsageError(`cannot write ${path}: ${fault}`);
    }
  }
  return exitCode(report);
};

/** The answers to jobs, in their order, whoever works on them; `show` is called as each is there. */
async function* answersTo(
  jobs: readonly HostJob[],
  engine: Engine,
  given: Given,
  { streams, hasOwnEngine }: Outside,
  show: (done: number) => void,
): AsyncGenerator<[index: number, answer: HostAnswer]> {
  const here = (job: HostJob): Promise<HostAnswer> => lintHost(job, engine, streams);
  const asked = jobsAsked(given);
  let index = 0;
  if (jobs.length > 1 && !hasOwnEngine) {
    const { lintInThreads, threadsFor } = await import('./fleet.js');
    const threads = threadsFor(jobs, asked, streams.cwd);
    if (threads > 1) {
      let done = 0;
      for await (const answer of lintInThreads(jobs, threads, streams.cwd, here, () => show(++done))) yield [index++, answer];
      return;
    }
  }
  for (const job of jobs) {
    const answer = await here(job);
    show(index + 1);
    yield [index++, answer];
  }
}

/** The number of --jobs; null: as many as pay. */
const jobsAsked = (given: Given): number | null => {
  const word = given.value('jobs');
  if (word === null) return null;
  if (!/^[1-9]\d{0,2}$/.test(word)) throw new UsageError(`--jobs takes a number from 1 to 999, not ${word}`);
  return Number(word);
};

/** What accumulates over the hosts of a call. */
class Run {
  private readonly given: Given;
  private readonly flags: Flags;
  private readonly checks: readonly CheckDescriptor[];
  private readonly outside: Outside;
  private readonly configs = new Map<string, FoundConfig>();
  private readonly baselines = new Map<string, Map<string, BaselineEntry>>();
  /** By baseline file: the paths that were linted, and what was found in them. */
  private readonly renewed = new Map<string, { paths: Set<string>; findings: ReportedFinding[] }>();
  private readonly inputs: InputSummary[] = [];
  private readonly findings: ReportedFinding[] = [];
  private readonly hosts: HostCounts[] = [];
  private readonly unreadable: Unreadable[] = [];
  private readonly counts: { -readonly [Key in keyof Counts]: number } = {
    error: 0,
    warning: 0,
    info: 0,
    suppressed: 0,
    baseline: 0,
    uncertain: 0,
  };
  private failOn: FailOn = 'never';
  private partlyUnread = false;
  private inconclusive = false;

  constructor(given: Given, flags: Flags, checks: readonly CheckDescriptor[], outside: Outside) {
    this.given = given;
    this.flags = flags;
    this.checks = checks;
    this.outside = outside;
  }

  /** All that linting a host depends on. */
  async jobFor(host: Host): Promise<HostJob> {
    const { cwd } = this.outside.streams;
    const { config, folder } = await this.configFor(host.folder);
    const settings = settingsOf(pathsFrom(config, folder), this.flags);
    this.failOn = strictest(this.failOn, settings.failOn);
    const stdinName = this.given.value('stdin-filename') ?? '<stdin>';
    const known = this.baselineFor(settings);
    const names = new Set(host.paths.map((path) => (path === '-' ? stdinName : shownPath(path, cwd))));
    const ofHost = [...(known?.values() ?? [])].filter(({ path }) => path === undefined || names.has(path));
    const baseline = this.given.has('update-baseline') || !known ? null : new Set(ofHost.map(({ fingerprint }) => fingerprint));
    return { host, config, folder, settings, stdinName, baseline };
  }

  /** Adds what linting a host gave. */
  take({ host, settings }: HostJob, answer: HostAnswer): void {
    const { names, inputs, findings, counts, unreadable, partlyUnread, inconclusive } = answer;
    this.unreadable.push(...unreadable);
    if (names.length === 0) return;
    this.inputs.push(...inputs);
    this.partlyUnread ||= partlyUnread;
    this.inconclusive ||= inconclusive;
    for (const key of Object.keys(this.counts) as (keyof Counts)[]) this.counts[key] += counts[key];
    if (this.given.has('update-baseline') && settings.baseline) {
      const sum = this.renewed.get(settings.baseline) ?? { paths: new Set(), findings: [] };
      this.renewed.set(settings.baseline, sum);
      for (const name of names) sum.paths.add(name);
      sum.findings.push(...findings);
      for (const level of levels) this.counts[level] -= counts[level];
      this.counts.baseline += findings.length;
      return;
    }
    this.findings.push(...findings);
    this.hosts.push({ name: nameOf(host, names), error: counts.error, warning: counts.warning, info: counts.info });
  }

  /** Writes what was found into the baselines; entries of paths that were not linted now stay. */
  writeBaseline(): void {
    const { streams } = this.outside;
    for (const [path, { paths, findings }] of this.renewed) {
      const others = [...(this.baselines.get(path)?.values() ?? [])].filter((entry) => !paths.has(entry.path));
      const entries = [...others, ...findings.map(entryOf)];
      const fault = writeText(path, printBaseline(entries));
      if (fault) throw new UsageError(`cannot write ${shownPath(path, streams.cwd)}: ${fault}`);
      streams.stderr.write(`iptlint: ${shownPath(path, streams.cwd)} holds ${count(entries.length, 'finding')} now\n`);
    }
  }

  report(unreadable: readonly Unreadable[]): Report {
    return {
      tool,
      inputs: this.inputs,
      hosts: this.hosts,
      findings: this.findings,
      counts: this.counts,
      unreadable: [...unreadable, ...this.unreadable],
      partlyUnread: this.partlyUnread,
      inconclusive: this.inconclusive,
      failOn: this.failOn,
      checks: this.checks,
    };
  }

  private async configFor(folder: string): Promise<FoundConfig> {
    const { streams } = this.outside;
    if (this.given.has('no-config')) return { config: {}, path: null, folder };
    const named = this.given.value('config');
    const key = named ?? folder;
    const known = this.configs.get(key);
    if (known) return known;
    const path = named ?? configPath(folder);
    const found = path === null ? { config: {}, path, folder } : await loadConfig(path, streams);
    if (path !== null) {
      const from = shownPath(path, streams.cwd);
      refuseUnknownNames(found.config, this.checks, from);
      for (const override of found.config.overrides ?? []) refuseUnknownNames(override, this.checks, from);
    }
    this.configs.set(key, found);
    return found;
  }

  private baselineFor({ baseline }: Settings): Map<string, BaselineEntry> | null {
    const { cwd } = this.outside.streams;
    const renew = this.given.has('update-baseline');
    if (baseline === null) {
      if (renew) throw new UsageError('--update-baseline needs --baseline FILE, or a baseline in the configuration');
      return null;
    }
    const known = this.baselines.get(baseline);
    if (known) return known;
    const entries = new Map<string, BaselineEntry>();
    const shown = shownPath(baseline, cwd);
    if (kindOf(baseline) !== null || !renew) {
      const reading = readText(baseline);
      if ('fault' in reading)
        throw new UsageError(`baseline ${shown}: ${reading.fault}${kindOf(baseline) ? '' : '; --update-baseline writes it'}`);
      const read = readBaseline(reading.text);
      if ('fault' in read) throw new UsageError(`baseline ${shown} ${read.fault}`);
      for (const entry of read.entries) entries.set(entry.fingerprint, entry);
    }
    this.baselines.set(baseline, entries);
    return entries;
  }
}

/** The configuration with its paths made whole: they start from its file. The command line's are made whole in flagsOf. */
const pathsFrom = (config: Config, folder: string): Config => ({
  ...config,
  ...(config.baseline && { baseline: resolve(folder, config.baseline) }),
  ...(config.context && { context: wholePaths(config.context, folder) }),
});

const wholePaths = (paths: ContextPaths, folder: string): ContextPaths =>
  Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, resolve(folder, path)]));

/** What a person calls a host: the folder of its bundle, else its first file. */
const nameOf = ({ paths }: Host, [first = '']: readonly string[]): string =>
  isBundlePath(paths[0] ?? '') && first.includes('/') ? first.slice(0, first.lastIndexOf('/')) : first;

/** Of two, the one that more findings fail. */
const strictest = (a: FailOn, b: FailOn): FailOn => {
  const order: readonly FailOn[] = ['never', 'error', 'warning', 'info'];
  return order.indexOf(a) > order.indexOf(b) ? a : b;
};

/** What the command line says, its values read. The flags' choices are held to by given.ts, which is what the casts rest on. */
const flagsOf = (given: Given, cwd: string): Flags => {
  const select = given.values('select');
  const ignore = given.values('ignore');
  const told = given.values('level');
  const failOn = given.value('fail-on') as FailOn | null;
  const minCertainty = given.value('min-certainty') as Certainty | null;
  const family = given.value('family');
  const backend = given.value('backend') as 'legacy' | 'nft' | null;
  const effort = given.value('effort') as Effort | null;
  const managed = given.value('managed') as 'info' | 'full' | null;
  const baseline = given.value('baseline');
  const context = Object.fromEntries(
    (['ipset', 'addresses', 'routes', 'sysctl'] as const).flatMap((key) => {
      const path = given.value(key);
      return path === null ? [] : [[key, resolve(cwd, path)]];
    }),
  );
  return {
    selection: { ...(select && { select }), ...(ignore && { ignore }), ...(told && { levels: Object.fromEntries(told.map(levelOfWord)) }) },
    ...(failOn && { failOn }),
    ...(minCertainty && { minCertainty }),
    ...(family && { family: family === '4' ? (4 as const) : (6 as const) }),
    ...(backend && { backend }),
    ...(effort && { effort }),
    ...(managed && { managed }),
    ...(baseline && { baseline: resolve(cwd, baseline) }),
    ...(given.has('no-inline-silence') && { inlineSilence: false }),
    context,
  };
};

const levelOfWord = (word: string): [string, Level | 'off'] => {
  const [id = '', level = ''] = word.split('=');
  if (![...levels, 'off'].includes(level)) throw new UsageError(`--level takes ID=LEVEL with error, warning, info or off, not ${word}`);
  return [id, level as Level | 'off'];
};

const outputsOf = (given: Given): { form: Format; path: string }[] =>
  (given.values('output') ?? []).map((word) => {
    const at = word.indexOf('=');
    const form = word.slice(0, Math.max(0, at));
    if (!(formats as readonly string[]).includes(form) || at === word.length - 1)
      throw new UsageError(`--output takes FORMAT=PATH with ${formats.join(', ')}, not ${word}`);
    return { form: form as Format, path: word.slice(at + 1) };
  });

const lookAt = async (stream: Output, given: Given, { streams }: Outside, elapsed: number | null): Promise<Look> => {
  const { env, cwd } = streams;
  const color = wantsColor(stream, env, given.value('color'));
  return {
    colors: await colorsFor(color),
    width: widthOf(stream),
    link: color && wantsLinks(stream, env) ? (path) => fileUrl(path, cwd) : null,
    fromRoot: pathFromRoot(cwd, env),
    elapsed: stream.isTerminal ? elapsed : null,
  };
};

/** Tells how far a long run is: on a terminal only, past one second only, gone when it ends. */
const progress = (hosts: number, { streams: { stderr }, now }: Outside): ((done: number | null) => void) => {
  const start = now();
  let last = start;
  let isShown = false;
  return (done) => {
    if (!stderr.isTerminal || hosts < 2) return;
    if (done === null) {
      if (isShown) stderr.write('\r\x1b[K');
    } else if (now() - start > 1000 && now() - last > 100) {
      last = now();
      isShown = true;
      stderr.write(`\r\x1b[K${done} of ${count(hosts, 'host')}`);
    }
  };
};
