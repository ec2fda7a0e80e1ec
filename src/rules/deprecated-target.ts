/** Targets that newer kernels or iptables no longer have. */
import { findTarget } from '../../grammar/index.js';
import { rulesLike } from '../model/makes.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { defineCheck, gatherByCause } from './define.js';

export default defineCheck({
  id: 'deprecated-target',
  category: 'load',
  level: 'warning',
  summary: 'A target that newer kernels have given up.',
  why: 'ULOG, CLUSTERIP and QUEUE still stand in manuals and old rulesets. iptables reads them, but kernels of today lack the module (or the nft back end refuses it), and then the whole table fails to load: often at the reboot after an upgrade.',
  advice: 'Use the successor: NFLOG for ULOG, NFQUEUE for QUEUE, -m cluster for CLUSTERIP.',
  examples: {
    find: [{ title: 'logging as in 2010', text: '-A INPUT -p tcp -m tcp --dport 23 -j ULOG --ulog-prefix telnet' }],
    leave: [{ title: 'NOTRACK, which is old and works', text: '*raw\n-A PREROUTING -p udp -m udp --dport 53 -j NOTRACK\nCOMMIT\n' }],
  },
  checkRuleset: ({ ruleset, report }) => {
    const findings = gatherByCause();
    const rules = rulesLike(ruleset, ({ outline: { target } }) => target !== null && findTarget(target.name)?.deprecated !== undefined);
    for (const rule of rules) {
      const { target } = rule.node;
      if (!target?.spec?.deprecated || rule.chain.table.chains.has(target.name)) continue;
      const { deprecated } = target.spec;
      findings.add(target.name, spanOf(rule.node), () => ({
        ...placeOfRule(rule),
        focus: [spanOf(target.nameSpan)],
        message: deprecated,
        help: 'see the man page iptables-extensions for the successor',
      }));
    }
    findings.tell(report);
  },
});
