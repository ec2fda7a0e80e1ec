/** The examples of every extension hold: what is printed, what is said, what is refused. */
import { describe, expect, test } from 'vitest';
import { matchSpecs, targetSpecs } from '../../grammar/extensions/catalogue.js';
import type { Example } from '../../grammar/extensions/define.js';
import { parse, printRule } from '../../grammar/index.js';
import { sayRule } from '../../src/explain/sentence.js';

const read = (example: Example) => {
  const { rule, family = 4, table = 'filter', chain = 'INPUT' } = example;
  const { document, problems } = parse(`*${table}\n-A ${chain} ${rule}\nCOMMIT\n`, { family });
  const [node] = document.items.flatMap((item) => (item.kind === 'table' ? item.items.filter((line) => line.kind === 'rule') : []));
  return { node, problems, family };
};

const examples = [...matchSpecs, ...targetSpecs].flatMap((spec) =>
  spec.examples.map((example) => [`${spec.kind} ${spec.name === '' ? 'built-in' : spec.name}: ${example.rule}`, spec, example] as const),
);

test('every extension has examples', () => {
  for (const spec of [...matchSpecs, ...targetSpecs]) expect(spec.examples.length, spec.name).toBeGreaterThan(0);
});

describe('taken', () => {
  test.each(examples.filter(([, , { refused }]) => refused === undefined))('%s', (_name, _spec, example) => {
    const { node, problems, family } = read(example);
    expect(problems.filter(({ severity, backend }) => severity === 'error' && !backend).map(({ message }) => message)).toEqual([]);
    const printed = ['legacy', 'nft'].map((backend) => printRule(node!, { family, backend: backend as 'legacy' | 'nft' }).join('\n'));
    expect(printed).toContain(example.saved ?? example.rule);
    const { sentence, comments } = sayRule(node!, { family, hook: null, policy: null, isChain: () => false });
    const words = [sentence, ...comments].join(' ').toLowerCase();
    if (example.says !== undefined) expect(words).toContain(example.says.toLowerCase());
  });
});

/** What only table, hook or matches beside it refuse is the checks' to tell. */
describe('refused', () => {
  test.each(examples.filter(([, , { refused }]) => refused !== undefined))('%s', (_name, _spec, example) => {
    const { problems } = read(example);
    expect(problems.map(({ message }) => message).join('\n')).toContain(example.refused);
  });
});
