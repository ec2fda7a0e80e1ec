/**
 * The form for people: each finding with the lines it is about, carets under the words that matter, the packet that shows it, what it
 * means and what to do; then one line of counts.
 */
import { isHook, type Source, type Span } from '../../grammar/index.js';
import { type Level, levels, type Related } from '../diagnostic/diagnostic.js';
import type { Report, ReportedFinding } from '../diagnostic/report.js';
import { columns, count, harmless, wrap } from '../util/text.js';
import { excerpt, type Stretch } from './excerpt.js';
import { packetWords } from './packet-words.js';
import { chainOf, countsInWords, hiddenInWords, type Look, type Reporter } from './places.js';

export const full: Reporter = (report, look) => {
  const paint = paintsFor(look);
  const blocks = report.findings.map((finding) => block(finding, look, paint));
  return [...blocks, summary(report, look, paint)].join('\n');
};

/** How many related lines a frame shows; the numbers of the others are told. */
const shownRelated = 8;

interface Paint {
  readonly level: (level: Level, text: string) => string;
  readonly strong: (text: string) => string;
  readonly frame: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
}

const paintsFor = ({ colors: { bold, red, yellow, cyan, blue, dim, green } }: Look): Paint => {
  const levels = { error: red, warning: yellow, info: cyan } as const;
  return { level: (level, text) => bold(levels[level](text)), strong: bold, frame: blue, faint: dim, good: green };
};

const block = (finding: ReportedFinding, look: Look, paint: Paint): string => {
  const { source, at, level } = finding;
  const places = placesOf(finding);
  const gutter = Math.max(...places.map(({ line }) => String(line).length), 2);
  const bar = `${' '.repeat(gutter)} ${paint.frame('|')}`;

  const possible = finding.certainty === 'possible' ? ' (possible)' : '';
  const title = `${level}[${finding.check}]${possible}`;
  const [first = '', ...more] = wrap(`${title}: ${harmless(finding.message)}`, look.width);
  const head = [`${paint.level(level, title)}${paint.strong(first.slice(title.length))}`, ...more.map((line) => paint.strong(`  ${line}`))];

  const { line } = source.position(at.start);
  const chain = chainOf(finding);
  const where = [
    chain && `${finding.family === 6 ? 'IPv6 ' : ''}${harmless(chain)}`,
    finding.rule && `rule ${finding.rule.number} of ${finding.rule.of}`,
  ].filter(Boolean);
  const arrow = `${' '.repeat(gutter)}${paint.frame('-->')} ${linked(`${harmless(source.name)}:${line}`, source.name, look)}${where.length > 0 ? `   ${paint.faint(where.join(', '))}` : ''}`;

  const lines = [...head, arrow, bar];
  let last: Place | null = null;
  for (const place of places) {
    if (last && last.source !== place.source)
      lines.push(
        bar,
        `${' '.repeat(gutter)}${paint.frame(':::')} ${linked(`${harmless(place.source.name)}:${place.line}`, place.source.name, look)}`,
        bar,
      );
    else if (last && place.line > last.line + 1) lines.push(`${' '.repeat(gutter + 1)}${paint.frame('⋮')}`);
    lines.push(...frame(place, last?.source === place.source && last.line === place.line, gutter, finding, look, paint));
    last = place;
  }
  const rest = unshown(finding);
  if (rest)
    lines.push(
      bar,
      `${' '.repeat(gutter + 1)}${paint.frame('=')} ${wrap(rest, look.width - gutter - 3).join(`\n${' '.repeat(gutter + 3)}`)}`,
    );

  const notes = notesOf(finding);
  if (notes.length > 0) {
    lines.push(bar);
    const indent = Math.max(...notes.map(([label]) => label.length)) + 2;
    for (const [label, texts] of notes) {
      const wrapped = texts.flatMap((text) => wrap(harmless(text), Math.max(30, look.width - gutter - 3 - indent)));
      const [start = '', ...others] = wrapped;
      lines.push(`${' '.repeat(gutter + 1)}${paint.frame('=')} ${paint.strong(`${label}:`.padEnd(indent))}${start}`);
      lines.push(...others.map((text) => `${' '.repeat(gutter + 3 + indent)}${text}`));
    }
  }
  return `${lines.map((text) => text.trimEnd()).join('\n')}\n`;
};

/** A line to show, with what to mark in it. */
interface Place {
  readonly source: Source;
  readonly line: number;
  readonly marks: readonly Stretch[];
  readonly label: string;
  readonly isPrimary: boolean;
}

