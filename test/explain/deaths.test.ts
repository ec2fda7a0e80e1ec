/** How dead rules are told: what somebody reads of them, beside what is proved. */
import { describe, expect, it } from 'vitest';
import { lintText } from '../../src/lint.js';

const told = (...lines: readonly string[]) =>
  lintText([{ name: 'test', text: `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n${lines.join('\n')}\nCOMMIT\n` }], {
    select: ['shadowed-rule', 'duplicate-rule', 'jump-never-taken'],
  }).diagnostics;

describe('the packet of a dead rule', () => {
  it('has the interfaces of its hook', () => {
    const [finding] = told(
      ':SHARED - [0:0]',
      '-A INPUT -j SHARED',
      '-A INPUT -i lo -j DROP',
      '-A FORWARD -i eth0 -o eth1 -j SHARED',
      '-A SHARED -m conntrack --ctstate NEW -j ACCEPT',
      '-A SHARED -j ACCEPT',
    );
    expect(finding?.witness).toMatchObject({ in: 'lo' });
    expect(finding?.witness).not.toHaveProperty('out');
  });

  it('opens a connection, whatever flags other rules ask for', () => {
    const rule = '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT';
    const [finding] = told(rule, '-A FORWARD -p tcp -m tcp --tcp-flags ACK ACK -j DROP', '-A INPUT -p udp -j DROP', rule);
    expect(finding?.witness).toMatchObject({ flags: 'SYN', state: 'NEW' });
  });
});

describe('a chain that no packet is known to enter', () => {
  it('is left alone where a line that could not be read may lead there', () => {
    expect(told(':WEB - [0:0]', '-A INPUT "oops -p tcp" -j WEB', '-A WEB -p tcp -j ACCEPT')).toEqual([]);
  });
});

describe('two rules that refuse all but one', () => {
  const refused = (option: string) => [`-A INPUT -p tcp ! ${option} -j DROP`, '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT'];

  it('refuse everything together: moving a line would not mend that', () => {
    const [first, last] = refused('-s 192.0.2.1');
    expect(told(first!, ...refused('-s 192.0.2.2')).at(-1)?.help).toBe(
      'lines 4 and 5 each take all but what they exclude, so together everything: accept what is meant first, and refuse the rest behind it',
    );
    expect(told(first!, '-A INPUT -s 192.0.2.1 -j DROP', last!).at(-1)?.help).toMatch('above line 4');
  });
});

describe('a rule without a target', () => {
  it('decides nothing: that it counts nothing is no error', () => {
    expect(told('-A INPUT -j DROP', '-A INPUT -s 192.0.2.7')).toMatchObject([{ level: 'warning', effect: 'line 5 counts nothing' }]);
  });

  it('does not hide a rule behind it that decides', () => {
    expect(told('-A INPUT -j DROP', '-A INPUT -s 192.0.2.7', '-A INPUT -s 192.0.2.7 -j ACCEPT')).toMatchObject([
      { level: 'error', effect: 'packets that line 6 would ACCEPT meet DROP instead' },
    ]);
  });
});

