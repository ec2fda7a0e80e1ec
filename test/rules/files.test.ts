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

describe('chains that no line declares', () => {
  const undefinedIn = (text: string) =>
    lintText([{ name: 'example', text }], { family: 4, select: ['undefined-chain'] }).diagnostics.map(
      ({ level, certainty, message, related }) => `${level} ${certainty} ${related.length} ${message}`,
    );

  it('may be meant to be there already, where a table only adds to others: told once', () => {
    const text =
      '*filter\n-N GUESTS\n-A GUESTS -j ACCEPT\n-A INPUT_ZONES -i eth1 -g GUESTS\n-A FORWARD_ZONES -i eth1 -g FWD_guests\nCOMMIT\n';
    expect(undefinedIn(text)).toEqual([
      'warning possible 1 no line declares the chains INPUT_ZONES, FORWARD_ZONES and FWD_guests: iptables-restore stops here, unless it runs with --noflush and the kernel holds them already',
    ]);
  });

  it('may be meant so where no rule stands in a built-in chain', () => {
    const text = '*nat\n:SVC - [0:0]\n-A SVC -d 192.0.2.1/32 -j MARK-DROP\nCOMMIT\n';
    expect(undefinedIn(text)).toEqual([
      'warning possible 0 no line declares the chain MARK-DROP: iptables-restore stops here, unless it runs with --noflush and the kernel holds it already',
    ]);
  });

  it('is told once for all tables, each name once', () => {
    const text = ['mangle', 'nat'].map(
      (table) => `*${table}\n:GUESTS - [0:0]\n-A ZONES -i eth1 -g GUESTS\n-A ${table}_more -j GUESTS\nCOMMIT\n`,
    );
    expect(undefinedIn(text.join(''))).toEqual([
      'warning possible 3 no line declares the chains ZONES, mangle_more and nat_more: iptables-restore stops here, unless it runs with --noflush and the kernel holds them already',
    ]);
  });

  it('is missing where it is one name alone', () => {
    expect(undefinedIn('*filter\n-A ZONES -i eth1 -j ACCEPT\nCOMMIT\n')).toEqual([
      'error proved 0 rules are added to ZONES, a chain that no line declares',
    ]);
  });

  it('are missing where the table tells of built-in chains', () => {
    const text = '*filter\n:INPUT DROP [0:0]\n-A INPUT -j ZONES\n-A ZONES -i eth1 -j ACCEPT\nCOMMIT\n';
    expect(undefinedIn(text)).toEqual(['error proved 1 "ZONES" is neither a chain of the table filter nor a target']);
  });

  it('are slips where a name is near', () => {
    const text = '*filter\n:ZONES - [0:0]\n-A INPUT -j ZONES\n-A ZONSE -i eth1 -j ACCEPT\nCOMMIT\n';
    expect(undefinedIn(text)).toEqual(['error proved 0 rules are added to ZONSE, a chain that no line declares']);
  });
});
