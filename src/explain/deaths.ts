/**
 * The dead rules of a ruleset by cause: ten rules dead for one catch-all are one death with ten rules, and rules of a chain that only a dead jump
 * leads to are dead with the jump. Two checks tell of them (shadowed-rule, jump-never-taken), and duplicate-rule of the rest.
 */
import { type Family, printMatch, printTarget } from '../../grammar/index.js';
import type { Facts } from '../analysis/facts.js';
import type { RuleVerdict } from '../analysis/reachability.js';
import type { Diagnostic } from '../diagnostic/diagnostic.js';
import type { ChainGraph } from '../model/chain-graph.js';
import { ownerOfRule, verbFor } from '../model/owners.js';
import { lineOf, placeOfRule, spanOf } from '../model/place.js';
import type { Rule, Ruleset } from '../model/ruleset.js';
import { packetJson } from '../packets/pick.js';
import { listed } from '../util/text.js';
import { adviseOn, doing, rewrites, sayCause, sayTaking, tellingWords } from './death.js';

/** Rules dead for one cause. */
export interface Death {
  /** The first of them, whose verdict stands for all. */
  readonly rule: Rule;
  readonly others: readonly Rule[];
  /** Rules of chains that only these rules would lead to. */
  readonly stranded: readonly Rule[];
  readonly verdict: RuleVerdict;
}

/** What a rule asks and does in canonical words, whatever the order of its matches and whatever its comments. */
const essence = (rule: Rule): string => {
  const family: Family = rule.chain.table.ruleset.family;
  const { matches, target } = rule.node;
  const words = matches.filter((match) => match.name !== 'comment').map((match) => printMatch(match, { family, backend: 'legacy' }));
  return [...words.sort(), target ? printTarget(target, { family, backend: 'legacy' }) : ''].join(' ');
};

/** Whether a dead rule is dead because an equal one stands before it in its chain. */
export const isDuplicate = (rule: Rule, { by, cause }: RuleVerdict): boolean =>
  (cause === 'rule' || cause === 'catch-all') && by.length === 1 && by[0]!.chain === rule.chain && essence(by[0]!) === essence(rule);

const known = new WeakMap<Facts, readonly Death[]>();

/** The deaths of a ruleset, duplicates left out, in file order; worked out once. */
export const deathsOf = ({
  ruleset,
  graph,
  facts,
}: {
  readonly ruleset: Ruleset;
  readonly graph: ChainGraph;
  readonly facts: Facts;
}): readonly Death[] => {
  let deaths = known.get(facts);
  if (!deaths) {
    deaths = gatherDeaths(ruleset, graph, facts);
    known.set(facts, deaths);
  }
  return deaths;
};

const isJump = ({ action }: Rule): boolean => action.kind === 'jump' || action.kind === 'goto';

/** A death of jumps alone: the chains that they lead to lose a caller, no verdict of their own is lost. */
export const isOfJumps = ({ rule, others, stranded }: Death): boolean => isJump(rule) && others.every(isJump) && stranded.length === 0;

/** Takers told line by line; the rest is counted. */
const mostTakers = 8;

/** One cause, one finding: what makes two deaths the same. Deaths with several takers stand each by itself. */
const causeKey = (rule: Rule, { cause, by, fate }: RuleVerdict): string | null =>
  by.length === 1 && cause !== 'contradiction' ? `${cause} ${by[0]!.id} ${fate} ${rule.chain.table.name} ${rule.chain.name}` : null;

/** Rules behind a dead jump are dead with it: a chain's rules by the one jump that would lead to them. */
const strandedBehind = (rule: Rule, isDead: (rule: Rule) => boolean, seen: Set<Rule>): Rule[] => {
  const out: Rule[] = [];
  const pending = [rule];
  for (let jump = pending.pop(); jump; jump = pending.pop()) {
    const { action } = jump;
    if ((action.kind !== 'jump' && action.kind !== 'goto') || action.chain.callers.some((caller) => !isDead(caller))) continue;
    for (const inner of action.chain.rules)
      if (isDead(inner) && !seen.has(inner)) {
        seen.add(inner);
        out.push(inner);
        pending.push(inner);
      }
  }
  return out;
};

