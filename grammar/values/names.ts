/**
 * Names out of a fixed set, alone or in lists separated by commas. How extensions read them differs: some take any case, some take
 * abbreviations, some both (each told in its extension; measured with 1.8.9).
 */
import { defineValue, Fault, type ValueType } from './value.js';

/** How names of a set are read. */
export interface Reading<N extends string> {
  /** The set, in the order that it is searched; an abbreviation means the first that begins with it. */
  readonly names: readonly N[];
  /** What a name stands for, for messages: "connection state". */
  readonly what: string;
  /** `new` means `NEW`. */
  readonly anyCase?: boolean;
  /** `EST` means `ESTABLISHED`. `unambiguous`: refused where two names begin so. */
  readonly abbreviations?: 'first' | 'unambiguous';
  /** Other spellings that are read. */
  readonly aliases?: Readonly<Record<string, N>>;
}

/** The name that a word means, or what is wrong with the word. */
export const readName = <N extends string>(word: string, { names, what, anyCase, abbreviations, aliases }: Reading<N>): N | Fault => {
  const fold = (text: string): string => (anyCase ? text.toLowerCase() : text);
  const wanted = fold(word);
  for (const [alias, name] of Object.entries<N>(aliases ?? {})) if (fold(alias) === wanted) return name;
  const same = names.find((name) => fold(name) === wanted);
  if (same !== undefined) return same;
  if (abbreviations && word !== '') {
    const meant = names.filter((name) => fold(name).startsWith(wanted));
    if (meant.length === 1 || (meant.length > 1 && abbreviations === 'first')) return meant[0]!;
    if (meant.length > 1) return new Fault(`"${word}" may mean ${meant.slice(0, -1).join(', ')} or ${meant.at(-1)}`);
  }
  return word === ''
    ? new Fault(`a ${what} is missing`)
    : new Fault(`"${word}" is not a ${what} (${names.join(' ')})`, { word, among: names });
};

/** "a", "a or b", "a, b or c". */
export const sayAlternatives = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** "a", "a and b", "a, b and c". */
export const sayTogether = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

/** One name of the set. */
export const oneName = <N extends string>(reading: Reading<N>, say: (name: N) => string = (name) => name): ValueType<N> =>
  defineValue<N>({
    arity: 1,
    isFew: true,
    expects: `a ${reading.what}: ${sayAlternatives(reading.names)}`,
    parse: ({ 0: word }) => readName(word!, reading),
    print: (name) => name,
    say,
  });

/** How a list is read and printed. */
export interface ListReading<N extends string> extends Reading<N> {
  /** The order in which iptables-save prints; that of `names` where absent. */
  readonly order?: readonly N[];
  /** Empty parts (`NEW,,INVALID`) are passed over, where others refuse them. */
  readonly emptyParts?: boolean;
}

/** Names separated by commas: a set, each once, in the order that iptables-save prints. */
export const nameList = <N extends string>(reading: ListReading<N>, say: (name: N) => string = (name) => name): ValueType<readonly N[]> =>
  defineValue<readonly N[]>({
    arity: 1,
    isFew: true,
    expects: `a list of ${reading.names.join(', ')}, separated by commas`,
    parse: ({ 0: word }) => {
      const given = new Set<N>();
      for (const part of word!.split(',')) {
        if (part === '' && reading.emptyParts) continue;
        const name = readName(part, reading);
        if (name instanceof Fault) return name;
        given.add(name);
      }
      return (reading.order ?? reading.names).filter((name) => given.has(name));
    },
    print: (names) => names.join(','),
    say: (names) => sayAlternatives(names.map(say)),
  });
