/** Forms of words that iptables 1.8.9 takes or refuses otherwise than one would think: each was measured with the real program, both back ends. */
import { describe, expect, test } from 'vitest';
import { type Backend, type Family, parse, print } from '../../grammar/index.js';
import { lintText } from '../../src/lint.js';

interface Place {
  readonly family?: Family;
  readonly table?: string;
  readonly chain?: string;
}

const textOf = (rule: string, { table = 'filter', chain = 'INPUT' }: Place): string => `*${table}\n-A ${chain} ${rule}\nCOMMIT\n`;

/** What iptables-save would print behind the chain's name; what is wrong, where the rule is refused. */
const answer = (rule: string, place: Place = {}, backend: Backend = 'legacy'): string => {
  const text = textOf(rule, place);
  const family = place.family ?? 4;
  const { diagnostics } = lintText([{ name: 'x', text }], { family, backend, select: ['load'] });
  const refusals = diagnostics.filter(({ level }) => level === 'error').map(({ message }) => message);
  if (refusals.length > 0) return `refused: ${refusals.join('; ')}`;
  const lines = print(parse(text, { family }).document, { backend }).split('\n');
  return lines
    .slice(1, lines.indexOf('COMMIT'))
    .map((line) => line.replace(/^-A \S+ ?/, ''))
    .join('\n');
};

const nat: Place = { table: 'nat', chain: 'PREROUTING' };
const raw: Place = { table: 'raw', chain: 'PREROUTING' };

describe('numbers as strtoul reads them', () => {
  test.each([
    ['-m ttl --ttl-eq +1', '-m ttl --ttl-eq 1'],
    ['-m mark --mark "  16"', '-m mark --mark 0x10'],
    ['-p tcp -m tcp --dport 010', '-p tcp -m tcp --dport 8'],
    ['-p tcp -m tcp --dport 00', '-p tcp -m tcp --dport 0'],
    ['-p sctp -m sctp --dport +1', '-p sctp -m sctp --dport 1'],
    ['-p +6', '-p tcp'],
    ['-p udp -m udp --dport -0', '-p udp -m udp --dport 0'],
    ['-m time --weekdays -31', '-m time --weekdays Mon --datestop 2038-01-19T03:14:07'],
    ['-m mac --mac-source +1:-1:0:0:0:0', '-m mac --mac-source 01:ff:00:00:00:00'],
    ['-m statistic --mode random --probability 0x.8', '-m statistic --mode random --probability 0.50000000000'],
    ['-m statistic --mode random --probability nan', '-m statistic --mode random --probability 0.00000000000'],
    ['-s 192.0.2.0/+24', '-s 192.0.2.0/24'],
  ])('%s', (rule, saved) => expect(answer(rule)).toBe(saved));

  test.each(['-p tcp -m tcp --dport 08', '-m ttl --ttl-eq -1', '-p udp -m udp --dport 2147483648', '-m connlabel --label 2147483648'])(
    '%s is refused',
    (rule) => expect(answer(rule)).toMatch(/^refused/),
  );

  test.each([
    ['-p udp -m udp --dport 65617', '-p udp -m udp --dport 81'],
    ['-m connlabel --label 65537', '-m connlabel --label "1"'],
    ['-m time --weekdays 33', '-m time --weekdays Mon --datestop 2038-01-19T03:14:07'],
    ['-m time --weekdays 100/hour', '-m time --weekdays Thu --datestop 2038-01-19T03:14:07'],
    ['-m time ! --weekdays 32', '-m time --weekdays Mon,Tue,Wed,Thu,Fri,Sat,Sun --datestop 2038-01-19T03:14:07'],
    ['-m time ! --weekdays 8', '-m time --datestop 2038-01-19T03:14:07'],
    ['-m time --monthdays 311', '-m time --monthdays 31 --datestop 2038-01-19T03:14:07'],
  ])('%s keeps part of the number', (rule, saved) => expect(answer(rule)).toBe(saved));

  test.each([
    '-p tcp -m tcp --dport -0',
    '-m ttl --ttl-eq -0',
    '-m mac --mac-source +:0:0:0:0:0',
    '-m statistic --mode random --probability inf',
  ])('%s is refused', (rule) => expect(answer(rule)).toMatch(/^refused/));

  test('a negative one keeps its low byte', () => expect(answer('-m dst --dst-opts -5', { family: 6 })).toBe('-m dst --dst-opts 251'));
});

