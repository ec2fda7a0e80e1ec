/**
 * One host, linted whole: its texts are read, linted and settled. A job and its answer are plain data, so that a thread can do it as well as the
 * main one; either way the answer is the same.
 */
import { type Config, overridesOf, type Settings } from '../config/config.js';
import type { Counts, ReportedFinding, Unreadable } from '../diagnostic/report.js';
import type { CheckDescriptor, InputSummary } from '../diagnostic/result.js';
import { settle, widen } from '../diagnostic/settle.js';
import { uselessSilence } from '../diagnostic/useless-silence.js';
import type { Engine } from './engine.js';
import { type Host, readHost } from './inputs.js';
import { resolve, type Streams, shownPath } from './io.js';

/** A host to lint, and all that its linting depends on. */
export interface HostJob {
  readonly host: Host;
  readonly config: Config;
  /** The folder that paths in the configuration start from. */
  readonly folder: string;
  readonly settings: Settings;
  /** What reports call standard input. */
  readonly stdinName: string;
  /** Fingerprints that are known and not told; null: none. */
  readonly baseline: ReadonlySet<string> | null;
}

/** What linting a host gave. */
export interface HostAnswer {
  /** Names of the texts that were read. */
  readonly names: readonly string[];
  readonly inputs: readonly InputSummary[];
  readonly findings: readonly ReportedFinding[];
  readonly counts: Counts;
  readonly unreadable: readonly Unreadable[];
  readonly partlyUnread: boolean;
  readonly inconclusive: boolean;
}

/** All checks that a report knows: the engine's, and the one that settling adds. */
export const allChecks = ({ checks }: Engine): CheckDescriptor[] => [
  ...checks.filter(({ id }) => id !== uselessSilence.id),
  uselessSilence,
];

/** Lints a host. */
export const lintHost = async (job: HostJob, engine: Engine, streams: Pick<Streams, 'cwd' | 'stdin'>): Promise<HostAnswer> => {
  const { host, config, folder, settings, stdinName, baseline } = job;
  const checks = allChecks(engine);
  const { inputs, context, unreadable } = await readHost(host, settings.context, stdinName, streams);
  const names = inputs.map(({ name }) => name);
  if (inputs.length === 0)
    return { names, inputs: [], findings: [], counts: noCounts, unreadable, partlyUnread: false, inconclusive: false };

  const overrides = overridesOf(config, (path) => shownPath(resolve(streams.cwd, path), folder));
  const options = widen(
    {
      ...settings.selection,
      ...(settings.family && { family: settings.family }),
      ...(settings.backend && { backend: settings.backend }),
      ...(settings.effort && { effort: settings.effort }),
      context,
    },
    overrides,
    checks,
  );
  const result = engine.lint(inputs, options);
  const { findings, counts } = settle(inputs, result, { ...settings, overrides, baseline, checks });
  return {
    names,
    inputs: result.inputs,
    findings,
    counts,
    unreadable,
    partlyUnread: result.partlyUnread,
    inconclusive: result.inconclusive,
  };
};

const noCounts: Counts = { error: 0, warning: 0, info: 0, suppressed: 0, baseline: 0, uncertain: 0 };
