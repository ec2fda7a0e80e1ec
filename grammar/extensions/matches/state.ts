/** `-m state`: the state of a packet's connection; the older spelling of `-m conntrack --ctstate`. */
import { type ConnectionState, connectionStates } from '../../netfilter/conntrack.js';
import { inRanges, notIf } from '../../packet/predicate.js';
import { sayStates } from '../../values/connection-states.js';
import { nameList } from '../../values/names.js';
import { defineMatch } from '../define.js';

const states = nameList<ConnectionState>({ names: connectionStates, what: 'connection state', anyCase: true, abbreviations: 'first' });

export const state = defineMatch({
  name: 'state',
  manual: 'iptables-extensions(8) state; net/netfilter/xt_conntrack.c',
  decidedBy: 'packet',
  options: { state: { flag: '--state', value: states, negatable: true, required: true } },
  matches: ({ state: { value, negated } }) =>
    notIf(
      negated,
      inRanges(
        'connectionState',
        value.map((name) => [connectionStates.indexOf(name), connectionStates.indexOf(name)] as const),
      ),
    ),
  say: ({ state: { value, negated } }) => [sayStates(value, negated)],
  examples: [
    { rule: '-m state --state NEW', says: 'new' },
    { rule: '-m state --state established,RELATED', saved: '-m state --state RELATED,ESTABLISHED', says: 'related or established' },
    { rule: '-m state ! --state INVALID', says: 'not invalid' },
    { rule: '-m state --state DNAT', refused: 'not a connection state' },
    { rule: '-m state', refused: '--state' },
  ],
});
