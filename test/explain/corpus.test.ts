/** Every rule of real rulesets, and every rule that the real iptables takes, is explained in whole sentences: nothing empty, broken, doubled or left raw. */
import { describe, expect, test } from 'vitest';
import { parse, type RuleNode } from '../../grammar/index.js';
import { explainChain } from '../../src/explain/chain.js';
import { toMarkdown, toText } from '../../src/explain/layout.js';
import { explainRuleset, pageBlocks } from '../../src/explain/page.js';
import { wordsOf } from '../../src/explain/sentence.js';
import { resolve } from '../../src/model/resolve.js';
import type { Rule } from '../../src/model/ruleset.js';
import { acceptedRules } from '../helpers/conformance.js';
import { corpus } from '../helpers/corpus.js';

/** Other people's words: what stands in quotes, and names of interfaces, chains, sets, users ... */
const withoutNames = (sentence: string): string =>
  sentence
    .replace(/[0-9a-f:]*::[0-9a-f:.]*(?=[-/\s.,:)])/g, (address) => (address.endsWith('.') ? 'A.' : 'A'))
    .replace(/"(?:[^"\\]|\\.)*"/gs, 'Q')
    .replace(/(\d) \(\S+\)(?= for|,| and|\.)/g, '$1 (N)')
    .replace(/'-[^']*'(?= \((?:not understood|a target))/gs, 'Q')
    .replace(
      /\b(chains?|[Jj]ump to|arriving on|leaving by|(?:interface|bridge port)(?: but)?|list|(?:in|to|from|that) set|in sets \S+ and|sets|user|group|object|helper|table|timeouts|timer|of) (?!(?:the|any|an?|no|none|type|connections|related|established|new|every|port|from|to|of|with|arriving|leaving) |\()\S+?(?=[.,:;)]*(?:\s|$))/g,
      '$1 N',
    );

const isBalanced = (text: string): boolean => {
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth++;
    if (character === ')' && --depth < 0) return false;
  }
  return depth === 0;
};

/** What a sentence holds that no sentence should. */
const faultsIn = (sentence: string): readonly string[] => {
  const own = withoutNames(sentence);
  const faults: readonly (readonly [boolean, string])[] = [
    [/undefined|null|NaN|\[object/.test(own), 'an empty value'],
    [/ {2}|\s[,.;:]|,,|\(\)|\( | \)|: ?\.|[,;:.]\.$/.test(own), 'broken punctuation'],
    [/\b([a-z]{2,}) \1\b/i.test(own), 'a doubled word'],
    [
      /\b(?:from|to|on|by|of|with|for|and|or|but|any|whose|that)[.,:]|\b(?:from|to|of|with|for) (?:from|to|of|with|arriving|leaving)\b/.test(
        own,
      ),
      'a word without its end',
    ],
    [/packets packets|connections packets|packets connections|connections of \w+ connections/.test(own), 'a doubled noun'],
    [!/^[A-Z]/.test(sentence), 'no capital'],
    [!sentence.endsWith('.'), 'no full stop'],
    [own.includes('"') || !isBalanced(own), 'unbalanced quotes or brackets'],
    [/(?:^|[\s(])--?[a-z]/.test(own), 'an option as it is written'],
    [/\d to (?:4294967295|18446744073709551615)\b/.test(own), 'a number that stands for "all"'],
  ];
  return faults.flatMap(([holds, fault]) => (holds ? [fault] : []));
};

/** Every option of the rule is known, and its value was read: nothing of it may be quoted. */
const isRead = ({ matches, target, whole }: RuleNode): boolean =>
  whole &&
  [...matches, ...(target ? [target] : [])].every(({ spec, options }) => spec !== null && options.every((option) => option.spec !== null));

const faultsOf = (rule: Rule): readonly string[] => {
  const { sentence } = wordsOf(rule);
  const isQuoted = /\((?:not understood|a target that is not known)\)|could not be read/.test(sentence);
  return [...faultsIn(sentence), ...(isQuoted && isRead(rule.node) ? ['"not understood" of what the catalogue knows'] : [])];
};

const report = (rule: Rule, name: string): readonly string[] => {
  const faults = faultsOf(rule);
  const text = rule.chain.table.ruleset.source.slice(rule.node);
  return faults.length > 0 ? [`${name}: ${text}\n  ${wordsOf(rule).sentence} (${faults.join(', ')})`] : [];
};

describe('the check itself', () => {
  test.each([
    ['Accept packets from to port 22.', 'a word without its end'],
    ['Accept TCP packets packets.', 'a doubled word'],
    ['Accept packets  arriving on eth0.', 'broken punctuation'],
    ['Accept undefined.', 'an empty value'],
    ['accept every packet.', 'no capital'],
    ['Accept every packet', 'no full stop'],
    ['Log every packet with prefix "a.', 'unbalanced quotes or brackets'],
    ['Accept packets to port 22 (ssh.', 'unbalanced quotes or brackets'],
    ['Accept packets with --rt-0-res.', 'an option as it is written'],
    ['Accept packets with SPI 3 to 4294967295.', 'a number that stands for "all"'],
  ])('%s', (sentence, fault) => {
    expect(faultsIn(sentence)).toContain(fault);
  });
  test('is silent on a sound one', () => {
    expect(
      faultsIn('Log new TCP connections to port 22 (ssh) arriving on to-to, whose source is in set -x--y(, with prefix "to to: --x ".'),
    ).toEqual([]);
  });
});

describe.skipIf(acceptedRules.length === 0)('rules that the real iptables takes', () => {
  test('every rule is said in whole words', () => {
    const faulty: string[] = [];
    let count = 0;
    for (const { id, family, table, chain, rule } of acceptedRules)
      for (const { rules } of resolve(parse(`*${table}\n-A ${chain} ${rule}\nCOMMIT\n`, { family }).document).rulesets)
        for (const each of rules) {
          count++;
          faulty.push(...report(each, id));
        }
    expect(faulty.slice(0, 20)).toEqual([]);
    expect(count).toBeGreaterThan(1_500);
  });
});

describe.skipIf(corpus.length === 0)('real rulesets', () => {
  test('every rule is said in whole words', () => {
    const faulty: string[] = [];
    let count = 0;
    for (const { path, family, text } of corpus)
      for (const { rules } of resolve(parse(text(), { family }).document).rulesets)
        for (const rule of rules) {
          count++;
          faulty.push(...report(rule, path));
        }
    expect(faulty.slice(0, 20)).toEqual([]);
    expect(count).toBeGreaterThan(10_000);
  });

  test('what is told of chains is whole, too', () => {
    const faulty: string[] = [];
    for (const { path, family, text } of corpus)
      for (const { tables } of resolve(parse(text(), { family, name: path }).document).rulesets)
        for (const table of tables.values())
          for (const chain of table.chains.values()) {
            const { summary, calledBy, fallsThrough } = explainChain(chain, 0);
            for (const words of [summary, ...calledBy, ...(fallsThrough === '' ? [] : [fallsThrough])]) {
              const faults = faultsIn(words.replace(/^\d+ rules: /, 'Rules: '));
              if (faults.length > 0) faulty.push(`${path} ${chain.name}: ${words} (${faults.join(', ')})`);
            }
          }
    expect(faulty.slice(0, 20)).toEqual([]);
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
