/**
 * What a table holds once all its lines have run: -I, -D, -R, -F, -X, -P, -E and the like applied in order, as iptables-restore does
 * (iptables/iptables-restore.c). Plain iptables-save output holds none of them and comes back as it is.
 */
import type { Problem } from '../problem.js';
import type { ChainNode, RuleNode, TableItem, TableNode } from './ast.js';
import { printRule } from './print-rule.js';

export interface EffectiveTable {
  /** Declarations, rules (all of them in order, as if appended), comments, blank and unread lines. */
  readonly items: readonly TableItem[];
  /** Lines that would be refused when they run. */
  readonly problems: readonly Problem[];
}

const isPlain = (item: TableItem): boolean =>
  item.kind === 'rule' ? item.command === 'append' : item.kind === 'chain' ? item.form === 'declaration' : item.kind !== 'chain-command';

/** The table after its last line. Positions of -I, -D and -R count from 1, within their chain. */
export const effectiveItems = (table: TableNode): EffectiveTable => {
  if (table.items.every(isPlain)) return { items: table.items, problems: [] };
  const items: TableItem[] = [];
  const problems: Problem[] = [];
  const refuse = (item: TableItem, message: string, help?: string) =>
    problems.push({
      code: 'failing-command',
      severity: 'error',
      start: item.start,
      end: item.end,
      message,
      ...(help === undefined ? {} : { help }),
    });
  /** Index in items of the rule at a position of a chain; null past its end. */
  const placeOf = (chain: string, position: number): number | null => {
    let seen = 0;
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      if (item.kind === 'rule' && item.chain === chain && ++seen === position) return i;
    }
    return null;
  };
  const rulesOf = (chain: string): number => items.reduce((n, item) => n + (item.kind === 'rule' && item.chain === chain ? 1 : 0), 0);
  const declaration = (name: string): number => items.findIndex((item) => item.kind === 'chain' && item.name === name);
  const text = (rule: RuleNode): string => printRule(rule, { family: table.family, backend: 'legacy' }).join('\n');

  for (const item of table.items) {
    if (item.kind === 'rule') {
      switch (item.command) {
        case 'append':
          items.push(item);
          break;
        case 'insert': {
          const position = item.position ?? 1;
          const place = placeOf(item.chain, position);
          if (place !== null) items.splice(place, 0, item);
          else if (position === rulesOf(item.chain) + 1) items.push(item);
          else refuse(item, `the chain ${item.chain} has only ${rulesOf(item.chain)} rules: nothing can be inserted at ${position}`);
          break;
        }
        case 'replace': {
          const place = placeOf(item.chain, item.position ?? 0);
          if (place === null) refuse(item, `the chain ${item.chain} has no rule ${item.position ?? ''}`);
          else items[place] = item;
          break;
        }
        case 'delete': {
          const wanted = item.position === null ? text(item) : null;
          const place =
            wanted === null
              ? placeOf(item.chain, item.position!)
              : items.findIndex((other) => other.kind === 'rule' && other.chain === item.chain && text(other) === wanted);
          if (place === null || place < 0)
            refuse(
              item,
              item.position === null ? `no such rule stands in ${item.chain}` : `the chain ${item.chain} has no rule ${item.position}`,
            );
          else items.splice(place, 1);
          break;
        }
        case 'check':
          break;
      }
    } else if (item.kind === 'chain') {
      const place = declaration(item.name);
      const before = place < 0 ? undefined : (items[place] as ChainNode);
      if (item.form === '-P' && before) items[place] = { ...before, policy: item.policy };
      else items.push(item);
    } else if (item.kind === 'chain-command') {
      const { chain } = item;
      const concerns = (other: TableItem) => other.kind === 'rule' && (chain === null || other.chain === chain);
      if (item.command === 'flush') for (let i = items.length - 1; i >= 0; i--) if (concerns(items[i]!)) items.splice(i, 1);
      if (item.command === 'delete-chain')
        for (let i = items.length - 1; i >= 0; i--) {
          const other = items[i]!;
          if (other.kind === 'chain' && other.policy === null && (chain === null || other.name === chain)) items.splice(i, 1);
        }
      if (item.command === 'rename' && chain !== null && item.to !== null)
        for (let i = 0; i < items.length; i++) {
          const other = items[i]!;
          if (other.kind === 'chain' && other.name === chain) items[i] = { ...other, name: item.to };
          if (other.kind === 'rule' && other.chain === chain) items[i] = { ...other, chain: item.to };
        }
    } else items.push(item);
  }
  return { items, problems };
};
