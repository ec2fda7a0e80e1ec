/** Jumps that packets take and that change nothing. */
import { targetOf } from '../../grammar/index.js';
import { tellingWords } from '../explain/death.js';
import { rulesLike } from '../model/makes.js';
import { ownerOf } from '../model/owners.js';
import { lineOf, placeOfRule, spanOf } from '../model/place.js';
import type { Chain, Rule, Ruleset } from '../model/ruleset.js';
import { count } from '../util/text.js';
import { defineCheck } from './define.js';

const name = (chain: Chain): string => `${chain.table.name}/${chain.name}`;

export default defineCheck({
  id: 'jump-without-effect',
  category: 'reachability',
  level: 'info',
  summary: 'A jump to a chain that decides, rewrites and records nothing: all packets come back as they went.',
  why: 'Packets take the jump, pass an empty or undeciding chain, and come back. That costs a little time and counts packets, nothing else. Chains that hold rules without a target are there to count, and are left alone. Programs keep such chains as hooks for users (DOCKER-USER, the before and after chains of ufw), so it is told at info and once for a chain.',
  advice: 'Fill the chain, or delete the jump. A chain that is meant as a place for later rules can stay.',
  examples: {
    find: [{ title: 'the chain is empty', text: ':WEB - [0:0]\n-A INPUT -p tcp -j WEB\n-A INPUT -j DROP' }],
    leave: [
      {
        title: 'the chain counts: rules without a target',
        text: ':TRAFFIC - [0:0]\n:WEB - [0:0]\n-A INPUT -j TRAFFIC\n-A INPUT -p udp -j DROP\n-A TRAFFIC -p tcp -j WEB\n-A WEB -s 192.0.2.7/32',
      },
      { title: 'the chain logs', text: ':WEB - [0:0]\n-A INPUT -p tcp -j WEB\n-A WEB -j LOG' },
      {
        title: 'the chain marks',
        text: '*mangle\n:PREROUTING ACCEPT [0:0]\n:SORT - [0:0]\n-A PREROUTING -j SORT\n-A SORT -p tcp -j MARK --set-xmark 0x1/0xffffffff\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    const empty = facts.jumpsWithoutEffect();
    if (empty.length === 0) return;
    const counting = countingChains(ruleset);
    const jumps = new Map<Chain, Rule[]>();
    for (const rule of empty) {
      if (rule.action.kind !== 'jump' || counting.has(rule.action.chain)) continue;
      const list = jumps.get(rule.action.chain);
      if (list) list.push(rule);
      else jumps.set(rule.action.chain, [rule]);
    }
    // Chains that a program keeps ready are one matter for each table, however many they are.
    const groups = new Map<string, Rule[]>();
    for (const [chain, rules] of jumps) {
      const owner = ownerOf(chain);
      const key = owner ? `${owner.id} ${chain.table.name}` : `${chain.table.name}/${chain.name}`;
      groups.set(key, [...(groups.get(key) ?? []), ...rules]);
    }
    for (const rules of groups.values()) {
      const [first, ...others] = rules.sort((a, b) => a.id - b.id) as [Rule, ...Rule[]];
      const chain = (first.action as { chain: Chain }).chain;
      const several = new Set(rules.map((rule) => targetOf(rule.node))).size;
      const owner = ownerOf(chain);
      report({
        ...placeOfRule(first),
        ...(owner ? { owner: owner.name } : {}),
        focus: tellingWords(first),
        label: 'changes nothing',
        message:
          several > 1
            ? `jumps to ${count(several, 'chain')} of ${owner?.name ?? 'this table'} change nothing, such as ${chain.name}: they decide no packet`
            : `the jump changes nothing: ${chain.rules.length === 0 ? `the chain ${chain.name} is empty` : `${name(chain)} decides no packet`}`,
        related: others.map((other) => ({ at: spanOf(other.node), message: several > 1 ? 'this one too' : 'the same jump' })),
        help: owner?.isForUser
          ? `leave it: ${chain.name} is there for rules of your own`
          : owner
            ? `leave it: ${rules.some((rule) => rule.action.kind === 'jump' && rule.action.chain.rules.length === 0) ? 'the program fills its chains when it needs them' : `what the chain holds is up to ${owner.name}`}`
            : `fill ${chain.name}, or remove line ${lineOf(first)}`,
      });
    }
  },
});

/** Chains in which some rule is there for its counter alone, having no target, and those that lead to them. */
const countingChains = (ruleset: Ruleset): ReadonlySet<Chain> => {
  const pending = new Set(rulesLike(ruleset, ({ outline }) => outline.target === null).map(({ chain }) => chain));
  for (const chain of pending) for (const caller of chain.callers) pending.add(caller.chain);
  return pending;
};
