/**
 * The language against the real iptables: what lint calls refused is refused, what it passes loads, and fmt prints what iptables-save prints.
 * What depends on the machine and not on the text (modules, sets, names that are looked up) is not judged.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, print } from '../../grammar/index.js';
import { lintText } from '../../src/lint.js';
import { type Backend, unavailable, withKernel } from './harness.js';
import { textOf, type Vector, vectors } from './vectors.js';

const rounds = Number(process.env.IPTLINT_KERNEL_ROUNDS ?? 1);
const firstSeed = Number(process.env.IPTLINT_KERNEL_SEED ?? 1);
const perRound = 240;

interface Outcome {
  readonly loads: boolean;
  readonly error: string;
  readonly saved: string;
}

const ruleLines = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.startsWith('-A'))
    .join('\n');

/** Loads every text afresh, in one shell, and saves its table. */
const askReal = async (tried: readonly Vector[], backend: Backend): Promise<readonly Outcome[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'iptlint-vectors-'));
  try {
    for (const [i, vector] of tried.entries()) writeFileSync(join(folder, `${i}-${vector.family}-${vector.table}.in`), textOf(vector));
    const script = [
      `cd ${folder}`,
      `for f in *.in; do n=\${f%.in}; r=\${n#*-}; p=iptables; [ \${r%%-*} = 6 ] && p=ip6tables`,
      `if $p-${backend}-restore <$f >/dev/null 2>$n.err; then $p-${backend}-save -t \${r#*-} >$n.saved 2>/dev/null; fi; done`,
    ];
    await withKernel({ family: 4, backend, rules: '*filter\nCOMMIT\n', ipset: sets }, (kernel) => kernel.run(script.join('\n')));
    return tried.map(({ family, table }, i) => {
      const file = (kind: string): string | null => {
        try {
          return readFileSync(join(folder, `${i}-${family}-${table}.${kind}`), 'utf8');
        } catch {
          return null; // the shell wrote none
        }
      };
      const saved = file('saved');
      return { loads: saved !== null, error: (file('err') ?? '').replace(/\s+/g, ' '), saved: ruleLines(saved ?? '') };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Sets that the examples name. */
const sets = ['seen', 'services', 'banned', 'classes'].map((name) => `create ${name} hash:ip,port`).join('\n');

/** What the machine decides: modules, sets, host names, users, realms, helpers, cgroups, estimators, objects, timers, labels of security. */
const isOfTheMachine = ({ rule }: Vector, { error }: Outcome): boolean =>
  /missing kernel module|Couldn't load|No such file or directory\)|doesn't exist|getaddrinfo|host\/network|family of set|could not map|owner: Bad value/.test(
    error,
  ) ||
  /invalid port\/service `[a-z]/.test(error) ||
  (/-m (?:cgroup|nfacct|rateest)|-j (?:SECMARK|CT|IDLETIMER)/.test(rule) && /RULE_APPEND failed|line \d+ failed/.test(error));

/** Where the two differ, with what the real one says. */
const differences = (tried: readonly Vector[], outcomes: readonly Outcome[], backend: Backend): readonly string[] =>
  tried.flatMap((vector, i) => {
    const outcome = outcomes[i]!;
    const { family, rule } = vector;
    if (!outcome.loads && isOfTheMachine(vector, outcome)) return [];
    const text = textOf(vector);
    const { diagnostics } = lintText([{ name: 'vector', text }], { family, backend, select: ['load'] });
    const refusals = diagnostics.filter(({ level }) => level === 'error').map(({ message }) => message);
    const where = `v${family} ${vector.table} -A ${vector.chain} ${rule}`;
    if (!outcome.loads) return refusals.length > 0 ? [] : [`refused: ${where}: ${outcome.error}`];
    if (refusals.length > 0) return [`loads: ${where}: ${refusals.join('; ')}`];
    const printed = ruleLines(print(parse(text, { family }).document, { backend }));
    return printed === outcome.saved ? [] : [`prints: ${where}\n  saved   ${outcome.saved}\n  printed ${printed}`];
  });

for (const backend of ['legacy', 'nft'] as const) {
  const reason = unavailable(backend) ?? unavailable(backend, 6);
  describe.skipIf(reason)(`rules bent, ${backend}${reason ? ` (skipped: ${reason})` : ''}`, () => {
    for (let round = 0; round < rounds; round++)
      it(`are judged and printed as by iptables, seed ${firstSeed + round}`, { timeout: 120_000 }, async () => {
        const tried = vectors(perRound, firstSeed + round);
        expect(differences(tried, await askReal(tried, backend), backend)).toEqual([]);
      });
  });
}
