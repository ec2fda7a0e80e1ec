/** What a target changes in a packet or its connection, as data: the image of a set of packets under a rule. */
import type { NumberField } from './fields.js';
import type { Ordinal, Range } from './predicate.js';

export type Rewrite =
  /** The field takes some value of the ranges (one value: `[[v, v]]`). */
  | { readonly kind: 'to'; readonly field: NumberField; readonly ranges: readonly Range[] }
  /** `new = (old & ~mask) ^ value`: MARK --set-xmark, DSCP, TOS. */
  | { readonly kind: 'xor'; readonly field: NumberField; readonly mask: Ordinal; readonly value: Ordinal }
  /** `new = old + by`, clamped to the field's domain: TTL --ttl-inc, --ttl-dec. */
  | { readonly kind: 'add'; readonly field: NumberField; readonly by: number }
  /** `new = (old & ~mask) ^ (other & otherMask)`: CONNMARK --save-mark and --restore-mark. */
  | {
      readonly kind: 'copy';
      readonly field: NumberField;
      readonly from: NumberField;
      readonly mask: Ordinal;
      readonly fromMask: Ordinal;
    }
  /** NETMAP: the network part is replaced, the host part kept: `new = (old & ~mask) | value`. */
  | { readonly kind: 'network'; readonly field: NumberField; readonly mask: Ordinal; readonly value: Ordinal }
  /** The field takes a value that the ruleset does not tell (MASQUERADE's address). */
  | { readonly kind: 'unknown'; readonly field: NumberField };
