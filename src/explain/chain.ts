/** A chain in words: what it does as a whole, who calls it, what falls through, and its rules. */
import { ownerOf } from '../model/owners.js';
import { lineOf } from '../model/place.js';
import type { Chain, Rule } from '../model/ruleset.js';
import { count, listed } from '../util/text.js';
import { calleeOf, decisionOf, endOf, lines } from './parts.js';
import { wordsOf } from './sentence.js';

/** A rule as explained. */
export interface ExplainedRule {
  readonly line: number;
  /** 1-based place in its chain. */
  readonly number: number;
  readonly text: string;
  readonly sentence: string;
  readonly comments: readonly string[];
  /** It is proved that no packet reaches it. */
  readonly isDead?: true;
}

/** Whether it is proved of a rule that no packet reaches it. */
export type IsDead = (rule: Rule) => boolean;

export interface ExplainedChain {
  readonly table: string;
  readonly chain: string;
  readonly hook: string | null;
  readonly policy: string | null;
  /** The program that made it, and what for; null: none that is known. */
  readonly owner: { readonly name: string; readonly purpose: string } | null;
  /** The line that declares it; null: none does. */
  readonly line: number | null;
  /** "Accepts what its 4 rules name, and drops the rest." */
  readonly summary: string;
  /** "Called from line 12 of INPUT for TCP packets to port 22 (ssh)." */
  readonly calledBy: readonly string[];
  /** "What no rule decides meets the policy, DROP." */
  readonly fallsThrough: string;
  readonly ruleCount: number;
  /** The first rules, as many as were asked for. */
  readonly rules: readonly ExplainedRule[];
}

/** A rule with its place. */
export const explainRule = (rule: Rule, isDead?: IsDead): ExplainedRule => {
  const { sentence, comments } = wordsOf(rule);
  return {
    line: lineOf(rule),
    number: rule.index + 1,
    text: rule.chain.table.ruleset.source.slice(rule.node),
    sentence,
    comments,
    ...(isDead?.(rule) ? { isDead: true as const } : {}),
  };
};

/** A chain, and its first `most` rules. */
export const explainChain = (chain: Chain, most = Number.POSITIVE_INFINITY, isDead?: IsDead): ExplainedChain => {
  const owner = ownerOf(chain);
  const { source } = chain.table.ruleset;
  return {
    table: chain.table.name,
    chain: chain.name,
    hook: chain.hook,
    policy: chain.policy,
    owner: owner ? { name: owner.name, purpose: owner.purpose } : null,
    line: chain.node ? source.position(chain.node.start).line : null,
    summary: summaryOf(chain),
    calledBy: callersOf(chain),
    fallsThrough: fallsThrough(chain),
    ruleCount: chain.rules.length,
    rules: chain.rules.slice(0, most).map((rule) => explainRule(rule, isDead)),
  };
};

const whose: Readonly<Record<string, string>> = {
  PREROUTING: 'every packet that arrives, before routing',
  INPUT: 'packets for this host',
  FORWARD: 'packets that pass through this host',
  OUTPUT: 'packets that this host sends',
  POSTROUTING: 'every packet that leaves, after routing',
};

/** Only the first packet of a connection asks nat. */
const whoseFirst: Readonly<Record<string, string>> = {
  PREROUTING: 'the first packet of each connection that arrives, before routing',
  INPUT: 'the first packet of each connection to this host',
  OUTPUT: 'the first packet of each connection that this host begins',
  POSTROUTING: 'the first packet of each connection that leaves, after routing',
};

/** What a built-in chain sees: "packets for this host". */
export const seenAt = (hook: string, table = 'filter'): string => (table === 'nat' ? whoseFirst : whose)[hook]!;

/** How many callers are told one by one. */
const mostCallers = 8;

const callersOf = (chain: Chain): readonly string[] => {
  if (chain.hook) return [];
  if (chain.callers.length === 0) return ['No rule calls it: no packet ever comes here.'];
  const told = new Map<string, Rule[]>();
  for (const rule of chain.callers.slice(0, mostCallers)) {
    const how = `for ${wordsOf(rule).subject}${rule.action.kind === 'goto' ? ', without return' : ''}`;
    told.set(how, [...(told.get(how) ?? []), rule]);
  }
  const rest = chain.callers.length - mostCallers;
  return [
    ...[...told].map(
      ([how, rules]) =>
        `Called from ${rules.length === 1 ? 'line' : 'lines'} ${listed(rules.map((rule) => `${lineOf(rule)} (${rule.chain.name})`))} ${how}.`,
    ),
    ...(rest > 0 ? [`Called from ${count(rest, 'more rule')}.`] : []),
  ];
};

const pastTense: Readonly<Record<string, string>> = {
  ACCEPT: 'accepts',
  DROP: 'drops',
  REJECT: 'rejects',
  QUEUE: 'queues',
  NFQUEUE: 'queues',
};
const third = (verdict: string): string => pastTense[verdict] ?? `ends with ${verdict} for`;

/** What becomes of packets that no rule of the chain decides. */
const fallsThrough = (chain: Chain): string => {
  const end = endOf(chain);
  if (end)
    return `Nothing falls through: ${lines([end])}${end.chain === chain ? '' : ` (${end.chain.name})`} ${third(decisionOf(end)!)} all that is left.`;
  if (chain.rules.length === 0 && !chain.hook) return '';
  const what = chain.rules.length === 0 ? 'Every packet' : 'What no rule decides';
  if (chain.hook) return chain.policy ? `${what} meets the policy, ${chain.policy}.` : `${what} meets the policy.`;
  return `${what} goes back to the caller.`;
};

