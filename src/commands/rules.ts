/** `iptlint rules [ID]`: the catalogue of checks; one check explained at length with its examples. */
import picocolors from 'picocolors';
import { categories } from '../diagnostic/diagnostic.js';
import { uselessSilence } from '../diagnostic/useless-silence.js';
import type { CheckInfo } from '../rules/define.js';
import { closest } from '../util/closest.js';
import { count, wrap } from '../util/text.js';
import { type Command, UsageError } from './command.js';
import { wantsColor, widthOf } from './terminal.js';

export const rules: Command = {
  name: 'rules',
  usage: '[ID]',
  words: 1,
  summary: 'list the checks, or explain one',
  about:
    'Without ID, lists all checks by category, with their levels. With ID, tells what the check finds, why it matters, what to do, and examples.',
  flags: {
    format: {
      short: 'f',
      value: 'FORMAT',
      choices: ['full', 'json', 'markdown'],
      says: 'full, json or markdown (full)',
      group: 'Output',
    },
  },
  examples: [
    ['iptlint rules', 'all checks'],
    ['iptlint rules shadowed-rule', 'one check'],
  ],
  run: async (given, { streams, engine }) => {
    const { checks } = await engine();
    const all: CheckInfo[] = [...checks.filter(({ id }) => id !== uselessSilence.id), uselessSilence];
    const [id] = given.words;
    const format = given.value('format') ?? 'full';
    const look = { color: wantsColor(streams.stdout, streams.env, given.value('color')), width: Math.min(100, widthOf(streams.stdout)) };
    if (id === undefined) {
      if (format === 'json') streams.stdout.write(`${JSON.stringify(all.map(plain), null, 2)}\n`);
      else streams.stdout.write(format === 'markdown' ? markdownList(all) : list(all, look));
      return 0;
    }
    const check = all.find((candidate) => candidate.id === id);
    if (!check) {
      const near = closest(
        id,
        all.map((candidate) => candidate.id),
      );
      throw new UsageError(`there is no check ${id}${near ? `; did you mean ${near}?` : '; iptlint rules lists them'}`);
    }
    if (format === 'json') streams.stdout.write(`${JSON.stringify(plain(check), null, 2)}\n`);
    else streams.stdout.write(format === 'markdown' ? markdownPage(check) : page(check, look));
    return 0;
  },
};

interface PageLook {
  readonly color: boolean;
  readonly width: number;
}

/** A check as data: what it is, without what it does. */
const plain = ({ id, category, level, summary, why, advice, examples }: CheckInfo) => ({
  id,
  category,
  level,
  summary,
  why,
  advice,
  examples,
});

const list = (checks: readonly CheckInfo[], { color, width }: PageLook): string => {
  const { bold, red, yellow, cyan, dim } = picocolors.createColors(color);
  const paint = { error: red, warning: yellow, info: cyan, off: dim } as const;
  const indent = Math.max(...checks.map(({ id }) => id.length)) + 13;
  const lines: string[] = [];
  for (const category of categories) {
    const own = checks.filter((check) => check.category === category);
    if (own.length === 0) continue;
    lines.push(bold(category));
    for (const { id, level, summary } of own) {
      const [first = '', ...more] = wrap(summary, Math.max(30, width - indent));
      lines.push(
        `  ${id.padEnd(indent - 11)}${paint[level](level.padEnd(9))}${first}`,
        ...more.map((words) => `${' '.repeat(indent)}${words}`),
      );
    }
    lines.push('');
  }
  const off = checks.filter(({ level }) => level === 'off').length;
  const asked = off > 0 ? `; ${count(off, 'is', 'are')} off until asked for (--select ID, or a level)` : '';
  lines.push(`${count(checks.length, 'check')}${asked}. iptlint rules ID explains one.`);
  return `${lines.join('\n')}\n`;
};

const page = ({ id, category, level, summary, why, advice, examples }: CheckInfo, { color, width }: PageLook): string => {
  const { bold, dim } = picocolors.createColors(color);
  const lines = [
    bold(id),
    ...wrap(summary, width),
    '',
    `category ${category}, level ${level}${level === 'off' ? ' (asked for: warning)' : ''}`,
  ];
  lines.push('', bold('Why'), ...wrap(why, width), '', bold('What to do'), ...wrap(advice, width));
  for (const [title, cases] of [
    ['Told', examples.find],
    ['Left alone', examples.leave],
  ] as const) {
    if (cases.length === 0) continue;
    lines.push('', bold(title));
    for (const [index, example] of cases.entries()) {
      if (index > 0) lines.push('');
      lines.push(
        `  ${dim(`# ${example.title}${settingOf(example)}`)}`,
        ...example.text
          .trimEnd()
          .split('\n')
          .map((line) => `  ${line}`),
      );
    }
  }
  lines.push(
    '',
    bold('To switch it off'),
    `  iptlint --ignore ${id}`,
    `  # iptlint: ignore-next-line[${id}] -- reason`,
    `  -m comment --comment "iptlint:ignore=${id} reason"`,
  );
  return `${lines.join('\n')}\n`;
};

const settingOf = ({ family, backend }: CheckInfo['examples']['find'][number]): string => {
  const words = [family === 6 && 'ip6tables', backend && `${backend} back end`].filter(Boolean);
  return words.length > 0 ? ` (${words.join(', ')})` : '';
};

const markdownList = (checks: readonly CheckInfo[]): string => {
  const rows = categories.flatMap((category) => checks.filter((check) => check.category === category));
  return [
    '| check | category | level | finds |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ({ id, category, level, summary }) => `| [\`${id}\`](${id}.md) | ${category} | ${level} | ${summary.replaceAll('|', '\\|')} |`,
    ),
    '',
  ].join('\n');
};

/** The page of a check as Markdown, for docs/rules. */
export const markdownPage = ({ id, category, level, summary, why, advice, examples }: CheckInfo): string => {
  const code = (cases: CheckInfo['examples']['find']): string[] =>
    cases.flatMap((example) => [`${example.title}${settingOf(example)}:`, '', '```', example.text.trimEnd(), '```', '']);
  return [
    `# ${id}`,
    '',
    summary,
    '',
    `Category \`${category}\`, level \`${level}\`.`,
    '',
    '## Why',
    '',
    why,
    '',
    '## What to do',
    '',
    advice,
    '',
    ...(examples.find.length > 0 ? ['## Told', '', ...code(examples.find)] : []),
    ...(examples.leave.length > 0 ? ['## Left alone', '', ...code(examples.leave)] : []),
  ].join('\n');
};
