/** What becomes of one kind of packet at a built-in chain, asked with a few fields told. */
import { describe, expect, it } from 'vitest';
import { parse } from '../../grammar/index.js';
import { factsOf } from '../../src/analysis/facts.js';
import { stanceOf } from '../../src/analysis/intent.js';
import { anyPublic, elsewhere, newTcp, newUdp, outside, probe, unnamedPort } from '../../src/analysis/probe.js';
import { resolve } from '../../src/model/resolve.js';

const rulesetOf = (lines: string) => {
  const ruleset = resolve(parse(`*filter\n${lines}\nCOMMIT\n`, { name: 'test' }).document).rulesets[0]!;
  return { facts: factsOf(ruleset, {}), input: ruleset.tables.get('filter')!.chains.get('INPUT')! };
};

describe('the fates of packets asked about', () => {
  const { facts, input } = rulesetOf(
    [
      ':INPUT DROP [0:0]',
      ':WEB - [0:0]',
      '-A INPUT -i lo -j ACCEPT',
      '-A INPUT -p tcp -m tcp --dport 80:90 -j WEB',
      '-A INPUT -s 192.0.2.0/24 -p udp -m limit --limit 1/sec -j ACCEPT',
      '-A WEB -s 198.51.100.0/24 -j DROP',
      '-A WEB -m tcp -p tcp --dport 85 -j RETURN',
      '-A WEB -j ACCEPT',
    ].join('\n'),
  );
  const fates = (asked: Parameters<typeof probe>[2]) => {
    const found = probe(facts, input, asked)!;
    return [found.accepted !== 0 && 'accepted', found.refused !== 0 && 'refused', found.open !== 0 && 'open'].filter(Boolean);
  };

  it('goes through called chains and back', () => {
    expect(fates({ numbers: { ...newTcp, source: anyPublic(facts, 'source'), destinationPort: 80 }, in: elsewhere })).toEqual(['accepted']);
    expect(fates({ numbers: { ...newTcp, source: anyPublic(facts, 'source'), destinationPort: 85 }, in: elsewhere })).toEqual(['refused']);
    expect(fates({ numbers: { ...newTcp, source: 0xc6336407, destinationPort: 80 }, in: outside })).toEqual(['refused']);
  });

  it('tells both where an unknown decides', () => {
    expect(fates({ numbers: { ...newUdp, source: 0xc0000207, destinationPort: 53 }, in: elsewhere })).toEqual(['accepted', 'refused']);
  });

  it('keeps loopback apart', () => {
    expect(fates({ numbers: { ...newTcp, destinationPort: 9 }, in: 'lo' })).toEqual(['accepted']);
    expect(fates({ numbers: { ...newTcp, destinationPort: 9 }, in: outside })).toEqual(['refused']);
  });

  it('names the rule that decides, and a packet', () => {
    const found = probe(facts, input, { numbers: { ...newTcp, source: 0xc6336407, destinationPort: 80 }, in: elsewhere })!;
    expect(found.decided.map(({ rule, verdict }) => [rule?.chain.name, rule?.index, verdict])).toEqual([['WEB', 0, 'drop']]);
    expect(found.packet(found.refused)).toMatchObject({ src: '198.51.100.7', dport: 80, proto: 'tcp', flags: 'SYN' });
  });

  it('picks a port that no rule names, and an address of the Internet', () => {
    expect(unnamedPort(facts)).toBeGreaterThan(90);
    expect(anyPublic(facts, 'source')).not.toBe(0xc0000200);
  });
});

describe('the stance of INPUT', () => {
  const stance = (lines: string) => {
    const { facts, input } = rulesetOf(lines);
    return stanceOf(facts, input);
  };

  it('is closed with a policy, or a last rule, that refuses', () => {
    expect(stance(':INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT')).toEqual({
      closed: true,
      restrictive: true,
      open: false,
    });
    expect(stance(':INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -j REJECT')).toMatchObject({ closed: true });
  });

  it('is open without one', () => {
    expect(stance(':INPUT ACCEPT [0:0]')).toMatchObject({ open: true, restrictive: false });
    expect(stance(':INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT')).toMatchObject({ open: true, restrictive: false });
  });

  it('is neither where one interface alone is closed', () => {
    expect(stance(':INPUT ACCEPT [0:0]\n-A INPUT -i eth0 -j DROP')).toEqual({ closed: false, restrictive: true, open: true });
  });
});
