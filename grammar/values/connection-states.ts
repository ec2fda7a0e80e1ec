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

/** States of packets rather than of connections: they stand before the noun, alone. */
const ofPackets: readonly ListedState[] = ['INVALID', 'UNTRACKED'];

/** "new", "invalid" before the noun; "of related or established connections", "that are neither new nor invalid" behind it. */
export const sayStates = (listed: readonly ListedState[], negated: boolean): { readonly slot: 'adjective'; readonly text: string } => {
  const words = listed.map((state) => spoken[state]);
  const say = (text: string) => ({ slot: 'adjective', text }) as const;
  if (negated) return say(words.length === 1 ? `that are not ${words[0]}` : `that are neither ${words.join(' nor ')}`);
  if (words.length === 1 && (listed[0] === 'NEW' || ofPackets.includes(listed[0]!))) return say(words[0]!);
  return say(
    listed.some((state) => ofPackets.includes(state)) ? `that are ${sayAlternatives(words)}` : `of ${sayAlternatives(words)} connections`,
  );
};
