/** The chains of kube-proxy in the nat table, by their numbers among all calls (calls.ts): they may be most chains of a ruleset. */

import { onceFor } from '../util/once.js';
import { callsOf } from './calls.js';
import type { Ruleset } from './ruleset.js';

export interface ServiceChains {
  /** One service port each, in order of declaration. */
  readonly services: readonly number[];
  /** One endpoint each, in order of declaration. */
  readonly endpoints: readonly number[];
  /** Beside each number whether the chain is one of `endpoints`. */
  readonly isEndpoint: Uint8Array;
}

const gather = (ruleset: Ruleset): ServiceChains => {
  const { chains, numberOf } = callsOf(ruleset);
  const services: number[] = [];
  const endpoints: number[] = [];
  const isEndpoint = new Uint8Array(chains.length);
  for (const chain of ruleset.tables.get('nat')?.chains.values() ?? []) {
    if (!chain.name.startsWith('KUBE-')) continue;
    const own = numberOf(chain);
    if (chain.name.startsWith('KUBE-SEP-')) {
      endpoints.push(own);
      isEndpoint[own] = 1;
    } else if (/^KUBE-(SVC|SVL|XLB)-/.test(chain.name)) services.push(own);
  }
  return { services, endpoints, isEndpoint };
};

/** The service chains of a ruleset, gathered on first use. */
export const serviceChains: (ruleset: Ruleset) => ServiceChains = onceFor(gather);
