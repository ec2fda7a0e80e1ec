/** Every rule of real rulesets is explained, in whole words: nothing empty, broken or doubled. */
import { describe, expect, test } from 'vitest';
import { parse } from '../../grammar/index.js';
import { toMarkdown, toText } from '../../src/explain/layout.js';
import { explainRuleset, pageBlocks } from '../../src/explain/page.js';
import { wordsOf } from '../../src/explain/sentence.js';
import { resolve } from '../../src/model/resolve.js';
import { corpus } from '../helpers/corpus.js';

/** What a sentence holds that no sentence should; quoted words and names of chains are other people's. */
const faultsIn = (sentence: string): readonly string[] => {
  const own = sentence
    .replaceAll('::', ':0')
    .replace(/"(?:[^"\\]|\\.)*"/gs, 'Q')
    .replace(/(chains?|jump to|list|set|user|group|object|helper|table) \S+?(?=[.,:;)]*(?:\s|$))/gi, '$1 N');
  return [
    [/undefined|null|NaN|\[object/, 'an empty value'],
    [/ {2}|\s[,.;]|,,|\(\)|\( | \)|: ?\.|\.\.$/, 'broken punctuation'],
    [/\b([a-z]{2,}) \1\b/i, 'a doubled word'],
    [/\b(?:from|to|on|by|of|with|for|and|or|but|any)[.,:]/, 'a word without its end'],
    [/packets packets|connections packets|packets connections/, 'a doubled noun'],
    [/^(?![A-Z0-9"'])|[^.]$/, 'no sentence'],
  ].flatMap(([pattern, fault]) => ((pattern as RegExp).test(own) ? [fault as string] : []));
};

describe.skipIf(corpus.length === 0)('real rulesets', () => {
  test('every rule is said in whole words', () => {
    const faulty: string[] = [];
    let count = 0;
    for (const { path, family, text } of corpus)
      for (const { rules, source } of resolve(parse(text(), { family }).document).rulesets)
        for (const rule of rules) {
          count++;
          const { sentence } = wordsOf(rule);
          const faults = faultsIn(sentence);
          if (faults.length > 0) faulty.push(`${path}: ${source.slice(rule.node)}\n  ${sentence} (${faults.join(', ')})`);
        }
    expect(faulty.slice(0, 20)).toEqual([]);
    expect(count).toBeGreaterThan(10_000);
  });

  test('every ruleset has its page, as text and as Markdown', () => {
    for (const { path, family, text } of corpus) {
      for (const ruleset of resolve(parse(text(), { family, name: path }).document).rulesets) {
        const page = explainRuleset(ruleset, { sets: null, mostRules: 10 });
        const blocks = pageBlocks(page);
        const written = toText(blocks, 100);
        expect(written, path).not.toMatch(/undefined|NaN|\[object|\bnull\b/);
        expect(toMarkdown(blocks), path).not.toMatch(/undefined|NaN|\[object/);
        for (const { endpoints } of page.kubernetes?.services ?? []) {
          const sum = endpoints.reduce((total, { share }) => total + share, 0);
          if (endpoints.length > 0) expect(sum, path).toBeLessThan(1 + 1e-4);
        }
      }
    }
  });
});
