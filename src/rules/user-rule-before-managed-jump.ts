/** Rules of an administrator that decide packets before the chains of Kubernetes or its network see them. */
import { decisionOf, isForAll, optionOf } from '../explain/parts.js';
import { ownerOf, ownerOfRule } from '../model/owners.js';
import { lineOf, placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

const platforms = new Set(['kube-proxy', 'kube-router', 'calico', 'cilium', 'antrea', 'weave', 'azure-npm']);

const leadsToPlatform = ({ action }: Rule): string | null => {
  if (action.kind !== 'jump' && action.kind !== 'goto') return null;
  const owner = ownerOf(action.chain);
  return owner && platforms.has(owner.id) ? owner.name : null;
};

/** New connections that do not come by loopback are accepted, past whatever a network policy would say. */
const passesPolicy = (rule: Rule): boolean => {
  if (decisionOf(rule) !== 'ACCEPT' || ownerOfRule(rule)) return false;
  const inside = optionOf(rule.node, '', 'inInterface');
  if (inside && !inside.negated && (inside.value as { name: string }).name === 'lo') return false;
  const states = optionOf(rule.node, 'conntrack', 'states') ?? optionOf(rule.node, 'state', 'state');
  if (states && (states.value as readonly string[]).includes('NEW') === states.negated) return false;
  const protocol = optionOf(rule.node, '', 'protocol');
  return !(protocol && !protocol.negated && (protocol.value === 1 || protocol.value === 58));
};

export default defineCheck({
  id: 'user-rule-before-managed-jump',
  category: 'platform',
  level: 'info',
  summary: 'A rule in FORWARD accepts connections before network policies are asked.',
  why: 'Network policies of pods are chains that FORWARD jumps to. A rule before that jump which accepts new connections decides them first: policies are not asked, and what they forbid gets through. Programs insert their jump at the top, so this happens after rules were loaded later. It is told as info: the rule may be meant so.',
  advice: 'Append such rules behind the jumps of the platform, or narrow them to what is not for pods.',
  examples: {
    find: [
      {
        title: 'the inner network is accepted first',
        text: ':FORWARD DROP [0:0]\n:cali-FORWARD - [0:0]\n-A FORWARD -i eth1 -j ACCEPT\n-A FORWARD -m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD\n-A cali-FORWARD -m comment --comment "cali:vjrMJCRpqwy5oRoX" -j MARK --set-xmark 0x0/0xe0000',
      },
    ],
    leave: [
      {
        title: 'replies and ICMP come first',
        text: ':FORWARD DROP [0:0]\n:cali-FORWARD - [0:0]\n-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -p icmp -j ACCEPT\n-A FORWARD -m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD\n-A cali-FORWARD -m comment --comment "cali:vjrMJCRpqwy5oRoX" -j MARK --set-xmark 0x0/0xe0000',
      },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    const forward = ruleset.tables.get('filter')?.chains.get('FORWARD');
    const jump = forward?.rules.findLast((rule) => leadsToPlatform(rule) !== null);
    if (!forward || !jump) return;
    const early = forward.rules.slice(0, jump.index).filter((rule) => passesPolicy(rule));
    const [first, ...others] = early;
    if (!first) return;
    const name = leadsToPlatform(jump)!;
    report({
      ...placeOfRule(first),
      label: 'decides first',
      message: `${isForAll(first) ? 'every connection' : 'what this rule accepts'} is accepted before ${name} is asked (line ${lineOf(jump)})`,
      help: `move it behind line ${lineOf(jump)}`,
      related: [
        { at: spanOf(jump.node), message: `leads to the chains of ${name}` },
        ...others.slice(0, 20).map((rule) => ({ at: spanOf(rule.node), message: 'accepts before it too' })),
      ],
    });
  },
});