const gatherDeaths = (ruleset: Ruleset, graph: ChainGraph, facts: Facts): readonly Death[] => {
  const dead = new Set(facts.dead());
  if (dead.size === 0) return [];
  const isDead = (rule: Rule) => dead.has(rule);
  // Dead with its chain: none of the jumps to it is taken, whoever takes their packets.
  const isOfChain = ({ chain }: Rule, { cause }: RuleVerdict) =>
    cause === 'chain' || (cause === 'path' && chain.callers.length > 0 && chain.callers.every(isDead));
  const told = new Set<Rule>();
  const groups = new Map<string, Rule[]>();
  const deaths: Death[] = [];
  for (const rule of ruleset.rules) {
    if (!dead.has(rule) || graph.hooksOf(rule.chain).size === 0) continue; // unreachable-chain tells of chains that nothing leads to
    const verdict = facts.verdict(rule);
    if (isOfChain(rule, verdict) || isDuplicate(rule, verdict)) continue;
    const key = causeKey(rule, verdict) ?? `rule ${rule.id}`;
    const group = groups.get(key);
    if (group) group.push(rule);
    else groups.set(key, [rule]);
  }
  for (const group of groups.values()) {
    const [rule, ...others] = group as [Rule, ...Rule[]];
    for (const each of group) told.add(each);
    deaths.push({ rule, others, stranded: group.flatMap((each) => strandedBehind(each, isDead, told)), verdict: facts.verdict(rule) });
  }
  // Chains that no packet enters for another reason (only duplicates of a jump lead there) are told by their first rule.
  for (const rule of ruleset.rules) {
    if (!dead.has(rule) || told.has(rule) || graph.hooksOf(rule.chain).size === 0) continue;
    const verdict = facts.verdict(rule);
    // A line that could not be read may lead there.
    if (!isOfChain(rule, verdict) || (verdict.cause === 'chain' && !ruleset.whole)) continue;
    const others = rule.chain.rules.filter(
      (other) => other !== rule && dead.has(other) && !told.has(other) && isOfChain(other, facts.verdict(other)),
    );
    for (const each of [rule, ...others]) told.add(each);
    deaths.push({ rule, others, stranded: strandedBehind(rule, isDead, told), verdict });
  }
  return deaths;
};

/** What becomes of its packets instead; with the targets' options where the targets' names are the same. */
const sayEffect = (rule: Rule, first: Rule): string => {
  const whole = ({ node, chain }: Rule): string =>
    node.target ? printTarget(node.target, { family: chain.table.ruleset.family, backend: 'legacy' }).slice(3) : 'no target';
  const say = doing(rule) === doing(first) && whole(rule) !== whole(first) ? whole : doing;
  const { action } = first;
  const instead =
    action.kind === 'jump' || action.kind === 'goto'
      ? `go to ${action.chain.name} instead, which decides them`
      : `meet ${say(first)} instead`;
  const would =
    rule.action.kind === 'jump' || rule.action.kind === 'goto' ? `send to ${rule.action.chain.name}` : rule.node.target ? say(rule) : 'see';
  return `packets that line ${lineOf(rule)} would ${would} ${instead}`;
};

/** No target, and no match that leaves a trace (a list of recent, a rate): its counter is all. */
const onlyCounts = ({ node }: Rule): boolean =>
  node.target === null &&
  node.matches.every(({ spec }) => spec !== null && spec.hasSideEffect === undefined && spec.decidedBy !== 'history');

/** A death as a finding: what is so, who takes the packets, one packet, what to do. */
type Told = Pick<Diagnostic, 'at' | 'level' | 'certainty' | 'message' | 'related'> & Partial<Diagnostic>;