describe('rules of programs', () => {
  const libvirt = [':LIBVIRT_INP - [0:0]', '-A INPUT -j LIBVIRT_INP', '-A LIBVIRT_INP -i virbr0 -p udp -m udp --dport 53 -j ACCEPT'];

  it('who takes the packets before they enter the chain is named', () => {
    const [finding] = told(
      ...libvirt,
      ':ufw-user-input - [0:0]',
      '-A INPUT -j ufw-user-input',
      '-A ufw-user-input -i virbr0 -p udp -m udp --dport 53 -j DROP',
    );
    expect(finding).toMatchObject({
      level: 'error',
      message: 'this rule can never match; line 6 (LIBVIRT_INP) takes its packets before they enter ufw-user-input',
      help: 'remove line 9, or let its packets pass line 6',
    });
    expect(finding?.related.map(({ message }) => message)).toEqual(['ACCEPT: takes all of them (a rule of libvirt)']);
  });

  it('a rule that a program writes again stays, whoever stands before it', () => {
    const [finding] = told(
      ...libvirt,
      ':ufw-before-input - [0:0]',
      '-A INPUT -j ufw-before-input',
      '-A ufw-before-input -i virbr0 -p udp -m udp --dport 53 -j ACCEPT',
    );
    expect(finding?.help).toBe('leave it: ufw writes it again; libvirt has rules before it, and the order is theirs');
  });

  it('what may come back from the chain before it is not taken', () => {
    const [finding] = told(
      ':FIRST - [0:0]',
      ':SECOND - [0:0]',
      '-A INPUT -p udp -j FIRST',
      '-A INPUT -p udp -m udp --dport 53 -j DROP',
      '-A INPUT -p udp -j SECOND',
      '-A FIRST -s 192.0.2.1 -j RETURN',
      '-A FIRST -p udp -m udp --dport 53 -j ACCEPT',
      '-A SECOND -p udp -m udp --dport 53 -j DROP',
    );
    expect(finding?.message).toBe('this rule can never match; line 7 (INPUT) takes its packets before they enter SECOND');
  });

  it('a copy in a chain of a program has no edit', () => {
    const copies = (chain: string) =>
      told(`:${chain} - [0:0]`, `-A INPUT -j ${chain}`, `-A ${chain} -i lo -j DROP`, `-A ${chain} -i lo -j DROP`);
    expect(copies('WEB')[0]).toMatchObject({ help: 'remove line 7', fix: { safe: true } });
    expect(copies('DOCKER')[0]).toMatchObject({ help: 'leave it: Docker writes it again' });
    expect(copies('DOCKER')[0]).not.toHaveProperty('fix');
    expect(copies('CNI-FORWARD')[0]).toMatchObject({ help: 'leave it: CNI plugins write it again' });
  });
});

describe('several dead rules of one cause', () => {
  it('are all told in the help, and taken out by the edit', () => {
    const rule = '-A INPUT -p udp -j DROP';
    const [finding] = told(rule, rule, '-A INPUT -i lo -j ACCEPT', rule);
    expect(finding?.help).toBe('remove lines 5 and 7');
    expect(finding?.fix?.edits).toHaveLength(2);
    const [shadowed] = told(
      '-A INPUT -p udp -j DROP',
      '-A INPUT -p udp -m udp --dport 53 -j ACCEPT',
      '-A INPUT -p udp -m udp --dport 67 -j ACCEPT',
    );
    expect(shadowed?.help).toBe('move lines 5 and 6 above line 4, or remove them');
  });

  it('of two chains of an earlier table, both are named', () => {
    const text = `*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j DROP\n-A OUTPUT -j DROP\nCOMMIT\n*nat\n-A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE\nCOMMIT\n`;
    const [finding] = lintText([{ name: 'x', text }], { select: ['shadowed-rule'] }).diagnostics;
    expect(finding?.message).toContain('lines 3 and 4 (filter/FORWARD and filter/OUTPUT) take its packets');
  });
});

describe('chains of programs that nothing leads to', () => {
  const chains = (...lines: readonly string[]) =>
    lintText([{ name: 'x', text: `*filter\n:INPUT ACCEPT [0:0]\n${lines.join('\n')}\nCOMMIT\n` }], {
      select: ['unreachable-chain', 'unreferenced-chain'],
    }).diagnostics.map(({ help, related }) => [help, related.length]);
  it('are one finding, with advice about the program', () => {
    const [one, two] = ['KUBE-SVC-AAAAAAAAAAAAAAAA', 'KUBE-SVC-BBBBBBBBBBBBBBBB'];
    expect(chains(`:${one} - [0:0]`, `:${two} - [0:0]`, `-A ${one} -j ACCEPT`, `-A ${two} -j ACCEPT`)).toEqual([
      ['restart kube-proxy, which then writes the jump again; where kube-proxy is gone, delete the chain', 1],
    ]);
    expect(chains(':LIBVIRT_FWI - [0:0]')).toEqual([['leave it where libvirt is at work; elsewhere it is a leftover: delete it', 0]]);
    expect(chains(':ONE - [0:0]', ':TWO - [0:0]', '-A ONE -j ACCEPT', '-A TWO -j ACCEPT')).toHaveLength(2);
  });
});

