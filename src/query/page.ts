/** Answers to queries as tables to read, and as data. */

import { type Block, heading, paragraph } from '../explain/layout.js';
import { lineOf } from '../model/place.js';
import type { Ruleset } from '../model/ruleset.js';
import { packetJson } from '../packets/pick.js';
import { count, listed } from '../util/text.js';
import type { PacketClass, PlaceAnswer } from './evaluate.js';
import type { Exposure, ExposureRow, Refused } from './exposure.js';
import { cubeWords, sayCube } from './words.js';

/** What was asked of one ruleset. */
export interface Answer {
  readonly ruleset: Ruleset;
  readonly places: readonly PlaceAnswer[];
  readonly exposure: readonly Exposure[];
}

/** Lines told one by one; the others are counted. */
const mostLines = 6;

const linesOf = (one: PacketClass): readonly number[] => [...new Set(one.by.map(lineOf))];

const lineWords = (lines: readonly number[], byPolicy: boolean): string => {
  const told =
    lines.length > mostLines ? [...lines.slice(0, mostLines).map(String), `${lines.length - mostLines} more`] : lines.map(String);
  return [lines.length > 0 && `line${lines.length > 1 ? 's' : ''} ${told.join(', ')}`, byPolicy && 'policy'].filter(Boolean).join(', ');
};

const familyWords = (ruleset: Ruleset, isOneOfSome: boolean): string => (isOneOfSome ? ` (IPv${ruleset.family})` : '');

/** Two lines of one packet: what it is, where it comes in. */
const exampleWords = (one: PacketClass): string => {
  const packet = packetJson(one.packet);
  const end = (address: unknown, port: unknown): string =>
    port === undefined ? String(address) : String(address).includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const kind = packet.icmp_type === undefined ? '' : `type ${packet.icmp_type}`;
  const where = packet.in === 'local' ? 'sent by this host' : `in ${packet.in}`;
  const state = typeof packet.state === 'string' ? packet.state.toLowerCase() : '';
  return [
    String(packet.proto),
    kind,
    end(packet.src, packet.sport),
    '>',
    end(packet.dst, packet.dport),
    where,
    packet.out && `out ${packet.out}`,
    state,
  ]
    .filter(Boolean)
    .join(' ');
};

const packetsWords = (one: PacketClass): string => {
  const { tests } = sayCube(one.space, one.cube);
  return `${cubeWords(one.space, one.cube)}${tests.length > 0 ? ` if ${tests.join(' and ')}` : ''}`;
};

const fateWords = { accepted: 'accepted', rejected: 'rejected', dropped: 'dropped', queued: 'queued', unknown: 'not known' } as const;

/** Places without an answer are not worth a heading where others have one. */
const told = (places: readonly PlaceAnswer[]): readonly PlaceAnswer[] => {
  const some = places.filter(({ classes }) => classes === null || classes.length > 0);
  return some.length > 0 ? some : places;
};

/** The answer to a query as blocks. */
export const placesBlocks = ({ ruleset, places }: Answer, isOneOfSome: boolean): Block[] =>
  told(places).flatMap(({ table, hook, classes, leftOut, ignored }): Block[] => {
    const title = heading(3, `${table}/${hook}${familyWords(ruleset, isOneOfSome)}`);
    if (classes === null) return [title, paragraph('Not decided: the effort ran out. Narrow the question, or give --effort high.')];
    const notes: Block[] = [];
    if (leftOut > 0)
      notes.push(
        paragraph(
          `${leftOut >= 1000 ? 'More than 1000 further classes are' : `${count(leftOut, 'further class', 'further classes')} ${leftOut === 1 ? 'is' : 'are'}`} left out; --most tells more.`,
        ),
      );
    if (ignored.length > 0)
      notes.push(
        paragraph(
          `What ${listed(ignored)} ${ignored.length > 1 ? 'do' : 'does'} to packets before is not taken into account: ${ignored.length > 1 ? 'they are' : 'it is'} too long for the effort. --effort high tries longer, --exposure follows new connections through.`,
        ),
      );
    if (classes.length === 0) return [title, paragraph('No packet.'), ...notes];
    const rows = classes.map((one) => [fateWords[one.fate], packetsWords(one), lineWords(linesOf(one), one.byPolicy), exampleWords(one)]);
    return [title, { kind: 'table', columns: ['Verdict', 'Packets', 'By', 'For example'], rows }, ...notes];
  });

