/** DROP in the nat table: refused as a target, taken as a policy. */
import { isHook } from '../../grammar/index.js';
import { censusOf } from '../model/census.js';
import { linesOf } from '../model/lines.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { defineCheck, gatherByCause } from './define.js';

export default defineCheck({
  id: 'nat-drop',
  category: 'load',
  level: 'error',
  summary: 'DROP in the nat table.',
  why: 'The nat table sees only the first packet of each connection, so it is no place to filter: iptables refuses -j DROP there, in every chain, and "-P PREROUTING DROP". A declaration ":PREROUTING DROP" is loaded all the same, by both back ends, and drops the first packet of every connection that no rule of the chain accepts or translates: nearly all traffic, and it looks like a dead network.',
  advice: 'Filter in the filter table (or in raw PREROUTING, before any other work is done). Policies in nat stay ACCEPT.',
  examples: {
    find: [
      { title: 'a rule', text: '*nat\n-A PREROUTING -s 192.0.2.66 -j DROP\nCOMMIT\n' },
      { title: 'a policy, which loads: a warning', text: '*nat\n:PREROUTING DROP [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n' },
    ],
    leave: [{ title: 'the same in raw', text: '*raw\n-A PREROUTING -s 192.0.2.66 -j DROP\nCOMMIT\n' }],
  },
  checkRuleset: ({ ruleset, report }) => {
    const nat = ruleset.tables.get('nat');
    if (!nat) return;
    const findings = gatherByCause();
    for (const item of linesOf(nat.node).chains) {
      if (item.kind !== 'chain' || item.policy !== 'DROP' || !isHook(item.name) || !nat.chains.get(item.name)?.hook) continue;
      const isRefused = item.form === '-P';
      findings.add(
        item.form,
        spanOf(item),
        () => ({
          at: spanOf(item),
          table: 'nat',
          chain: item.name,
          level: isRefused ? 'error' : 'warning',
          message: isRefused
            ? `iptables refuses the policy DROP in the nat table: nat ${item.name} is no place to filter`
            : `the policy of nat ${item.name} is DROP: the first packet of every connection that no rule here accepts or translates is dropped`,
          effect: isRefused ? 'The table is not loaded' : 'It loads, although iptables refuses the same as "-P" and as a rule',
          help: `write :${item.name} ACCEPT and filter in the filter table`,
        }),
        `the same for ${item.name}`,
      );
    }
    findings.tell(report);
    const drops = censusOf(ruleset)
      .withTarget('DROP')
      .filter(({ chain, node }) => chain.table === nat && !node.target?.goto);
    const [first, ...others] = drops;
    if (!first) return;
    report({
      ...placeOfRule(first),
      focus: [spanOf(first.node.target!)],
      label: 'refused here',
      message: 'iptables refuses -j DROP in the nat table: it sees only the first packet of a connection and is no place to filter',
      help: 'drop in filter, or in raw PREROUTING',
      related: others.map((rule) => ({ at: spanOf(rule.node), message: 'here too' })),
    });
  },
});