describe('addresses', () => {
  test.each<[string, string, Family]>([
    ['-s 10.256', '-s 10.0.1.0/32', 4],
    ['-s 0x0a000001', '-s 10.0.0.1/32', 4],
    ['-s ::ffff:192.0.2.1', '-s 192.0.2.1/32', 4],
    ['-s any/0 -p tcp', '-p tcp', 4],
    ['-s ::/0 -p tcp', '-p tcp', 4],
    ['-s 0.0.0.0/0 -p tcp', '-p tcp', 6],
    ['-s 0/0 -p tcp', '-p tcp', 6],
    ['-m conntrack ! --ctproto all', '-m conntrack ! --ctproto 0', 4],
    ['-m conntrack --ctorigsrc 192.0.2.1/255', '-m conntrack --ctorigsrc 192.0.2.1', 4],
    ['-m conntrack --ctorigsrc 192.0.2.1/0xffffff00', '-m conntrack --ctorigsrc 192.0.2.1/24', 4],
  ])('%s is %s', (rule, saved, family) => expect(answer(rule, { family })).toBe(saved));

  test.each(['-s 192.0.2.0/255.255', '-s 192.0.2.256', `-s ${'x'.repeat(64)}`, '-s 192.0.2.1, -j DROP'])('%s is refused', (rule) =>
    expect(answer(rule)).toMatch(/^refused/),
  );

  test('no address is negated beside a list', () => {
    expect(answer('! -s 192.0.2.1 -d 192.0.2.2,192.0.2.3')).toMatch(/^refused.*list of addresses/);
    expect(answer('-s 192.0.2.1,192.0.2.2 -d 192.0.2.3')).toBe('-s 192.0.2.1/32 -d 192.0.2.3/32\n-s 192.0.2.2/32 -d 192.0.2.3/32');
  });

  test('nft refuses what leaves no address', () => {
    expect(answer('! -s 0/0')).toBe('! -s 0.0.0.0/0');
    expect(answer('! -s 0/0', {}, 'nft')).toMatch(/^refused/);
  });
});

test('the last slash is the one before the mask', () => {
  expect(answer('-s 192.0.2.1/8/0 -p tcp')).toBe('-p tcp');
  expect(answer('-s 192.0.2.1/8/24')).toMatch(/^refused/);
});

describe('values of which the end or the beginning does not count', () => {
  test.each<[string, string, Place]>([
    ['-m dscp --dscp-class cs4x', '-m dscp --dscp 0x20', {}],
    ['-j CLASSIFY --set-class -1:+2', '-j CLASSIFY --set-class ffff:0002', { chain: 'OUTPUT' }],
    ['-j CLASSIFY --set-class " 1: 2"', '-j CLASSIFY --set-class 0001:0002', { chain: 'OUTPUT' }],
    ['-p tcp -j DNAT --to-destination xy:80', '-p tcp -j DNAT --to-destination :80', nat],
  ])('%s', (rule, saved, place) => expect(answer(rule, place)).toBe(saved));
  test.each<[string, Place]>([
    ['-m dscp --dscp-class C', {}],
    ['-j CLASSIFY --set-class "1 :2"', { chain: 'OUTPUT' }],
    ['-p tcp -j DNAT --to-destination xyz:80', nat],
    ['-p tcp -j DNAT --to-destination []:80', nat],
  ])('%s is refused', (rule, place) => expect(answer(rule, place)).toMatch(/^refused/));
});

describe('a rule for the other family', () => {
  test.each(['-6 -x --nothing', '-6 -j TTL', '-s 192.0.2.1 -6 !'])('%s is read no further', (rule) => expect(answer(rule)).toBe(''));
  test('what stands before must be right', () => expect(answer('-p xxx -6')).toMatch(/^refused/));
});

