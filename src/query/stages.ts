/**
 * The part of a ruleset that new connections from outside may meet: the filter table's INPUT and FORWARD, and of the other tables the hooks on the way
 * where something is dropped or changed. The rest costs nothing.
 */
import type { Hook, Predicate, TableName } from '../../grammar/index.js';
import type { Chain, Ruleset } from '../model/ruleset.js';

/** One table asked at one hook. */
export type Stage = readonly [table: TableName, hook: Hook];

export const before: readonly Stage[] = [
  ['raw', 'PREROUTING'],
  ['mangle', 'PREROUTING'],
  ['nat', 'PREROUTING'],
];
export const behind: Readonly<Record<'INPUT' | 'FORWARD', readonly Stage[]>> = {
  INPUT: [
    ['mangle', 'INPUT'],
    ['filter', 'INPUT'],
    ['security', 'INPUT'],
  ],
  FORWARD: [
    ['mangle', 'FORWARD'],
    ['filter', 'FORWARD'],
    ['security', 'FORWARD'],
    ['mangle', 'POSTROUTING'],
  ],
};

/** What is met. */
interface Passed {
  readonly part: Ruleset;
  /** Stages where something happens, as "nat,PREROUTING". */
  readonly stages: ReadonlySet<string>;
  /** Chains of a long nat table that are not looked into. */
  readonly closed: ReadonlySet<string>;
}

/** The part that is met; `most`: rows that are wanted of each table. */
export const passedBy = (ruleset: Ruleset, most: number): Passed => {
  const kept = new Set<Chain>();
  const stages = new Set<string>();
  let closed: ReadonlySet<string> = new Set();
  let sizeOfNat = 0;
  for (const { rules } of ruleset.tables.get('nat')?.chains.values() ?? []) sizeOfNat += rules.length;
  for (const stage of [...before, ...behind.INPUT, ...behind.FORWARD]) {
    const [table, hook] = stage;
    const isLong = table === 'nat' && sizeOfNat > mostOpen(most);
    const chains = isLong ? widestChains(ruleset.tables.get(table)!.chains.get(hook)!, most) : reachedFrom(ruleset, stage);
    if (chains.length === 0 || (table !== 'filter' && !isLong && !isHarmful(chains))) continue;
    stages.add(stage.join());
    for (const chain of chains) kept.add(chain);
    if (isLong) closed = new Set([...ruleset.tables.get(table)!.chains.values()].flatMap((one) => (kept.has(one) ? [] : [one.name])));
  }
  return { part: partOf(ruleset, kept), stages, closed };
};

const reachedFrom = (ruleset: Ruleset, [table, hook]: Stage): readonly Chain[] => {
  const start = ruleset.tables.get(table)?.chains.get(hook);
  const reached = new Set<Chain>(start && (table === 'filter' || start.rules.length > 0 || start.policy !== 'ACCEPT') ? [start] : []);
  for (const chain of reached)
    for (const { action } of chain.rules) if (action.kind === 'jump' || action.kind === 'goto') reached.add(action.chain);
  return [...reached];
};

/** Whether chains may drop a packet or change it. */
const isHarmful = (chains: readonly Chain[]): boolean =>
  chains.some(
    (chain) =>
      (chain.policy !== null && chain.policy !== 'ACCEPT') ||
      chain.rules.some(
        ({ action, node }) =>
          action.kind === 'unknown' ||
          !node.whole ||
          (action.kind === 'target' &&
            ((action.effect.kind === 'verdict' && action.effect.verdict !== 'accept') || action.rewrites.length > 0)),
      ),
  );

/** More rules of nat than this are not all looked into: the widest ways are. */
const mostOpen = (most: number): number => 12_000 + Math.min(most, 50) * 100;

/** How many bits of a packet a condition pins down, roughly. */
const bitsOf = (predicate: Predicate): number => {
  switch (predicate.kind) {
    case 'in': {
      const width = predicate.field === 'source' || predicate.field === 'destination' ? 32 : /Port$/.test(predicate.field) ? 16 : 4;
      let size = 0;
      for (const [low, high] of predicate.ranges) size += Number(high) - Number(low) + 1;
      return Math.max(0, width - Math.log2(Math.max(1, size)));
    }
    case 'bits':
      return 4;
    case 'all':
      return predicate.of.reduce((sum, part) => sum + bitsOf(part), 0);
    default:
      return 0;
  }
};

/** Chains of a long nat table that are opened: from the widest way to the narrowest, until there are enough rules. */
const widestChains = (start: Chain, most: number): readonly Chain[] => {
  const opened = new Set<Chain>();
  const waiting: Chain[][] = [[start]];
  let left = mostOpen(most);
  for (let bits = 0; bits < waiting.length; bits++) {
    // The last found first: what one way leads to stays together.
    for (let chain = waiting[bits]?.pop(); chain; chain = waiting[bits]!.pop()) {
      if (opened.has(chain)) continue;
      if (left <= 0) return [...opened];
      opened.add(chain);
      left -= chain.rules.length;
      for (let at = chain.rules.length - 1; at >= 0; at--) {
        const { action, predicate } = chain.rules[at]!;
        if (action.kind !== 'jump' && action.kind !== 'goto') continue;
        const own = bits + Math.round(bitsOf(predicate));
        waiting[own] ??= [];
        waiting[own].push(action.chain);
      }
    }
  }
  return [...opened];
};

/** The ruleset with the rules of these chains only. Rules keep their ids. */
const partOf = (ruleset: Ruleset, kept: ReadonlySet<Chain>): Ruleset => {
  const tables = new Map(
    [...ruleset.tables].flatMap(([name, table]) => {
      const chains = [...table.chains.values()];
      if (!chains.some((chain) => kept.has(chain))) return [];
      const own = chains.map((chain): [string, Chain] => [chain.name, kept.has(chain) ? chain : { ...chain, rules: [] }]);
      return [[name, { ...table, chains: new Map(own) }] as const];
    }),
  );
  return { ...ruleset, tables, rules: ruleset.rules.filter(({ chain }) => kept.has(chain)) };
};
