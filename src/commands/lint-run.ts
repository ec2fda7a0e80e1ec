/** What `iptlint lint` does: reads, lints, settles and prints. Apart from lint.ts so that --help loads none of it. */
import { type BaselineEntry, entryOf, printBaseline, readBaseline } from '../config/baseline.js';
import { type Config, type ContextPaths, type Flags, overridesOf, type Settings, settingsOf } from '../config/config.js';
import { type Certainty, type Level, levels } from '../diagnostic/diagnostic.js';
import { type Counts, exitCode, type FailOn, type Report, type ReportedFinding, type Unreadable } from '../diagnostic/report.js';
import type { CheckDescriptor, Effort, InputSummary } from '../diagnostic/result.js';
import { settle, widen } from '../diagnostic/settle.js';
import { tool } from '../diagnostic/tool.js';
import { uselessSilence } from '../diagnostic/useless-silence.js';
import { type Format, formats, type Look, reporters } from '../reporters/index.js';
import { count } from '../util/text.js';
import { type Given, type Outside, UsageError } from './command.js';
import { configPath, type FoundConfig, loadConfig, refuseUnknownNames } from './configuration.js';
import type { Engine } from './engine.js';
import { shortHelp } from './help.js';
import { findHosts, type Host, readHost } from './inputs.js';
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
  const checks: CheckDescriptor[] = [...engine.checks.filter(({ id }) => id !== uselessSilence.id), uselessSilence];
  refuseUnknownNames(flags.selection, checks, 'the command line');

  const run = new Run(given, flags, checks, engine, outside);
  const show = progress(hosts.length, outside);
  for (const [index, host] of hosts.entries()) {
    await run.lint(host);
    show(index + 1);
  }
  show(null);
  if (given.has('update-baseline')) run.writeBaseline();
  const report = run.report(unreadable);
  for (const { path, message } of report.unreadable) streams.stderr.write(`iptlint: ${path}: ${message}\n`);
  for (const { path, tables } of report.inputs) {
    // An iptables-save without rights prints nothing either, and a pipe hides that it failed.
    if (tables.length === 0) streams.stderr.write(`iptlint: ${path}: holds no table; iptables-save needs root to see the rules\n`);
  }

  const format = (given.value('format') ?? 'auto') as Format | 'auto';
  const stdout = lookAt(streams.stdout, given, outside, format === 'auto' || format === 'full' ? now() - start : null);
  const forms: Format[] = format !== 'auto' ? [format] : streams.env.GITHUB_ACTIONS === 'true' ? ['full', 'github'] : ['full'];
  for (const form of forms) streams.stdout.write(reporters[form](report, stdout));
  for (const { form, path } of outputs) {
    const text = reporters[form](report, { ...stdout, color: false, link: null, width: 100, elapsed: null });
    if (path === '-') streams.stdout.write(text);
    else {
      const fault = writeText(resolve(streams.cwd, path), text);
      if (fault) throw new UsageError(`cannot write ${path}: ${fault}`);
    }
  }
  return exitCode(report);
};

/** What accumulates over the hosts of a call. */
class Run {
  private readonly given: Given;
  private readonly flags: Flags;
  private readonly checks: readonly CheckDescriptor[];
  private readonly engine: Engine;
  private readonly outside: Outside;
  private readonly configs = new Map<string, FoundConfig>();
  private readonly baselines = new Map<string, Map<string, BaselineEntry>>();
  /** By baseline file: the paths that were linted, and what was found in them. */
  private readonly renewed = new Map<string, { paths: Set<string>; findings: ReportedFinding[] }>();
  private readonly inputs: InputSummary[] = [];
  private readonly findings: ReportedFinding[] = [];
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

  constructor(given: Given, flags: Flags, checks: readonly CheckDescriptor[], engine: Engine, outside: Outside) {
    this.given = given;
    this.flags = flags;
    this.checks = checks;
    this.engine = engine;
    this.outside = outside;
  }

  async lint(host: Host): Promise<void> {
    const { streams } = this.outside;
    const { config, folder } = await this.configFor(host.folder);
    const settings = settingsOf(pathsFrom(config, folder), this.flags);
    this.failOn = strictest(this.failOn, settings.failOn);
    const baseline = this.baselineFor(settings);

    const texts = await readHost(host, settings.context, this.given.value('stdin-filename') ?? '<stdin>', streams);
    this.unreadable.push(...texts.unreadable);
    if (texts.inputs.length === 0) return;

    const overrides = overridesOf(config, (path) => shownPath(resolve(streams.cwd, path), folder));
    const options = widen(
      {
        ...settings.selection,
        ...(settings.family && { family: settings.family }),
        ...(settings.backend && { backend: settings.backend }),
        ...(settings.effort && { effort: settings.effort }),
        context: texts.context,
      },
      overrides,
      this.checks,
    );
    const result = this.engine.lint(texts.inputs, options);
    this.inputs.push(...result.inputs);
    this.partlyUnread ||= result.partlyUnread;
    this.inconclusive ||= result.inconclusive;

    const renew = this.given.has('update-baseline');
    const settled = settle(texts.inputs, result, {
      ...settings,
      overrides,
      baseline: renew || !baseline ? null : new Set(baseline.keys()),
      checks: this.checks,
    });
    for (const key of Object.keys(this.counts) as (keyof Counts)[]) this.counts[key] += settled.counts[key];
    if (renew && settings.baseline) {
      const sum = this.renewed.get(settings.baseline) ?? { paths: new Set(), findings: [] };
      this.renewed.set(settings.baseline, sum);
      for (const { name } of texts.inputs) sum.paths.add(name);
      sum.findings.push(...settled.findings);
      for (const level of levels) this.counts[level] -= settled.counts[level];
      this.counts.baseline += settled.findings.length;
    } else this.findings.push(...settled.findings);
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

const lookAt = (stream: Output, given: Given, { streams }: Outside, elapsed: number | null): Look => {
  const { env, cwd } = streams;
  const color = wantsColor(stream, env, given.value('color'));
  return {
    color,
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
