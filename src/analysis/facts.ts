/** The facts' desk: what checks may ask of one ruleset, computed once, on first use. */
import type { Hook, Policy } from '../../grammar/index.js';
import type { Effort, LintOptions } from '../diagnostic/result.js';
import type { Chain, Rule, Ruleset } from '../model/ruleset.js';
import type { Packet } from '../packets/pick.js';
import { carriedBy, contextResolver } from './context.js';
import { type FallThrough, fallThrough, type HookOutcome, hookOutcome } from './outcome.js';
import { Reachability, type RuleVerdict, type Status } from './reachability.js';
import { acceptedBeyond, type Redundancy, redundancy } from './redundancy.js';
import { jumpsWithoutEffect, type Overlap, overlaps } from './shadowing.js';

export interface Facts {
  readonly ruleset: Ruleset;
  /** A budget ran out before a question that somebody asked was decided. */
  readonly inconclusive: boolean;
  /** The engine itself, for questions that have no word here. */
  readonly reachability: Reachability;
  /** Whether some packet reaches a rule. Cheap once anything was asked. */
  status(rule: Rule): Status;
  /** The same with its reasons: causes, takers, a packet, what it leans on. */
  verdict(rule: Rule): RuleVerdict;
  /** Rules that no packet reaches, in file order. */
  dead(): readonly Rule[];
  /** Whether some packet enters a chain; null: not decided. */
  isEntered(chain: Chain): boolean | null;
  /** Jumps that packets take and that change nothing but counters, in file order: the chain decides none of them, rewrites none, returns all. */
  jumpsWithoutEffect(): readonly Rule[];
  /** For a live rule: taking it away changes no packet's fate, and what gives its packets the same. Null: it matters, or that is not shown. */
  redundancy(rule: Rule): Redundancy | null;
  /** For a live rule with a limit: packets beyond the limit get what those within it get, and who gives it. Null: it makes a difference, or that is not shown. */
  limitsNothing(rule: Rule): Redundancy | null;
  /** For a live rule of a built-in chain that refuses packets within a limit: all of those beyond it are accepted, and who does. Null: not so, or that is not shown. */
  acceptedBeyond(rule: Rule): Redundancy | null;
  /** Earlier rules of the chain that take some but not all of a live rule's packets and give them another verdict. */
  overlaps(rule: Rule): readonly Overlap[];
  /** Packets that no rule of a built-in chain decides: its policy does. Null: not decided, or the chain is not built-in. */
  fallThrough(chain: Chain): FallThrough | null;
  /** What becomes of all that a built-in chain sees, by what decides. Null: not decided. */
  outcome(chain: Chain): HookOutcome | null;
}

/** Node operations that diagrams may cost, by effort. */
const budgets: Readonly<Record<Effort, number>> = { low: 2_000_000, normal: 8_000_000, high: 80_000_000 };

class Desk implements Facts {
  readonly ruleset: Ruleset;
  private readonly options: LintOptions;
  private engine: Reachability | undefined;
  private gaveUp = false;
  private deadRules: readonly Rule[] | undefined;
  private readonly redundancies = new Map<Rule, Redundancy | null>();

  constructor(ruleset: Ruleset, options: LintOptions) {
    this.ruleset = ruleset;
    this.options = options;
  }

  get reachability(): Reachability {
    this.engine ??= new Reachability(this.ruleset, {
      resolver: contextResolver(this.ruleset, this.options.context ?? {}, this.options.backend),
      carries: carriedBy(this.ruleset, this.options.context ?? {}),
      effort: budgets[this.options.effort ?? 'normal'],
    });
    return this.engine;
  }

  get inconclusive(): boolean {
    return this.gaveUp || (this.engine?.inconclusive ?? false);
  }

  status(rule: Rule): Status {
    return this.reachability.status(rule);
  }

  verdict(rule: Rule): RuleVerdict {
    return this.reachability.verdict(rule);
  }

  dead(): readonly Rule[] {
    this.deadRules ??= this.ruleset.rules.filter((rule) => this.reachability.isDead(rule));
    return this.deadRules;
  }

  isEntered(chain: Chain): boolean | null {
    if (chain.hook !== null) return true;
    let open = false;
    for (const caller of chain.callers) {
      const status = this.status(caller);
      if (status === 'live') return true;
      if (status === 'unknown') open = true;
    }
    return open ? null : false;
  }

  jumpsWithoutEffect(): readonly Rule[] {
    return jumpsWithoutEffect(this.reachability);
  }

  redundancy(rule: Rule): Redundancy | null {
    let known = this.redundancies.get(rule);
    if (known === undefined) {
      known = this.status(rule) === 'live' ? redundancy(this.reachability, rule) : null;
      this.redundancies.set(rule, known);
    }
    return known;
  }

  limitsNothing(rule: Rule): Redundancy | null {
    return this.status(rule) === 'live' ? redundancy(this.reachability, rule, true) : null;
  }

  acceptedBeyond(rule: Rule): Redundancy | null {
    return this.status(rule) === 'live' ? acceptedBeyond(this.reachability, rule) : null;
  }

  overlaps(rule: Rule): readonly Overlap[] {
    return this.status(rule) === 'live' ? overlaps(this.reachability, rule) : [];
  }

  fallThrough(chain: Chain): FallThrough | null {
    const found = fallThrough(this.reachability, chain);
    if (found === null && chain.hook !== null) this.gaveUp = true;
    return found;
  }

  outcome(chain: Chain): HookOutcome | null {
    const found = hookOutcome(this.reachability, chain);
    if (found === null && chain.hook !== null) this.gaveUp = true;
    return found;
  }
}

/** The desk for one ruleset. Nothing is computed before somebody asks. */
export const factsOf = (ruleset: Ruleset, options: LintOptions): Facts => new Desk(ruleset, options);

export type { Hook, HookOutcome, Overlap, Packet, Policy, Redundancy, RuleVerdict, Status };
