/** A finding: what is so, why it matters here, what to do, and where to look. The one type that checks produce and reporters print. */
import type { Source, Span } from '../../grammar/index.js';

export const levels = ['error', 'warning', 'info'] as const;
export type Level = (typeof levels)[number];

/** `proved` holds for all packets, whatever the unknowns say; `possible` leans on something that the message names. */
export type Certainty = 'proved' | 'possible';

export const categories = ['load', 'reachability', 'nat', 'security', 'platform', 'performance', 'style', 'meta'] as const;
export type Category = (typeof categories)[number];

/** A packet in the JSON form of the command line contract (in, src, dst, proto, sport, dport, flags ...; `in: "local"` for one that the host sends). */
export interface PacketJson {
  readonly in?: string;
  readonly out?: string;
  readonly src: string;
  readonly dst: string;
  readonly proto: string | number;
  readonly sport?: number;
  readonly dport?: number;
  readonly flags?: string;
  readonly state?: string;
  readonly [key: string]: unknown;
}

/** Another place that belongs to a finding. */
export interface Related {
  readonly at: Span;
  readonly message: string;
  /** The words that matter within it; absent: all of it. */
  readonly focus?: readonly Span[];
  /** This line is dead for the same cause. */
  readonly dead?: boolean;
  /** Where it stands in another input. */
  readonly source?: Source;
}

/** Replace the text of a span. */
export interface Edit {
  readonly at: Span;
  readonly text: string;
}

export interface Fix {
  /** No packet's fate changes. */
  readonly safe: boolean;
  readonly edits: readonly Edit[];
}

export interface Diagnostic {
  /** Id of the check. */
  readonly check: string;
  readonly category: Category;
  readonly level: Level;
  readonly certainty: Certainty;
  /** One sentence without a full stop. */
  readonly message: string;
  readonly source: Source;
  /** The node that it is about, usually a whole rule line. */
  readonly at: Span;
  /** The words that matter within it, for carets; absent: all of it. */
  readonly focus?: readonly Span[];
  /** What stands behind the carets, two or three words: "never reached". */
  readonly label?: string;
  readonly family?: 4 | 6;
  readonly table?: string;
  readonly chain?: string;
  /** "rule 19 of 31" of its chain, where it is about one rule. */
  readonly rule?: { readonly number: number; readonly of: number };
  readonly related: readonly Related[];
  readonly witness?: PacketJson;
  /** What the witness shows: "line 12 ACCEPT decides here; line 27 DROP would have applied". */
  readonly shows?: string;
  /** What it means here, in a sentence. */
  readonly effect?: string;
  /** What to do, a sentence without a full stop. */
  readonly help?: string;
  readonly fix?: Fix;
  /** Names of what the verdict leans on, where certainty is `possible`. */
  readonly leansOn?: readonly string[];
  /** Owner of the managed chain that it stands in: "kube-proxy". */
  readonly owner?: string;
}