describe('commands that take a chain alone', () => {
  test.each(['-N TWO -p tcp', '-Z ONE -j ACCEPT', '-F ONE -s 192.0.2.1', '-P INPUT DROP -j ACCEPT'])('%s is refused', (line) => {
    const text = `*filter\n:INPUT ACCEPT [0:0]\n:ONE - [0:0]\n${line}\nCOMMIT\n`;
    const { diagnostics } = lintText([{ name: 'x', text }], { select: ['load'] });
    expect(diagnostics.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      `${line.slice(0, 2)} takes no conditions and no target`,
    ]);
  });
});

describe('values glued to their flag', () => {
  test.each(['-s192.0.2.1', '--source=192.0.2.1', '-ptcp', '-p6', '--protocol=tcp', '-jACCEPT', '--jump=ACCEPT', '--in-interface=eth0'])(
    '%s is read as one word',
    (rule) => expect(answer(rule)).toMatch(/^refused: .*reads the whole word/),
  );

  test.each([
    ['-ieth0', '-i -ieth0'],
    ['-i=eth0', '-i -i=eth0'],
    ['-p tcp -mtcp --dport=80', '-p tcp -m tcp --dport 80'],
    ['-fv', '-f'],
    ['-vs 192.0.2.1', '-s 192.0.2.1/32'],
    ['-vj ACCEPT', '-j ACCEPT'],
  ])('%s', (rule, saved) => expect(answer(rule)).toBe(saved));

  test('an interface named by its flag is told', () => {
    const { diagnostics } = lintText([{ name: 'x', text: textOf('-ieth0 -j ACCEPT', {}) }], { select: ['load'] });
    expect(diagnostics.map(({ level, message, help }) => [level, message, help])).toEqual([
      ['warning', '-ieth0: iptables reads the whole word as the name of an interface', 'write -i eth0'],
    ]);
  });

  test.each(['--ma 1', '--ma=1'])('-m mark %s may be --match as well', (words) =>
    expect(answer(`-m mark ${words}`)).toMatch(/^refused: --ma is short for several/),
  );

  test('a value that may be left out is never glued', () =>
    expect(answer('-m rateest --rateest wan --rateest-gt --rateest-bps=1mbit')).toMatch(/^refused/));
});

describe('words around a rule', () => {
  test.each([
    ['-v -j ACCEPT', '-j ACCEPT'],
    ['-j ACCEPT --', '-j ACCEPT'],
    ['! -4 -j ACCEPT', '-j ACCEPT'],
    ['"!" -p tcp', '! -p tcp'],
    ['-m comment --comment "!"', '-m comment --comment "!"'],
    ['-4 -4 -j ACCEPT', '-j ACCEPT'],
    ['-i ! -p tcp', '-i ! -p tcp'],
  ])('%s', (rule, saved) => expect(answer(rule)).toBe(saved));

  test.each(['-- -j ACCEPT', '-n -j ACCEPT', '-c 1 2 -c 3 4 -j ACCEPT', '-m "" -j ACCEPT', '-i ! eth0', '-c 1 -j ACCEPT', '-h'])(
    '%s is refused',
    (rule) => {
      expect(answer(rule)).toMatch(/^refused/);
      expect(answer(rule)).not.toContain(';'); // one cause, one message
    },
  );

  test('counters in one word', () => {
    expect(answer('-c 3,4 -j ACCEPT')).toBe('-j ACCEPT');
    expect(print(parse('iptables -I INPUT -c 3,4 -j ACCEPT\n').document)).toContain('[3:4] -A INPUT -j ACCEPT');
  });
});

