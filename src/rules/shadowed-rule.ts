/** Rules that no packet gets to be decided by, whatever their cause; proved for all packets. */
import type { RuleVerdict } from '../analysis/reachability.js';
import { adviseOn, doing, sayCause, tellingWords } from '../explain/death.js';
import { lineOf, placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { packetJson } from '../packets/pick.js';
import { defineCheck, type Finding } from './define.js';
import { isDuplicate } from './duplicate-rule.js';

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

export default defineCheck({
  id: 'shadowed-rule',
  category: 'reachability',
  level: 'error',
  summary: 'No packet is ever decided by this rule: earlier ones take all of them, or none can arrive.',
  why: 'Rules are asked in order and the first that decides a packet ends its way through the table. A rule whose packets are all decided before it does nothing: what it allows is not allowed by it, what it blocks may be let in. It is an error where its packets get another verdict than it would give, or where it can never match at all; a warning where they get the same verdict anyway. Each finding is proved for all packets, over chains, jumps, earlier tables and translation, and names the fewest lines that show it and a packet. Where the proof needs something unknown to fall a certain way it says possible, and names it.',
  advice:
    'Put the rule before the lines that take its packets, narrow those, or delete it. Where it asks for something impossible (two states at once, an outgoing interface in INPUT), correct what it asks.',
  examples: {
    find: [
      {
        title: 'a wider rule with another verdict stands before it',
        text: '-A INPUT -s 10.0.0.0/8 -j ACCEPT\n-A INPUT -s 10.2.3.0/24 -p tcp -m tcp --dport 22 -j DROP',
      },
      {
        title: 'two rules together take all of it',
        text: '-A INPUT -s 192.0.2.0/25 -j ACCEPT\n-A INPUT -s 192.0.2.128/25 -j ACCEPT\n-A INPUT -s 192.0.2.0/24 -p tcp -j DROP',
      },
      {
        title: 'behind a chain that decides every packet',
        text: ':LOGDROP - [0:0]\n-A INPUT -p udp -j LOGDROP\n-A INPUT -p udp -m udp --dport 53 -j ACCEPT\n-A LOGDROP -j LOG\n-A LOGDROP -j DROP',
      },
      { title: 'two states at once', text: '-A INPUT -m conntrack --ctstate NEW -m conntrack --ctstate ESTABLISHED -j ACCEPT' },
      { title: 'an outgoing interface where only INPUT leads', text: ':WEB - [0:0]\n-A INPUT -j WEB\n-A WEB -o eth0 -j DROP' },
      {
        title: 'raw drops it before filter sees it',
        text: '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -s 198.51.100.0/24 -j DROP\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 198.51.100.7 -j ACCEPT\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'the narrow rule stands first',
        text: '-A INPUT -s 10.2.3.0/24 -p tcp -m tcp --dport 22 -j DROP\n-A INPUT -s 10.0.0.0/8 -j ACCEPT',
      },
      { title: 'a limit lets some packets go on', text: '-A INPUT -p icmp -m limit --limit 1/second -j ACCEPT\n-A INPUT -p icmp -j DROP' },
      {
        title: 'all ports are not all of TCP: later fragments have none',
        text: '-A FORWARD -p tcp -m tcp --dport 1:65535 -j ACCEPT\n-A FORWARD -p tcp -j DROP',
      },
      {
        title: 'the chain hands packets back',
        text: ':WEB - [0:0]\n-A INPUT -j WEB\n-A INPUT -p tcp -j DROP\n-A WEB -s 192.0.2.0/24 -j RETURN\n-A WEB -p udp -j DROP',
      },
    ],
  },
  checkRuleset: ({ ruleset, graph, facts, report }) => {
    const dead = new Set(facts.dead());
    if (dead.size === 0) return;
    const isDead = (rule: Rule) => dead.has(rule);
    const told = new Set<Rule>();
    const groups = new Map<string, Rule[]>();
    for (const rule of ruleset.rules) {
      if (!dead.has(rule) || graph.hooksOf(rule.chain).size === 0) continue; // unreachable-chain tells of chains that nothing leads to
      const verdict = facts.verdict(rule);
      if (verdict.cause === 'chain' || isDuplicate(rule, verdict)) continue;
      const key = causeKey(rule, verdict) ?? `rule ${rule.id}`;
      const group = groups.get(key);
      if (group) group.push(rule);
      else groups.set(key, [rule]);
    }
    for (const group of groups.values()) {
      const [rule, ...others] = group as [Rule, ...Rule[]];
      for (const each of group) told.add(each);
      const stranded = group.flatMap((each) => strandedBehind(each, isDead, told));
      report(finding(rule, others, stranded, facts.verdict(rule)));
    }
    // Chains that only dead jumps of a duplicate lead to, or that no packet enters for another reason, are told by their first rule.
    for (const rule of ruleset.rules) {
      if (!dead.has(rule) || told.has(rule) || graph.hooksOf(rule.chain).size === 0) continue;
      const verdict = facts.verdict(rule);
      if (verdict.cause !== 'chain') continue;
      const rest = rule.chain.rules.filter(
        (other) => other !== rule && dead.has(other) && !told.has(other) && facts.verdict(other).cause === 'chain',
      );
      for (const each of [rule, ...rest]) told.add(each);
      report(finding(rule, rest, strandedBehind(rule, isDead, told), verdict));
    }
  },
});

const finding = (rule: Rule, others: readonly Rule[], stranded: readonly Rule[], verdict: RuleVerdict): Finding => {
  const { by, cause, fate, shows, leansOn } = verdict;
  const takers = by.slice(0, mostTakers);
  const first = by[0];
  const impossible = cause === 'contradiction' || cause === 'interface' || cause === 'hook' || cause === 'callers' || cause === 'chain';
  const count = others.length + 1;
  return {
    ...placeOfRule(rule),
    level: fate === 'same' || (impossible && fate === null && cause !== 'contradiction' && cause !== 'interface') ? 'warning' : 'error',
    certainty: leansOn.length > 0 ? 'possible' : 'proved',
    ...(leansOn.length > 0 ? { leansOn } : {}),
    focus: tellingWords(rule),
    label: 'never reached',
    message: `${count === 1 ? 'this rule' : `this rule and ${others.length} more of ${rule.chain.name}`} can never match; ${sayCause(rule, verdict)}`,
    related: [
      ...takers.map((taker) => ({
        at: spanOf(taker.node),
        focus: tellingWords(taker),
        message: takers.length === 1 ? `${doing(taker)}: takes all of them` : `${doing(taker)}: takes a part`,
      })),
      ...others.map((other) => ({ at: spanOf(other.node), message: 'dead for the same cause', dead: true })),
      ...stranded.map((inner) => ({ at: spanOf(inner.node), message: 'reached only from there', dead: true })),
    ],
    ...(shows ? { witness: packetJson(shows) } : {}),
    ...(shows && first
      ? { shows: `line ${lineOf(first)} (${doing(first)}) meets it first; line ${lineOf(rule)} (${doing(rule)}) never sees it` }
      : {}),
    ...(fate === 'other' && first ? { effect: `packets that line ${lineOf(rule)} would ${doing(rule)} meet ${doing(first)} instead` } : {}),
    help: `${adviseOn(rule, verdict)}${by.length > takers.length ? `; ${by.length - takers.length} more lines take a part of its packets` : ''}`,
  };
};
