/** Marks that a later rule replaces before anything has asked for them. */
import { censusOf } from '../model/census.js';
import { lineOf, placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

/** Matches that read the mark of a packet, or put another in its place. */
const readers: ReadonlySet<string> = new Set(['mark', 'bpf', 'rpfilter', 'socket']);

interface Change {
  /** Bits of the mark that the rule may change. */
  readonly changes: number;
  /** Bits whose former value is gone. */
  readonly wipes: number;
  /** It only takes bits away. */
  readonly clears: boolean;
}

/** What a rule does to the mark of the packet; null: it does something else. */
const changeOf = ({ action }: Rule): Change | null => {
  if (action.kind !== 'target' || (action.name !== 'MARK' && action.name !== 'CONNMARK')) return null;
  const [rewrite, ...others] = action.rewrites;
  if (!rewrite || others.length > 0 || rewrite.field !== 'mark') return null;
  if (rewrite.kind === 'xor')
    return {
      changes: (Number(rewrite.mask) | Number(rewrite.value)) >>> 0,
      wipes: Number(rewrite.mask) >>> 0,
      clears: Number(rewrite.value) === 0,
    };
  return rewrite.kind === 'copy' ? { changes: Number(rewrite.mask) >>> 0, wipes: Number(rewrite.mask) >>> 0, clears: false } : null;
};

const readsMark = ({ node }: Rule): boolean => node.matches.some(({ name, spec }) => spec === null || readers.has(name));

const isForAll = ({ node }: Rule): boolean =>
  node.whole && node.matches.every(({ name, options }) => name === 'comment' || options.length === 0);

export default defineCheck({
  id: 'mark-lost',
  category: 'reachability',
  level: 'warning',
  summary: 'A mark that a later rule replaces before anything asks for it.',
  why: 'A packet has one mark. CONNMARK --restore-mark puts the mark of the connection in its place, and of a new connection that is 0; a MARK rule for every packet does the same with its own. What a MARK rule set just before is then gone: the policy routing, shaping or NAT that waits for it never sees it. Told where the replacing rule asks for nothing, replaces all bits that were set, and stands in the same chain with nothing between that reads the mark, decides packets or leads to another chain. (Packets without a connection keep their mark at --restore-mark.)',
  advice: 'Restore first and set then, for packets that have no mark yet (-m mark --mark 0); save at the end.',
  examples: {
    find: [
      {
        title: 'the mark of the connection is restored over the new one',
        text: '*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth1 -m conntrack --ctstate NEW -j MARK --set-mark 1\n-A PREROUTING -i eth2 -m conntrack --ctstate NEW -j MARK --set-mark 2\n-A PREROUTING -j CONNMARK --restore-mark\n-A PREROUTING -m mark ! --mark 0 -j CONNMARK --save-mark\nCOMMIT\n',
      },
      {
        title: 'the last line marks everything',
        text: '*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p udp -j MARK --set-mark 10\n-A FORWARD -j MARK --set-mark 20\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'saved before it is replaced',
        text: '*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth1 -j MARK --set-mark 1\n-A PREROUTING -j CONNMARK --save-mark\n-A PREROUTING -j MARK --set-mark 0\nCOMMIT\n',
      },
      {
        title: 'restored first',
        text: '*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j CONNMARK --restore-mark\n-A PREROUTING -i eth1 -m mark --mark 0 -j MARK --set-mark 1\n-A PREROUTING -j CONNMARK --save-mark\nCOMMIT\n',
      },
      {
        title: 'cleared before it is restored',
        text: '*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth1 -j MARK --set-mark 0\n-A PREROUTING -j CONNMARK --restore-mark\nCOMMIT\n',
      },
      {
        title: 'other bits',
        text: '*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth1 -j MARK --set-xmark 0x100/0xff00\n-A PREROUTING -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    const census = censusOf(ruleset);
    if (census.withTarget('MARK').length === 0) return;
    for (const wiper of [...census.withTarget('CONNMARK'), ...census.withTarget('MARK')]) {
      const change = isForAll(wiper) ? changeOf(wiper) : null;
      if (!change || change.wipes === 0) continue;
      const { rules } = wiper.chain;
      const lost: Rule[] = [];
      for (let at = rules.indexOf(wiper) - 1; at >= 0; at--) {
        const rule = rules[at]!;
        if (!rule.node.whole || readsMark(rule)) break;
        const before = changeOf(rule);
        if (before === null && rule.action.kind !== 'none') break;
        if (before?.changes && !before.clears && rule.node.target?.name === 'MARK' && (before.changes & ~change.wipes) === 0)
          lost.unshift(rule);
      }
      const [first, ...others] = lost.filter((rule) => facts.status(rule) === 'live');
      if (!first) continue;
      const isRestore = wiper.node.target?.name === 'CONNMARK';
      report({
        ...placeOfRule(first),
        focus: [spanOf(first.node.target!)],
        label: 'lost',
        message: `this mark is lost before anything asks for it: line ${lineOf(wiper)} ${isRestore ? "puts the connection's mark in its place" : 'sets another'}`,
        effect: isRestore
          ? 'routing, shaping and rules that wait for the mark never see it; what is saved to the connection later is not it either'
          : 'routing, shaping and rules that wait for the mark never see it',
        help: isRestore
          ? `restore first: move line ${lineOf(wiper)} above line ${lineOf(first)}`
          : `move line ${lineOf(wiper)} above line ${lineOf(first)}, or give the marks masks of their own`,
        related: [
          { at: spanOf(wiper.node), focus: [spanOf(wiper.node.target!)], message: isRestore ? 'for every packet' : 'marks every packet' },
          ...others.map((rule) => ({ at: spanOf(rule.node), focus: [spanOf(rule.node.target!)], message: 'lost as well' })),
        ],
      });
    }
  },
});
