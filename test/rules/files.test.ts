/** Files as files: what iptables-restore 1.8.9 makes of the forms of their lines. Each was asked of both back ends. */
import { describe, expect, it, test } from 'vitest';
import { lintText } from '../../src/lint.js';

type Backend = 'legacy' | 'nft';

/** `line level check` of each finding of category load. */
const told = (text: string, backend?: Backend): string[] =>
  lintText([{ name: 'example', text }], { family: 4, ...(backend && { backend }), select: ['load'] }).diagnostics.map(
    ({ level, check, source, at }) => `${source.position(at.start).line} ${level} ${check}`,
  );

describe('blanks at the beginning of a line', () => {
  test.each(['*filter\n', ':INPUT ACCEPT [0:0]\n', '[1:2] -A INPUT -j ACCEPT\n', 'COMMIT\n'])('refused before %s', (line) => {
    const lines = ['*filter\n', ':INPUT ACCEPT [0:0]\n', '[1:2] -A INPUT -j ACCEPT\n', 'COMMIT\n'];
    const at = lines.indexOf(line);
    for (const blanks of [' ', '\t'])
      expect(told(lines.map((other) => (other === line ? blanks + other : other)).join(''))).toEqual([`${at + 1} error syntax-error`]);
  });

  it('taken before a command', () => expect(told('*filter\n  -N WEB\n\t-A INPUT -j WEB\nCOMMIT\n')).toEqual([]));

  it('told once a table', () => {
    const text = '  *filter\n  :INPUT DROP [0:0]\n  -A INPUT -i lo -j ACCEPT\n  COMMIT\n';
    const { diagnostics } = lintText([{ name: 'example', text }], { select: ['load'] });
    expect(diagnostics.map(({ related }) => related.length)).toEqual([2]);
  });

  it('no matter to the output of iptables -S', () => expect(told('  -P INPUT DROP\n  [1:2] -A INPUT -i lo -j ACCEPT\n')).toEqual([]));
});

describe('a last COMMIT without a line end', () => {
  const text = '*filter\n-A INPUT -i lo -j ACCEPT\nCOMMIT';
  test.each<[Backend | undefined, string[]]>([
    ['legacy', ['3 error missing-commit']],
    ['nft', []],
    [undefined, ['3 info missing-commit']],
  ])('%s', (backend, expected) => expect(told(text, backend)).toEqual(expected));
});

test('a command that lists is refused behind COMMIT', () => expect(told('*filter\n-L\nCOMMIT\n-L\n')).toEqual(['4 error syntax-error']));

test('-N takes no name of a target, a declaration does', () => {
  expect(told('*filter\n-N LOG\n-A INPUT -j LOG\nCOMMIT\n')).toEqual(['2 error chain-name']);
  expect(told('*filter\n:LOG - [0:0]\n-A INPUT -j LOG\nCOMMIT\n')).toEqual(['2 warning chain-name']);
});

describe('a policy before -X or -Z', () => {
  const lost = '*filter\n:INPUT DROP [0:0]\n-X\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n';
  test.each<[string, string, Backend | undefined, string[]]>([
    ['is lost in an empty chain', lost, 'nft', ['2 error bad-policy']],
    ['is lost with one of the back ends', lost, undefined, ['2 warning bad-policy']],
    ['stays with legacy', lost, 'legacy', []],
    ['is lost in a chain emptied by -F', '*filter\n:INPUT DROP\n:FORWARD ACCEPT\n-F\n-X\nCOMMIT\n', 'nft', ['2 error bad-policy']],
    ['stays where rules stand in the chain', '*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-X\nCOMMIT\n', 'nft', []],
    ['is lost at -Z, filled or not', '*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-Z\nCOMMIT\n', 'nft', ['2 error bad-policy']],
    ['stays at -Z of another chain', '*filter\n:INPUT DROP [0:0]\n-Z FORWARD\nCOMMIT\n', 'nft', []],
    ['stays at -Z before it', '*filter\n-Z\n:INPUT DROP [0:0]\nCOMMIT\n', 'nft', []],
    ['may be set again', '*filter\n:INPUT DROP [0:0]\n-X\n-P INPUT DROP\nCOMMIT\n', 'nft', []],
    ['stays if one chain is deleted', '*filter\n:INPUT DROP [0:0]\n:WEB - [0:0]\n-X WEB\nCOMMIT\n', 'nft', []],
    ['stays in a script', 'iptables -P INPUT DROP\niptables -X\niptables -A INPUT -i lo -j ACCEPT\n', 'nft', []],
  ])('%s', (_title, text, backend, expected) => expect(told(text, backend)).toEqual(expected));
});
