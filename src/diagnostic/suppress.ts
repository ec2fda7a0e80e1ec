/**
 * Silence with reasons. Three forms, each with at least one check id:
 *
 *     # iptlint: ignore-next-line[shadowed-rule, duplicate-rule] -- reason
 *     # iptlint: ignore-file[unreachable-chain] -- reason
 *     -A INPUT ... -m comment --comment "iptlint:ignore=shadowed-rule reason"
 *
 * `#` lines do not survive a restore and save; the third form does, for the kernel keeps it. It silences what is told of the rule, and what is told of its
 * chain as a whole. "Next line" is the next line that is neither blank nor a comment. A silence that silences nothing is a finding itself, so that they do not pile up.
 */
import { Source, type Span } from '../../grammar/index.js';
import { closest } from '../util/closest.js';
import type { Diagnostic, Level } from './diagnostic.js';
import type { CheckDescriptor, TextInput } from './result.js';
import { uselessSilence } from './useless-silence.js';

/** What one comment silences. */
interface Silence {
  readonly source: Source;
  /** The words of the directive. */
  readonly at: Span;
  readonly ids: readonly string[];
  /** Findings that begin in here are silenced; null: in the whole file. */
  readonly over: Span | null;
  /** Findings of this chain as a whole are silenced, too: its table, by where that begins, and its name. */
  readonly chain?: string;
  readonly used: Set<string>;
}

export interface Silenced {
  readonly kept: readonly Diagnostic[];
  /** How many findings were silenced. */
  readonly suppressed: number;
}

/** What silences need to know of the run: all ids, and which of them took part (a silence for a check that was off is not useless). */
export interface SilenceContext {
  readonly checks: readonly CheckDescriptor[];
  readonly runs: (id: string) => boolean;
  /** Level of a useless silence where the user told one; `off`: not told. */
  readonly level?: Level | 'off';
}

/** Takes out what comments in the inputs silence, and adds what is wrong with the comments themselves. */
export const applySilences = (inputs: readonly TextInput[], diagnostics: readonly Diagnostic[], context: SilenceContext): Silenced => {
  const silences: Silence[] = [];
  const complaints: Diagnostic[] = [];
  for (const input of inputs) {
    if (!input.text.includes('iptlint:')) continue;
    readSilences(new Source(input.name, input.text), silences, complaints);
  }
  if (silences.length === 0 && complaints.length === 0) return { kept: diagnostics, suppressed: 0 };

  const desk = new Desk(silences);
  let suppressed = 0;
  const sift = (list: readonly Diagnostic[]): Diagnostic[] => {
    const kept: Diagnostic[] = [];
    for (const diagnostic of list) {
      const left = desk.pass(diagnostic);
      if (left !== diagnostic) suppressed++;
      if (left) kept.push(left);
    }
    return kept;
  };

  const kept = sift(diagnostics);
  complaints.push(...judge(silences, context, (id) => id !== uselessSilence.id));
  kept.push(...sift(complaints));
  kept.push(...judge(silences, context, (id) => id === uselessSilence.id));
  const { level } = context;
  const leveled = kept.flatMap((diagnostic) =>
    diagnostic.check !== uselessSilence.id || level === undefined ? [diagnostic] : level === 'off' ? [] : [{ ...diagnostic, level }],
  );
  return { kept: leveled, suppressed };
};

/** Silences by file and place. */
class Desk {
  /** `lines` is sorted by where they begin: silences of a line cover that line whole, so the last one to begin before a place decides. */
  private readonly files = new Map<string, { whole: Silence[]; lines: { over: Span; silences: Silence[] }[]; chains: Silence[] }>();

  constructor(silences: readonly Silence[]) {
    for (const silence of silences) {
      const { source, over } = silence;
      const file = this.files.get(source.name) ?? { whole: [], lines: [], chains: [] };
      this.files.set(source.name, file);
      if (over) file.lines.push({ over, silences: [silence] });
      else file.whole.push(silence);
      if (silence.chain !== undefined) file.chains.push(silence);
    }
    for (const file of this.files.values()) {
      file.lines.sort((a, b) => a.over.start - b.over.start);
      for (let index = file.lines.length - 1; index > 0; index--) {
        const [before, own] = [file.lines[index - 1]!, file.lines[index]!];
        if (before.over.start !== own.over.start) continue;
        before.silences.push(...own.silences);
        file.lines.splice(index, 1);
      }
    }
  }

  /**
   * The finding as it is, what is left of it, or null where it is silenced. A finding that tells several dead rules at once loses the
   * silenced ones only: if its own line is silenced and other dead lines are not, it moves to the first of those.
   */
  pass(diagnostic: Diagnostic): Diagnostic | null {
    const { check, source, at, related } = diagnostic;
    if (!this.files.has(source.name)) return diagnostic;
    if (this.takes(check, source.name, at, true) || this.takesOfChain(diagnostic)) return null;
    const isOpen = (place: Diagnostic['related'][number]): boolean =>
      !place.dead || !this.takes(check, (place.source ?? source).name, place.at, false);
    const open = related.filter(isOpen);
    if (!this.takes(check, source.name, at, false)) return open.length === related.length ? diagnostic : { ...diagnostic, related: open };
    const next = open.find((place) => place.dead && !place.source);
    if (!next) return null;
    const { focus: _focus, fix: _fix, rule: _rule, witness: _witness, shows: _shows, effect: _effect, ...rest } = diagnostic;
    return {
      ...rest,
      at: next.at,
      related: open.filter((place) => place !== next),
      message: `${diagnostic.message} (told of a silenced line above)`,
    };
  }

