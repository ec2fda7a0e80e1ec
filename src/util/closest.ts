/** Did you mean: the nearest of the known words, by letters added, dropped, changed or swapped. */

/** The word nearest to `word`, where it is near enough to be a slip (about one letter in three); null otherwise. */
export const closest = (word: string, known: Iterable<string>): string | null => {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const steps = distance(word.toLowerCase(), candidate.toLowerCase());
    if (steps < least) {
      least = steps;
      best = candidate;
    }
  }
  return best;
};

/** Damerau-Levenshtein distance (optimal string alignment), three rows at a time. */
const distance = (from: string, to: string): number => {
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let steps = Math.min(above[column]! + 1, current[column - 1]! + 1, above[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1])
        steps = Math.min(steps, before[column - 2]! + 1);
      current.push(steps);
    }
    before = above;
    above = current;
  }
  return above[to.length]!;
};
