/** Answers to queries: what they say on rulesets of a few lines, and that on random ones every packet is in exactly one class, the right one. */
import { describe, expect, it } from 'vitest';
import { lineOf } from '../../src/model/place.js';
import type { Ruleset } from '../../src/model/ruleset.js';
import { askRuleset } from '../../src/query/evaluate.js';
import { type Ask, readQuery } from '../../src/query/language.js';
import { cubeWords, sayCube } from '../../src/query/words.js';
import { random } from '../analysis/random-rulesets.js';
import { randomTable, someTopics, worldOf } from './random-tables.js';
import { filter, inCube, rulesetOf, walked } from './world.js';

const asked = (text: string): Ask => {
  const ask = readQuery(text);
  if ('message' in ask) throw new Error(ask.message);
  return ask;
};

/** "accepted: tcp to port 22 by 4", a line a class. */
const answers = (ruleset: Ruleset, query: string, effort = 1_000_000): string[] =>
  askRuleset(ruleset, asked(query), { effort, most: 20 }).flatMap(({ hook, classes }) =>
    (classes ?? ['not decided']).map((one) => {
      if (typeof one === 'string') return one;
      const by = [...one.by.map(lineOf), ...(one.byPolicy ? ['policy'] : [])].join(', ');
      const { tests } = sayCube(one.space, one.cube);
      return `${hook} ${one.fate}: ${cubeWords(one.space, one.cube)}${tests.map((test) => ` if ${test}`).join('')} (${by})`;
    }),
  );

const office = filter(
  '-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT',
  '-A INPUT -p tcp -m tcp --dport 23 -j LOG',
  '-A INPUT -p tcp -m tcp --dport 23:24 -j DROP',
  '-A FORWARD -i eth1 -p tcp -m tcp --dport 443 -j REJECT --reject-with tcp-reset',
);

describe('a query', () => {
  it('tells who reaches a port', () => {
    expect(answers(office, 'tcp to port 22 in INPUT')).toEqual([
      'INPUT accepted: tcp from 192.0.2.0/24 to port 22 (5)',
      'INPUT dropped: tcp from anywhere but 192.0.2.0/24 to port 22 (policy)',
    ]);
  });

  it('calls accepted what SYNPROXY answers', () => {
    expect(answers(filter('-A INPUT -p tcp -m tcp --dport 443 --syn -j SYNPROXY'), 'tcp to port 443 accepted in INPUT')).toEqual([
      'INPUT accepted: tcp to port 443 with TCP flags SYN of FIN, SYN, RST, ACK (5)',
    ]);
  });

  it('takes outcome and logging together', () => {
    expect(answers(office, 'tcp port 23, 24 dropped and logged')).toEqual(['INPUT dropped: tcp to port 23 (7)']);
    expect(answers(office, 'tcp port 23, 24 dropped and not logged in INPUT')).toEqual(['INPUT dropped: tcp to port 24 (7)']);
  });

  it('asks what a line decides, and what it matches', () => {
    expect(answers(office, 'decided by line 7')).toEqual(['INPUT dropped: tcp to port 23-24 (7)']);
    expect(answers(office, 'matched by line 6')).toEqual(['INPUT dropped: tcp to port 23 (7)']);
    expect(answers(office, 'rejected')).toEqual(['FORWARD rejected: tcp to port 443 arriving on eth1 (8)']);
  });

  it('names what is not known', () => {
    const ruleset = filter('-A INPUT -p tcp -m set --match-set office src -j ACCEPT');
    expect(answers(ruleset, 'accepted in INPUT')).toEqual(['INPUT accepted: tcp if whose source is in set office (5)']);
  });

  it('sees what an earlier table drops', () => {
    const ruleset = rulesetOf(
      '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -s 198.51.100.0/24 -j DROP\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n-A INPUT -p udp -j ACCEPT\nCOMMIT\n',
    );
    expect(answers(ruleset, 'accepted in INPUT')).toEqual(['INPUT accepted: udp from anywhere but 198.51.100.0/24 (7)']);
  });

  it('tells nothing but what was asked for where history may decide either way', () => {
    const ruleset = filter(
      ':SLOW - [0:0]',
      '-A SLOW -m limit --limit 1/sec -j RETURN',
      '-A SLOW -j DROP',
      '-A INPUT -p tcp -j SLOW',
      '-A INPUT -p tcp -j ACCEPT',
    );
    expect(answers(ruleset, 'tcp dropped in INPUT')).toEqual(['INPUT dropped: tcp if more than 1 a second (7)']);
    expect(answers(ruleset, 'tcp accepted in INPUT')).toEqual(['INPUT accepted: tcp if at most 1 a second (9)']);
  });

  it('knows the network that NETMAP gives, whoever asks for a part of it', () => {
    const ruleset = rulesetOf(
      '*nat\n-A PREROUTING -d 198.51.100.0/24 -j NETMAP --to 192.0.2.0/24\nCOMMIT\n*filter\n:FORWARD DROP [0:0]\n-A FORWARD -d 192.0.2.128/25 -j ACCEPT\nCOMMIT\n',
    );
    expect(answers(ruleset, 'new accepted in FORWARD')).toEqual(['FORWARD accepted: new to 192.0.2.128/25 (6)']);
  });

  it('says so when the effort does not suffice', () => {
    const many = Array.from({ length: 40 }, (_, i) => `-A INPUT -s 10.${i * 3}.0.0/16 -p tcp -m tcp --dport ${i * 7} -j ACCEPT`);
    expect(answers(filter(...many), 'accepted in INPUT', 20)).toEqual(['not decided']);
  });

  it('has an address of the other family in no packet', () => {
    expect(answers(office, 'from 2001:db8::/32 in INPUT')).toEqual([]);
  });
});

describe('agreement with a plain walk', () => {
  const many = Number(process.env.IPTLINT_AGREEMENT ?? 120);

  it(`every packet is in one class, with its verdict and its line: ${many} random rulesets`, () => {
    for (let seed = 1; seed <= many; seed++) {
      const next = random(seed * 31);
      const chosen = someTopics(next, 300, (topic) => topic.field !== null && topic.field !== 'mark');
      const text = randomTable(next, chosen, { table: 'filter', hooks: ['FORWARD'], rules: 3 + Math.floor(next() * 10) });
      const ruleset = rulesetOf(text);
      const chain = ruleset.tables.get('filter')!.chains.get('FORWARD')!;
      const [answer] = askRuleset(ruleset, asked('in FORWARD'), { effort: 5_000_000, most: 10_000 });
      const { packets, outs } = worldOf(chosen);
      for (const packet of packets)
        for (const out of outs) {
          const here = { ...packet, outInterface: out };
          const { by, accepted } = walked(chain, here);
          const holding = answer!.classes!.filter(({ cube, space }) => inCube(space, cube, here));
          expect(holding.length, `seed ${seed}\n${text}`).toBe(1);
          expect(holding[0]!.fate === 'accepted', `seed ${seed}\n${text}`).toBe(accepted);
          expect(by ? holding[0]!.by.includes(by) : holding[0]!.byPolicy, `seed ${seed}\n${text}`).toBe(true);
        }
    }
  });
});
