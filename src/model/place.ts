/** Where a finding stands: what reports tell of a rule or a chain beside its line. */
import type { Span } from '../../grammar/index.js';
import { ownerNameOf, ownerOf } from './owners.js';
import type { Chain, Rule } from './ruleset.js';

interface Place {
  readonly at: Span;
  readonly table: string;
  readonly chain: string;
  readonly rule?: { readonly number: number; readonly of: number };
  readonly owner?: string;
}

/** Line, table, chain, number and owner of a rule. */
export const placeOfRule = (rule: Rule): Place => ({
  at: spanOf(rule.node),
  table: rule.chain.table.name,
  chain: rule.chain.name,
  rule: { number: rule.index + 1, of: rule.chain.rules.length },
  ...ownerNameOf(rule),
});

/** Declaration, table and owner of a chain; of one that no line declares, its first rule. */
export const placeOfChain = (chain: Chain): Place => {
  const owner = ownerOf(chain);
  return {
    at: spanOf(chain.node ?? chain.rules[0]?.node ?? chain.callers[0]?.node ?? chain.table.node.header ?? chain.table.node),
    table: chain.table.name,
    chain: chain.name,
    ...(owner && !owner.isForUser ? { owner: owner.name } : {}),
  };
};

/** The line of a rule, 1-based. */
export const lineOf = (rule: Rule): number => rule.chain.table.ruleset.source.position(rule.node.start).line;

/** The bare span of a node. */
export const spanOf = ({ start, end }: Span): Span => ({ start, end });