/** What a chain does as a whole, in a sentence. */
const summaryOf = (chain: Chain): string => {
  const { rules } = chain;
  if (rules.length === 0) return chain.hook ? 'It holds no rules.' : 'It holds no rules and changes nothing.';
  const verdicts = new Map<string, number>();
  const calls = new Map<Chain, number>();
  let returns = 0;
  const others = new Map<string, number>();
  const unknown = new Map<string, number>();
  const add = <K>(map: Map<K, number>, key: K): void => void map.set(key, (map.get(key) ?? 0) + 1);
  for (const rule of rules) {
    const callee = calleeOf(rule);
    const decision = decisionOf(rule);
    const { action } = rule;
    if (callee) add(calls, callee);
    else if (decision !== null) add(verdicts, decision);
    else if (action.kind === 'target' && action.effect.kind === 'return') returns++;
    else if (action.kind === 'unknown') rule.node.target?.spec ? add(others, `${action.name} (not understood)`) : add(unknown, action.name);
    else add(others, 'name' in action ? action.name : 'no target');
  }
  const parts: readonly (readonly [number, string, string])[] = [
    ...[...verdicts].map(([name, number]): readonly [number, string, string] => [
      number,
      ...(deeds[name] ?? [`end with ${name}`, `ends with ${name}`]),
    ]),
    ...(calls.size > 0
      ? [sayCalls(sum(calls), calls.size <= 3 ? listed([...calls.keys()].map(({ name }) => name)) : `${calls.size} other chains`)]
      : []),
    ...(returns > 0 ? [[returns, 'return', 'returns'] as const] : []),
    ...[...others].map(([name, number]): readonly [number, string, string] => [
      number,
      ...(deeds[name] ?? [`have the target ${name}`, `has the target ${name}`]),
    ]),
    ...(unknown.size > 0 ? [sayCalls(sum(unknown), `${listed([...unknown.keys()])} (not known here)`)] : []),
  ];
  const what =
    parts.length === 1
      ? `${rules.length === 2 ? 'both' : 'all'} ${parts[0]![1]}`
      : listed(parts.map(([number, many, one]) => `${number} ${number === 1 ? one : many}`));
  return `${rules.length === 1 ? 'One rule' : `${rules.length} rules: ${what}`}.${unknown.size > 0 ? '' : character(chain, [...verdicts.keys()], calls.size, others)}`;
};

const sayCalls = (number: number, where: string): readonly [number, string, string] => [number, `jump to ${where}`, `jumps to ${where}`];

const sum = (map: ReadonlyMap<unknown, number>): number => [...map.values()].reduce((a, b) => a + b, 0);

/** What rules do, of several and of one. */
const deeds: Readonly<Record<string, readonly [many: string, one: string]>> = {
  ACCEPT: ['accept', 'accepts'],
  DROP: ['drop', 'drops'],
  REJECT: ['reject', 'rejects'],
  LOG: ['log', 'logs'],
  NFLOG: ['log', 'logs'],
  MARK: ['mark', 'marks'],
  CONNMARK: ['mark connections or restore their marks', 'marks connections or restores their marks'],
  DNAT: ['translate the destination', 'translates the destination'],
  REDIRECT: ['redirect to this host', 'redirects to this host'],
  SNAT: ['translate the source', 'translates the source'],
  MASQUERADE: ['masquerade', 'masquerades'],
  TCPMSS: ['lower the MSS', 'lowers the MSS'],
  CT: ['tell connection tracking what to do', 'tells connection tracking what to do'],
  NOTRACK: ['turn connection tracking off', 'turns connection tracking off'],
  CHECKSUM: ['fill in checksums', 'fills in checksums'],
  SET: ['change ipsets', 'changes ipsets'],
  TRACE: ['trace', 'traces'],
  'no target': ['only count', 'only counts'],
};

const sayOthers = (targets: readonly string[]): string =>
  targets.every((name) => name === 'LOG' || name === 'NFLOG') ? 'logging it' : targets.join(', ');

/** A word on what kind of chain it is. */
const character = (chain: Chain, verdicts: readonly string[], calls: number, others: ReadonlyMap<string, number>): string => {
  const end = endOf(chain);
  const last = end ? decisionOf(end) : chain.policy;
  const refuses = last === 'DROP' || last === 'REJECT';
  const accepts = verdicts.includes('ACCEPT');
  const drops = verdicts.some((name) => name === 'DROP' || name === 'REJECT');
  if (chain.hook && refuses && accepts) return ' A list of what is allowed: all else is refused.';
  if (chain.hook && last === 'ACCEPT' && drops && !accepts)
    return ` A list of what is refused: all else ${chain.table.name === 'filter' ? 'is accepted' : 'passes'}.`;
  if (chain.hook) return '';
  if (end && verdicts.length === 1 && calls === 0)
    return ` It ${third(verdicts[0]!)} whatever comes to it${others.size > 0 ? `, after ${sayOthers([...others.keys()])}` : ''}.`;
  if (verdicts.length === 0 && calls === 0) return ' It decides nothing by itself.';
  if (verdicts.length === 0) return ' It only hands packets on to other chains.';
  return '';
};
