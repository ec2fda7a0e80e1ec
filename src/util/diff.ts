/** A unified diff of two texts by lines, as `diff -u` prints it (Myers' algorithm, Algorithmica 1986, with its cost bounded). */

/** The diff, or nothing where the texts are equal. */
export const unifiedDiff = (before: string, after: string, name: string, context = 3): string => {
  if (before === after) return '';
  const old = linesOf(before);
  const now = linesOf(after);
  const steps = compare(old, now);

  const out = [`--- ${name}`, `+++ ${name}`];
  for (let index = 0; index < steps.length; ) {
    if (steps[index]!.sign === ' ') {
      index++;
      continue;
    }
    // A hunk: from `context` lines before a change to `context` after the last one that is near enough.
    const from = Math.max(0, index - context);
    let end = index;
    for (let at = index; at < steps.length && at <= end + 2 * context; at++) if (steps[at]!.sign !== ' ') end = at;
    const to = Math.min(steps.length, end + context + 1);
    const hunk = steps.slice(from, to);
    const sides = [hunk.filter(({ sign }) => sign !== '+').length, hunk.filter(({ sign }) => sign !== '-').length] as const;
    const first = hunk[0]!;
    out.push(`@@ -${place(first.old, sides[0])} +${place(first.now, sides[1])} @@`);
    for (const { sign, text } of hunk) {
      out.push(`${sign}${text.replace(/\n$/, '')}`);
      if (!text.endsWith('\n')) out.push('\\ No newline at end of file');
    }
    index = to;
  }
  return `${out.join('\n')}\n`;
};

const place = (start: number, length: number): string => {
  const line = length === 0 ? start : start + 1;
  return length === 1 ? `${line}` : `${line},${length}`;
};

interface Step {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
  /** Lines of either text before this one. */
  readonly old: number;
  readonly now: number;
}

const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

const compare = (old: readonly string[], now: readonly string[]): Step[] => {
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
  const kept = matches(old.slice(head, old.length - tail), now.slice(head, now.length - tail)).map(([a, b]): [number, number] => [
    a + head,
    b + head,
  ]);
  const steps: Step[] = [];
  let a = 0;
  let b = 0;
  const walk = (toOld: number, toNow: number): void => {
    for (; a < toOld; a++) steps.push({ sign: '-', text: old[a]!, old: a, now: b });
    for (; b < toNow; b++) steps.push({ sign: '+', text: now[b]!, old: a, now: b });
  };
  const same = (): void => {
    steps.push({ sign: ' ', text: old[a]!, old: a, now: b });
    a++;
    b++;
  };
  while (a < head) same();
  for (const [keptOld, keptNow] of kept) {
    walk(keptOld, keptNow);
    same();
  }
  walk(old.length - tail, now.length - tail);
  while (a < old.length) same();
  return steps;
};

/** Most differing lines that are looked for the shortest way; beyond, the middle is told as one change, which is true, only longer. */
const bound = 2000;

/** Pairs of equal lines of a longest common subsequence, in order. */
const matches = (old: readonly string[], now: readonly string[]): [number, number][] => {
  const limit = Math.min(old.length + now.length, bound);
  const trails: Int32Array[] = [];
  const furthest = new Int32Array(2 * limit + 2);
  for (let cost = 0; cost <= limit; cost++) {
    trails.push(furthest.slice(limit - cost, limit + cost + 2));
    for (let diagonal = -cost; diagonal <= cost; diagonal += 2) {
      const goesDown = diagonal === -cost || (diagonal !== cost && furthest[limit + diagonal - 1]! < furthest[limit + diagonal + 1]!);
      let a = goesDown ? furthest[limit + diagonal + 1]! : furthest[limit + diagonal - 1]! + 1;
      let b = a - diagonal;
      while (a < old.length && b < now.length && old[a] === now[b]) {
        a++;
        b++;
      }
      furthest[limit + diagonal] = a;
      if (a >= old.length && b >= now.length) return backtrack(trails, cost, old.length, now.length);
    }
  }
  return [];
};

const backtrack = (trails: readonly Int32Array[], cost: number, lengthOld: number, lengthNow: number): [number, number][] => {
  const pairs: [number, number][] = [];
  let a = lengthOld;
  let b = lengthNow;
  for (let step = cost; step > 0; step--) {
    const trail = trails[step]!;
    const at = (diagonal: number): number => trail[diagonal + step]!;
    const diagonal = a - b;
    const cameDown = diagonal === -step || (diagonal !== step && at(diagonal - 1) < at(diagonal + 1));
    const from = cameDown ? diagonal + 1 : diagonal - 1;
    const startOld = at(from);
    const startNow = startOld - from;
    const afterOld = cameDown ? startOld : startOld + 1;
    while (a > afterOld) pairs.push([--a, --b]);
    a = startOld;
    b = startNow;
  }
  while (a > 0 && b > 0) pairs.push([--a, --b]);
  return pairs.reverse();
};
