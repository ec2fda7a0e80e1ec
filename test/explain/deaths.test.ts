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

describe('what is said of a dead rule', () => {
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
