/**
 * A set as few disjoint boxes that people can read: fields restricted to prefixes, ranges, names. The diagram is walked dimension by dimension; atoms that lead
 * the same way stay together, and boxes that differ in one field become one. Few, not fewest: the order of fields is the diagram's.
 */
import type { FieldName, Ordinal } from '../../grammar/index.js';
import { type Cube, extent, merge } from './cube.js';
import type { Diagram, Node } from './diagram.js';
import type { Space, ValueSet } from './space.js';

/** One condition of a box. */
export type Side =
  | { readonly kind: 'ranges'; readonly field: FieldName; readonly ranges: readonly (readonly [Ordinal, Ordinal])[] }
  /** Some of these values in the bits of the mask; `other`: also every value that is not mentioned. */
  | { readonly kind: 'bits'; readonly field: FieldName; readonly mask: bigint; readonly values: readonly bigint[]; readonly other: boolean }
  | { readonly kind: 'names'; readonly field: FieldName; readonly names: readonly { readonly name: string; readonly prefix: boolean }[] }
  | { readonly kind: 'test'; readonly text: string; readonly holds: boolean };

/** All sides hold; a field that has none is free. */
export interface Box {
  readonly sides: readonly Side[];
  readonly cube: Cube;
}

/** The boxes of a set; `whole` is false where there would be more than `most` (those told are then a part). */
export const boxesOf = (
  space: Space,
  diagram: Diagram,
  set: Node,
  most: number,
): { readonly boxes: readonly Box[]; readonly whole: boolean } => {
  const found: Cube[] = [];
  let whole = true;
  const walk = (node: Node, sides: readonly ValueSet[]): void => {
    if (found.length >= most * 8) {
      whole = false;
      return;
    }
    if (node === 1) {
      const sorted = [...sides].sort((a, b) => a.dimension.index - b.dimension.index).filter((side) => side.count < side.dimension.size);
      found.push({ dims: sorted.map((side) => side.dimension.index), sets: sorted });
      return;
    }
    const ways = diagram.waysFrom(node, space.dimensions);
    for (const { target, set: side } of ways) walk(target, [...sides, side]);
  };
  if (set !== 0) walk(set, []);
  const merged = merge(found).sort((a, b) => extent(b) - extent(a));
  if (merged.length > most) {
    merged.length = most;
    whole = false;
  }
  return { boxes: merged.map((cube) => ({ sides: cube.sets.flatMap((side) => sideOf(space, side)), cube })), whole };
};

const sideOf = (space: Space, set: ValueSet): Side[] => {
  const { field, test } = set.dimension;
  if (test) return [{ kind: 'test', text: test.text, holds: set.has(1) }];
  if (!field) return [];
  const code = space.code(field)!;
  if (code.kind === 'ranges') {
    const width = space.width(field);
    const top: Ordinal = width > 64 ? (1n << BigInt(width)) - 1n : 2 ** width - 1;
    const ranges: [Ordinal, Ordinal][] = [];
    for (let i = 0; i < set.ranges.length; i += 2) {
      const after = code.starts[set.ranges[i + 1]! + 1];
      ranges.push([code.starts[set.ranges[i]!]!, after === undefined ? top : typeof after === 'bigint' ? after - 1n : after - 1]);
    }
    return [{ kind: 'ranges', field, ranges }];
  }
  const atoms: number[] = [];
  for (let i = 0; i < set.ranges.length; i += 2) for (let at = set.ranges[i]!; at <= set.ranges[i + 1]!; at++) atoms.push(at);
  if (code.kind === 'names') return [{ kind: 'names', field, names: atoms.map((at) => code.atoms[at]!) }];
  const group = code.groups.find((one) => one.dimension === set.dimension)!;
  return [
    {
      kind: 'bits',
      field,
      mask: group.mask,
      values: atoms.filter((at) => at < group.values.length).map((at) => group.values[at]!),
      other: atoms.some((at) => at >= group.values.length),
    },
  ];
};
