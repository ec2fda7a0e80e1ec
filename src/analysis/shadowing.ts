/** Rules that share packets with earlier ones: partly shadowed, in conflict; and jumps that change nothing. */
import { type Outline, outlined } from '../../grammar/index.js';
import { makesOf } from '../model/makes.js';
import type { Rule } from '../model/ruleset.js';
import { type Cube, contains, meet } from '../packets/cube.js';
import { type Packet, pickPacket } from '../packets/pick.js';
import type { Step, TableProgram } from './program.js';
import type { Reachability } from './reachability.js';

/** An earlier rule that takes some of a rule's packets and decides them otherwise. */
export interface Overlap {
  readonly with: Rule;
  /** Neither asks for all that the other asks for: only the order tells what becomes of what both ask for. */
  readonly crossing: boolean;
  /** A packet that both ask for. */
  readonly packet: Packet;
}

/** At most this many overlaps are told of a rule. */
const most = 10;

/** Earlier deciding rules of the same chain that meet a deciding rule and give another verdict. */
export const overlaps = (reach: Reachability, rule: Rule): readonly Overlap[] => {
  const step = reach.step(rule);
  if (step.kind !== 'decide' || !step.cubes) return [];
  const { space, hook } = reach.program;
  const out: Overlap[] = [];
  for (const other of reach.chain(rule).steps) {
    if (other === step || out.length >= most) break;
    if (other.kind !== 'decide' || other.verdict === step.verdict || !other.cubes) continue;
    const common = firstMeet(step, other);
    if (!common || reach.status(other.rule) !== 'live') continue;
    const wider = step.cubes.every((cube) => other.cubes!.some((one) => contains(one, cube)));
    const narrower = other.cubes.every((cube) => step.cubes!.some((one) => contains(one, cube)));
    out.push({ with: other.rule, crossing: !wider && !narrower, packet: pickPacket(space, common, hook) });
  }
  return out;
};

const firstMeet = (a: Step, b: Step): Cube | null => {
  for (const one of a.cubes!)
    for (const two of b.cubes!) {
      const common = meet(one, two);
      if (common) return common;
    }
  return null;
};

/** Chains of a table that decide something, rewrite, or have another effect that someone may want, by themselves or by what they call. */
const effects = new WeakMap<TableProgram, Uint8Array>();

const effectsIn = (reach: Reachability, table: TableProgram): Uint8Array => {
  let known = effects.get(table);
  if (known) return known;
  const { chains, order } = table;
  const { makes, of } = makesOf(reach.ruleset);
  /** Of each make what its rules do beside deciding: 0 nothing, 1 something, 2 that depends on the rule. */
  const doings = Uint8Array.from(makes, ({ outline }) =>
    hasEffectInMatches(outline) || outline.target?.spec?.hasSideEffect ? 1 : outline.target?.spec?.rewrites ? 2 : 0,
  );
  known = new Uint8Array(chains.length);
  const hasEffect = ({ kind, target, rule }: Step): boolean => {
    if (reach.isDead(rule)) return false;
    if (kind === 'decide' || kind === 'maybe' || (target >= 0 && known![target] === 1)) return true;
    const doing = doings[of[rule.id]!]!;
    return doing === 1 || (doing === 2 && rule.action.kind === 'target' && rule.action.rewrites.length > 0);
  };
  for (let i = order.length - 1; i >= 0; i--) {
    const { chain, steps, index } = chains[order[i]!]!;
    let has = !chain.whole;
    for (let at = 0; at < steps.length && !has; at++) has = hasEffect(steps[at]!);
    if (has) known[index] = 1;
  }
  effects.set(table, known);
  return known;
};

/** Live jumps to chains that, with all they call, decide nothing, rewrite nothing and have no other effect that someone may want. */
export const jumpsWithoutEffect = (reach: Reachability): readonly Rule[] => {
  const found: Rule[] = [];
  for (const table of reach.program.tables.values()) {
    const effects = effectsIn(reach, table);
    for (const { chain, index } of table.chains) {
      if (effects[index] === 1) continue;
      for (const rule of chain.callers) if (reach.step(rule).kind === 'jump' && reach.status(rule) === 'live') found.push(rule);
    }
  }
  return found.sort((a, b) => a.id - b.id);
};

/** Whether a match of the rule remembers or counts as it matches. */
export const hasEffectInMatching = (rule: Rule): boolean => hasEffectInMatches(outlined(rule.node).outline);

const hasEffectInMatches = ({ matches }: Outline): boolean =>
  matches.some(({ spec }) => spec === null || spec.hasSideEffect !== undefined || spec.decidedBy === 'history');
