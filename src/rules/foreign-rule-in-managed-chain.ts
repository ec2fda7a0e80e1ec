/** Rules that somebody put into a chain that a program writes anew. */
import { outlined } from '../../grammar/index.js';
import { commentsOf, decisionOf, usesMatch } from '../explain/parts.js';
import { callsOf } from '../model/calls.js';
import { rulesLike } from '../model/makes.js';
import { ownerOf, verbFor } from '../model/owners.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Chain, Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

/** How a program marks every rule of some of its chains; what lacks the mark is not its own. */
interface Mark {
  readonly owner: string;
  /** How the names of all of these chains begin. */
  readonly head: string;
  readonly chains: RegExp;
  /** Targets that rules of others there have; null: any. */
  readonly foreign: readonly string[] | null;
  readonly isOwn: (rule: Rule) => boolean;
}

const marks: readonly Mark[] = [
  {
    owner: 'calico',
    head: 'cali-',
    chains: /^cali-/,
    foreign: null,
    isOwn: (rule) => commentsOf(rule).some((comment) => comment.startsWith('cali:')),
  },
  {
    owner: 'kube-proxy',
    head: 'KUBE-',
    chains: /^KUBE-(SERVICES|NODEPORTS|SVC-|SEP-|EXT-|FW-|XLB-)/,
    // Its own rules there jump, translate, ask an ipset (ipvs mode), or bear a comment.
    foreign: ['ACCEPT', 'DROP', 'REJECT', 'RETURN', 'LOG', 'SNAT', 'MASQUERADE'],
    isOwn: (rule) => usesMatch(rule, 'set') || commentsOf(rule).length > 0,
  },
  {
    owner: 'docker',
    head: 'DOCKER',
    chains: /^DOCKER(-ISOLATION-STAGE-[12]|-FORWARD|-CT|-BRIDGE)?$/,
    // Its own rules there name a bridge, or end a stage.
    foreign: ['DROP', 'REJECT', 'LOG'],
    isOwn: (rule) =>
      outlined(rule.node).outline.matches.some(
        ({ name, options }) => name === '' && options.some(({ key }) => key === 'inInterface' || key === 'outInterface'),
      ),
  },
];

export default defineCheck({
  id: 'foreign-rule-in-managed-chain',
  category: 'platform',
  level: 'warning',
  summary: 'A rule stands in a chain that a program writes anew.',
  why: 'kube-proxy, Calico and Docker own their chains: they flush them and write them again when a service, a policy or a network changes, or when they restart. A rule that somebody else put there works until then and vanishes without a word. Told for rules without the marks that the program gives its own (comments, hashes, bridges), in chains whose rules all bear them.',
  advice:
    'Put the rule into a chain of your own and jump there from INPUT, FORWARD or OUTPUT, or use the place that the program keeps for you (DOCKER-USER, a network policy).',
  examples: {
    find: [
      {
        title: 'a ban in a chain of Calico',
        text: ':FORWARD ACCEPT [0:0]\n:cali-FORWARD - [0:0]\n-A FORWARD -m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD\n-A cali-FORWARD -s 198.51.100.7/32 -j DROP\n-A cali-FORWARD -m comment --comment "cali:vjrMJCRpqwy5oRoX" -j MARK --set-xmark 0x0/0xe0000',
      },
    ],
    leave: [
      {
        title: 'the rules of Calico alone',
        text: ':FORWARD ACCEPT [0:0]\n:cali-FORWARD - [0:0]\n-A FORWARD -m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD\n-A cali-FORWARD -m comment --comment "cali:vjrMJCRpqwy5oRoX" -j MARK --set-xmark 0x0/0xe0000',
      },
      {
        title: 'in DOCKER-USER',
        text: ':FORWARD ACCEPT [0:0]\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -s 198.51.100.7/32 -j DROP\n-A DOCKER-USER -j RETURN',
      },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    for (const { owner, head, chains, foreign, isOwn } of marks) {
      if (!callsOf(ruleset).chains.some(({ name }) => name.startsWith(head))) continue;
      const byChain = new Map<Chain, Rule[]>();
      const rules = rulesLike(
        ruleset,
        ({ outline: { target } }) => foreign === null || (target !== null && target.slot < 0 && foreign.includes(target.name)),
      );
      for (const rule of rules) {
        const { chain } = rule;
        if (chain.hook || !chains.test(chain.name) || ownerOf(chain)?.id !== owner || isOwn(rule)) continue;
        const list = byChain.get(chain);
        if (list) list.push(rule);
        else byChain.set(chain, [rule]);
      }
      const found: Rule[] = [];
      // A dump without comments, or of a release with other marks, tells nothing.
      for (const [chain, list] of byChain) if (list.length < chain.rules.length / 2 || list.length === 1) found.push(...list);
      const [first, ...others] = found.sort((a, b) => a.id - b.id);
      if (!first || others.length > 20) continue;
      const name = ownerOf(first.chain)!.name;
      report({
        ...placeOfRule(first),
        label: 'not theirs',
        certainty: 'possible',
        leansOn: [`the marks that ${name} gives its rules`],
        message: `${others.length === 0 ? 'this rule stands' : `this rule and ${others.length} more stand`} in a chain of ${name} without its marks: it is gone when ${name} ${verbFor(name, 'writes', 'write')} the chain again`,
        ...(decisionOf(first) ? { effect: `what it does (${decisionOf(first)}) ends without a word then` } : {}),
        help: owner === 'docker' ? 'move it to DOCKER-USER' : 'move it to a chain of your own',
        related: others.map((rule) => ({ at: spanOf(rule.node), message: 'the same' })),
      });
    }
  },
});
