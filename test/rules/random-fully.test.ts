/** The race of source NAT: what the kernel, the owner and the header change about it. */
import { describe, expect, it } from 'vitest';
import type { LintOptions } from '../../src/diagnostic/result.js';
import { lintText } from '../../src/lint.js';

const select = ['masquerade-without-random-fully', 'snat-without-random-fully'];
const told = (rules: string, options: LintOptions = {}) =>
  lintText([{ name: 'example', text: `*nat\n:DOCKER - [0:0]\n${rules}COMMIT\n` }], { select, ...options }).diagnostics.map(
    ({ level, owner, related }) => [level, owner ?? null, related.length] as const,
  );
const onKernel = (release: string): LintOptions => ({
  context: { sysctl: { name: 'sysctl.txt', text: `kernel.osrelease = ${release}\n` } },
});

describe('--random alone', () => {
  const rule = '-A POSTROUTING -o eth0 -j MASQUERADE --random\n';
  it('is enough from kernel 5.0 on', () => expect(told(rule, onKernel('5.15.0-91-generic'))).toEqual([]));
  it('is not enough before', () => expect(told(rule, onKernel('4.19.0'))).toEqual([['warning', null, 0]]));
  it('is told as info where the kernel is not known', () => expect(told(rule)).toEqual([['info', null, 0]]));
});

describe('without the flag', () => {
  it('is told on any kernel that has it', () => {
    const rule = '-A POSTROUTING -o eth0 -j SNAT --to-source 198.51.100.1\n';
    expect(told(rule, onKernel('6.1.0'))).toHaveLength(1);
    expect(told(rule, onKernel('3.10.0-1160.el7'))).toEqual([]);
  });

  it("is one finding for each rule of the administrator's, and one for all of a program's", () => {
    const own = '-A POSTROUTING -s 192.0.2.0/24 -o eth0 -j MASQUERADE\n-A POSTROUTING -s 198.51.100.0/24 -o eth0 -j MASQUERADE\n';
    const docker =
      '-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\n-A POSTROUTING -s 172.18.0.0/16 ! -o br-0123456789ab -j MASQUERADE\n';
    expect(told(own + docker)).toEqual([
      ['warning', null, 0],
      ['warning', null, 0],
      ['warning', 'Docker', 1],
    ]);
  });
});
