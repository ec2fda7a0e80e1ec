/** The text that iptables-save would print for a tree, comments, blank lines and unread lines kept in their places. */
import type { Backend } from '../extensions/define.js';
import { quote } from '../values/text.js';
import type { CountersNode, DocumentNode, TableNode } from './ast.js';
import { effectiveItems } from './effective.js';
import { isForOtherFamily, printRule } from './print-rule.js';

export interface PrintOptions {
  /** Whose spelling where the two differ; default: the one the table's header tells, else legacy. */
  readonly backend?: Backend;
}

const counters = (node: CountersNode | null): string => (node ? `[${node.packets}:${node.bytes}]` : '[0:0]');
const chainName = (name: string): string => (/["\s]/.test(name) ? quote(name) : name);

/** Lines of a script that change no rule become comments: iptables-restore could not read them. */
const asComment = (text: string): string => (text.startsWith('#') ? text : `# ${text.replace(/\n/g, '\n# ')}`);

const printTable = (table: TableNode, text: string, options: PrintOptions, lines: string[]): void => {
  const backend = options.backend ?? table.generator?.backend ?? 'legacy';
  lines.push(`*${table.name}`);
  for (const item of effectiveItems(table).items) {
    switch (item.kind) {
      case 'chain':
        lines.push(`:${item.name} ${item.policy ?? '-'} ${counters(item.counters)}`);
        break;
      case 'rule':
        if (isForOtherFamily(item, table.family)) break;
        // A rule that could not be read whole is kept as it stands: printing the half that was read would change it.
        if (!item.whole) lines.push(text.slice(item.start, item.end));
        else
          for (const rule of printRule(item, { family: table.family, backend }))
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
  if (table.commit || !table.header) lines.push('COMMIT');
};

/** Prints a whole document; ends with a line end unless it is empty. */
export const print = (document: DocumentNode, options: PrintOptions = {}): string => {
  const { text } = document.source;
  const lines: string[] = [];
  for (const item of document.items) {
    if (item.kind === 'table') printTable(item, text, options, lines);
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
