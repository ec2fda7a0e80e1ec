/** `--match-set name flags`, `--add-set name flags`: an IP set and which side of the packet each dimension looks at (libxt_set.h). */
import type { FieldName } from '../packet/fields.js';
import { byteLength } from './text.js';
import { defineValue, Fault } from './value.js';

export type SetSide = 'src' | 'dst';

/** A set by its name, with one side for each dimension that it is asked by. */
export interface SetReference {
  readonly name: string;
  readonly sides: readonly SetSide[];
}

/** IPSET_DIM_MAX of the match's own buffer. */
const mostSides = 6;
/** IPSET_MAXNAMELEN less the final zero byte. */
const longestName = 31;

/** A set's name is never quoted when printed. */
export const setReference = defineValue<SetReference>({
  arity: 2,
  expects: 'the name of a set, then up to six of src and dst, separated by commas',
  parse: ([name, flags]) => {
    if (byteLength(name!) > longestName) return new Fault(`the name of the set is longer than ${longestName} bytes`);
    const sides: SetSide[] = [];
    for (const part of flags!.split(',')) {
      // Only the first three letters count.
      const side = part.slice(0, 3);
      if (side !== 'src' && side !== 'dst') return new Fault(`"${part}" is neither src nor dst`);
      sides.push(side);
    }
    return sides.length <= mostSides ? { name: name!, sides } : new Fault(`more than ${mostSides} of src and dst`);
  },
  print: ({ name, sides }) => `${name} ${sides.join(',')}`,
  say: ({ name, sides }) => `set ${name} by ${saySides(sides)}`,
});

const sideNames: Readonly<Record<SetSide, string>> = { src: 'source', dst: 'destination' };

/** "source", "source and destination", "destination pair" (address and port, say), "src,src,dst triple". */
export const saySides = (sides: readonly SetSide[]): string => {
  if (sides.length === 1) return sideNames[sides[0]!];
  if (isPlural(sides)) return sides.map((side) => sideNames[side]).join(' and ');
  const what = sides.every((side) => side === sides[0]) ? sideNames[sides[0]!] : sides.join(',');
  return `${what} ${{ 2: 'pair', 3: 'triple' }[sides.length] ?? `tuple of ${sides.length}`}`;
};

/** Whether they are said as two things. */
export const isPlural = (sides: readonly SetSide[]): boolean => sides.length === 2 && sides[0] !== sides[1];

/**
 * The fields that a set may look at when asked so: which ones it does depends on its type (ip, net, port, mac, iface), which the ruleset does not
 * tell. A mark (hash:ip,mark) is never the first dimension.
 */
export const fieldsOfSides = (sides: readonly SetSide[]): readonly FieldName[] => {
  const fields = new Set<FieldName>(['protocol']);
  for (const side of sides)
    for (const field of side === 'src'
      ? (['source', 'sourcePort', 'inInterface', 'macSource'] as const)
      : (['destination', 'destinationPort', 'outInterface'] as const))
      fields.add(field);
  if (sides.length > 1) fields.add('mark');
  return [...fields];
};