describe('the protocol', () => {
  test.each(['DNAT --to-destination 192.0.2.1:80', 'REDIRECT --to-ports 80'])('-j %s wants -p before it', (target) => {
    expect(answer(`-p tcp -j ${target}`, nat)).toBe(`-p tcp -j ${target}`);
    expect(answer(`-j ${target} -p tcp`, nat)).toMatch(/^refused: .*before it/);
  });

  test('multiport wants -p before its ports', () => {
    expect(answer('-m multiport -p tcp --dports 80')).toBe('-p tcp -m multiport --dports 80');
    expect(answer('-m multiport --dports 80 -p tcp')).toMatch(/^refused/);
    expect(answer('-m tcp --dport 80 -p tcp')).toBe('-p tcp -m tcp --dport 80');
  });

  test.each<[string, boolean]>([
    ['-m tcp --dport 80', true],
    ['-m tcp --syn', true],
    ['-m tcp', false],
    ['-m tcp --dport :', false],
    ['-m tcp --dport 80 --tcp-option 2', false],
    ['-m multiport --dports 80', false],
    ['-m tcpmss --mss 1400', false],
  ])('! -p tcp %s: nft takes it: %s', (match, isTaken) => {
    expect(answer(`! -p tcp ${match}`)).toMatch(/^refused/);
    expect(answer(`! -p tcp ${match}`, {}, 'nft').startsWith('refused')).toBe(!isTaken);
  });

  test('nft prints no match of which nothing is left', () => {
    expect(answer('-p udp ! --dport :')).toBe('-p udp -m udp');
    expect(answer('-p udp ! --dport :', {}, 'nft')).toBe('-p udp');
    expect(answer('-p tcp --tcp-flags NONE SYN', {}, 'nft')).toBe('-p tcp');
    expect(answer('-p tcp -m tcp --dport :', {}, 'nft')).toBe('-p tcp -m tcp');
  });

  test('names of capitals in /etc/protocols are never found', () => {
    expect(answer('-p ipsec-esp')).toMatch(/^refused/);
    expect(answer('-p ipv6-mh')).toBe('-p mobility-header');
    expect(answer('-p TCP')).toBe('-p tcp');
  });

  test('CT wants none for what the kernel passes over', () => {
    expect(answer('-j CT --notrack --timeout web', raw)).toBe('-j CT --notrack --timeout web');
    expect(answer('-p tcp -j CT --helper ""', raw)).toBe('-p tcp -j CT');
    expect(answer('-j CT --timeout web', raw)).toMatch(/^refused/);
  });
});

describe('MPTCP, which is no protocol of a header', () => {
  test('loads, as something else', () => {
    expect(answer('-p mptcp -j DROP')).toBe('-p mptcp -j DROP');
    expect(answer('! -p MPTCP -j DROP', {}, 'nft')).toBe('! -p tcp -j DROP');
    expect(answer('-m conntrack --ctproto mptcp')).toBe('-m conntrack --ctproto 6');
  });
  test('is told', () => {
    const { diagnostics } = lintText([{ name: 'x', text: textOf('-p mptcp -j DROP', {}) }], { select: ['load'] });
    expect(diagnostics.map(({ level, message }) => [level, message])).toEqual([
      ['warning', 'no packet is of the protocol mptcp: the legacy back end never matches it, and nft takes it for tcp'],
    ]);
  });
  test.each(['-p mptcp --dport 80', '-p mptcp -m tcp --dport 80', '-p mptcp -j REJECT --reject-with tcp-reset', '-p 262'])(
    '%s is refused',
    (rule) => expect(answer(rule)).toMatch(/^refused/),
  );
});

describe('the match mh is implied by that name alone', () => {
  const six: Place = { family: 6 };
  test('-p mh', () => expect(answer('-p mh --mh-type 5', six)).toBe('-p mobility-header -m mh --mh-type 5'));
  test.each(['135', 'mobility-header', 'ipv6-mh', '0x87'])('-p %s', (name) => {
    expect(answer(`-p ${name} --mh-type 5`, six)).toMatch(/^refused/);
    expect(answer(`-p ${name} -m mh --mh-type 5`, six)).toBe('-p mobility-header -m mh --mh-type 5');
  });
});

