/** Pages as blocks, and the two ways to write them down: text for a terminal, and Markdown. No domain words. */
import { columns, harmless, wrap } from '../util/text.js';

export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  /** Text that may be passed over. */
  | { readonly kind: 'aside'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  /** Lines with a label before each: line numbers and sentences. `detail` stands below. */
  | { readonly kind: 'lines'; readonly items: readonly { readonly label: string; readonly text: string; readonly detail?: string }[] }
  /** A cell may hold several lines. Columns that are empty throughout are left out. */
  | { readonly kind: 'table'; readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'diagram'; readonly lines: readonly string[] };

/** How words are set apart on a terminal. */
export interface Paint {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

const same = (text: string): string => text;
export const plain: Paint = { strong: same, faint: same };

export const heading = (level: 1 | 2 | 3, text: string): Block => ({ kind: 'heading', level, text });
export const paragraph = (text: string): Block => ({ kind: 'text', text });
export const aside = (text: string): Block => ({ kind: 'aside', text });
export const list = (items: readonly string[]): Block => ({ kind: 'list', items });

/** Blocks as text, at most `width` columns where words allow it. */
export const toText = (blocks: readonly Block[], width: number, paint: Paint = plain): string => {
  const parts = blocks.map((block) => textOf(block, width, paint));
  // A heading of the third level stands close to what it heads.
  return parts
    .map((part, index) => `${part}\n${blocks[index]!.kind === 'heading' && index + 1 < parts.length ? '' : '\n'}`)
    .join('')
    .trimEnd();
};

const textOf = (block: Block, width: number, paint: Paint): string => {
  switch (block.kind) {
    case 'heading': {
      const text = harmless(block.text);
      if (block.level === 3) return paint.strong(text);
      return `${paint.strong(text)}\n${(block.level === 1 ? '=' : '-').repeat(columns(text))}`;
    }
    case 'text':
      return wrap(harmless(block.text), width).join('\n');
    case 'aside':
      return wrap(harmless(block.text), width).map(paint.faint).join('\n');
    case 'list':
      return block.items.map((item) => hang('  - ', harmless(item), width)).join('\n');
    case 'lines': {
      const wide = Math.max(...block.items.map(({ label }) => columns(harmless(label))));
      return block.items
        .map(({ label, text, detail }) => {
          const first = hang(`${harmless(label).padStart(wide)}  `, harmless(text), width);
          return detail ? `${first}\n${paint.faint(hang(' '.repeat(wide + 2), harmless(detail), width))}` : first;
        })
        .join('\n');
    }
    case 'table':
      return textTable(block.columns, block.rows, width, paint);
    case 'diagram':
      return block.lines.map(harmless).join('\n');
  }
};

/** Text behind a label, its further lines below its beginning. */
const hang = (label: string, text: string, width: number): string => {
  const indent = columns(label);
  return wrap(text, Math.max(20, width - indent))
    .map((line, index) => `${index === 0 ? label : ' '.repeat(indent)}${line}`)
    .join('\n');
};

const filled = (names: readonly string[], rows: readonly (readonly string[])[]): readonly number[] =>
  names.map((_, index) => index).filter((index) => rows.some((row) => (row[index] ?? '') !== ''));

const textTable = (names: readonly string[], rows: readonly (readonly string[])[], width: number, paint: Paint): string => {
  const shown = filled(names, rows);
  const cells = rows.map((row) => shown.map((index) => harmlessLines(row[index] ?? '')));
  const head = shown.map((index) => names[index]!);
  const natural = head.map((name, at) => Math.max(columns(name), ...cells.map((row) => Math.max(...row[at]!.map(columns)))));
  const longest = head.map((name, at) => Math.max(columns(name), Math.min(natural[at]!, 24), ...cells.map((row) => longestWord(row[at]!))));
  const widths = narrowed(natural, longest, width - 2 * (head.length - 1));
  const write = (row: readonly (readonly string[])[]): string => {
    const wrapped = row.map((lines, at) => lines.flatMap((line) => wrap(line, widths[at]!)));
    const height = Math.max(...wrapped.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) =>
      wrapped
        .map((lines, at) => {
          const text = lines[line] ?? '';
          return text + ' '.repeat(Math.max(0, widths[at]! - columns(text)));
        })
        .join('  ')
        .trimEnd(),
    ).join('\n');
  };
  return [
    paint.strong(write(head.map((name) => [name]))),
    paint.faint(widths.map((wide) => '-'.repeat(wide)).join('  ')),
    ...cells.map(write),
  ].join('\n');
};

const harmlessLines = (text: string): string[] => text.split('\n').map(harmless);

const longestWord = (texts: readonly string[]): number => Math.max(0, ...texts.flatMap((text) => text.split(' ').map(columns)));

/** Widths of columns that fit: the widest give way first, none below its longest word or 24. Where that is too much the table is wider. */
const narrowed = (natural: readonly number[], least: readonly number[], room: number): number[] => {
  const widths = [...natural];
  for (let sum = widths.reduce((a, b) => a + b, 0); sum > room; sum--) {
    let widest = -1;
    for (const [at, wide] of widths.entries()) if (wide > least[at]! && (widest < 0 || wide > widths[widest]!)) widest = at;
    if (widest < 0) break;
    widths[widest]!--;
  }
  return widths;
};

/** Blocks as Markdown. */
export const toMarkdown = (blocks: readonly Block[]): string => blocks.map(markdownOf).join('\n\n');

const markdownOf = (block: Block): string => {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${prose(block.text)}`;
    case 'text':
      return prose(block.text);
    case 'aside':
      return `*${prose(block.text)}*`;
    case 'list':
      return block.items.map((item) => `- ${prose(item)}`).join('\n');
    case 'lines':
      return block.items
        .map(({ label, text, detail }) => `- **${prose(label)}** ${prose(text)}${detail ? `  \n  ${code(detail)}` : ''}`)
        .join('\n');
    case 'table': {
      const shown = filled(block.columns, block.rows);
      const write = (row: readonly string[]): string =>
        `| ${shown.map((index) => (row[index] ?? '').split('\n').map(prose).join('<br>')).join(' | ')} |`;
      return [write(block.columns), `|${shown.map(() => ' --- ').join('|')}|`, ...block.rows.map(write)].join('\n');
    }
    case 'diagram':
      return `\`\`\`text\n${block.lines.map((line) => harmless(line).replaceAll('```', "'''")).join('\n')}\n\`\`\``;
  }
};

/** Text that Markdown must not read as markup or mentions. */
const prose = (text: string): string => harmless(text).replace(/[\\`*_{}[\]<>#|~@]/g, '\\$&');

/** A code span, fenced by more backquotes than the text holds in a row. */
const code = (text: string): string => {
  const clean = harmless(text);
  const longest = Math.max(0, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest > 0 ? `${fence} ${clean} ${fence}` : `${fence}${clean}${fence}`;
};
