/** IP sets that the host does not have. Needs `ipset save`. */
import type { OptionNode } from '../../grammar/index.js';
import { censusOf } from '../model/census.js';
import { placeOfRule, spanOf } from '../model/place.js';
import type { Rule } from '../model/ruleset.js';
import { closest } from '../util/closest.js';
import { defineCheck } from './define.js';

const sets = (text: string) => ({ ipset: { name: 'ipset-save', text } });
const office = 'create office hash:ip family inet hashsize 1024 maxelem 65536\nadd office 192.0.2.1\n';

export default defineCheck({
  id: 'missing-set',
  category: 'load',
  level: 'error',
  summary: 'An IP set that the host does not have, or that holds addresses of the other family.',
  why: 'iptables-restore looks a set up by its name when it reads the rule. A set has to be there first: at boot ipset restore must run before the rules are loaded, else they are refused and none of their table takes effect. A set of IPv4 addresses cannot be asked by ip6tables, nor the other way round. Told with ipset save given, for without it nobody knows which sets there are.',
  advice: 'Correct the name, create the set before the rules are loaded, or make a second set for the other family.',
  examples: {
    find: [
      { title: 'a slip in a name', context: sets(office), text: '-A INPUT -m set --match-set ofice src -j ACCEPT' },
      {
        title: 'addresses of the other family',
        family: 6,
        context: sets(office),
        text: '-A INPUT -m set --match-set office src -j ACCEPT',
      },
      { title: 'a set to add to', context: sets(office), text: '-A INPUT -p tcp -m tcp --dport 23 -j SET --add-set banned src' },
    ],
    leave: [
      { title: 'a set that is there', context: sets(office), text: '-A INPUT -m set --match-set office src -j ACCEPT' },
      { title: 'nobody told which sets there are', text: '-A INPUT -m set --match-set ofice src -j ACCEPT' },
    ],
  },
  checkRuleset: ({ ruleset, sets, report }) => {
    // Of a text that could not be read whole nobody knows which sets it creates.
    if (!sets || sets.problems.length > 0) return;
    const told = new Map<string, { readonly rule: Rule; readonly option: OptionNode; readonly others: Rule[] }>();
    const census = censusOf(ruleset);
    for (const rule of [...census.withMatch('set'), ...census.withTarget('SET')])
      for (const option of optionsOf(rule)) {
        const name = nameOf(option);
        if (name === null) continue;
        const family = sets.sets.get(name)?.family;
        if (family === null || family === ruleset.family) continue;
        const first = told.get(name);
        if (!first) told.set(name, { rule, option, others: [] });
        else if (first.rule !== rule) first.others.push(rule);
      }
    for (const [name, { rule, option, others }] of told) {
      const set = sets.sets.get(name);
      const near = set ? null : closest(name, sets.sets.keys());
      report({
        ...placeOfRule(rule),
        focus: [spanOf(option)],
        message: set
          ? `the set ${name} holds IPv${set.family} addresses: an IPv${ruleset.family} rule cannot ask it`
          : `the host has no set ${name}`,
        help: set
          ? `make a set with family inet${ruleset.family === 6 ? '6' : ''} for these rules`
          : near === null
            ? `create it before the rules are loaded: ipset create ${name} ...`
            : `did you mean ${near}?`,
        related: others.map((other) => ({ at: spanOf(other.node), message: 'here too' })),
      });
    }
  },
});

const optionsOf = ({ node }: Rule): readonly OptionNode[] => [
  ...node.matches.flatMap((match) => (match.spec?.name === 'set' ? match.options : [])),
  ...(node.target?.spec?.name === 'SET' ? node.target.options : []),
];

/** The set that an option names; null where it names none, or was not read. */
const nameOf = ({ spec, value }: OptionNode): string | null => {
  const name = spec && typeof value === 'object' && value !== null && 'sides' in value && 'name' in value ? value.name : null;
  return typeof name === 'string' ? name : null;
};
