/** Lists of `-m recent` that rules ask and no rule fills. */
import { type OutlineUse, optionIn, outlined, valueIn } from '../../grammar/index.js';
import { censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { closest } from '../util/closest.js';
import { defineCheck } from './define.js';

interface Question {
  readonly rule: Rule;
  /** Index of the match among those of the rule. */
  readonly place: number;
}

export default defineCheck({
  id: 'recent-list-never-set',
  category: 'reachability',
  level: 'warning',
  summary: 'A list of -m recent that rules ask and none fills.',
  why: 'Only --set puts an address into a list. --rcheck, --update and --remove look for one that is there already: on a list that no rule sets they never match, so a limit on login attempts built that way limits nothing (and with "!" they always match). Mostly a name was forgotten, and then the list is called DEFAULT, or it has a slip. What a program writes into /proc/net/xt_recent fills lists, too, so this is told as possible.',
  advice: 'Give the rules that set the list and those that ask it the same --name, or add the rule with --set.',
  examples: {
    find: [
      {
        title: 'the name was forgotten in the second rule',
        text: '-A INPUT -p tcp -m tcp --dport 22 -m recent --set --name SSH\n-A INPUT -p tcp -m tcp --dport 22 -m recent --update --seconds 60 --hitcount 4 -j DROP',
      },
      {
        title: 'nothing is ever noted',
        text: '-A INPUT -p tcp -m tcp --dport 22 -m recent --update --seconds 60 --hitcount 4 --name SSH -j DROP',
      },
    ],
    leave: [
      {
        title: 'one rule asks, the next one sets',
        text: '-A INPUT -p tcp -m tcp --dport 22 -m recent --update --seconds 60 --hitcount 4 --name SSH -j DROP\n-A INPUT -p tcp -m tcp --dport 22 -m recent --set --name SSH -j ACCEPT',
      },
      {
        title: 'set in another table',
        text: '*raw\n-A PREROUTING -p tcp -m tcp --dport 23 -m recent --set\nCOMMIT\n*filter\n-A INPUT -m recent --rcheck --seconds 600 -j DROP\nCOMMIT\n',
      },
    ],
  },
  checkRuleset: ({ ruleset, report }) => {
    const filled = new Set<string>();
    const asked = new Map<string, Question[]>();
    for (const rule of censusOf(ruleset).withMatch('recent')) {
      const { outline, values } = outlined(rule.node);
      for (const [place, use] of outline.matches.entries()) {
        if (use.spec?.name !== 'recent') continue;
        const name = nameOf(use, values);
        if (optionIn(use, 'set', values)) filled.add(name);
        if (!use.options.some(isQuestion)) continue;
        const questions = asked.get(name);
        if (questions) questions.push({ rule, place });
        else asked.set(name, [{ rule, place }]);
      }
    }
    for (const [name, [first, ...others]] of asked) {
      if (filled.has(name) || !first) continue;
      const { rule, place } = first;
      const match = rule.node.matches[place]!;
      const option = match.options.find(isQuestion)!;
      const isNamed = match.options.some(({ key, spec }) => spec && key === 'name');
      const meant = closest(name, filled) ?? (!isNamed && filled.size === 1 ? [...filled][0]! : null);
      report({
        ...placeOfRule(rule),
        focus: [spanOf(option)],
        label: option.negated ? 'always matches' : 'never matches',
        certainty: 'possible',
        leansOn: [`whether a program writes into /proc/net/xt_recent/${name}`, ...(ruleset.whole ? [] : ['lines that could not be read'])],
        message: `no rule puts addresses into the list ${name}${isNamed ? '' : ', which is meant where --name is missing'}: --${option.key} ${
          option.negated ? 'always' : 'never'
        } matches`,
        help: meant === null ? `add a rule with -m recent --set${isNamed ? ` --name ${name}` : ''}` : `did you mean --name ${meant}?`,
        related: others.map((other) => ({ at: spanOf(other.rule.node), message: 'asks it, too' })),
      });
    }
  },
});

const isQuestion = ({ key, spec }: { readonly key: string; readonly spec: unknown }): boolean =>
  spec !== null && (key === 'rcheck' || key === 'update' || key === 'remove');

const nameOf = ({ options }: OutlineUse, values: readonly unknown[]): string => {
  const option = options.findLast(({ key, spec }) => spec && key === 'name');
  const name = option && valueIn(option, values);
  return typeof name === 'string' ? name : 'DEFAULT';
};
