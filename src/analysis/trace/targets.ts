/** Targets that change more than fields: sets, TCP options, copies. One function for each; all others just rewrite as their specs say. */

import type { Hook } from '../../../grammar/index.js';
import type { Ipsets } from '../../model/ipset.js';
import type { Action, Rule } from '../../model/ruleset.js';
import type { Flight } from './flight.js';
import { stripTcpOptions } from './payload.js';
import type { Routing } from './routing.js';
import { changeSet, type Side } from './sets.js';
import type { State } from './state.js';
import { Unknown } from './unknown.js';

export interface Surroundings {
  readonly flight: Flight;
  readonly state: State;
  readonly sets: Ipsets | null;
  readonly routing: Routing | null;
  readonly hook: Hook;
}

/** `done`: the spec's rewrites are not to be done as well. */
type Outcome = 'done' | 'rewrites';

const option = (rule: Rule, key: string): unknown => rule.node.target?.options.findLast((one) => one.key === key)?.value;

interface SetReference {
  readonly name: string;
  readonly sides: readonly Side[];
}

const special: Readonly<Record<string, (rule: Rule, around: Surroundings) => Outcome>> = {
  SET: (rule, { flight, sets, state }) => {
    const add = option(rule, 'add') as SetReference | undefined;
    const remove = option(rule, 'remove') as SetReference | undefined;
    if (add) changeSet(add.name, add.sides, true, flight, sets, state);
    if (remove) changeSet(remove.name, remove.sides, false, flight, sets, state);
    return 'rewrites';
  },
  TCPMSS: (rule, { flight, routing }) => {
    const { headers } = flight;
    if (headers.tcpFlags === undefined) return 'done';
    let wanted = option(rule, 'set') as number | undefined;
    if (wanted === undefined) {
      const device = flight.outInterface;
      const mtu = device instanceof Unknown ? undefined : routing?.mtuOf(device);
      if (mtu === undefined) {
        flight.write('mss', new Unknown('the MTU of the way out is not known', 'give the interfaces: --addresses FILE'));
        return 'done';
      }
      wanted = mtu - (headers.family === 4 ? 40 : 60);
    }
    const now = flight.field('mss');
    if (now === null) {
      if ((headers.tcpFlags & 2) !== 0) addMss(flight, Math.min(wanted, headers.family === 4 ? 536 : 1220));
    } else if (typeof now === 'number' && now > wanted) flight.write('mss', wanted);
    return 'done';
  },
  TCPOPTSTRIP: (rule, { flight }) => {
    if (flight.headers.tcpFlags === undefined) return 'done';
    const kinds = option(rule, 'options');
    const numbers = Array.isArray(kinds)
      ? kinds.map((kind) => (typeof kind === 'number' ? kind : ((kind as { number?: number }).number ?? -1)))
      : [];
    flight.replace(stripTcpOptions(flight.bytes, flight.headers, new Set(numbers)));
    return 'done';
  },
};

/** A SYN without an MSS option gets one, right behind the fixed header. */
const addMss = (flight: Flight, mss: number): void => {
  const { headers, bytes } = flight;
  const at = headers.transport + 20;
  const length = headers.transport + ((bytes[headers.transport + 12] ?? 0) >> 4) * 4;
  if (length - headers.transport > 56) return;
  const longer = new Uint8Array(bytes.length + 4);
  longer.set(bytes.subarray(0, at));
  longer.set([2, 4, mss >> 8, mss & 255], at);
  longer.set(bytes.subarray(at), at + 4);
  longer[headers.transport + 12] = longer[headers.transport + 12]! + 0x10;
  const total = headers.length + 4;
  if (headers.family === 4) longer.set([total >> 8, total & 255], 2);
  else longer.set([(total - 40) >> 8, (total - 40) & 255], 4);
  flight.replace(longer);
};

/** Does what the target does beside its verdict. */
export const runTarget = (rule: Rule, action: Action & { readonly kind: 'target' }, around: Surroundings): Outcome =>
  special[action.name]?.(rule, around) ?? 'rewrites';
