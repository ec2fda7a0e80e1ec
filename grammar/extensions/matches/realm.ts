/** `-m realm`: the routing realm of the route that a packet takes. */
import { notIf } from '../../packet/predicate.js';
import { hasMark } from '../../values/mark.js';
import { realm as realmValue } from '../../values/realm.js';
import { defineMatch, phrase } from '../define.js';
import { ask } from '../spell.js';

export const realm = defineMatch({
  name: 'realm',
  manual: 'iptables-extensions(8) realm; net/netfilter/xt_realm.c',
  families: [4],
  decidedBy: 'surroundings',
  // Before routing there is no realm.
  place: { hooks: ['INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] },
  options: { realm: { flag: '--realm', value: realmValue, negatable: true, required: true } },
  matches: ({ realm: { value, negated } }) =>
    notIf(
      negated,
      value.kind === 'number'
        ? hasMark('realm', value)
        : ask('realm', 'surroundings', `--realm ${value.name}`, { name: value.name }, ['realm']),
    ),
  say: ({ realm: { value, negated } }, context) => [
    phrase('condition', `${negated ? 'not ' : ''}in routing realm ${realmValue.say(value, { ...context, negated })}`),
  ],
  examples: [
    { rule: '-m realm --realm 0xa/0xff', says: 'in routing realm 0xa/0xff' },
    { rule: '-m realm ! --realm 10', saved: '-m realm ! --realm 0xa', says: 'not in routing realm 0xa' },
    { rule: '-m realm --realm 0', saved: '-m realm --realm cosmos' },
    { rule: '-m realm', refused: '--realm' },
  ],
});
