/** Which checks run, and how loud: the meaning of --select, --ignore and --level, in one place for the linter and for the configuration. */
import type { Category, Level } from './diagnostic.js';

/** A choice of checks. Names in `select` and `ignore` are ids or categories; `all` in `select` is every check. */
export interface Selection {
  /** Only these, also those that are off by default; absent: every check that is on by default. */
  readonly select?: readonly string[];
  readonly ignore?: readonly string[];
  /** Id to level; a level other than `off` also switches on a check that is off by default. */
  readonly levels?: Readonly<Record<string, Level | 'off'>>;
}

/** The part of a check's description that selection reads. */
export interface Selectable {
  readonly id: string;
  readonly category: Category;
  readonly level: Level | 'off';
}

/**
 * The level at which a check reports under a selection, or `off`. A check that is off by default and is asked for by name reports as
 * `warning`, so that asking for it can fail a gate.
 */
export const levelOf = (check: Selectable, selection: Selection): Level | 'off' => {
  const { select, ignore = [], levels = {} } = selection;
  const told = levels[check.id];
  if (told === 'off' || names(ignore, check)) return 'off';
  const asked = select ? select.includes('all') || names(select, check) : check.level !== 'off' || told !== undefined;
  if (!asked) return 'off';
  return told ?? (check.level === 'off' ? 'warning' : check.level);
};

/** `narrower` laid over `wider`: its select replaces, its ignore adds, its levels go first. */
export const merge = (wider: Selection, narrower: Selection): Selection => {
  const select = narrower.select ?? wider.select;
  return {
    ...(select && { select }),
    ignore: [...(wider.ignore ?? []), ...(narrower.ignore ?? [])],
    levels: { ...wider.levels, ...narrower.levels },
  };
};

const names = (list: readonly string[], check: Selectable): boolean => list.includes(check.id) || list.includes(check.category);
