/** The real engine behind the command line: what the catalogue promises of silences holds. */
import { describe, expect, test, vi } from 'vitest';
import { realEngine } from '../../src/commands/real-engine.js';
import { uselessSilence } from '../../src/diagnostic/useless-silence.js';
import { call } from './call.js';

vi.setConfig({ testTimeout: 60_000 });

const whole = (rules: string): string => `*filter\n:INPUT ACCEPT [0:0]\n${rules}\nCOMMIT\n`;
const told = async (rules: string): Promise<string[]> => {
  const { stdout } = await call(['-f', 'json'], { stdin: whole(rules), engine: 'real' });
  return JSON.parse(stdout).findings.map(({ rule }: { rule: string }) => rule);
};

describe('the examples of useless-silence', () => {
  test.each(uselessSilence.examples.find.map(({ title, text }) => [title, text]))('told: %s', async (_title, text) => {
    expect(await told(text)).toContain('useless-silence');
  });
  const hasCheck = realEngine.checks.some(({ id }) => id === 'shadowed-rule');
  test.skipIf(!hasCheck).each(uselessSilence.examples.leave.map(({ title, text }) => [title, text]))(
    'left alone: %s',
    async (_title, text) => {
      expect(await told(text)).not.toContain('useless-silence');
    },
  );
});

test('every check of the catalogue has its page, in every form', async () => {
  const ids = realEngine.checks.map(({ id }) => id);
  expect(new Set([...ids, uselessSilence.id]).size).toBe(ids.length + 1);
  for (const id of ids) {
    for (const format of ['full', 'json', 'markdown']) {
      const { stdout, code } = await call(['rules', id, '-f', format], { engine: 'real' });
      expect(code).toBe(0);
      expect(stdout).toContain(id);
    }
  }
});

test('--family and --backend reach the engine', async () => {
  const v6 = await call(['-f', 'json', '--family', '6'], { stdin: whole('-A INPUT -j ACCEPT'), engine: 'real' });
  expect(JSON.parse(v6.stdout).inputs[0].family).toBe(6);
});
