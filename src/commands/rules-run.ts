/** What `iptlint rules` prints: the list of checks, and the page of one. Apart from rules.ts so that --help loads none of it. */
import { categories, type Level } from '../diagnostic/diagnostic.js';
import { settle } from '../diagnostic/settle.js';
import { uselessSilence } from '../diagnostic/useless-silence.js';
import { type Colors, colorsFor } from '../reporters/colors.js';
import type { CheckExample, CheckInfo } from '../rules/define.js';
import { closest } from '../util/closest.js';
import { count, harmless, wrap } from '../util/text.js';
import { type Given, type Outside, UsageError } from './command.js';
import type { Engine } from './engine.js';
import { wantsColor, widthOf } from './terminal.js';

/** Runs the command; returns its exit code. */
export const runRules = async (given: Given, { streams, engine }: Outside): Promise<number> => {
  const working = await engine();
  const { checks } = working;
  const all: CheckInfo[] = [...checks.filter(({ id }) => id !== uselessSilence.id), uselessSilence];
  const [id] = given.words;
  const format = given.value('format') ?? 'full';
  const look = {
    colors: await colorsFor(wantsColor(streams.stdout, streams.env, given.value('color'))),
    width: Math.min(100, widthOf(streams.stdout)),
  };
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
  else streams.stdout.write(format === 'markdown' ? markdownPage(check, working) : page(check, working, look));
  return 0;
};

interface PageLook {
  readonly colors: Colors;
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

const list = (checks: readonly CheckInfo[], { colors, width }: PageLook): string => {
  const { bold, red, yellow, cyan, dim } = colors;
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

const page = (check: CheckInfo, engine: Engine, { colors, width }: PageLook): string => {
  const { id, category, level, summary, why, advice, examples } = check;
  const { bold, dim, red, yellow, cyan } = colors;
  const paint = { error: red, warning: yellow, info: cyan } as const;
  const asked = level === 'off' ? ' (warning, where it is asked for)' : '';
  const lines = [bold(id), ...wrap(summary, width), '', `category ${category}, level ${level}${asked}`];
  lines.push('', bold('Why'), ...wrap(why, width), '', bold('What to do'), ...wrap(advice, width));
  for (const [title, cases] of [
    ['Told', examples.find],
    ['Left alone', examples.leave],
  ] as const) {
    if (cases.length === 0) continue;
    lines.push('', bold(title));
    for (const [index, example] of cases.entries()) {
      if (index > 0) lines.push('');
      lines.push(`  ${dim(`# ${example.title}${settingOf(example)}`)}`, ...shownLines(example).map((line) => `  ${line}`));
      for (const { level: told, text } of said(check, example, engine)) {
        const [first = '', ...more] = wrap(text, width - 4);
        lines.push(`  ${paint[told]('>')} ${first}`, ...more.map((words) => `    ${words}`));
      }
    }
  }
  lines.push('', bold('To switch it off'), `  iptlint --ignore ${id}`);
  lines.push(`  # iptlint: ignore-next-line[${id}] -- reason`, `  -m comment --comment "iptlint:ignore=${id} reason"`);
  return `${lines.join('\n')}\n`;
};

const settingOf = ({ family, backend }: CheckExample): string => {
  const words = [family === 6 && 'ip6tables', backend && `${backend} back end`].filter(Boolean);
  return words.length > 0 ? ` (${words.join(', ')})` : '';
};

/** The example's text, then what else is given of the host. */
const shownLines = ({ text, beside = [], context = {} }: CheckExample): string[] => {
  const given = Object.entries(context).flatMap(([key, input]) => (input ? [`# given by --${key}:`, ...input.text.split('\n')] : []));
  const others = beside.flatMap((other) => ['# and, of the same host:', ...other.split('\n')]);
  const lines = [...text.replace(/\n$/, '').split('\n'), ...[...others, ...given].filter((line) => line !== '')];
  return lines.map(harmless);
};

/** What the check says of an example, by running it; lines are counted as the page shows them. */
const said = ({ id }: CheckInfo, example: CheckExample, engine: Engine): { level: Level; text: string }[] => {
  const { text, before } = wholeExample(example);
  const inputs = [text, ...(example.beside ?? [])].map((each, i) => ({ name: i === 0 ? 'example' : `beside ${i}`, text: each }));
  const selection = id === uselessSilence.id ? {} : { select: [id] };
  const { family, backend, context } = example;
  const result = engine.lint(inputs, { ...selection, ...(family && { family }), ...(backend && { backend }), ...(context && { context }) });
  const { checks } = engine;
  const { findings } = settle(inputs, result, {
    selection,
    overrides: [],
    inlineSilence: true,
    managed: 'full',
    minCertainty: 'possible',
    baseline: null,
    checks,
  });
  return findings
    .filter(({ check }) => check === id)
    .map(({ source, at, level, certainty, message }) => {
      const possible = certainty === 'possible' ? ' (possible)' : '';
      const { line } = source.position(at.start);
      const where = source.text === text ? `line ${line - before}` : `line ${line} of the other`;
      const words = source.text === text ? asShown(harmless(message), before) : harmless(message);
      return { level, text: `${where}, ${level}${possible}: ${words}` };
    });
};

/** A message with the lines that it names counted as the page shows them. */
const asShown = (message: string, before: number): string =>
  message.replace(/\blines? (?:from )?\d+(?:(?:, | and | to )\d+\b(?! more))*/g, (named) =>
    named.replace(/\d+/g, (line) => String(Number(line) - before)),
  );

/** An example as a whole ruleset, and how many lines were put before it. */
const wholeExample = ({ text }: CheckExample): { text: string; before: number } => {
  if (/^\uFEFF?(?:#.*\n)*\*|^#!/.test(text)) return { text, before: 0 };
  const missing = ['INPUT', 'FORWARD', 'OUTPUT'].filter((name) => !new RegExp(`^:${name} `, 'm').test(text));
  const header = ['*filter', ...missing.map((name) => `:${name} ACCEPT [0:0]`)];
  return { text: [...header, text, 'COMMIT', ''].join('\n'), before: header.length };
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
export const markdownPage = (check: CheckInfo, engine: Engine): string => {
  const { id, category, level, summary, why, advice, examples } = check;
  const shown = (cases: readonly CheckExample[]): string[] =>
    cases.flatMap((example) => {
      const words = said(check, example, engine).map(({ text }) => `> ${text}`);
      const code = ['```', ...shownLines(example), '```'];
      return [
        `${example.title}${settingOf(example)}:`,
        '',
        ...code,
        '',
        ...(words.length > 0 ? [...words.flatMap((line) => [line, '>']).slice(0, -1), ''] : []),
      ];
    });
  return [
    `# ${id}`,
    '',
    summary,
    '',
    `Category \`${category}\`, level \`${level}\`.`,
    ...['', '## Why', '', why, '', '## What to do', '', advice, ''],
    ...(examples.find.length > 0 ? ['## Told', '', ...shown(examples.find)] : []),
    ...(examples.leave.length > 0 ? ['## Left alone', '', ...shown(examples.leave)] : []),
  ].join('\n');
};