describe('names that iptables-save prints bare', () => {
  const told = (rule: string, place: Place = {}) =>
    lintText([{ name: 'x', text: textOf(rule, place) }], { family: 4, select: ['load'] }).diagnostics.map(({ check, level }) => [
      check,
      level,
    ]);
  test.each<[string, Place]>([
    ['-m physdev --physdev-in ""', {}],
    ['-m physdev ! --physdev-in "a b"', {}],
    ['-p tcp -m osf --genre ""', {}],
    ['-j IDLETIMER --timeout 10 --label "a\\"b"', {}],
    ['-m hashlimit --hashlimit-upto 5/sec --hashlimit-burst 5 --hashlimit-name "a b"', {}],
    ['-p tcp -j CT --timeout longer', raw],
    ['-p tcp -j CT --helper "a b"', raw],
  ])('%s is kept, and told', (rule, place) => {
    expect(answer(rule, place)).toBe(rule);
    expect(told(rule, place)).toEqual([['unsaveable-rule', 'warning']]);
  });
  test.each<[string, Place]>([
    ['-m physdev --physdev-in eth0', {}],
    ["-j IDLETIMER --timeout 10 --label a'b", {}],
    ['-p tcp -j CT --timeout web', raw],
  ])('%s comes back', (rule, place) => expect(told(rule, place)).toEqual([]));
  test('long ones are cut', () =>
    expect(answer(`-m hashlimit --hashlimit-upto 5/sec --hashlimit-name ${'x'.repeat(256)}`)).toContain(` ${'x'.repeat(254)}`));
  test.each(['.', '..', 'power', 'uevent', 'a/b'])('a timer cannot be labelled %s', (label) =>
    expect(answer(`-j IDLETIMER --timeout 10 --label ${label}`)).toMatch(/^refused/),
  );
});

describe('options that stand together', () => {
  test('--kerneltz and its old name', () => {
    expect(answer('-m time --localtz --kerneltz')).toBe('-m time --datestop 2038-01-19T03:14:07 --kerneltz');
    expect(answer('-m time --localtz --utc')).toMatch(/^refused/);
  });
  test('of both of TCPMSS the later one counts', () => {
    expect(answer('-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu --set-mss 1400', { chain: 'FORWARD' })).toMatch(/--set-mss 1400$/);
    expect(answer('-p tcp --syn -j TCPMSS --set-mss 1400 --clamp-mss-to-pmtu', { chain: 'FORWARD' })).toMatch(/--clamp-mss-to-pmtu$/);
  });
  test('a tunnel where the mode is not transport', () => {
    const words = '-m policy --dir in --pol ipsec ! --mode transport --tunnel-src 192.0.2.1';
    expect(answer(words)).toBe(words);
    expect(answer(words.replace('transport', 'tunnel'))).toMatch(/^refused/);
  });
});

test('a time constant of RATEEST is told in 32 bits', () =>
  expect(answer('-j RATEEST --rateest-name wan --rateest-interval 1us --rateest-ewmalog 250ms')).toMatch(/--rateest-ewmalog 2703\.2s$/));

test('an interval of hashlimit keeps 32 bits, with their sign', () => {
  const rule = '-m hashlimit --hashlimit-upto 5/sec --hashlimit-burst 5 --hashlimit-name web --hashlimit-rate-match';
  expect(answer(`${rule} --hashlimit-rate-interval 4294967297`)).toBe(rule);
  expect(answer(`${rule} --hashlimit-rate-interval 2147483648`)).toMatch(/^refused/);
});

describe('a NUL byte', () => {
  test.each([
    ['-p tcp\0 -j DROP', '-p tcp'],
    ['-m comment --comment a\0b -j DROP', '-m comment --comment a'],
    ['-j DROP\0 --nothing', '-j DROP'],
    ['\0-j DROP', ''],
  ])('%j ends the line', (rule, saved) => expect(answer(rule)).toBe(saved));
  test('is told, where it is no comment', () => {
    const text = '# a\0b\n*filter\n-A INPUT -j DROP\0 x\nCOMMIT\n';
    const { diagnostics } = lintText([{ name: 'x', text }], { select: ['load'] });
    expect(diagnostics.map(({ level, message, source, at }) => [level, message, source.position(at.start).line])).toEqual([
      ['warning', 'a NUL byte: iptables-restore reads no further in this line', 3],
    ]);
  });
  test('behind COMMIT is refused', () => expect(answer('-j DROP\nCOMMIT\0')).toMatch(/^refused/));
});

