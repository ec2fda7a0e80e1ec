/** `-m state`, the old form of `-m conntrack --ctstate`. */
import { censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { defineCheck, gatherByCause } from './define.js';

export default defineCheck({
  id: 'deprecated-match',
  category: 'style',
  level: 'off',
  summary: 'The match state, which conntrack has replaced.',
  why: '-m state asks the same question as -m conntrack --ctstate and works as well as ever; the manual calls it obsolete, and it knows neither SNAT nor DNAT as states. Nothing is wrong with such a rule, so this check is off unless it is asked for.',
  advice: 'Write -m conntrack --ctstate in place of -m state --state when you touch the rules anyway.',
  examples: {
    find: [{ title: 'the old form', text: '-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT' }],
    leave: [{ title: 'the new form', text: '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT' }],
  },
  checkRuleset: ({ ruleset, report }) => {
    const findings = gatherByCause();
    for (const rule of censusOf(ruleset).withMatch('state'))
      for (const match of rule.node.matches)
        if (match.name === 'state')
          findings.add('state', spanOf(rule.node), () => ({
            ...placeOfRule(rule),
            focus: [spanOf(match)],
            message: '-m state is the old form of -m conntrack --ctstate',
            help: 'write -m conntrack --ctstate',
          }));
    findings.tell(report);
  },
});
