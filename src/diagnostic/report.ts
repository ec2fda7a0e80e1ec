/** What a reporter prints: the findings of a whole run, settled, with everything that a form may need beside them. Plain data. */
import type { Diagnostic, Level } from './diagnostic.js';
import type { CheckDescriptor, InputSummary } from './result.js';

/** From which level on a run fails. */
export const failOns = ['error', 'warning', 'info', 'never'] as const;
export type FailOn = (typeof failOns)[number];

/** A finding with its lasting name (fingerprint.ts). */
export interface ReportedFinding extends Diagnostic {
  readonly fingerprint: string;
}

/** An input that could not be read at all. */
export interface Unreadable {
  readonly path: string;
  readonly message: string;
}

/** Findings by level, and how many are not shown, by reason: nothing is cut silently. */
export interface Counts {
  readonly error: number;
  readonly warning: number;
  readonly info: number;
  /** Silenced by comments in the inputs. */
  readonly suppressed: number;
  /** Known to the baseline. */
  readonly baseline: number;
  /** `possible`, where only proved ones were asked for. */
  readonly uncertain: number;
}

/** Findings of one host by level. */
export interface HostCounts extends Pick<Counts, 'error' | 'warning' | 'info'> {
  readonly name: string;
}

export interface Report {
  readonly tool: { readonly name: string; readonly version: string };
  readonly inputs: readonly InputSummary[];
  /** In the order of the call, also those without findings. */
  readonly hosts: readonly HostCounts[];
  readonly findings: readonly ReportedFinding[];
  readonly counts: Counts;
  readonly unreadable: readonly Unreadable[];
  readonly partlyUnread: boolean;
  readonly inconclusive: boolean;
  readonly failOn: FailOn;
  readonly checks: readonly CheckDescriptor[];
}

const rank: Readonly<Record<Level | 'never', number>> = { info: 0, warning: 1, error: 2, never: 3 };

/** True where a finding of this level makes a run fail. */
export const fails = (level: Level, failOn: FailOn): boolean => rank[level] >= rank[failOn];

/** The exit code of a run: unread input goes before findings, findings before questions left open. */
export const exitCode = ({ findings, unreadable, partlyUnread, inconclusive, failOn }: Report): 0 | 1 | 3 | 4 => {
  if (unreadable.length > 0 || partlyUnread) return 3;
  if (findings.some(({ level }) => fails(level, failOn))) return 1;
  return inconclusive ? 4 : 0;
};
