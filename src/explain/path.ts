/** How a packet travels: the hooks and tables that a ruleset uses, in the kernel's order, as a diagram of text. */
import { type Hook, type TableName, tablesAtHook } from '../../grammar/index.js';
import type { Ruleset } from '../model/ruleset.js';
import { columns, count } from '../util/text.js';

export interface PathStep {
  readonly hook: Hook;
  readonly tables: readonly { readonly table: TableName; readonly rules: number; readonly policy: string }[];
}

/** The tables that do something at each hook: rules, or a policy other than ACCEPT. */
export const pathOf = (ruleset: Ruleset): readonly PathStep[] =>
  (Object.keys(tablesAtHook) as Hook[]).map((hook) => ({
    hook,
    tables: tablesAtHook[hook].flatMap((name) => {
      const chain = ruleset.tables.get(name)?.chains.get(hook);
      return chain && (chain.rules.length > 0 || chain.policy !== 'ACCEPT')
        ? [{ table: name, rules: chain.rules.length, policy: chain.policy ?? '?' }]
        : [];
    }),
  }));

/** Connection tracking stands between raw and mangle, and only where the packet is first seen. */
const tracksAt: readonly Hook[] = ['PREROUTING', 'OUTPUT'];

const tablesIn = ({ hook, tables }: PathStep): readonly string[] => {
  const words = tables.map(
    ({ table, rules, policy }) => `${table} (${count(rules, 'rule')}${policy === 'ACCEPT' ? '' : `, policy ${policy}`})`,
  );
  if (tracksAt.includes(hook)) words.splice(tables.filter(({ table }) => table === 'raw').length, 0, '[connection tracking]');
  return words.length === 0 ? ['(nothing)'] : words;
};

/** The words one after the other; what would stand beyond the width goes on below them. */
const flow = (label: string, words: readonly string[], end = ''): readonly string[] => {
  const lines: string[] = [];
  let line = label;
  for (const [index, word] of words.entries()) {
    const arrow = index === 0 ? '' : ' -> ';
    const tail = index === words.length - 1 ? end : '';
    if (index > 0 && columns(line + arrow + word + tail) > width) {
      lines.push(line);
      line = `${' '.repeat(columns(label))}-> ${word}`;
    } else line += arrow + word;
    if (index === words.length - 1) line += end;
  }
  return [...lines, line];
};

/** Columns that most terminals have. */
const width = 100;

/** The diagram. */
export const pathDiagram = (steps: readonly PathStep[]): readonly string[] => {
  const [pre, input, forward, output, post] = (['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const).map((hook) =>
    tablesIn(steps.find((step) => step.hook === hook)!),
  );
  return [
    'a packet arrives',
    '  |',
    ...flow('PREROUTING   ', pre!),
    '  |',
    'routing decision',
    '  |',
    ...flow('  +-- for this host:  INPUT        ', input!, '  -> a program of this host'),
    '  |',
    ...flow('  +-- for others:     FORWARD      ', forward!),
    ...flow('                      POSTROUTING  ', post!, '  -> leaves'),
    '',
    'a program of this host sends',
    '  |',
    ...flow('OUTPUT       ', output!),
    '  |',
    ...flow('POSTROUTING  ', post!, '  -> leaves'),
  ];
};
