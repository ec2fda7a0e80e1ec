/**
 * Real rulesets and the kernel: no rule that is called dead is met by packets made after its own conditions or around what its ruleset mentions,
 * and the packet told of a live rule, where a fresh single one can be told, meets it.
 */
import { describe, expect, it } from 'vitest';
import { corpus } from '../helpers/corpus.js';
import { type Backend, unavailable } from './harness.js';
import { Random } from './random.js';
import { judge } from './real.js';

const rounds = Number(process.env.IPTLINT_KERNEL_ROUNDS ?? 3);
const firstSeed = Number(process.env.IPTLINT_KERNEL_SEED ?? 1);
const perRound = 12;
const mostRules = rounds > 20 ? 5000 : 150;

const backend: Backend = 'legacy';
const reason =
  unavailable(backend, 4) ?? unavailable(backend, 6) ?? (corpus.length === 0 ? 'no ../shared/corpus beside this folder' : null);

const sample = (): typeof corpus => {
  const random = new Random(firstSeed);
  return corpus
    .filter((entry) => entry.loads && entry.rules > 0 && entry.rules <= mostRules)
    .map((entry) => ({ entry, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, rounds * perRound)
    .map(({ entry }) => entry);
};

describe.skipIf(reason)(`real rulesets and the kernel${reason ? ` (skipped: ${reason})` : ''}`, () => {
  it(`what is proved of ${rounds * perRound} real rulesets holds in the kernel`, { timeout: rounds * 40_000 }, async () => {
    const wrong: string[] = [];
    let dead = 0;
    let controls = 0;
    let controlsMet = 0;
    let asked = 0;
    let rose = 0;
    for (const entry of sample()) {
      const options = { family: entry.family, seed: new Random(firstSeed), perDead: 6, around: 200, witnesses: 40, controls: 10 };
      // Some load with one back end only.
      const found = await judge(entry.text(), { ...options, backend }).catch(() => judge(entry.text(), { ...options, backend: 'nft' }));
      dead += found.dead;
      controls += found.controls;
      controlsMet += found.controlsMet;
      asked += found.asked;
      rose += found.rose;
      for (const { line, text } of found.met) wrong.push(`${entry.path}: line ${line} is called dead and was met: ${text}`);
      for (const { line, text, passage, answer, why } of found.missed)
        if (why === null)
          wrong.push(
            `${entry.path}: line ${line} ${text}\n  ${JSON.stringify(passage.packet)} ${passage.hook} met ${answer.matched}, became ${answer.became}`,
          );
    }
    expect(wrong.join('\n')).toBe('');
    expect(dead).toBeGreaterThan(0);
    // Packets made the same way do meet live rules.
    expect(controlsMet / controls).toBeGreaterThan(0.6);
    expect(rose / asked).toBeGreaterThan(0.95);
  });
});
