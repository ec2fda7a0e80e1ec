/** Lists of connection states: `--ctstate` of conntrack, `--state` of state (net/netfilter/xt_conntrack.c, xt_state.c). */
import { connectionStates, connectionStatusBits } from '../netfilter/conntrack.js';
import { all, bits, inRanges, type Predicate, some } from '../packet/predicate.js';
import { hasConnection } from '../packet/presence.js';
import { nameList, sayAlternatives } from './names.js';

/** The states that a packet is in, and the two that tell of a connection that its addresses are rewritten; in the order of iptables-save. */
const states = [...connectionStates, 'SNAT', 'DNAT'] as const;

export type ListedState = (typeof states)[number];

const spoken: Readonly<Record<ListedState, string>> = {
  INVALID: 'invalid',
  NEW: 'new',
  RELATED: 'related',
  ESTABLISHED: 'established',
  UNTRACKED: 'untracked',
  SNAT: 'source-translated',
  DNAT: 'destination-translated',
};

/** `NEW,ESTABLISHED`: any case; a beginning is enough (`EST`), all of them differ. */
export const ctStates = nameList<ListedState>(
  { names: states, what: 'connection state', anyCase: true, abbreviations: 'first' },
  (state) => spoken[state],
);

/** The packet is in one of the states. */
export const inStates = (listed: readonly ListedState[]): Predicate => {
  const indexes = listed.map((state) => (connectionStates as readonly string[]).indexOf(state)).filter((index) => index >= 0);
  const translated = (['SNAT', 'DNAT'] as const)
    .filter((state) => listed.includes(state))
    .map((state) => bits('connectionStatus', connectionStatusBits[state], connectionStatusBits[state]));
  return some(
    ...(indexes.length > 0
      ? [
          inRanges(
            'connectionState',
            indexes.map((index) => [index, index] as const),
          ),
        ]
      : []),
    ...(translated.length > 0 ? [all(hasConnection, some(...translated))] : []),
  );
};

/** "new", "related or established" before the noun; "that are neither new nor invalid" behind it. */
export const sayStates = (
  listed: readonly ListedState[],
  negated: boolean,
): { readonly slot: 'adjective' | 'condition'; readonly text: string } => {
  const words = listed.map((state) => spoken[state]);
  if (!negated) return { slot: 'adjective', text: sayAlternatives(words) };
  return { slot: 'condition', text: words.length === 1 ? `that are not ${words[0]}` : `that are neither ${words.join(' nor ')}` };
};
