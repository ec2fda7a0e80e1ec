/** Rules that iptables-save prints so that they cannot be loaded again. */
import { givenOf, matchSpecs, meaningContext, optionsIn, outlined, targetSpecs } from '../../grammar/index.js';
import { censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import { defineCheck } from './define.js';

const losing = [...matchSpecs, ...targetSpecs].filter(({ lostOnSave }) => lostOnSave);

export default defineCheck({
  id: 'unsaveable-rule',
  category: 'load',
  level: 'warning',
  summary: 'A rule that iptables-save prints so that it cannot be loaded again, or means something else.',
  why: 'iptables-save prints some names without quotes, whatever they hold: an empty name, or one with a blank or a quote in it, does not come back, and iptables-restore refuses the whole dump. Of --timeout names of CT the kernel hands back four characters. The rule works until the next restore from a dump.',
  advice: 'Choose a name of letters, digits, "-" and "_"; for --timeout of CT one of at most four characters.',
  examples: {
    find: [
      { title: 'a label with a blank', text: '-A INPUT -j IDLETIMER --timeout 60 --label "wan up"' },
      {
        title: 'a name of timeouts that comes back as "long"',
        text: '*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -p tcp -j CT --timeout long-lived\nCOMMIT\n',
      },
    ],
    leave: [
      { title: 'a label of one word', text: '-A INPUT -j IDLETIMER --timeout 60 --label wan-up' },
      { title: 'a comment, which is quoted', text: '-A INPUT -m comment --comment "wan up" -j ACCEPT' },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    const census = censusOf(ruleset);
    for (const spec of losing)
      for (const rule of spec.kind === 'match' ? census.withMatch(spec.name) : census.withTarget(spec.name)) {
        const { outline, values } = outlined(rule.node);
        const uses = spec.kind === 'match' ? outline.matches : outline.target ? [outline.target] : [];
        for (const [index, use] of uses.entries()) {
          if (use.spec !== spec) continue;
          const options = optionsIn(use, values);
          const given = givenOf(spec, options);
          const lost = given && spec.lostOnSave?.(given, meaningContext(ruleset.family, options));
          if (!lost) continue;
          const node = spec.kind === 'match' ? rule.node.matches[index] : rule.node.target;
          report({
            ...placeOfRule(rule),
            ...(node ? { focus: [spanOf(node)] } : {}),
            message: `${lost}: the rule does not come back from a dump`,
            help: 'choose another name',
          });
        }
      }
  },
});
