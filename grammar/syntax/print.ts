/** The text that iptables-save would print for a tree, comments, blank lines and unread lines kept in their places. */
import type { Backend } from '../extensions/define.js';
import { builtInChains, isTable } from '../netfilter/tables.js';
import { quote } from '../values/text.js';
import type { ChainNode, CountersNode, DocumentNode, RuleNode, TableItem, TableNode } from './ast.js';
import { effectiveItems } from './effective.js';
import { isForOtherFamily, printRule } from './print-rule.js';

export interface PrintOptions {
  /** Whose spelling where the two differ; default: the one the table's header tells, else legacy. */
  readonly backend?: Backend;
}

const counters = (node: CountersNode | null): string => (node ? `[${node.packets}:${node.bytes}]` : '[0:0]');
const chainName = (name: string): string => (/["\s]/.test(name) ? quote(name) : name);

/** The rules of a list of addresses as -I leaves them: the last one first. */
const inOrder = (rule: RuleNode, lines: readonly string[]): readonly string[] =>
  rule.command === 'insert' && lines.length > 1 ? [...lines].reverse() : lines;

/** The nft back end takes a policy of a chain of one's own, and forgets it. */
const policyOf = (chain: ChainNode, table: TableNode, backend: Backend): string =>
  chain.policy === null || (backend === 'nft' && !isBuiltIn(chain.name, table)) ? '-' : chain.policy;

const isBuiltIn = (name: string, table: TableNode): boolean =>
  isTable(table.name) && (builtInChains[table.name] as readonly string[]).includes(name);

/** Lines of a script that change no rule become comments: iptables-restore could not read them. */
const asComment = (text: string): string => (text.startsWith('#') ? text : `# ${text.replace(/\n/g, '\n# ')}`);

/** `isStray`: its lines stand outside the tables of the text, and stay there. */
const printTable = (
  table: TableNode,
  before: TableNode | null,
  isStray: boolean,
  text: string,
  options: PrintOptions,
  lines: string[],
): void => {
  const backend = options.backend ?? table.generator?.backend ?? 'legacy';
  if (!isStray) lines.push(`*${table.name}`);
  if (before && backend === 'legacy') lines.push(...policiesKept(table, before));
  for (const item of effectiveItems(table).items) {
    switch (item.kind) {
      case 'chain':
        lines.push(`:${item.name} ${policyOf(item, table, backend)} ${counters(item.counters)}`);
        break;
      case 'rule':
        if (isForOtherFamily(item, table.family)) break;
        // A rule that could not be read whole is kept as it stands: printing the half that was read would change it.
        if (!item.whole) lines.push(text.slice(item.start, item.end));
        else
          for (const rule of inOrder(item, printRule(item, { family: table.family, backend })))
            lines.push(`${item.counters ? `${counters(item.counters)} ` : ''}-A ${chainName(item.chain)}${rule === '' ? '' : ` ${rule}`}`);
        break;
      case 'chain-command':
        break;
      case 'blank':
        lines.push('');
        break;
      case 'comment':
        lines.push(asComment(text.slice(item.start, item.end)));
        break;
      case 'unread':
        lines.push(text.slice(item.start, item.end));
        break;
    }
  }
  if (table.commit || (!table.header && !isStray)) lines.push('COMMIT');
};

/**
 * Tables that replace an earlier one of the same name and family as they are loaded, each with the one replaced; a dump of its own, with a header
 * line, replaces none.
 */
const replacements = (document: DocumentNode): ReadonlyMap<TableNode, TableNode> => {
  const found = new Map<TableNode, TableNode>();
  const last = new Map<string, TableNode>();
  for (const item of document.items) {
    if (item.kind !== 'table' || !item.header) continue;
    const key = `${item.family} ${item.name}`;
    const before = last.get(key);
    if (before && !item.generator) found.set(item, before);
    last.set(key, item);
  }
  return found;
};

/** Policies that stay as the replaced table set them, where the new one is silent; nft sets them anew. */
const policiesKept = (table: TableNode, before: TableNode): readonly string[] => {
  const chains = (items: readonly TableItem[]) => items.flatMap((item) => (item.kind === 'chain' ? [item] : []));
  const silent = (name: string) => !chains(table.items).some((chain) => chain.name === name && chain.policy !== null);
  return chains(effectiveItems(before).items)
    .filter(({ name, policy }) => policy !== null && isBuiltIn(name, table) && silent(name))
    .map(({ name, policy }) => `:${name} ${policy} [0:0]`);
};

/** Of a table that is replaced its comments stay. */
const printReplaced = (table: TableNode, text: string, lines: string[]): void => {
  lines.push(`# *${table.name}: replaced by the table of that name below`);
  for (const item of table.items) if (item.kind === 'comment') lines.push(asComment(text.slice(item.start, item.end)));
};

/** Prints a whole document; ends with a line end unless it is empty. */
export const print = (document: DocumentNode, options: PrintOptions = {}): string => {
  const { text } = document.source;
  const lines: string[] = [];
  const replacing = replacements(document);
  const replaced = new Set(replacing.values());
  const hasHeaders = document.items.some((item) => item.kind === 'table' && item.header !== null);
  for (const item of document.items) {
    if (item.kind === 'table' && replaced.has(item)) printReplaced(item, text, lines);
    else if (item.kind === 'table') printTable(item, replacing.get(item) ?? null, hasHeaders && !item.header, text, options, lines);
    else
      lines.push(
        item.kind === 'blank'
          ? ''
          : item.kind === 'comment'
            ? asComment(text.slice(item.start, item.end))
            : text.slice(item.start, item.end),
      );
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
};
