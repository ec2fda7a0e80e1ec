/** docs/rules: what `iptlint rules` tells, as pages. Written by `npm run docs`, held here to what the checks say of themselves. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { realEngine } from '../../src/commands/real-engine.js';
import { type Category, categories } from '../../src/diagnostic/diagnostic.js';
import type { CheckDescriptor } from '../../src/diagnostic/result.js';
import { uselessSilence } from '../../src/diagnostic/useless-silence.js';
import { call } from '../commands/call.js';
import { expectDocument } from '../helpers/document.js';

const folder = fileURLToPath(new URL('../../docs/rules/', import.meta.url));

/** What the checks of a category have in common. */
const about: Readonly<Record<Category, string>> = {
  load: 'What `iptables-restore` or the kernel would refuse, or would read otherwise than it is written.',
  reachability: 'Rules and chains that no packet meets, or whose removal would change nothing.',
  nat: 'Translation that loses connections, or translates what it should not.',
  security: 'What the ruleset lets in, or fails to keep out.',
  platform: 'Rules that get in the way of Docker, Kubernetes or a front end, or that the settings of the host undo.',
  performance: 'Rulesets that cost more for each packet than they need to.',
  style: 'What works and could be said better.',
  meta: 'What iptlint itself did not read, does not know, or was told to be silent about without cause.',
};

const listed = async (): Promise<readonly CheckDescriptor[]> =>
  JSON.parse((await call(['rules', '-f', 'json'], { engine: 'real' })).stdout);
const ids = [...new Set([...realEngine.checks, uselessSilence].map(({ id }) => id))];

const cell = (text: string): string => text.replaceAll('|', '\\|');

describe('docs/rules', () => {
  test.each(ids)('%s.md is what `iptlint rules` says', async (id) => {
    const { stdout, code } = await call(['rules', id, '-f', 'markdown'], { engine: 'real' });
    expect(code).toBe(0);
    expectDocument(`docs/rules/${id}.md`, stdout);
  });

  test('README.md lists them by category', async () => {
    const checks = await listed();
    expect(checks.map(({ id }) => id).sort()).toEqual([...ids].sort());
    const sections = categories.flatMap((category) => {
      const own = checks.filter((check) => check.category === category);
      if (own.length === 0) return [];
      const rows = own.map(({ id, level, summary }) => `| [\`${id}\`](${id}.md) | ${level} | ${cell(summary)} |`);
      return [`## ${category}`, '', about[category], '', '| check | level | finds |', '| --- | --- | --- |', ...rows, ''];
    });
    expectDocument(
      'docs/rules/README.md',
      [
        '# The checks',
        '',
        'Each page says what the check finds, why it matters and what to do, with rulesets that it tells of and rulesets that it leaves alone;',
        'what stands under an example is what iptlint says of it. `iptlint rules ID` shows the same page in the terminal.',
        'A check whose level is `off` runs when it is asked for: `--select ID`, or a level for it.',
        '',
        ...sections,
      ].join('\n'),
    );
  });

  test('holds no page of a check that is gone', () => {
    const left = readdirSync(folder).filter((file) => file !== 'README.md' && !ids.includes(file.replace(/\.md$/, '')));
    if (process.env.UPDATE_DOCS === '1') for (const file of left) rmSync(join(folder, file));
    else expect(left).toEqual([]);
  });
});