/** The finding's own line and its related ones, in file order; lines of other inputs after them. */
const placesOf = (finding: ReportedFinding): Place[] => {
  const { source } = finding;
  const own = placeOf(source, finding.at, finding.focus, finding.label ?? '', true);
  const related = shownOf(finding).map((place) => placeOf(place.source ?? source, place.at, place.focus, place.message, false));
  const inOrder = (a: Place, b: Place): number => a.line - b.line || Number(a.isPrimary) - Number(b.isPrimary);
  const here = [own, ...related.filter((place) => place.source.name === source.name)].sort(inOrder);
  const elsewhere = related.filter((place) => place.source.name !== source.name);
  const names = [...new Set(elsewhere.map((place) => place.source.name))];
  return [...here, ...names.flatMap((name) => elsewhere.filter((place) => place.source.name === name).sort(inOrder))];
};

/** Causes before the lines that are dead with it, each in the order given. */
const shownOf = ({ related }: ReportedFinding): Related[] => inTurn(related).slice(0, shownRelated);
const inTurn = (related: readonly Related[]): Related[] => [...related.filter(({ dead }) => !dead), ...related.filter(({ dead }) => dead)];

const unshown = (finding: ReportedFinding): string => {
  const left = inTurn(finding.related).slice(shownRelated);
  if (left.length === 0) return '';
  const tell = (places: readonly Related[], what: string): string => {
    const names = [...new Set(places.map((place) => (place.source ?? finding.source).name))];
    const lines = names.map((name) => {
      const own = places.filter((place) => (place.source ?? finding.source).name === name);
      const numbers = ranges(own.map((place) => (place.source ?? finding.source).position(place.at.start).line));
      return `${name === finding.source.name ? '' : `${harmless(name)}:`}${numbers}`;
    });
    return `${what} ${places.length === 1 ? 'line' : 'lines'} ${lines.join(', ')}`;
  };
  const dead = left.filter((place) => place.dead);
  const causes = left.filter((place) => !place.dead);
  return [causes.length > 0 && tell(causes, 'and with'), dead.length > 0 && tell(dead, 'the same holds for')].filter(Boolean).join('; ');
};

/** `3-5, 9`. */
const ranges = (numbers: readonly number[]): string => {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let index = 0; index < sorted.length; ) {
    let end = index;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    parts.push(end === index ? `${sorted[index]}` : `${sorted[index]}-${sorted[end]}`);
    index = end + 1;
  }
  return parts.join(', ');
};

const placeOf = (source: Source, at: Span, focus: readonly Span[] | undefined, label: string, isPrimary: boolean): Place => {
  const anchor = focus?.[0]?.start ?? at.start;
  const { line, column } = source.position(anchor);
  const start = anchor - (column - 1);
  const text = source.line(line);
  const inLine = ({ start: from, end }: Span): Stretch => {
    const last = Math.min(end - start, text.length);
    const written = text.slice(0, last).trimEnd().length;
    return [Math.max(0, from - start), Math.max(written, Math.max(0, from - start))];
  };
  const spans = (focus?.length ? focus : [at]).filter((span) => span.start >= start && span.start <= start + text.length);
  return { source, line, marks: spans.length > 0 ? spans.map(inLine) : [inLine(at)], label, isPrimary };
};

const frame = (place: Place, isAgain: boolean, gutter: number, { level }: ReportedFinding, look: Look, paint: Paint): string[] => {
  const room = Math.max(40, look.width - gutter - 3);
  const { text, marks } = excerpt(place.source.line(place.line), place.marks, room);
  const bar = `${' '.repeat(gutter)} ${paint.frame('|')}`;
  const shade = place.isPrimary ? (words: string) => paint.level(level, words) : paint.frame;
  let under = '';
  for (const [start, end] of [...marks].sort((a, b) => a[0] - b[0])) {
    under = under.padEnd(start) + (place.isPrimary ? '^' : '-').repeat(Math.max(0, end - Math.max(start, under.length)));
  }
  const label = harmless(place.label);
  const rows = isAgain ? [] : [`${paint.frame(String(place.line).padStart(gutter))} ${paint.frame('|')} ${text}`];
  if (label === '' || columns(under) + 1 + columns(label) <= room) return [...rows, `${bar} ${shade(label ? `${under} ${label}` : under)}`];
  const indent = Math.min(under.search(/\S/), Math.max(0, room - 48));
  return [...rows, `${bar} ${shade(under)}`, ...wrap(label, room - indent).map((words) => `${bar} ${' '.repeat(indent)}${shade(words)}`)];
};