/** The same as data. */
export const placesData = ({ ruleset, places }: Answer): object[] =>
  places.map(({ table, hook, classes, leftOut, ignored }) => ({
    path: ruleset.source.name,
    family: ruleset.family,
    table,
    hook,
    decided: classes !== null,
    ignoresEarlierTables: ignored.length > 0,
    ignoredTables: ignored,
    classes: (classes ?? []).map((one) => ({
      verdict: one.fate,
      packets: cubeWords(one.space, one.cube),
      by: linesOf(one),
      byPolicy: one.byPolicy,
      leansOn: sayCube(one.space, one.cube).tests,
      packet: packetJson(one.packet),
    })),
    leftOut,
  }));

const few = (words: readonly string[], most: number): string =>
  words.slice(0, most).join(', ') + (words.length > most ? ` and ${words.length - most} more` : '');

const headings = {
  host: 'New connections to this host',
  published: 'Ports that nat sends on',
  through: 'New connections through this host',
} as const;

/** "172.17.0.2:80 (Docker)". */
const goesToWords = ({ goesTo, names }: ExposureRow): string =>
  goesTo.length === 0 ? '' : `${few(goesTo, 4)}${names.length > 0 ? ` (${few(names, 2)})` : ''}`;

const rowLines = ({ translatedBy, lines, byPolicy }: Pick<ExposureRow, 'translatedBy' | 'lines' | 'byPolicy'>): string =>
  translatedBy.length > 0 && lines.length > 0
    ? `${lineWords(translatedBy, false)}, then ${lineWords(lines, byPolicy).replace(/^lines? /, '')}`
    : lineWords([...translatedBy, ...lines], byPolicy);

const refusedWords = ({ service, goesTo, translatedBy, lines, byPolicy, ifLocal }: Refused): string => {
  const why =
    lines.length > 0 || byPolicy
      ? `${lineWords(lines, byPolicy)} ${lines.length + Number(byPolicy) > 1 ? 'refuse' : 'refuses'} it`
      : 'nothing lets it through';
  const unless = ifLocal.length > 0 ? ` Were that an address of this host, ${lineWords(ifLocal, false)} would accept it.` : '';
  return `${service} is sent to ${few(goesTo, 4)} (${lineWords(translatedBy, false)}) and gets nowhere: ${why}.${unless}`;
};

/** The exposure as blocks. */
export const exposureBlocks = ({ ruleset, exposure }: Answer): Block[] => {
  const hasFilter = ruleset.tables.has('filter');
  const blocks = exposure.flatMap((one): Block[] => {
    if (one.kind === 'published' && one.rows.length + one.refused.length + one.leftOut === 0) return [];
    const place = one.kind === 'published' ? '' : `filter/${one.kind === 'host' ? 'INPUT' : 'FORWARD'}, `;
    const title = heading(3, `${headings[one.kind]} (${place}IPv${ruleset.family})`);
    const notes: Block[] = [];
    if (one.leftOut > 0)
      notes.push(
        paragraph(`${one.leftOut === 1 ? 'One further row is' : `Up to ${one.leftOut} further rows are`} left out; --most tells more.`),
      );
    if (one.refused.length > 0) {
      const told = one.refused.slice(0, mostRefused).map(refusedWords);
      const rest = one.refused.length - told.length;
      notes.push({ kind: 'list', items: rest > 0 ? [...told, `${count(rest, 'further one')} of the kind.`] : told });
    }
    if (!one.isExact) notes.push(paragraph(`At most this: ${listed([...one.doubts])}.`));
    if (one.rows.length === 0) return [title, paragraph('Nothing is reachable.'), ...notes];
    const rows = one.rows.map((row) => [
      row.service,
      goesToWords(row),
      few(row.from, 6),
      row.to,
      row.arriving,
      row.leaving,
      row.only.join(' and '),
      rowLines(row),
    ]);
    return [
      title,
      { kind: 'table', columns: ['Service', 'Goes to', 'From', 'To', 'Arriving on', 'Leaving by', 'Only', 'By'], rows },
      ...notes,
    ];
  });
  if (!hasFilter) blocks.push(paragraph(`There is no filter table for IPv${ruleset.family} here: these rules refuse nothing.`));
  return blocks;
};

/** Translations that get nowhere told one by one. */
const mostRefused = 6;

/** The same as data. */
export const exposureData = ({ ruleset, exposure }: Answer): object[] =>
  exposure.map(({ kind, rows, leftOut, isExact, doubts, refused }) => ({
    path: ruleset.source.name,
    family: ruleset.family,
    kind,
    ...(kind === 'published' ? {} : { table: 'filter', hook: kind === 'host' ? 'INPUT' : 'FORWARD' }),
    exact: isExact,
    doubts: [...doubts],
    policyAcceptsTheRest: kind !== 'published' && rows.some(({ byPolicy }) => byPolicy),
    leftOut,
    services: rows.map(({ packet, cubes: _, ...row }) => ({ ...row, packet: packetJson(packet) })),
    ...(kind === 'published' ? { refused } : {}),
  }));
