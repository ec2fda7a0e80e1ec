/** What TTL and HL share: both change the field `ttl`, and stop at its ends (net/netfilter/xt_HL.c). */
import type { Rewrite } from '../packet/rewrite.js';
import type { Use } from './define.js';

/** One of the three is given. */
interface HopChange {
  readonly set?: Use<number>;
  readonly decrement?: Use<number>;
  readonly increment?: Use<number>;
}

export const rewriteHops = ({ set, decrement, increment }: HopChange): readonly Rewrite[] =>
  set
    ? [{ kind: 'to', field: 'ttl', ranges: [[set.value, set.value]] }]
    : [{ kind: 'add', field: 'ttl', by: increment ? increment.value : -(decrement?.value ?? 0) }];

/** "Set the TTL to 64", "Lower the hop limit by 1". */
export const sayHops = (what: string, { set, decrement, increment }: HopChange): string =>
  set
    ? `Set the ${what} to ${set.value}`
    : increment
      ? `Raise the ${what} by ${increment.value}`
      : `Lower the ${what} by ${decrement?.value ?? 0}`;
