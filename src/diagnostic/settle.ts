/**
 * From what a lint run found to what is told: overrides of the configuration, silences, managed chains, certainty, baseline, in this
 * order, each counted. Pure: the outside hands in what it read.
 */
import type { Certainty, Diagnostic, Level } from './diagnostic.js';
import { fingerprints } from './fingerprint.js';
import type { Counts, ReportedFinding } from './report.js';
import type { CheckDescriptor, LintOptions, LintResult, TextInput } from './result.js';
import { levelOf, merge, type Selection } from './selection.js';
import { applySilences } from './suppress.js';
import { uselessSilence } from './useless-silence.js';

/** A change of the selection for findings in some places. */
export interface Override {
  readonly appliesTo: (diagnostic: Diagnostic) => boolean;
  readonly selection: Selection;
}

export interface SettleOptions {
  readonly selection: Selection;
  readonly overrides: readonly Override[];
  /** False: comments in the inputs silence nothing. */
  readonly inlineSilence: boolean;
  /** `info`: findings inside chains that a program manages are told at info; `full`: at their own level. */
  readonly managed: 'info' | 'full';
  readonly minCertainty: Certainty;
  /** Fingerprints that are known and not told; null: none. */
  readonly baseline: ReadonlySet<string> | null;
  readonly checks: readonly CheckDescriptor[];
}

export interface Settled {
  readonly findings: readonly ReportedFinding[];
  readonly counts: Counts;
  /** Fingerprints of all findings but the silenced ones, for a baseline. */
  readonly fingerprints: readonly string[];
}

/** Settles the findings of one host. */
export const settle = (inputs: readonly TextInput[], result: LintResult, options: SettleOptions): Settled => {
  const { selection, checks } = options;
  const byId = new Map([...checks, uselessSilence].map((check) => [check.id, check]));

  const chosen =
    options.overrides.length === 0 ? result.diagnostics : result.diagnostics.flatMap((found) => override(found, options, byId));
  const told = levelOf(uselessSilence, selection);
  const { kept, suppressed } = options.inlineSilence
    ? applySilences(inputs, chosen, {
        checks,
        runs: (id) => levelOf(byId.get(id)!, selection) !== 'off',
        ...(told === 'off' || selection.levels?.[uselessSilence.id] ? { level: told } : {}),
      })
    : { kept: chosen, suppressed: 0 };

  const leveled =
    options.managed === 'full' ? kept : kept.map((found) => (isManaged(found, selection) ? { ...found, level: 'info' as const } : found));
  const certain = options.minCertainty === 'possible' ? leveled : leveled.filter((found) => found.certainty === 'proved');
  const ordered = inFileOrder(inputs, certain);
  const names = fingerprints(ordered);
  const findings = ordered.flatMap((found, index): ReportedFinding[] => {
    const fingerprint = names[index]!;
    return options.baseline?.has(fingerprint) ? [] : [{ ...found, fingerprint }];
  });
  const at = (level: Level): number => findings.filter((found) => found.level === level).length;
  const counts = {
    error: at('error'),
    warning: at('warning'),
    info: at('info'),
    suppressed,
    baseline: ordered.length - findings.length,
    uncertain: leveled.length - certain.length,
  };
  return { findings, counts, fingerprints: names };
};

/** What the linter has to run so that every override can have its say: the choice itself, or all checks that any place asks for, by id. */
export const widen = <Options extends LintOptions>(
  options: Options,
  overrides: readonly Override[],
  checks: readonly CheckDescriptor[],
): Options => {
  if (overrides.length === 0) return options;
  const asked = [options, ...overrides.map(({ selection }) => merge(options, selection))];
  const select = checks.filter((check) => asked.some((selection) => levelOf(check, selection) !== 'off')).map(({ id }) => id);
  const levels = Object.fromEntries(Object.entries(options.levels ?? {}).filter(([, level]) => level !== 'off'));
  return { ...options, select, ignore: [], levels };
};

const override = (
  found: Diagnostic,
  { selection, overrides }: SettleOptions,
  checks: ReadonlyMap<string, CheckDescriptor>,
): Diagnostic[] => {
  const check = checks.get(found.check);
  if (!check) return [found];
  const here = overrides.filter(({ appliesTo }) => appliesTo(found)).reduce((sum, { selection: own }) => merge(sum, own), selection);
  if (levelOf(check, here) === 'off') return [];
  const level = here.levels?.[check.id] as Level | undefined;
  return [level && level !== found.level ? { ...found, level } : found];
};

/** Whether a managed chain's owner answers for it. Not where the ruleset does not load: that is the loader's trouble, whoever wrote it. */
const isManaged = (found: Diagnostic, { levels }: Selection): boolean =>
  found.owner !== undefined && found.category !== 'load' && found.category !== 'meta' && levels?.[found.check] === undefined;

const inFileOrder = (inputs: readonly TextInput[], list: readonly Diagnostic[]): Diagnostic[] => {
  const place = new Map(inputs.map(({ name }, index) => [name, index]));
  const of = (found: Diagnostic): number => place.get(found.source.name) ?? inputs.length;
  return [...list].sort((a, b) => of(a) - of(b) || a.at.start - b.at.start);
};
