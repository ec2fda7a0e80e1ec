/** Rules behind others that decide every state of connection tracking: only what is not tracked gets there. */
import type { Outline } from '../../grammar/index.js';
import { optionOf, targetOption } from '../explain/parts.js';
import { censusOf } from '../model/census.js';
import { rulesLike } from '../model/makes.js';
import { lineOf, placeOfRule, spanOf } from '../model/place.js';
import type { Chain, Rule, Ruleset } from '../model/ruleset.js';
import { count, listed } from '../util/text.js';
import { defineCheck } from './define.js';

const tracked = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID'];
const deciding: ReadonlySet<string> = new Set(['ACCEPT', 'DROP', 'REJECT']);
const stateKeys: Readonly<Record<string, string>> = { conntrack: 'states', state: 'state' };

/** `-m conntrack --ctstate NEW -j DROP`: all packets of some states. */
const isByStateAlone = ({ target, matches }: Outline): boolean =>
  target !== null &&
  deciding.has(target.name) &&
  matches.some(({ name }) => stateKeys[name]) &&
  matches.every(({ name, options }) => name === 'comment' || options.every(({ key }) => key === stateKeys[name]));

/** States that a rule asks for, UNTRACKED among them. */
const statesOf = (rule: Rule): readonly string[] | null => {
  for (const [match, key] of Object.entries(stateKeys)) {
    const option = optionOf(rule.node, match, key);
    if (!option) continue;
    const named = option.value as readonly string[];
    return option.negated ? [...tracked, 'UNTRACKED'].filter((state) => !named.includes(state)) : named;
  }
  return null;
};

/** Conditions that leave something out; what stands at the end for all packets is a safety belt. */
const asksMore = ({ node }: Rule): boolean => node.matches.some(({ name, options }) => name !== 'comment' && options.length > 0);

/** Neighbour discovery of IPv6 is never tracked. */
const mayBeUntracked = (rule: Rule): boolean => {
  if (rule.chain.table.ruleset.family === 4) return false;
  const protocol = optionOf(rule.node, '', 'protocol');
  return !protocol || protocol.negated || protocol.value === 58;
};

const leavesUntracked = (ruleset: Ruleset): boolean => {
  const census = censusOf(ruleset);
  return census.withTarget('NOTRACK').length > 0 || census.withTarget('CT').some(({ node }) => targetOption(node, 'notrack') !== null);
};

export default defineCheck({
  id: 'only-untracked',
  category: 'reachability',
  level: 'warning',
  summary: 'Rules behind others that decide packets of every state: only untracked ones get there.',
  why: 'Connection tracking calls a packet NEW, ESTABLISHED, RELATED or INVALID. Where rules without further conditions have decided all four, what stands behind them sees only packets that are not tracked, and where nothing in raw leaves packets untracked that is none: the rule is as good as dead. Mostly a "drop what is new" was put before the rules that let something in. Rules that ask for nothing (a last LOG or DROP) are left alone, and so are rules for UNTRACKED and, in IPv6, for neighbour discovery, which is never tracked.',
  advice: 'Put the rules before the one that decides NEW packets, or remove them.',
  examples: {
    find: [
      {
        title: 'ssh is let in behind the drop of all that is new',
        text: '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -m conntrack --ctstate INVALID,NEW -j DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      },
    ],
    leave: [
      {
        title: 'a last line for all packets',
        text: '-A OUTPUT -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT\n-A OUTPUT -m conntrack --ctstate INVALID -j DROP\n-A OUTPUT -j REJECT',
      },
      {
        title: 'some new packets are left',
        text: '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -m conntrack --ctstate INVALID -j DROP\n-A INPUT -i eth0 -m conntrack --ctstate NEW -j DROP\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
      },
      {
        title: 'raw leaves packets untracked',
        text: '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -m udp --dport 53 -j CT --notrack\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -m conntrack --ctstate INVALID,NEW -j DROP\n-A INPUT -p udp -m udp --dport 53 -j ACCEPT\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    const byState = rulesLike(ruleset, ({ table, outline }) => table.name !== 'raw' && table.name !== 'nat' && isByStateAlone(outline));
    if (byState.length < 2 || leavesUntracked(ruleset)) return;
    const chains = new Map<Chain, { readonly left: Set<string>; readonly by: Rule[] }>();
    for (const rule of byState) {
      const { chain } = rule;
      const known = chains.get(chain) ?? { left: new Set(tracked), by: [] };
      chains.set(chain, known);
      if (known.left.size === 0) continue;
      const took = (statesOf(rule) ?? []).filter((state) => known.left.delete(state));
      if (took.length > 0) known.by.push(rule);
    }
    for (const [chain, { left, by }] of chains) {
      if (left.size > 0) continue;
      const last = by.at(-1)!;
      const behind = chain.rules
        .slice(chain.rules.indexOf(last) + 1)
        .filter(
          (rule) => asksMore(rule) && !mayBeUntracked(rule) && !statesOf(rule)?.includes('UNTRACKED') && facts.status(rule) === 'live',
        );
      const [first, ...others] = behind;
      if (!first) continue;
      report({
        ...placeOfRule(first),
        certainty: 'possible',
        leansOn: ['that no packet is left untracked: no rule of raw does it'],
        label: 'only untracked packets get here',
        message: `${others.length === 0 ? 'this rule sees' : `this rule and ${count(others.length, 'more', 'more')} see`} no tracked packet: ${by.length === 1 ? 'line' : 'lines'} ${listed(by.map((rule) => String(lineOf(rule))))} decide${by.length === 1 ? 's' : ''} all of them before`,
        effect: 'the rule is as good as dead',
        help: `move it above line ${lineOf(by.find((rule) => statesOf(rule)?.includes('NEW')) ?? last)}, or remove it`,
        related: [
          ...by.map((rule) => ({
            at: spanOf(rule.node),
            message: `decides ${listed((statesOf(rule) ?? []).filter((state) => tracked.includes(state)))}`,
          })),
          ...others.map((rule) => ({ at: spanOf(rule.node), message: 'this one too' })),
        ],
      });
    }
  },
});