const notesOf = (finding: ReportedFinding): [label: string, texts: string[]][] => {
  const { chain, witness, shows, effect, help, leansOn, owner, fix } = finding;
  const notes: [string, string[]][] = [];
  if (witness) notes.push(['packet', [packetWords(witness), ...(shows ? [shows] : [])]]);
  if (effect) notes.push(['effect', [effect]]);
  if (leansOn && leansOn.length > 0) notes.push(['leans on', [leansOn.join(', ')]]);
  if (owner)
    notes.push(['owner', [`${owner} ${/plugins$/.test(owner) ? 'manage' : 'manages'} this ${isHook(chain ?? '') ? 'rule' : 'chain'}`]]);
  if (help) notes.push(['help', [help]]);
  if (fix && !help) notes.push(['help', ['an edit is at hand in the json form']]);
  return notes;
};

/** From how many hosts on the end of a report sums them up, and how many of them it names. */
const manyHosts = 10;
const namedHosts = 20;

/** For many hosts: findings by check and by host, those with the worst first. */
const overview = ({ hosts, findings }: Report, look: Look, paint: Paint): string[] => {
  if (hosts.length < manyHosts || findings.length === 0) return [];
  const checks = new Map<string, { level: Level; count: number; paths: Set<string> }>();
  for (const { check, level, source } of findings) {
    const sum = checks.get(`${level} ${check}`) ?? { level, count: 0, paths: new Set() };
    checks.set(`${level} ${check}`, sum);
    sum.count++;
    sum.paths.add(source.name);
  }
  const rank = (level: Level): number => levels.indexOf(level);
  const byCheck = [...checks].sort(([, a], [, b]) => rank(a.level) - rank(b.level) || b.count - a.count);
  const affected = hosts.filter(({ error, warning, info }) => error + warning + info > 0);
  const byHost = [...affected].sort((a, b) => b.error - a.error || b.warning - a.warning || b.info - a.info);
  const left = byHost.length - namedHosts;
  const wide = (numbers: readonly number[]): number => Math.max(...numbers.map((number) => String(number).length));
  const digits = wide(byCheck.map(([, sum]) => sum.count));
  const nameWidth = Math.min(Math.max(...byHost.slice(0, namedHosts).map(({ name }) => columns(harmless(name)))), look.width >> 1);
  const clean = hosts.length - affected.length;
  return [
    paint.strong('By check'),
    ...byCheck.map(
      ([name, sum]) =>
        `  ${String(sum.count).padStart(digits)}  ${paint.level(sum.level, sum.level)}[${name.slice(sum.level.length + 1)}] in ${count(sum.paths.size, 'input')}`,
    ),
    '',
    paint.strong(`By host, worst first${clean > 0 ? `; ${clean} of ${hosts.length} without findings` : ''}`),
    ...byHost.slice(0, namedHosts).map((host) => {
      const name = harmless(host.name);
      return `  ${name}${' '.repeat(Math.max(0, nameWidth - columns(name)))}  ${countsInWords({ counts: host })}`;
    }),
    ...(left > 0 ? [`  and ${count(left, 'host')} more`] : []),
    '',
  ];
};

const summary = (report: Report, look: Look, paint: Paint): string => {
  const { inputs, counts } = report;
  const rules = inputs.reduce((sum, input) => sum + input.rules, 0);
  const paths = [...new Set(inputs.map(({ path }) => path))];
  const of =
    paths.length === 0 ? '' : ` in ${count(rules, 'rule')} of ${paths.length === 1 ? harmless(paths[0]!) : count(paths.length, 'input')}`;
  const found = countsInWords(report);
  const worst: Level | null = counts.error > 0 ? 'error' : counts.warning > 0 ? 'warning' : counts.info > 0 ? 'info' : null;
  const hidden = hiddenInWords(report);
  const time = look.elapsed === null ? '' : paint.faint(` (${(look.elapsed / 1000).toFixed(2)} s)`);
  const none = paths.length === 0 && report.unreadable.length > 0 ? 'Nothing could be read' : paint.good('No findings');
  const lines = [
    ...overview(report, look, paint),
    `${worst ? paint.level(worst, found) : none}${of}${hidden && `; not shown: ${hidden}`}${time}`,
  ];
  if (report.partlyUnread)
    lines.push(...wrap('Part of the input could not be read; what the lost lines could change is told as possible', look.width));
  if (report.inconclusive) lines.push(...wrap('Not everything was decided: the budget ran out (--effort high allows more)', look.width));
  return `${lines.join('\n')}\n`;
};

/** Text as an OSC 8 hyperlink to a path, where the terminal can. */
const linked = (text: string, path: string, { link }: Look): string => (link ? `\x1b]8;;${link(path)}\x1b\\${text}\x1b]8;;\x1b\\` : text);