  /** Whether a rule of the chain silences what is told of the chain as a whole. */
  private takesOfChain({ check, source, at, chain, rule }: Diagnostic): boolean {
    const silences = this.files.get(source.name)!.chains;
    if (silences.length === 0 || chain === undefined || rule !== undefined) return false;
    const own = chainKey(source.text, at.start, chain);
    const found = silences.filter((silence) => silence.chain === own && silence.ids.includes(check));
    for (const silence of found) silence.used.add(check);
    return found.length > 0;
  }

  private takes(check: string, name: string, at: Span, wholeFile: boolean): boolean {
    const file = this.files.get(name);
    if (!file) return false;
    const found = (wholeFile ? file.whole : silencesAt(file.lines, at.start)).filter(({ ids }) => ids.includes(check));
    for (const silence of found) silence.used.add(check);
    return found.length > 0;
  }
}

const silencesAt = (lines: readonly { over: Span; silences: Silence[] }[], offset: number): readonly Silence[] => {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle]!.over.start <= offset) low = middle + 1;
    else high = middle;
  }
  const line = lines[low - 1];
  return line && offset <= line.over.end ? line.silences : [];
};

/** Ids that silenced nothing, or that do not exist. */
const judge = (silences: readonly Silence[], { checks, runs }: SilenceContext, about: (id: string) => boolean): Diagnostic[] => {
  const known = new Set([...checks.map((check) => check.id), uselessSilence.id]);
  return silences.flatMap(({ source, at, ids, used }) =>
    ids.flatMap((id): Diagnostic[] => {
      if (!about(id) || used.has(id)) return [];
      if (!known.has(id)) {
        const near = closest(id, known);
        const help = near ? `write ${near}` : 'iptlint rules lists all ids';
        return [complaint(source, at, 'warning', `there is no check named ${id}, so this silences nothing`, help)];
      }
      if (!runs(id)) return [];
      return [complaint(source, at, 'info', `${id} has nothing to say here; this silences nothing`, 'remove it')];
    }),
  );
};

const complaint = (source: Source, at: Span, level: Level, message: string, help: string): Diagnostic => ({
  check: uselessSilence.id,
  category: 'meta',
  level,
  certainty: 'proved',
  message,
  source,
  at,
  related: [],
  help,
});

const readSilences = (source: Source, silences: Silence[], complaints: Diagnostic[]): void => {
  const { text } = source;
  for (let found = text.indexOf('iptlint:'); found >= 0; ) {
    const start = text.lastIndexOf('\n', found - 1) + 1;
    const end = lineEnd(text, found);
    const line = text.slice(start, end);
    if (/^\s*#/.test(line)) readComment(source, start, line, silences, complaints);
    else readRule(source, start, line, silences);
    found = text.indexOf('iptlint:', end);
  }
};

const readComment = (source: Source, start: number, line: string, silences: Silence[], complaints: Diagnostic[]): void => {
  const directive = /^\s*#\s*(iptlint:\s*(.*?))\s*$/.exec(line);
  if (!directive) return; // the word stands somewhere in prose
  const at = { start: start + line.indexOf('iptlint:'), end: start + line.indexOf('iptlint:') + directive[1]!.length };
  const read = /^(ignore-next-line|ignore-file)\s*\[([^\]]*)\]\s*(?:--\s*.*)?$/.exec(directive[2]!);
  const ids = (read?.[2] ?? '').split(',').flatMap((id) => id.trim() || []);
  if (!read || ids.length === 0) {
    const form = '# iptlint: ignore-next-line[ID] -- reason';
    complaints.push(
      complaint(source, at, 'warning', read ? 'this silence names no check' : 'this silence cannot be read', `write ${form}`),
    );
    return;
  }
  const over = read[1] === 'ignore-file' ? null : nextLine(source.text, start + line.length);
  silences.push({ source, at, ids, over, used: new Set() });
};

/** A chain by where its table begins, and by its name: a stream may hold tables of one name. */
const chainKey = (text: string, at: number, chain: string): string => `${text.lastIndexOf('\n*', at)} ${chain}`;

const readRule = (source: Source, start: number, line: string, silences: Silence[]): void => {
  const [, chain] = /(?:^|\s)(?:-A|--append)\s+(\S+)/.exec(line) ?? [];
  for (const comment of line.matchAll(/--comment[\s=]+(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+))/g)) {
    const value = comment[1] ?? comment[2] ?? comment[3]!;
    const ignore = /(?:^|\s)iptlint:ignore=([\w-]+(?:,[\w-]+)*)/.exec(value);
    if (!ignore) continue;
    const word = `iptlint:ignore=${ignore[1]}`;
    const from = start + line.indexOf(word, comment.index);
    silences.push({
      source,
      at: { start: from, end: from + word.length },
      ids: ignore[1]!.split(','),
      over: { start, end: start + line.length },
      ...(chain === undefined ? {} : { chain: chainKey(source.text, start, chain) }),
      used: new Set(),
    });
  }
};

/** The first line after `from` that is neither blank nor a comment; an empty span at the end where there is none. */
const nextLine = (text: string, from: number): Span => {
  for (let start = from + 1; start < text.length; ) {
    const end = lineEnd(text, start);
    if (!/^\s*(?:#|$)/.test(text.slice(start, end))) return { start, end };
    start = end + 1;
  }
  return { start: text.length + 1, end: text.length + 1 };
};

const lineEnd = (text: string, from: number): number => {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
};