describe('what is said of a dead rule', () => {
  it('behind NFQUEUE: what --queue-bypass does', () => {
    const queue = '-A FORWARD -p tcp -m tcp --dport 443 -j NFQUEUE --queue-num 1 --queue-bypass';
    const [finding] = told(queue, '-A FORWARD -p tcp -m tcp --dport 443 -j ACCEPT');
    expect(finding?.help).toBe('remove line 5: the program on the queue decides, and --queue-bypass accepts where none listens');
  });

  it('without a target: it would see packets', () => {
    const [finding] = told('-A INPUT -p tcp -j DROP', '-A INPUT -p tcp -m tcp --dport 22 -m recent --set --name ssh');
    expect(finding?.effect).toBe('packets that line 5 would see meet DROP instead');
    expect(finding?.shows).toBe('line 4 (DROP) meets it first; line 5 (no target) never sees it');
  });

  it('behind a jump: where its packets go', () => {
    const [finding] = told(':WEB - [0:0]', '-A INPUT -j WEB', '-A INPUT -j LOG', '-A WEB -j DROP');
    expect(finding?.effect).toBe('packets that line 6 would LOG go to WEB instead, which decides them');
  });

  it('a jump: where it would send its packets', () => {
    const [finding] = told(':WEB - [0:0]', '-A INPUT -p tcp -j DROP', '-A INPUT -p tcp -m tcp --dport 80 -j WEB', '-A WEB -j ACCEPT');
    expect(finding?.effect).toBe('packets that line 6 would send to WEB meet DROP instead');
  });

  it('a RETURN at the end of a chain that decides all is no error', () => {
    const levels = (...lines: readonly string[]) => told(':WEB - [0:0]', '-A INPUT -p tcp -j WEB', ...lines).map(({ level }) => level);
    expect(levels('-A WEB -j DROP', '-A WEB -j RETURN')).toEqual(['warning']);
    expect(levels('-A WEB -j DROP', '-A WEB -s 192.0.2.1 -j RETURN', '-A WEB -p tcp -j ACCEPT')).toContain('error');
  });

  it('untracked packets are not taken, and nat is not asked about them', () => {
    const text = `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p udp -m udp --dport 53 -j CT --notrack
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p udp -m udp --dport 53 -j DNAT --to-destination 192.0.2.53
COMMIT
`;
    const [finding] = lintText([{ name: 'test', text }], { select: ['shadowed-rule'] }).diagnostics;
    expect(finding).toMatchObject({
      message: 'this rule can never match; line 3 (raw/PREROUTING) leaves its packets untracked',
      related: [{ message: 'CT: leaves all of them untracked' }],
      help: 'remove line 7, or let connection tracking see its packets',
    });
    expect(finding?.effect).toBeUndefined();
  });

  it('rules of a chain that dead jumps lead to are told with the jumps', () => {
    const findings = lintText(
      [
        {
          name: 'test',
          text: `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -s 192.0.2.0/24 -j DROP
COMMIT
*filter
:INPUT ACCEPT [0:0]
:WEB - [0:0]
-A INPUT -s 192.0.2.7 -j WEB
-A WEB -p tcp -j ACCEPT
-A WEB -j DROP
COMMIT
`,
        },
      ],
      { select: ['shadowed-rule', 'jump-never-taken'] },
    ).diagnostics;
    expect(findings.map(({ check, related }) => [check, related.map(({ message }) => message)])).toEqual([
      ['shadowed-rule', ['DROP: takes all of them', 'reached only from there', 'reached only from there']],
    ]);
  });
});
