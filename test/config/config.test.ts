/** The configuration file: its schema is a JSON Schema, and reading it agrees with that. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readConfig } from '../../src/config/read.js';
import { configSchema } from '../../src/config/schema.js';

const validate = new Ajv2020({ strict: true }).compile(configSchema);

describe('what the schema says, reading says', () => {
  test.each<[config: unknown, isGood: boolean]>([
    [{}, true],
    [{ select: ['all'], ignore: ['nat'], levels: { 'shadowed-rule': 'off' } }, true],
    [{ family: 6, backend: 'nft', effort: 'high', managed: 'full', 'inline-silence': false, baseline: 'b.json' }, true],
    [{ context: { ipset: 'a', addresses: 'b', routes: 'c', sysctl: 'd' } }, true],
    [{ overrides: [{ files: ['a'], chains: ['b'], select: ['c'] }, {}] }, true],
    [{ selct: [] }, false],
    [{ select: 'nat' }, false],
    [{ select: [1] }, false],
    [{ levels: { a: 'loud' } }, false],
    [{ levels: [] }, false],
    [{ family: '4' }, false],
    [{ family: 5 }, false],
    [{ 'inline-silence': 'no' }, false],
    [{ context: { ipsets: 'a' } }, false],
    [{ overrides: { files: [] } }, false],
    [{ overrides: [{ files: [] }] }, false],
    [{ overrides: [{ levels: { a: 1 } }] }, false],
    [[], false],
    ['text', false],
  ])('%j: %s', (config, isGood) => {
    expect(validate(config)).toBe(isGood);
    expect('config' in readConfig(stringify(config))).toBe(isGood);
    expect('config' in readConfig(JSON.stringify(config))).toBe(isGood);
  });
});

test('an empty file is an empty configuration', () => {
  expect(readConfig('')).toEqual({ config: {} });
  expect(readConfig('# only words\n')).toEqual({ config: {} });
});

test('off, yes and 0x10 are texts and numbers of YAML 1.2, not surprises', () => {
  expect(readConfig('levels: { a: off }')).toEqual({ config: { levels: { a: 'off' } } });
});

test.each([
  ['ignore: [a', 1],
  ['ignore: []\nignore: []', 2],
  ['a: &a [*a]', 1],
  ['!!js/function x', 1],
])('what is no YAML, or worse: %s', (text, line) => {
  const read = readConfig(text);
  expect('problems' in read && read.problems[0]?.line).toBe(line);
});
