/** What a check is. One check, one file, named after its id; src/rules/index.ts is the list. */
import type { Backend, DocumentNode, Family, Problem, Source, Span, TableNode } from '../../grammar/index.js';
import type { Facts } from '../analysis/facts.js';
import type { Diagnostic, Related } from '../diagnostic/diagnostic.js';
import type { CheckDescriptor, HostContext } from '../diagnostic/result.js';
import type { ChainGraph } from '../model/chain-graph.js';
import type { HostRoute } from '../model/host.js';
import type { Ipsets } from '../model/ipset.js';
import type { Ruleset } from '../model/ruleset.js';

/** A ruleset that shows a check at work; executed by tests. */
export interface CheckExample {
  /** What the example shows, a short phrase. */
  readonly title: string;
  /** A whole ruleset, or rule and chain lines of the filter table (`:WEB - [0:0]`, `-A INPUT ...`), whose built-in chains then have policy ACCEPT. */
  readonly text: string;
  readonly family?: Family;
  readonly backend?: Backend;
  /** What is known of the host beside its rules. */
  readonly context?: HostContext;
  /** Further inputs of the same host. */
  readonly beside?: readonly string[];
}

/** What reporters and the rules page need of a check: plain data. */
export interface CheckInfo extends CheckDescriptor {
  /** A ruleset that must be found, with this id; one that must be left alone, a plausible false alarm. */
  readonly examples: { readonly find: readonly CheckExample[]; readonly leave: readonly CheckExample[] };
}

/** A finding as a check tells it: check, category, source, family and, unless told, level, certainty and related are filled in. */
export type Finding = Omit<Diagnostic, 'check' | 'category' | 'source' | 'level' | 'related' | 'certainty' | 'family'> &
  Partial<Pick<Diagnostic, 'level' | 'related' | 'certainty' | 'source' | 'family'>>;

interface CommonContext {
  /** The back end that the user named, or that the dump's header tells; null: either. */
  readonly backend: Backend | null;
  readonly report: (finding: Finding) => void;
}

/** One text as it was read. */
export interface DocumentContext extends CommonContext {
  readonly document: DocumentNode;
  readonly source: Source;
  /** What reading and resolving complained of, in file order. */
  readonly problems: readonly Problem[];
  readonly rulesets: readonly Ruleset[];
}

/** One ruleset and what is known of it. */
export interface RulesetContext extends CommonContext {
  readonly ruleset: Ruleset;
  readonly graph: ChainGraph;
  readonly facts: Facts;
  /** The kernel of the host, `[5, 15]`; null where nobody told. */
  readonly kernel: readonly number[] | null;
  /** `sysctl -a` as names and values; null where nobody told. */
  readonly sysctl: ReadonlyMap<string, string> | null;
  /** `ipset save`, read; null where nobody told. */
  readonly sets: Ipsets | null;
  /** Routes of the host, those of its interfaces' own networks among them; empty where nobody told. */
  readonly routes: readonly HostRoute[];
}

/** All rulesets of one host, of all its inputs, each with what is known of it. A finding tells its source. */
export interface HostRulesetsContext extends CommonContext {
  readonly rulesets: readonly { readonly ruleset: Ruleset; readonly facts: Facts }[];
  /** Settings of the host by name, `net.ipv4.ip_forward`; null where nobody told. */
  readonly sysctl: ReadonlyMap<string, string> | null;
}

/** A check looks at each text, at each ruleset, at all rulesets of a host together, or at several of these. */
export interface Check extends CheckInfo {
  readonly checkDocument?: (context: DocumentContext) => void;
  readonly checkRuleset?: (context: RulesetContext) => void;
  readonly checkHost?: (context: HostRulesetsContext) => void;
}

export const defineCheck = (check: Check): Check => check;

/**
 * Reports what the language complained of under a check's id. A complaint of one back end alone is an error where that back end is known to be
 * meant, nothing where the other is, and a warning where either may be. The same words again in the same table are lines of one finding: a
 * dump whose MAC addresses were made anonymous has one fault, not a thousand.
 */
export const reportProblems =
  (id: string) =>
  ({ document, problems, backend, report }: DocumentContext): void => {
    const findings = gatherByCause();
    for (const problem of problems) {
      if (problem.code !== id) continue;
      if (problem.backend && backend && problem.backend !== backend) continue;
      const hedged = problem.backend !== undefined && backend === null && problem.severity === 'error';
      const table = document.items.find((item) => item.kind === 'table' && item.start <= problem.start && problem.start < item.end);
      const at = { start: problem.start, end: problem.end };
      findings.add(`${table?.start ?? ''} ${problem.message}`, at, () => ({
        at,
        message: hedged ? `${problem.message} (only the ${problem.backend} back end refuses it)` : problem.message,
        level: hedged ? 'warning' : problem.severity,
        ...(problem.help === undefined ? {} : { help: problem.help }),
        ...(table?.kind === 'table' ? { table: table.name, ...chainAt(table, problem.start) } : {}),
        related: (problem.related ?? []).map(({ start, end, message }) => ({ at: { start, end }, message })),
      }));
    }
    findings.tell(report);
  };

/** The chain that the line at an offset of the table is about. */
const chainAt = ({ items }: TableNode, offset: number): { readonly chain?: string } => {
  let low = 0;
  let high = items.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (items[middle]!.start <= offset) low = middle;
    else high = middle - 1;
  }
  const item = items[low];
  if (!item || item.start > offset || offset >= item.end) return {};
  return item.kind === 'rule' ? { chain: item.chain } : item.kind === 'chain' ? { chain: item.name } : {};
};

/**
 * Gathers findings that have one cause: the first rule of a key makes the finding, further ones become lines of it. `tell` reports them all,
 * in the order of their first rules.
 */
export const gatherByCause = () => {
  const open = new Map<string, { finding: Finding; related: Related[] }>();
  return {
    add: (key: string, at: Span, finding: () => Finding, message = 'here too'): void => {
      const before = open.get(key);
      if (before) before.related.push({ at, message });
      else {
        const first = finding();
        open.set(key, { finding: first, related: [...(first.related ?? [])] });
      }
    },
    tell: (report: (finding: Finding) => void): void => {
      for (const { finding, related } of open.values()) report({ ...finding, related });
    },
  };
};
