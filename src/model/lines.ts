/** What stands in the text of a table beside its rules: one pass over its lines for all who ask. */
import type { ChainCommandNode, ChainNode, TableNode } from '../../grammar/index.js';
import { onceFor } from '../util/once.js';

export interface Lines {
  /** Declarations of chains and commands about them, in written order. */
  readonly chains: readonly (ChainNode | ChainCommandNode)[];
  /** How many lines add a rule. */
  readonly added: number;
  /** All of `chains` stand before the first rule, as iptables-save writes them. */
  readonly declaresFirst: boolean;
}

const gather = ({ items }: TableNode): Lines => {
  const chains: (ChainNode | ChainCommandNode)[] = [];
  let added = 0;
  let rules = 0;
  let declaresFirst = true;
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    if (item.kind === 'rule') {
      rules++;
      if (item.command === 'append' || item.command === 'insert') added++;
    } else if (item.kind === 'chain' || item.kind === 'chain-command') {
      chains.push(item);
      if (rules > 0) declaresFirst = false;
    }
  }
  return { chains, added, declaresFirst };
};

/** The lines of a table, gathered on first use. */
export const linesOf: (table: TableNode) => Lines = onceFor(gather);
