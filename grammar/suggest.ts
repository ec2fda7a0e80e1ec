/** Did you mean: the known word nearest to a mistyped one. */
import { distance } from 'fastest-levenshtein';

/** How many letters two words differ in, whatever their case. */
export const lettersApart = (word: string, other: string): number => distance(word.toLowerCase(), other.toLowerCase());

/** The nearest candidate, if it is near enough to be meant (a third of the word's letters, two at least, may differ). */
export const suggest = (word: string, candidates: Iterable<string>): string | undefined => {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const d = lettersApart(word, candidate);
    if (d < least) {
      least = d;
      best = candidate;
    }
  }
  return best;
};

/** Two neighbouring letters of a word have changed places. */
export const isSwapped = (word: string, meant: string): boolean => {
  if (word.length !== meant.length || word === meant) return false;
  let at = 0;
  while (word[at] === meant[at]) at++;
  return word[at] === meant[at + 1] && word[at + 1] === meant[at] && word.slice(at + 2) === meant.slice(at + 2);
};
