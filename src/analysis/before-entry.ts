/**
 * Who takes what a dead rule asks for before it enters the rule's chain: libvirt's rules in front of ufw's, say. Looked for where chains are called
 * from hooks; whatever is less plain is left untold.
 */
import { type Budget, type Cube, meet, meets, uncovered } from '../packets/cube.js';
import type { ChainProgram, Step, TableProgram } from './program.js';

/** More rules than this explain nothing. */
const mostTakers = 8;
/** Comparisons that one rule may cost. */
const mostWork = 20_000;

interface Cover {
  readonly step: Step;
  readonly cube: Cube;
}

const product = (some: readonly Cube[], others: readonly Cube[]): Cube[] =>
  some.flatMap((one) => others.flatMap((other) => meet(one, other) ?? []));

const decides = ({ kind, cubes, takes }: Step): boolean => kind === 'decide' && cubes !== null && takes === null;

/** What a step surely takes, by the steps that decide: its own packets, or of a jump those of the called chain as long as nothing leads out of it again. */
const coversOf = (table: TableProgram, step: Step): Cover[] => {
  if (decides(step)) return step.cubes!.map((cube) => ({ step, cube }));
  if (step.kind !== 'jump' || !step.cubes) return [];
  const covers: Cover[] = [];
  for (const inner of table.chains[step.target]!.steps) {
    if (inner.kind === 'return' || inner.kind === 'goto' || inner.kind === 'maybe') break;
    if (decides(inner)) for (const cube of product(step.cubes, inner.cubes!)) covers.push({ step: inner, cube });
  }
  return covers;
};

/** The fewest found, in order, with the packets that they take; null where it is not shown who takes all of them. */
export const takersBeforeEntry = (
  table: TableProgram,
  chain: ChainProgram,
  own: readonly Cube[],
  stages: readonly Cube[],
): { readonly takers: readonly Step[]; readonly parts: readonly Cube[] } | null => {
  if (table.rewrites || chain.hook !== null) return null;
  const budget: Budget = { left: mostWork };
  const ways: { readonly parts: readonly Cube[]; readonly covers: readonly Cover[] }[] = [];
  for (const { chain: from, step: at } of table.callersOf(chain.index)) {
    const { hook, steps } = table.chains[from]!;
    const call = steps[at]!.cubes;
    if (hook === null || call === null) return null;
    const parts = product(product(own, call), stages);
    if (parts.length === 0) continue;
    const covers: Cover[] = [];
    for (let before = 0; before < at; before++) {
      budget.left -= parts.length;
      if (budget.left < 0) return null;
      if (steps[before]!.cubes?.some((cube) => parts.some((part) => meets(cube, part))))
        covers.push(...coversOf(table, steps[before]!).filter(({ cube }) => parts.some((part) => meets(cube, part))));
    }
    ways.push({ parts, covers });
  }
  const suffice = (chosen: ReadonlySet<Step>): boolean =>
    ways.every(({ parts, covers }) => {
      const taken = covers.flatMap(({ step, cube }) => (chosen.has(step) ? [cube] : []));
      return parts.every((part) => uncovered(part, taken, budget) === null);
    });
  const chosen = new Set(ways.flatMap(({ covers }) => covers.map(({ step }) => step)));
  if (chosen.size === 0 || chosen.size > 4 * mostTakers || !suffice(chosen)) return null;
  for (const step of [...chosen].reverse()) {
    chosen.delete(step);
    if (!suffice(chosen)) chosen.add(step);
  }
  const takers = [...chosen].sort((a, b) => a.rule.id - b.rule.id);
  return takers.length <= mostTakers ? { takers, parts: ways.flatMap(({ parts }) => parts) } : null;
};
