/**
 * The model: one ruleset of one family with its names resolved. Built once by resolve.ts, read-only afterwards. Objects point to their
 * nodes, never the other way round.
 */
import type {
  ChainNode,
  Effect,
  Family,
  Hook,
  Policy,
  Predicate,
  Rewrite,
  RuleNode,
  Source,
  TableName,
  TableNode,
  TargetSpec,
} from '../../grammar/index.js';

/** All tables of one family that one `iptables-save` printed (or one file loads). */
export interface Ruleset {
  readonly source: Source;
  readonly family: Family;
  readonly tables: ReadonlyMap<TableName, Table>;
  /** Every rule of every table, in file order; `rule.id` is the index. */
  readonly rules: readonly Rule[];
  /** False where part of the text could not be read: verdicts that a lost line could change are `possible` only. */
  readonly whole: boolean;
}

export interface Table {
  readonly name: TableName;
  readonly ruleset: Ruleset;
  readonly node: TableNode;
  /** In order of declaration; built-in chains that the text does not name are there, empty, with policy ACCEPT. */
  readonly chains: ReadonlyMap<string, Chain>;
}

export interface Chain {
  /** 0-based place among the chains of its table. */
  readonly index: number;
  readonly name: string;
  readonly table: Table;
  /** The hook of a built-in chain; null for a user-defined one. */
  readonly hook: Hook | null;
  /** Policy of a built-in chain; null for a user-defined one, whose end returns to the caller. */
  readonly policy: Policy | null;
  /** Null where no line declares it. */
  readonly node: ChainNode | null;
  readonly rules: readonly Rule[];
  /** Rules of this table that jump or go to this chain, in file order. */
  readonly callers: readonly Rule[];
  /** False where a line of this chain could not be read. */
  readonly whole: boolean;
}

export interface Rule {
  /** Index in ruleset.rules. */
  readonly id: number;
  readonly chain: Chain;
  /** 0-based place in the chain. */
  readonly index: number;
  readonly node: RuleNode;
  /** All matches together. Built on first use and kept. */
  readonly predicate: Predicate;
  /** The same, not kept: for those who go through all rules once. Where no value changes it, it is one object for all rules of an outline. */
  readonly condition: Predicate;
  readonly action: Action;
}

/** What a rule does with the packets that it matches. */
export type Action =
  /** No target: the rule counts, the next rule follows. */
  | { readonly kind: 'none' }
  | { readonly kind: 'jump'; readonly chain: Chain }
  | { readonly kind: 'goto'; readonly chain: Chain }
  /** A target of the catalogue: its effect, then what it rewrites. */
  | {
      readonly kind: 'target';
      readonly name: string;
      readonly effect: Effect;
      /** Every use writes the first of these fields or the second; absent: see `rewrites` (extensions/define.ts, `translates`). */
      readonly translates?: TargetSpec['translates'];
      /** What it rewrites, whatever the hook. */
      readonly rewrites: readonly Rewrite[];
      /** What it rewrites at a hook: NETMAP's depend on it. Use this one where the hook is known. */
      rewritesAt(hook: Hook): readonly Rewrite[];
      /** The packets that the target acts on; others go on to the next rule unchanged. Absent: all that match. */
      readonly actsOn?: Predicate | undefined;
      readonly hasSideEffect: boolean;
    }
  /** Neither a chain of the table nor a target that the catalogue knows: what it does is not known. */
  | { readonly kind: 'unknown'; readonly name: string };