describe('a chain of the name of a target', () => {
  const lines = (...rules: readonly string[]) => {
    const text = `*security\n-A INPUT -j MARK --set-mark 1\nCOMMIT\n*mangle\n${rules.join('\n')}\nCOMMIT\n`;
    const { diagnostics } = lintText([{ name: 'x', text }], { select: ['load'] });
    const errors = diagnostics.filter(({ level }) => level === 'error').map(({ message }) => message);
    return errors.length > 0 ? errors : print(parse(text).document).split('\n');
  };
  test('-j leads to the chain', () => {
    expect(lines(':MARK - [0:0]', '-A INPUT -j MARK', '-A MARK -j ACCEPT')).toContain('-A INPUT -j MARK');
    expect(lines(':MARK - [0:0]', '-A INPUT -j ACCEPT')).toContain('-A INPUT -j MARK --set-xmark 0x1/0xffffffff');
  });
  test('options of the target are refused', () =>
    expect(lines(':MARK - [0:0]', '-A INPUT -j MARK --set-mark 1')).toEqual([
      '--set-mark is not an option here: MARK is a chain of this table, and -j leads to it',
    ]));
  test('before its declaration the target is meant', () =>
    expect(lines('-A INPUT -j MARK', ':MARK - [0:0]')).toContainEqual(expect.stringContaining('it wants --set-mark')));
});

describe('rates that the legacy kernel cannot count', () => {
  test.each(['1/day', '2/day --limit-burst 4', '1/day --limit-burst 20', '1/hour --limit-burst 120', '1/s --limit-burst 0'])(
    '%s',
    (rate) => {
      expect(answer(`-m limit --limit ${rate}`)).toMatch(/^refused/);
      expect(answer(`-m limit --limit ${rate}`, {}, 'nft')).not.toMatch(/^refused/);
    },
  );
  test.each(['1/day --limit-burst 1', '1/day --limit-burst 3', '2/day', '1/hour', '1/hour --limit-burst 119'])('%s is taken', (rate) =>
    expect(answer(`-m limit --limit ${rate}`)).not.toMatch(/^refused/),
  );
});

describe('times', () => {
  test.each([
    ['--timestart 9: --timestop +17:30', '--timestart 09:00:00 --timestop 17:30:00 --datestop 2038-01-19T03:14:07'],
    ['--datestart 2020-', '--datestart 2019-12-01T00:00:00 --datestop 2038-01-19T03:14:07'],
    ['--datestart 2020-1-1T5:', '--datestart 2020-01-01T05:00:00 --datestop 2038-01-19T03:14:07'],
    ['--weekdays Mox,Tuesday', '--weekdays Mon,Tue --datestop 2038-01-19T03:14:07'],
  ])('%s', (words, saved) => expect(answer(`-m time ${words}`)).toBe(`-m time ${saved}`));
  test.each([
    '--datestart 2020--1',
    '--monthdays 08',
    '--monthdays 32',
    '--weekdays M',
    '--weekdays mon',
    '--timestart 24:00',
    '--datestart 2020-13',
  ])('%s is refused', (words) => expect(answer(`-m time ${words}`)).toMatch(/^refused/));
});

