/** MASQUERADE that says nothing of where packets go. */
import { censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Chain, Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

export default defineCheck({
  id: 'masquerade-without-out-interface',
  category: 'nat',
  level: 'warning',
  summary: 'MASQUERADE without -o or -d: connections inside are rewritten too.',
  why: 'Such a rule hides the source of every connection that leaves by any interface: also of those from one network of yours to another, of those that come from outside and are forwarded to a server inside, and of those of the host itself over loopback. The servers then log, limit and ban this host in place of the client. With -s only that network loses its addresses, which is milder and told as info. Left alone: rules that ask for the way out, a destination, a mark, a set, a policy or anything else of the kind, here or at the jump that leads here, and rules behind an exception in their chain.',
  advice: 'Name the interface (-o eth0), or the networks that shall be left alone (! -d 10.0.0.0/8).',
  examples: {
    find: [
      { title: 'everything', text: '*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n' },
      { title: 'one network, wherever it goes: info', text: '*nat\n-A POSTROUTING -s 10.8.0.0/24 -j MASQUERADE\nCOMMIT\n' },
    ],
    leave: [
      { title: 'out to the internet', text: '*nat\n-A POSTROUTING -s 10.8.0.0/24 -o eth0 -j MASQUERADE\nCOMMIT\n' },
      { title: 'not within the network', text: '*nat\n-A POSTROUTING -s 10.8.0.0/24 ! -d 10.8.0.0/24 -j MASQUERADE\nCOMMIT\n' },
      { title: 'behind an exception', text: '*nat\n-A POSTROUTING -d 10.0.0.0/8 -j RETURN\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n' },
      { title: 'a jump that asks', text: '*nat\n:OUT - [0:0]\n-A POSTROUTING -o eth0 -j OUT\n-A OUT -j MASQUERADE\nCOMMIT\n' },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    const nat = ruleset.tables.get('nat');
    if (!nat) return;
    for (const rule of censusOf(ruleset).withTarget('MASQUERADE')) {
      if (rule.chain.table !== nat || !rule.node.target || !rule.node.whole) continue;
      const asked = askedOnAnyWay(rule, new Set());
      if (asked === null) continue;
      report({
        ...placeOfRule(rule),
        focus: [spanOf(rule.node.target)],
        label: 'whatever the way out',
        level: asked === 'source' ? 'info' : 'warning',
        certainty: 'possible',
        leansOn: ['the networks of the host, which are not known here'],
        message:
          asked === 'source'
            ? 'MASQUERADE for a network, whatever the way out: its connections to other networks inside lose their source as well'
            : 'MASQUERADE of every connection, whatever the way out: also those between networks inside, and those forwarded in from outside, lose their source',
        help: 'name the interface with -o, or leave the networks inside out with ! -d',
      });
    }
  },
});

/** What limits the rule on its least limited way: `nothing`, or `source`; null where each way asks for more, or nothing leads here. */
const askedOnAnyWay = (rule: Rule, seen: Set<Chain>): 'nothing' | 'source' | null => {
  const own = asks(rule);
  const { chain } = rule;
  if (own === null || seen.has(chain) || hasExceptionBefore(rule)) return null;
  seen.add(chain);
  if (chain.hook) return own;
  let least: 'nothing' | 'source' | null = null;
  for (const jump of chain.callers) {
    const asked = askedOnAnyWay(jump, seen);
    if (asked !== null && least !== 'nothing') least = asked;
  }
  return least === null ? null : own === 'source' ? 'source' : least;
};

const asks = ({ node }: Rule): 'nothing' | 'source' | null => {
  let found: 'nothing' | 'source' = 'nothing';
  for (const match of node.matches) {
    if (match.name === 'comment') continue;
    if (match.name !== '') return null;
    for (const { key } of match.options) {
      if (key === 'source') found = 'source';
      else if (key !== 'protocol' && key !== 'ipv4' && key !== 'ipv6') return null;
    }
  }
  return found;
};

/** An earlier rule of the chain lets packets off: which ones is the engine's to weigh. */
const hasExceptionBefore = ({ chain, index }: Rule): boolean =>
  chain.rules.slice(0, index).some(({ node: { target } }) => target?.name === 'RETURN' || target?.name === 'ACCEPT');
