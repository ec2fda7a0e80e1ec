/** What a ruleset plainly wants: whether a built-in chain keeps strangers out, and which rules an administrator wrote rather than a program. */
import { ownerOfRule } from '../model/owners.js';
import type { Chain, Rule, Ruleset } from '../model/ruleset.js';
import type { Facts } from './facts.js';
import { anyPublic, elsewhere, newTcp, outside, probe, unnamedPort } from './probe.js';

/** How a chain treats a new TCP connection from the Internet to a port that nobody names. */
export interface Stance {
  /** It is refused on every interface but lo. */
  readonly closed: boolean;
  /** It is refused on some interface. */
  readonly restrictive: boolean;
  /** It is let in on interfaces that no rule names. */
  readonly open: boolean;
}

const stances = new WeakMap<Chain, Stance | null>();

/** The stance of filter INPUT or FORWARD; null: not decided. */
export const stanceOf = (facts: Facts, chain: Chain): Stance | null => {
  let known = stances.get(chain);
  if (known === undefined) {
    known = findStance(facts, chain);
    stances.set(chain, known);
  }
  return known;
};

const findStance = (facts: Facts, chain: Chain): Stance | null => {
  if (chain.policy === 'ACCEPT' && chain.rules.length === 0) return { closed: false, restrictive: false, open: true };
  const numbers = { ...newTcp, source: anyPublic(facts, 'source'), destinationPort: unnamedPort(facts) };
  const all = probe(facts, chain, { numbers, in: outside });
  if (!all) return null;
  const others = probe(facts, chain, { numbers, in: elsewhere });
  return {
    closed: all.accepted === 0 && all.open === 0,
    restrictive: all.refused !== 0 && isSurelyRefusing(all.decided),
    open: others !== null && others.accepted !== 0 && others.refused === 0,
  };
};

/** Some refusal there is not a ban of single sources, states or rates: the policy, or a rule that asks for little. */
const isSurelyRefusing = (decided: readonly { readonly rule: Rule | null; readonly verdict: string }[]): boolean =>
  decided.some(({ rule, verdict }) => (verdict === 'drop' || verdict === 'reject') && (rule === null || !leansOnTest(rule)));

const leansOnTest = (rule: Rule): boolean =>
  rule.node.matches.some(({ name }) => !['', 'comment', 'tcp', 'udp', 'conntrack', 'state', 'multiport'].includes(name));

/** filter's chain of a name. */
export const filterChain = (ruleset: Ruleset, name: 'INPUT' | 'FORWARD' | 'OUTPUT'): Chain | null =>
  ruleset.tables.get('filter')?.chains.get(name) ?? null;

/** The rules that some packet of a built-in chain can meet, chains called included, that no known program wrote. */
export const writtenRulesFrom = (chain: Chain, most = 20_000): readonly Rule[] => {
  const seen = new Set<Chain>([chain]);
  const pending = [chain];
  const found: Rule[] = [];
  for (let next = pending.pop(); next; next = pending.pop())
    for (const rule of next.rules) {
      if (found.length >= most) return found;
      const { action } = rule;
      if ((action.kind === 'jump' || action.kind === 'goto') && !seen.has(action.chain)) {
        seen.add(action.chain);
        pending.push(action.chain);
      }
      if (!ownerOfRule(rule)) found.push(rule);
    }
  return found;
};
