/** Jumps where none can lead: to a built-in chain, and -g to a target. */
import { findTarget, targetOf } from '../../grammar/index.js';
import { censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { defineCheck, gatherByCause } from './define.js';

export default defineCheck({
  id: 'bad-jump',
  category: 'load',
  level: 'error',
  summary: 'A jump to a built-in chain, or a goto to a target.',
  why: 'INPUT, FORWARD and the other built-in chains are asked by the kernel alone; no rule can lead to them. And -g leads to chains only: ACCEPT, DROP and extensions are targets, for which there is -j. Both are refused, and the whole table with them.',
  advice: 'Put the rules that both chains share into a user-defined chain and jump to it from both. Write -j where the target is meant.',
  examples: {
    find: [
      { title: 'a built-in chain as a subroutine', text: '-A FORWARD -i eth1 -j INPUT' },
      { title: 'goto to a target', text: '-A INPUT -i lo -g ACCEPT' },
    ],
    leave: [{ title: 'goto to a chain', text: ':LAN - [0:0]\n-A INPUT -i eth1 -g LAN\n-A LAN -j ACCEPT' }],
  },
  checkRuleset: ({ ruleset, report }) => {
    const findings = gatherByCause();
    for (const rule of censusOf(ruleset).oddJumps) {
      const callee = rule.chain.table.chains.get(targetOf(rule.node)!);
      if (callee && !callee.hook) continue;
      const { target } = rule.node;
      if (!target || (target.spec && !target.goto)) continue;
      const toTarget = !callee && target.goto && findTarget(target.name) !== undefined;
      if (!callee?.hook && !toTarget) continue;
      findings.add(`${rule.chain.table.name} ${toTarget} ${target.name}`, spanOf(rule.node), () => ({
        ...placeOfRule(rule),
        focus: [spanOf(target.nameSpan)],
        label: toTarget ? 'a target' : 'a built-in chain',
        message: toTarget
          ? `-g leads to chains only, and ${target.name} is a target`
          : `no rule can lead to the built-in chain ${target.name}: the kernel alone asks it`,
        help: toTarget ? `write -j ${target.name}` : 'put the rules to share into a user-defined chain and jump to it from both',
      }));
    }
    findings.tell(report);
  },
});
