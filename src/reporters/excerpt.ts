/** A line of a ruleset as a frame shows it: harmless to a terminal, and cut in the middle where it is too long, never under the carets. */
import { columns, harmless, isWide } from '../util/text.js';

/** Offsets into the line, half-open. */
export type Stretch = readonly [start: number, end: number];

export interface Excerpt {
  readonly text: string;
  /** Terminal columns (0-based, half-open) of each marked stretch, at least one column each. */
  readonly marks: readonly Stretch[];
}

/** How much of a cut stretch stays on either side. */
const kept = 12;

/**
 * The line within `limit` columns. The longest unmarked stretch loses its middle first; only when these are used up do marked ones lose
 * theirs. Each cut is shown as one `…`.
 */
export const excerpt = (line: string, marked: readonly Stretch[], limit: number): Excerpt => {
  const text = harmless(line);
  // Where some characters take two columns, room for the case that all do.
  const room = isWide(text) && (text.length > limit || columns(text) > limit) ? Math.floor(limit / 2) : limit;
  const cuts = text.length <= room ? [] : cutsFor(text.length, marked, room);

  let shown = '';
  let from = 0;
  /** Where each kept stretch begins in the text, and at which column. */
  const anchors: { at: number; column: number }[] = [{ at: 0, column: 0 }];
  for (const [start, end] of cuts) {
    shown += `${text.slice(from, start)}…`;
    from = end;
    anchors.push({ at: start, column: columns(shown) - 1 }, { at: end, column: columns(shown) });
  }
  shown += text.slice(from);

  const columnOf = (offset: number): number => {
    const index = anchors.findLastIndex(({ at }) => at <= offset);
    const anchor = anchors[index]!;
    const isCut = index % 2 === 1;
    return anchor.column + (isCut ? Math.min(1, offset - anchor.at) : columns(text.slice(anchor.at, offset)));
  };
  return { text: shown, marks: marked.map(([start, end]) => [columnOf(start), Math.max(columnOf(end), columnOf(start) + 1)]) };
};

/** What to leave out of a line of `length` so that `limit` remain; sorted, disjoint. */
const cutsFor = (length: number, marked: readonly Stretch[], limit: number): Stretch[] => {
  const pieces = cover(length, marked);
  const cuts: Stretch[] = [];
  let over = length - limit;
  for (const isMark of [false, true]) {
    const longest = pieces.filter((piece) => piece.isMark === isMark).sort((a, b) => b.end - b.start - (a.end - a.start));
    for (const { start, end } of longest) {
      if (over <= 0) break;
      const spare = end - start - 2 * kept;
      if (spare < 2) continue;
      const loss = Math.min(spare, over + 1);
      const from = start + Math.floor((end - start - loss) / 2);
      cuts.push([from, from + loss]);
      over -= loss - 1;
    }
  }
  cuts.sort((a, b) => a[0] - b[0]);
  if (over <= 0) return cuts;
  // Many short stretches: the line's end goes as well, whatever stands there.
  let room = limit - 1;
  let from = 0;
  const left: Stretch[] = [];
  for (const [start, end] of cuts) {
    if (start - from + 1 > room) break;
    room -= start - from + 1;
    left.push([start, end]);
    from = end;
  }
  return [...left, [from + Math.max(0, room), length]];
};

/** Marked and unmarked stretches in turn, over the whole line. */
const cover = (length: number, marked: readonly Stretch[]): { start: number; end: number; isMark: boolean }[] => {
  const pieces: { start: number; end: number; isMark: boolean }[] = [];
  let from = 0;
  for (const [start, end] of [...marked].sort((a, b) => a[0] - b[0])) {
    if (start > from) pieces.push({ start: from, end: start, isMark: false });
    if (end > Math.max(from, start)) pieces.push({ start: Math.max(from, start), end, isMark: true });
    from = Math.max(from, end);
  }
  if (from < length) pieces.push({ start: from, end: length, isMark: false });
  return pieces;
};
