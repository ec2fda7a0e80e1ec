/**
 * Which packets of the host are routed anew behind OUTPUT: those whose mark, TOS or addresses mangle changed, those that nat translates there, and those
 * that a queue gives back, whose program may have marked them. The others leave by the interface with which they passed OUTPUT. Measured (Linux 6.18): marks set in raw, nat or filter change no route.
 */
import type { FieldName, Hook, TableName } from '../../grammar/index.js';
import { setOf } from '../packets/cube.js';
import type { Dimension, Form, ValueSet } from '../packets/space.js';
import { onceFor } from '../util/once.js';
import { type Program, type Step, type TableProgram, translates } from './program.js';

/** What the kernel looks up a route by (ip_route_me_harder). */
const routed: Readonly<Partial<Record<TableName, ReadonlySet<FieldName>>>> = {
  mangle: new Set<FieldName>(['source', 'destination', 'mark', 'tos', 'ttl']),
  nat: new Set<FieldName>(['source', 'destination']),
};

/** What the route tells. */
export const ofRoute: readonly FieldName[] = ['outInterface', 'outGroup', 'realm'];

export interface Rerouting {
  /** No field of a packet: atom 1 is one that was routed anew. */
  readonly dimension: Dimension;
  /** Makes it so. */
  readonly moved: { readonly dimension: Dimension; readonly set: ValueSet };
  /** So are later packets of connections that nat translated, or answers in them. */
  readonly movesLater: boolean;
}

/** Null: none is routed anew, or nothing in OUTPUT depends on the way out. */
export const reroutingOf = onceFor((program: Program): Rerouting | null => {
  const { space, tables } = program;
  const movesLater = answersMove(program);
  if (!movesLater && ![...tables.values()].some((table) => stepsFrom(table, 'OUTPUT').some((step) => moves(table, step)))) return null;
  const fields = new Set<Dimension>(ofRoute.flatMap((field) => [...space.dimensionsOf(field), ...(space.readers.get(field) ?? [])]));
  const asks = (form: Form): boolean =>
    typeof form !== 'boolean' && ('ranges' in form ? fields.has(form.dimension) : ('and' in form ? form.and : form.or).some(asks));
  const isAsked = [...tables.values()].some((table) =>
    stepsFrom(table, 'OUTPUT').some(
      ({ cubes, form, takes }) =>
        (cubes ? cubes.some(({ sets }) => sets.some((set) => fields.has(set.dimension))) : asks(form)) || (takes !== null && asks(takes)),
    ),
  );
  if (!isAsked) return null;
  const dimension = space.addOwn(2);
  return { dimension, moved: { dimension, set: dimension.interval(1, 1) }, movesLater };
});

/** Whether what a step does in OUTPUT may send packets another way. */
export const moves = ({ name }: TableProgram, { kind, verdict, rule: { action } }: Step): boolean => {
  if (verdict === 'queue') return true;
  const fields = routed[name];
  if (!fields) return false;
  return kind === 'maybe' || (action.kind === 'target' && action.rewrites.some(({ field }) => fields.has(field)));
};

/**
 * Whether the host's packets of known connections may be routed anew: in those that OUTPUT sent elsewhere, and answers in those that got another source where
 * they came in, or on lo. What REJECT and ICMP errors send in any other translated connection is looked up again by the same addresses: only a mark or
 * TOS of raw makes a difference.
 */
const answersMove = ({ space, tables }: Program): boolean => {
  const nat = tables.get('nat');
  if (!nat) return false;
  const writes = ({ rule: { action } }: Step, ...fields: readonly FieldName[]): boolean =>
    action.kind === 'target' && action.rewrites.some(({ field }) => fields.includes(field));
  const outside = space.dimension('outInterface')!;
  const code = space.code('outInterface');
  // Named by a rule, or one of those that some prefix stands for.
  const named = code?.kind === 'names' ? code.atoms.flatMap(({ name, prefix }, i) => (prefix && 'lo'.startsWith(name) ? [i] : [])) : [];
  const lo = code?.kind === 'names' && code.exact.has('lo') ? [code.exact.get('lo')!] : named;
  const mayLeaveByLo = ({ cubes }: Step): boolean =>
    cubes === null || cubes.some((cube) => lo.some((atom) => (setOf(cube, outside.index) ?? outside.full).has(atom)));
  const raw = tables.get('raw');
  return (
    stepsFrom(nat, 'OUTPUT').some((step) => writes(step, 'destination')) ||
    stepsFrom(nat, 'INPUT').some((step) => writes(step, 'source')) ||
    stepsFrom(nat, 'POSTROUTING').some((step) => writes(step, 'source') && mayLeaveByLo(step)) ||
    (raw !== undefined && translates(nat) && stepsFrom(raw, 'OUTPUT').some((step) => writes(step, 'mark', 'tos')))
  );
};

/** The steps of all chains that a built-in one leads to. */
const stepsFrom = (table: TableProgram, hook: Hook): readonly Step[] => {
  const start = table.indexOf(hook);
  if (start === undefined) return [];
  const seen = new Set([start]);
  for (const at of seen) for (const { target } of table.chains[at]!.steps) if (target >= 0) seen.add(target);
  return [...seen].flatMap((at) => table.chains[at]!.steps);
};
