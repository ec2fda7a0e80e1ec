/** What the ranges of a rule tell, looked at as numbers, is what its whole predicate tells. */
import { describe, expect, it } from 'vitest';
import { matchSpecs } from '../../grammar/extensions/catalogue.js';
import { builtIn } from '../../grammar/extensions/matches/built-in.js';
import { type Family, parse } from '../../grammar/index.js';
import { buildProgram } from '../../src/analysis/program.js';
import { resolve } from '../../src/model/resolve.js';
import { Diagram } from '../../src/packets/diagram.js';
import { random } from './random-rulesets.js';
import { one } from './vocabulary.js';

const addresses: Readonly<Record<Family, readonly string[]>> = {
  4: ['10.0.0.0/8', '10.1.2.3', '10.1.2.0/31', '0.0.0.0/0', '255.255.255.255', '10.0.0.1/255.0.0.255', '128.0.0.0/1', '10.1.2.3/24'],
  6: [
    '2001:db8::/32',
    '2001:db8::1',
    '::/0',
    'ffff::/16',
    '2001:db8::1/ffff::ffff',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '::',
    '8000::/1',
  ],
};
const ports = ['22', '22', '443', '0', '65535', '0:65535', '1024:', ':1023', '20:22'];
/** UDP takes ranges that are upside down. */
const udpPorts = [...ports, '90:80'];

const portLists = ['22', '22,443', '443,20:22,80', '0:65535', '0,65535', '20:22,21:80'];

const addressRanges: Readonly<Record<Family, readonly string[]>> = {
  4: [
    '-m iprange --src-range 10.1.2.3-10.1.2.9',
    '-m iprange ! --dst-range 0.0.0.0-255.255.255.255',
    '-m iprange ! --src-range 10.1.2.9-10.1.2.3 --dst-range 10.0.0.0-10.255.255.255',
  ],
  6: ['-m iprange --src-range ::-2001:db8::1', '-m iprange ! --dst-range 2001:db8::1-2001:db8::1'],
};

const addressWords = (next: () => number, family: Family, flag: string): string => {
  const kind = Math.floor(next() * 5);
  const first = one(next, addresses[family]);
  if (kind === 0) return '';
  if (kind === 1 && !/\/0|^::$/.test(first)) return `! ${flag} ${first}`;
  return `${flag} ${first}${kind === 2 ? `,${one(next, addresses[family])}` : ''}`;
};

const portWords = (next: () => number, flag: string, list: readonly string[]): string =>
  next() < 0.3 ? '' : `${next() < 0.5 ? '! ' : ''}${flag} ${one(next, list)}`;

const ruleOf = (next: () => number, family: Family): string => {
  const protocol = one(next, ['', 'tcp', 'udp', 'tcp', 'sctp']);
  const list = protocol === 'udp' ? udpPorts : ports;
  const several = `-p ${protocol} -m multiport ${next() < 0.3 ? '! ' : ''}--${one(next, ['sports', 'dports', 'ports'])} ${one(next, portLists)}`;
  const isOfLists = protocol === 'sctp' || next() < 0.2;
  const transport =
    protocol && isOfLists
      ? several
      : protocol && `-p ${protocol} -m ${protocol} ${portWords(next, '--sport', list)} ${portWords(next, '--dport', list)}`;
  const state = one(next, [
    '',
    '',
    '-m conntrack --ctstate NEW',
    '-m mark --mark 1',
    '-m comment --comment x',
    '-m mac --mac-source 0:0:0:0:0:1',
    '-m mac ! --mac-source 0:0:0:0:0:2',
    ...addressRanges[family],
  ]);
  const source = addressWords(next, family, '-s');
  // No address has a "!" beside a list.
  let destination = addressWords(next, family, '-d');
  while (/! -.*,|,.*! -/.test(`${source} ${destination}`))
    destination = addressWords(next, family, '-d').replace('! ', '').replace(/,.*/, '');
  return `-A FORWARD ${source} ${destination} ${transport} ${state} -j ACCEPT`;
};

describe('ranges of rules', () => {
  it.each([4, 6] as const)('family %i: as numbers they say what the predicate says', (family) => {
    const next = random(7 + family);
    for (let round = 0; round < 40; round++) {
      const rules = Array.from({ length: 30 }, () => ruleOf(next, family));
      const text = `*filter\n:FORWARD DROP [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
      const { document, problems } = parse(text, { name: 'random', family });
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      const ruleset = resolve(document).rulesets[0]!;
      const { space, steps } = buildProgram(ruleset);
      const diagram = new Diagram(1e7);
      for (const rule of ruleset.rules) {
        const { form, isStateless } = steps[rule.id]!;
        const wanted = isStateless ? 0 : diagram.form(space.form(rule.condition));
        expect({ line: ruleset.source.slice(rule.node), set: diagram.form(form) }).toEqual({
          line: ruleset.source.slice(rule.node),
          set: wanted,
        });
      }
    }
  });

  it('the catalogue tells ranges of addresses and ports', () => {
    const told = [builtIn, ...matchSpecs].flatMap(({ name, options }) =>
      Object.entries(options).flatMap(([key, option]) => (option.within ? [`${name} ${key}: ${option.within.field}`] : [])),
    );
    expect(told).toEqual([
      ' source: source',
      ' destination: destination',
      'iprange source: source',
      'iprange destination: destination',
      'mac source: macSource',
      'multiport sourcePorts: sourcePort',
      'multiport destinationPorts: destinationPort',
      'tcp sourcePort: sourcePort',
      'tcp destinationPort: destinationPort',
      'udp sourcePort: sourcePort',
      'udp destinationPort: destinationPort',
    ]);
  });
});
