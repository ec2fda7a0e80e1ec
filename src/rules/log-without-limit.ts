/** LOG rules that anybody can make write as fast as packets come. */
import { outlined } from '../../grammar/index.js';
import { censusOf } from '../model/census.js';
import { ownerOfRule } from '../model/owners.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Chain, Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

const slowing = new Set(['limit', 'hashlimit', 'statistic', 'quota', 'recent', 'connlimit', 'time', 'set', 'owner', 'nfacct']);

const isSlowed = (rule: Rule): boolean => outlined(rule.node).outline.matches.some(({ name }) => slowing.has(name));

/** Some way to the chain passes no limit. */
const isReachedFreely = (chain: Chain, seen: Set<Chain> = new Set()): boolean => {
  if (chain.hook !== null) return true;
  if (seen.has(chain)) return false;
  seen.add(chain);
  return chain.callers.some((caller) => !isSlowed(caller) && isReachedFreely(caller.chain, seen));
};

/** Packets that this host sends, or that begin nothing: strangers cannot make many of them at will. */
const isOnlyOutput = (chain: Chain, seen: Set<Chain> = new Set()): boolean => {
  if (chain.hook !== null) return chain.hook === 'OUTPUT';
  if (seen.has(chain)) return true;
  seen.add(chain);
  return chain.callers.every((caller) => isOnlyOutput(caller.chain, seen));
};

export default defineCheck({
  id: 'log-without-limit',
  category: 'security',
  level: 'info',
  summary: 'LOG rules without a limit: whoever sends packets writes the log.',
  why: 'A LOG rule writes a line to the kernel log for each packet that matches. Without -m limit or -m hashlimit a stranger decides how fast: a flood fills the disk, drowns other messages, and slows a host with a serial console down to a crawl. Told once for a ruleset, for rules that packets from outside can reach without passing a limit on the way.',
  advice: 'Add -m limit --limit 10/min --limit-burst 20 (or -m hashlimit by source) to the LOG rule, or to the jump that leads to it.',
  examples: {
    find: [
      {
        title: 'logs whatever is dropped',
        text: ':INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -j LOG --log-prefix "drop: "',
      },
    ],
    leave: [
      { title: 'limited', text: '-A INPUT -m limit --limit 10/min -j LOG --log-prefix "drop: "' },
      { title: 'limited by the jump', text: ':LOGDROP - [0:0]\n-A INPUT -m limit --limit 5/min -j LOGDROP\n-A LOGDROP -j LOG' },
      { title: 'what the host sends itself', text: '-A OUTPUT -p tcp -m tcp --dport 25 -j LOG' },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    const found = censusOf(ruleset)
      .withTarget('LOG')
      .filter((rule) => !isSlowed(rule) && !ownerOfRule(rule) && isReachedFreely(rule.chain) && !isOnlyOutput(rule.chain));
    const [first, ...others] = found;
    if (!first) return;
    report({
      ...placeOfRule(first),
      focus: [spanOf(first.node.target!)],
      label: 'a line for each packet',
      certainty: 'possible',
      leansOn: ['how many packets strangers send'],
      message: `LOG without a limit${others.length > 0 ? `, here and in ${others.length} more ${others.length === 1 ? 'rule' : 'rules'}` : ''}: whoever sends packets decides how fast the log grows`,
      help: 'add -m limit --limit 10/min --limit-burst 20 before -j LOG',
      related: others.slice(0, 20).map((rule) => ({ at: spanOf(rule.node), message: 'here too' })),
    });
  },
});
