/**
 * The slow, obvious road to reachability that the engine is held against: every packet of a small world walks every rule, and every way that
 * unknowns can fall is tried. It knows nothing of sets; it shares with the engine the model and the predicates only.
 */
import {
  type FieldName,
  fields,
  type Hook,
  type Ordinal,
  type Predicate,
  type Rewrite,
  type TableName,
  tablesAtHook,
} from '../../grammar/index.js';
import type { Chain, Rule, Ruleset } from '../../src/model/ruleset.js';

export interface SlowPacket {
  readonly numbers: ReadonlyMap<FieldName, Ordinal>;
  readonly inInterface: string;
  readonly outInterface: string;
}

/** The answers of unknowns along one way: asked for one by one, every combination is tried in turn. */
class Answers {
  private readonly script: boolean[] = [];
  private at = 0;
  private readonly told = new Map<string, { readonly answer: boolean; readonly reads: readonly FieldName[] }>();

  ask(): boolean {
    if (this.at === this.script.length) this.script.push(false);
    return this.script[this.at++]!;
  }

  askOnce(text: string, reads: readonly FieldName[]): boolean {
    let known = this.told.get(text);
    if (known === undefined) {
      known = { answer: this.ask(), reads };
      this.told.set(text, known);
    }
    return known.answer;
  }

  /** The next combination; false after the last. */
  next(): boolean {
    this.told.clear();
    this.script.length = this.at;
    this.at = 0;
    while (this.script.length > 0 && this.script[this.script.length - 1]) this.script.pop();
    if (this.script.length === 0) return false;
    this.script[this.script.length - 1] = true;
    return true;
  }

  /** What reads a field that was rewritten is another question now. */
  forget(field: FieldName): void {
    for (const [text, { reads }] of [...this.told]) if (reads.includes(field)) this.told.delete(text);
  }
}

const holds = (predicate: Predicate, packet: SlowPacket, answers: Answers): boolean => {
  switch (predicate.kind) {
    case 'any':
      return true;
    case 'none':
      return false;
    case 'not':
      return !holds(predicate.of, packet, answers);
    case 'all':
      return predicate.of.every((part) => holds(part, packet, answers));
    case 'some':
      return predicate.of.some((part) => holds(part, packet, answers));
    case 'in': {
      const value = packet.numbers.get(predicate.field) ?? 0;
      return predicate.ranges.some(([low, high]) => low <= value && value <= high);
    }
    case 'bits': {
      const value = BigInt(packet.numbers.get(predicate.field) ?? 0);
      return (value & BigInt(predicate.mask)) === BigInt(predicate.value);
    }
    case 'name': {
      const name = predicate.field === 'inInterface' ? packet.inInterface : predicate.field === 'outInterface' ? packet.outInterface : '';
      return predicate.prefix ? name.startsWith(predicate.name) : name === predicate.name;
    }
    case 'test':
      return predicate.test.decidedBy === 'history' ? answers.ask() : answers.askOnce(predicate.test.text, predicate.test.reads);
  }
};

const rewritten = (packet: SlowPacket, rewrites: readonly Rewrite[], answers: Answers): SlowPacket => {
  const numbers = new Map(packet.numbers);
  for (const rewrite of rewrites) {
    const old = BigInt(packet.numbers.get(rewrite.field) ?? 0);
    const put = (value: bigint): void => {
      numbers.set(rewrite.field, fields[rewrite.field].width === 0 && old > 1n << 40n ? value : Number(value));
    };
    if (rewrite.kind === 'to') put(BigInt(rewrite.ranges[0]![0]));
    else if (rewrite.kind === 'xor') put((old & ~BigInt(rewrite.mask)) ^ BigInt(rewrite.value));
    else if (rewrite.kind === 'add') put(BigInt(Math.min(255, Math.max(0, Number(old) + rewrite.by))));
    else if (rewrite.kind === 'copy')
      put((old & ~BigInt(rewrite.mask)) ^ (BigInt(packet.numbers.get(rewrite.from) ?? 0) & BigInt(rewrite.fromMask)));
    else if (rewrite.kind === 'network') put((old & ~BigInt(rewrite.mask)) | BigInt(rewrite.value));
    else throw new Error('the slow checker does not know unknown rewriting');
  }
  for (const rewrite of rewrites) answers.forget(rewrite.field);
  return { ...packet, numbers };
};