describe('names that are slips', () => {
  test.each([
    ['-m conntrak --ctstate NEW -j ACCEPT', 'conntrack'],
    ['-p tcp -j REJCT --reject-with tcp-reset', 'REJECT'],
    ['-j log --log-prefx x', 'LOG'],
    ['-m Comment --comment x', 'comment'],
  ])('%s', (rule, meant) => {
    const { diagnostics } = lintText([{ name: 'x', text: textOf(rule, {}) }], { select: ['load'] });
    expect(diagnostics.filter(({ level }) => level === 'error').map(({ help }) => help)).toEqual([`did you mean ${meant}?`]);
  });

  // What comes from outside may be there: no error.
  test.each(['-m geoip --src-cc DE', '-m length2 --length 5', '-m nosuch', '-p tcp -j TARPIT --tarpit', '-j FOO --foo 1'])(
    '%s may come from outside',
    (rule) => expect(answer(rule)).not.toMatch(/^refused/),
  );

  test('no extension bears a number or a path for a name', () => {
    expect(answer('-m 129 --x')).toMatch(/^refused/);
    expect(answer('-j 1/ --ttl-inc 1')).toMatch(/^refused/);
    expect(answer(`-m ${'x'.repeat(29)}`)).toMatch(/^refused/);
  });
});

describe('a quote that is not closed', () => {
  test('takes in the line end', () => expect(answer('-m comment --comment "a -j ACCEPT')).toBe('-m comment --comment "a -j ACCEPT\n"'));
  test('drops a backslash before it', () => expect(answer('-m comment --comment "a\\')).toBe('-m comment --comment "a\n"'));
  test('is refused where a line of the log cannot hold a line end', () =>
    expect(answer('-j LOG --log-prefix "dropped: ')).toMatch(/^refused: --log-prefix: the text holds a line end$/));
  test('does not go on in the next line: that is refused', () => {
    const text = '*filter\n-A INPUT -m comment --comment "a\nb" -j ACCEPT\nCOMMIT\n';
    const { diagnostics } = lintText([{ name: 'x', text }], { select: ['load'] });
    expect(diagnostics.map(({ check, level, at, source }) => [check, level, source.position(at.start)])).toEqual([
      ['unclosed-quote', 'error', { line: 2, column: 31 }],
    ]);
    expect(print(parse(text).document)).toBe(text);
  });
});

describe('the family of a text without a header', () => {
  const familyOf = (...rules: readonly string[]) =>
    parse(`*filter\n${rules.join('\n')}\nCOMMIT\n`).document.items.flatMap((item) => (item.kind === 'table' ? item.family : []))[0];
  test('is that of its addresses, whatever protocols stand beside them', () => {
    const pings = ['-A INPUT -p icmp -j ACCEPT', '-A FORWARD -p icmp -j ACCEPT'];
    expect(familyOf(...pings)).toBe(4);
    expect(familyOf(...pings, '-A INPUT -s fe80::/10 -j ACCEPT')).toBe(6);
    expect(familyOf('-A INPUT -p ipv6-icmp -j ACCEPT')).toBe(6);
  });
});

describe('a text that is no ruleset', () => {
  const told = (...lines: readonly string[]) => {
    const { diagnostics } = lintText([{ name: 'x', text: `${lines.join('\n')}\n` }], { select: ['load', 'meta'] });
    return diagnostics.map(({ message, related }) => [message.slice(0, 38), related.length]);
  };
  test('is told once', () => {
    expect(
      told('Chain INPUT (policy ACCEPT)', 'target  prot opt source', 'ACCEPT  all  --  anywhere', '', 'Chain X (1 references)', 'target'),
    ).toEqual([['this is what iptables -L prints, which', 4]]);
    expect(told('table inet filter {', ' chain input {', '', ' }', '}')).toEqual([['this is the language of nft, not that ', 3]]);
    expect(told('hello', 'world', '', 'again')).toEqual([
      ['a table (*filter), a chain (:INPUT), a', 1],
      ['a table (*filter), a chain (:INPUT), a', 0],
    ]);
  });
  test('lines of a template are one finding', () =>
    expect(told('*filter', '{% if open %}', '-A INPUT -j ACCEPT', '{% endif %}', 'COMMIT')).toEqual([
      ['the line is template text, not a rule', 1],
    ]));
  test('within a table each line is told', () => expect(told('*filter', 'hello', 'world', 'COMMIT')).toHaveLength(2));
});