/** The program that wrote a taker, where it is another one than that of the dead rule. */
const otherProgram = (taker: Rule, owner: string | undefined): string | undefined => {
  const name = ownerOfRule(taker)?.name;
  return name === owner ? undefined : name;
};

const byWhom = (taker: Rule, owner: string | undefined): string => {
  const name = otherProgram(taker, owner);
  return name === undefined ? '' : ` (a rule of ${name})`;
};

/** A rule that a program writes again, and whose rules stand before it. */
const leaveIt = (owner: string, takers: readonly Rule[]): string => {
  const others = [...new Set(takers.flatMap((taker) => otherProgram(taker, owner) ?? []))];
  const own = `leave it: ${owner} ${verbFor(owner, 'writes', 'write')} it again`;
  return others.length === 0
    ? own
    : `${own}; ${listed(others)} ${others.length > 1 ? 'have' : verbFor(others[0]!, 'has', 'have')} rules before it, and the order is theirs`;
};

/** They write to lo past OUTPUT, and what they write is new to nat PREROUTING (measured). */
const packetSockets = 'that no program writes to lo with a packet socket, as tcpreplay does';

export const tellDeath = ({ rule, others, stranded, verdict }: Death): Told => {
  const { by, cause, fate, shows } = verdict;
  const leansOn = cause === 'loopback' ? [...verdict.leansOn, packetSockets] : verdict.leansOn;
  const place = placeOfRule(rule);
  const takers = by.slice(0, mostTakers);
  const first = by[0];
  const impossible =
    cause === 'contradiction' ||
    cause === 'interface' ||
    cause === 'loopback' ||
    cause === 'hook' ||
    cause === 'host' ||
    cause === 'state' ||
    cause === 'callers' ||
    cause === 'chain';
  const count = others.length + 1;
  // Behind the last RETURN of a chain its end does the same.
  const { action, chain } = rule;
  const isEnd = action.kind === 'target' && action.effect.kind === 'return' && chain.hook === null && chain.rules.at(-1) === rule;
  // A rule that only counts decides nothing otherwise than it says.
  const deciding = [rule, ...others].find((each) => !onlyCounts(each));
  return {
    ...place,
    level:
      isEnd ||
      deciding === undefined ||
      fate === 'same' ||
      (impossible && fate === null && cause !== 'contradiction' && cause !== 'interface')
        ? 'warning'
        : 'error',
    certainty: leansOn.length > 0 ? 'possible' : 'proved',
    ...(leansOn.length > 0 ? { leansOn } : {}),
    focus: tellingWords(rule),
    label: 'never reached',
    message: `${count === 1 ? 'this rule' : `this rule and ${others.length} more of ${rule.chain.name}`} can never match; ${sayCause(rule, verdict)}`,
    related: [
      ...takers.map((taker) => ({
        at: spanOf(taker.node),
        focus: tellingWords(taker),
        message: cause === 'callers' ? 'leads here' : `${sayTaking(taker, takers.length === 1)}${byWhom(taker, place.owner)}`,
      })),
      ...others.map((other) => ({ at: spanOf(other.node), message: 'dead for the same cause', dead: true })),
      ...stranded.map((inner) => ({ at: spanOf(inner.node), message: 'reached only from there', dead: true })),
    ],
    ...(shows ? { witness: packetJson(shows) } : {}),
    ...(shows && first
      ? { shows: `line ${lineOf(first)} (${doing(first)}) meets it first; line ${lineOf(rule)} (${doing(rule)}) never sees it` }
      : {}),
    ...(fate === 'other' && first && (!deciding || !rewrites(first))
      ? { effect: deciding ? sayEffect(deciding, first) : `line ${lineOf(rule)} counts nothing` }
      : {}),
    help: `${'owner' in place ? leaveIt(place.owner!, takers) : adviseOn(rule, verdict, others)}${by.length > takers.length ? `; ${by.length - takers.length} more lines take a part of its packets` : ''}`,
  };
};