type Fate = { readonly kind: 'accept' | 'drop' | 'back'; readonly packet: SlowPacket };

/** Walks a chain and notes each rule that is reached: whose condition holds. */
const walkChain = (chain: Chain, packet: SlowPacket, answers: Answers, reached: Set<number>): Fate => {
  let now = packet;
  for (const rule of chain.rules) {
    if (!holds(rule.predicate, now, answers)) continue;
    reached.add(rule.id);
    const { action } = rule;
    if (action.kind === 'none') continue;
    if (action.kind === 'jump' || action.kind === 'goto') {
      const fate = walkChain(action.chain, now, answers, reached);
      if (fate.kind !== 'back' || action.kind === 'goto') return fate;
      now = fate.packet;
    } else if (action.kind === 'unknown') {
      if (answers.ask()) return { kind: 'drop', packet: now };
    } else {
      if (action.actsOn && !holds(action.actsOn, now, answers)) continue;
      if (action.effect.kind === 'return') return { kind: 'back', packet: now };
      const after = rewritten(now, action.rewrites, answers);
      if (action.effect.kind === 'continue') now = after;
      else return { kind: action.effect.verdict === 'accept' ? 'accept' : 'drop', packet: after };
    }
  }
  return { kind: 'back', packet: now };
};

const walkHook = (ruleset: Ruleset, hook: Hook, packet: SlowPacket, answers: Answers, reached: Set<number>): SlowPacket | null => {
  let now = packet;
  for (const name of tablesAtHook[hook]) {
    const table = ruleset.tables.get(name);
    if (!table) continue;
    const state = now.numbers.get('connectionState') ?? 1;
    if (name === 'nat' && state !== 1 && state !== 2) continue;
    if (name === 'nat' && hook === 'PREROUTING' && now.inInterface === 'lo') continue;
    const chain = table.chains.get(hook)!;
    const fate = walkChain(chain, now, answers, reached);
    if (fate.kind === 'drop' || (fate.kind === 'back' && chain.policy === 'DROP')) return null;
    now = fate.packet;
  }
  return now;
};

/** Ids of all rules that some packet of the world reaches, by any hook of one table. */
export const reachedInTable = (
  ruleset: Ruleset,
  name: TableName,
  worlds: readonly { readonly hook: Hook; readonly packets: readonly SlowPacket[] }[],
): Set<number> => {
  const reached = new Set<number>();
  const chains = ruleset.tables.get(name)!.chains;
  for (const { hook, packets } of worlds) {
    const chain = chains.get(hook);
    if (!chain) continue;
    for (const packet of packets) {
      const answers = new Answers();
      do walkChain(chain, packet, answers, reached);
      while (answers.next());
    }
  }
  return reached;
};

/** Ids of all rules that some packet of the world reaches on a whole way. */
export const reachedOnWay = (
  ruleset: Ruleset,
  way: readonly Hook[],
  packets: readonly SlowPacket[],
  outs: readonly string[],
): Set<number> => {
  const reached = new Set<number>();
  for (const packet of packets)
    for (const out of outs) {
      const answers = new Answers();
      do {
        let now: SlowPacket | null = packet;
        for (const hook of way) {
          if (!now) break;
          const outInterface = hook === 'PREROUTING' || hook === 'INPUT' ? '' : out;
          now = walkHook(ruleset, hook, { ...now, outInterface }, answers, reached);
        }
      } while (answers.next());
    }
  return reached;
};

export type { Rule };
