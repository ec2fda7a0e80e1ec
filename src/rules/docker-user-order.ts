/** Refusals in FORWARD behind the jumps of Docker, which container traffic never gets to. */

import { filterChain } from '../analysis/intent.js';
import { decisionOf, isForAll, optionOf } from '../explain/parts.js';
import { ownerOf, ownerOfRule } from '../model/owners.js';
import { lineOf, placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { defineCheck } from './define.js';

const calleeName = ({ action }: Rule): string | null => (action.kind === 'jump' || action.kind === 'goto' ? action.chain.name : null);

/** A refusal of particular ports or sources, which may be meant for containers: not one of other interfaces. */
const isMeantForContainers = (rule: Rule): boolean => {
  if (!['DROP', 'REJECT'].includes(decisionOf(rule) ?? '') || isForAll(rule) || ownerOfRule(rule)) return false;
  const out = optionOf(rule.node, '', 'outInterface');
  if (out && !out.negated) return /^(docker|br-)/.test((out.value as { name: string }).name);
  const asks = ['tcp', 'udp', 'multiport'].some((match) =>
    ['destinationPort', 'destinationPorts'].some((key) => optionOf(rule.node, match, key) !== null),
  );
  return asks || optionOf(rule.node, '', 'source')?.negated === false;
};

export default defineCheck({
  id: 'docker-user-order',
  category: 'platform',
  level: 'warning',
  summary: 'A refusal in FORWARD stands behind the chains of Docker, which accept first.',
  why: 'Docker puts its jumps at the top of FORWARD, and again after each restart. What its chains accept, traffic to published ports and replies, never gets to rules behind them. Rules for containers belong into DOCKER-USER, which Docker jumps to first and never changes. Told for DROP and REJECT rules for particular ports or sources in FORWARD behind the jump to DOCKER or DOCKER-FORWARD, where published ports exist; refusals of everything, or of other interfaces, are left alone.',
  advice: 'Move the rule to DOCKER-USER. It sees packets after translation: the container port counts, not the published one.',
  examples: {
    find: [
      {
        title: 'a ban that containers never see',
        text: '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER\n-A FORWARD -s 198.51.100.0/24 -j DROP\n-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT\n-A DOCKER-USER -j RETURN\nCOMMIT\n',
      },
    ],
    leave: [
      {
        title: 'in DOCKER-USER',
        text: '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER\n-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT\n-A DOCKER-USER -s 198.51.100.0/24 -j DROP\n-A DOCKER-USER -j RETURN\nCOMMIT\n',
      },
      {
        title: 'the rest is refused at the end',
        text: '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:DOCKER - [0:0]\n-A FORWARD -o docker0 -j DOCKER\n-A FORWARD -j REJECT --reject-with icmp-host-prohibited\n-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, facts, report }) => {
    const forward = filterChain(ruleset, 'FORWARD');
    if (!forward) return;
    const jump = forward.rules.find((rule) => /^DOCKER(-FORWARD)?$/.test(calleeName(rule) ?? ''));
    const accepts = forward.table.chains.get('DOCKER')?.rules.some((rule) => decisionOf(rule) === 'ACCEPT');
    if (!jump || !accepts || ownerOf((jump.action as { chain: Rule['chain'] }).chain)?.id !== 'docker') return;
    // One that is dead altogether is told by shadowed-rule.
    const late = forward.rules.filter((rule) => rule.index > jump.index && isMeantForContainers(rule) && facts.status(rule) !== 'dead');
    const [first, ...others] = late;
    if (!first) return;
    report({
      ...placeOfRule(first),
      label: 'too late for containers',
      message: `traffic to published ports is accepted from line ${lineOf(jump)} on and never gets to ${others.length === 0 ? 'this rule' : `this rule and ${others.length} more`}`,
      help: 'move it to DOCKER-USER',
      related: [
        { at: spanOf(jump.node), message: 'leads to the rules of Docker that accept' },
        ...others.slice(0, 20).map((rule) => ({ at: spanOf(rule.node), message: 'too late as well' })),
      ],
    });
  },
});
