/** A plain walk of one packet through one chain, and whether a class holds a packet: what answers to queries are held against. */
import { type FieldName, type Ordinal, type Predicate, parse } from '../../grammar/index.js';
import { resolve } from '../../src/model/resolve.js';
import type { Chain, Rule, Ruleset } from '../../src/model/ruleset.js';
import type { Cube } from '../../src/packets/cube.js';
import type { Space } from '../../src/packets/space.js';

/** A packet as the plain walk sees it; fields that are not told are 0. */
export interface SlowPacket {
  readonly numbers: ReadonlyMap<FieldName, Ordinal>;
  readonly inInterface: string;
  readonly outInterface: string;
}

export const rulesetOf = (text: string): Ruleset => resolve(parse(text, { name: 'rules.v4', family: 4 }).document).rulesets[0]!;

/** A filter table with these rules. */
export const filter = (...rules: string[]): Ruleset =>
  rulesetOf(`${['*filter', ':INPUT DROP [0:0]', ':FORWARD DROP [0:0]', ':OUTPUT ACCEPT [0:0]', ...rules, 'COMMIT'].join('\n')}\n`);

const holds = (predicate: Predicate, packet: SlowPacket): boolean => {
  switch (predicate.kind) {
    case 'any':
      return true;
    case 'none':
      return false;
    case 'not':
      return !holds(predicate.of, packet);
    case 'all':
      return predicate.of.every((part) => holds(part, packet));
    case 'some':
      return predicate.of.some((part) => holds(part, packet));
    case 'in': {
      const value = packet.numbers.get(predicate.field) ?? 0;
      return predicate.ranges.some(([low, high]) => low <= value && value <= high);
    }
    case 'bits':
      return (BigInt(packet.numbers.get(predicate.field) ?? 0) & BigInt(predicate.mask)) === BigInt(predicate.value);
    case 'name': {
      const name = predicate.field === 'inInterface' ? packet.inInterface : packet.outInterface;
      return predicate.prefix ? name.startsWith(predicate.name) : name === predicate.name;
    }
    case 'test':
      throw new Error('the plain walk knows no unknowns');
  }
};

/** What becomes of a packet in a chain: who decides, a rule or (null) the policy, and whether it is accepted. */
export const walked = (chain: Chain, packet: SlowPacket): { readonly by: Rule | null; readonly accepted: boolean } => {
  const walk = (at: Chain): { by: Rule; accepted: boolean } | 'back' => {
    for (const rule of at.rules) {
      if (!holds(rule.predicate, packet)) continue;
      const { action } = rule;
      if (action.kind === 'jump' || action.kind === 'goto') {
        const end = walk(action.chain);
        if (end !== 'back' || action.kind === 'goto') return end;
      } else if (action.kind === 'target') {
        if (action.effect.kind === 'return') return 'back';
        if (action.effect.kind === 'verdict') return { by: rule, accepted: action.effect.verdict === 'accept' };
      }
    }
    return 'back';
  };
  const end = walk(chain);
  return end === 'back' ? { by: null, accepted: chain.policy !== 'DROP' } : end;
};

/** Whether a packet lies in a cube of a space. */
export const inCube = (space: Space, cube: Cube, packet: SlowPacket): boolean =>
  cube.sets.every((set) => {
    const { field } = set.dimension;
    if (!field) return true; // the hook
    const code = space.code(field)!;
    if (code.kind === 'names') {
      const name = field === 'inInterface' ? packet.inInterface : packet.outInterface;
      let best = name === '' ? 0 : 1;
      for (const [at, atom] of code.atoms.entries()) {
        if (atom.name === '' || name === '') continue;
        if (atom.prefix ? name.startsWith(atom.name) && atom.name.length >= code.atoms[best]!.name.length : atom.name === name) best = at;
      }
      return set.has(best);
    }
    const value: Ordinal = packet.numbers.get(field as FieldName) ?? 0;
    if (code.kind === 'ranges') return set.has(code.starts.filter((start) => start <= value).length - 1);
    const group = code.groups.find(({ dimension }) => dimension === set.dimension)!;
    return set.has(group.index.get(BigInt(value) & group.mask) ?? set.dimension.size - 1);
  });
