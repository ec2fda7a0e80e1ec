/**
 * Rules to try on the real iptables: the catalogue's own examples, bent in every way that somebody might write them. The same seed gives the
 * same rules. Half of them are wrong, on purpose.
 */
import { flagsOf, matchSpecs, targetSpecs } from '../../grammar/extensions/catalogue.js';
import type { MatchSpec, TargetSpec } from '../../grammar/extensions/define.js';
import { builtIn } from '../../grammar/extensions/matches/built-in.js';
import { builtInChains, type Family, type TableName, tables } from '../../grammar/index.js';
import { Random } from './random.js';

export interface Vector {
  readonly family: Family;
  readonly table: TableName;
  readonly chain: string;
  readonly rule: string;
}

/** A text for iptables-restore that holds the rule alone. */
export const textOf = ({ table, chain, rule }: Vector): string =>
  `*${table}\n${isBuiltIn(table, chain) ? '' : `:${chain} - [0:0]\n`}-A ${chain} ${rule}\nCOMMIT\n`;

const isBuiltIn = (table: TableName, chain: string): boolean => (builtInChains[table] as readonly string[]).includes(chain);

/** Values of every form, most of them wrong for most options. */
const values: readonly string[] = [
  ...'0 1 2 15 16 32 33 64 128 255 256 1000 65535 65536 2147483647 4294967295 4294967296 18446744073709551616'.split(' '),
  ...'0x0 0x1f 0xffffffff 010 08 +1 -1 1.5 " 1" 1x'.split(' '),
  ...'1:2 2:1 :10 10: : 1:2:3 1-2 2-1 -5 1/2 0x1/0xff 1/ / 1,2 2,1 1,,2 ,1 1, ,'.split(' '),
  ...'abc ABC "" ! --foo any all none eth0 eth+ a/b .. "a b" ü'.split(' '),
  ...[15, 16, 28, 29, 30, 31, 32, 63, 64, 128, 255, 256].map((length) => 'x'.repeat(length)),
  ...'192.0.2.1 192.0.2.1/24 192.0.2.1/255.0.255.0 192.0.2 192.0.2.256 192.0.2.0/33 192.0.2.1-192.0.2.9 192.0.2.9-192.0.2.1 0/0'.split(' '),
  ...'192.0.2.1,192.0.2.2 2001:db8::1 2001:db8::/32 2001:db8::/129 2001:db8::1-2001:db8::9 :: ::/0 [2001:db8::1]:80'.split(' '),
  ...'192.0.2.1:80 192.0.2.1:80-90 192.0.2.1:90-80 192.0.2.1: :80 http ssh HTTP 22,80:90,443'.split(' '),
  ...'1/s 1/sec 10/minute 100/hour 1/day 1/x 0/s 10001/s 5mb/s 512b/s 5s 1mbit'.split(' '),
  ...'00:00:5e:00:53:01 00-00-5e-00-53-01 00:00:5e:00:53 NEW NEW,ESTABLISHED src src,dst SYN SYN,ACK ALL'.split(' '),
  ...'icmp-port-unreachable tcp-reset echo-request 8/0 8/256 0x10/0x3f 23:59 24:00 2020-01-01 2020-13-01 Mon,Tue 1,31'.split(' '),
];

const protocols = 'tcp udp icmp ipv6-icmp sctp dccp udplite esp ah ipcomp mh gre all 0 6 255 256 TCP xxx'.split(' ');

const junk = (
  'junk - -- ! #x -x -z "" -j -m -j,ACCEPT -m,tcp -p,tcp -c,1,2 -c,1 -w -n -v -t,filter -4 -6 -f !,-f -i,lo -o,lo ' + '-s,192.0.2.1 -A -g,X'
)
  .split(' ')
  .map((word) => word.replaceAll(',', ' '));

interface Seed {
  readonly spec: MatchSpec | TargetSpec;
  readonly family: Family;
  readonly table: TableName;
  readonly chain: string;
  readonly words: readonly string[];
}

const wordsOf = (rule: string): string[] => rule.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];

const seeds: readonly Seed[] = [builtIn, ...matchSpecs, ...targetSpecs].flatMap((spec) =>
  spec.examples
    .filter(({ refused }) => refused === undefined)
    .map(({ rule, family = 4, table = 'filter', chain = 'INPUT' }) => ({ spec, family, table, chain, words: wordsOf(rule) })),
);

/** Where the options of a rule stand, with how many words each. */
const optionsIn = (words: readonly string[]): readonly { readonly at: number; readonly size: number }[] =>
  words.flatMap((word, at) => {
    for (const spec of [builtIn, ...matchSpecs, ...targetSpecs]) {
      const option = flagsOf(spec).get(word);
      if (option) return [{ at, size: option.spec.value.arity }];
    }
    return [];
  });

/** A rule bent: words put in, taken out, exchanged. */
type Bend = (seed: Seed, random: Random) => Partial<Vector> & { readonly words?: readonly string[] };

const withValue: Bend = ({ spec, words }, random) => {
  const flags = [...flagsOf(spec)];
  if (flags.length === 0) return { words };
  const [flag, { spec: option }] = random.pick(flags);
  const at = words.findIndex((word) => word === flag || word === option.flag);
  const value = random.pick(values);
  const given = [flag, ...(option.value.arity > 0 ? [value] : []), ...(option.value.arity > 1 ? [random.pick([value, 'src', 'SYN'])] : [])];
  return { words: at < 0 ? [...words, ...given] : [...words.slice(0, at), ...given, ...words.slice(at + 1 + option.value.arity)] };
};

const atOption =
  (bend: (words: readonly string[], at: number, size: number, random: Random) => readonly string[]): Bend =>
  ({ words }, random) => {
    const options = optionsIn(words);
    if (options.length === 0) return { words };
    const { at, size } = random.pick(options);
    return { words: bend(words, at, size, random) };
  };

const bends: readonly (readonly [bend: Bend, weight: number])[] = [
  [withValue, 12],
  [(seed) => ({ family: seed.family === 4 ? 6 : 4 }), 1],
  [
    (_seed, random) => {
      const table = random.pick(tables);
      return { table, chain: random.pick([...builtInChains[table], 'X']) };
    },
    2,
  ],
  [atOption((words, at, size) => [...words, ...words.slice(at, at + 1 + size)]), 1],
  [atOption((words, at) => (words[at - 1] === '!' ? words.toSpliced(at - 1, 1) : words.toSpliced(at, 0, '!'))), 2],
  [atOption((words, at, size) => (size > 0 ? words.toSpliced(at + 1, 0, '!') : words)), 1],
  [atOption((words, at, size) => words.toSpliced(at, 1 + size)), 1],
  [atOption((words, at, size) => (size > 0 ? words.toSpliced(at + size, 1) : words)), 1],
  [
    atOption((words, at, _size, random) => {
      const flag = words[at]!;
      return flag.startsWith('--') ? words.with(at, flag.slice(0, 4 + random.below(flag.length - 3))) : words;
    }),
    1,
  ],
  [
    atOption((words, at, size) => {
      const [flag, value] = [words[at]!, words[at + 1]];
      if (size !== 1 || value === undefined) return words;
      return words.toSpliced(at, 2, flag.startsWith('--') ? `${flag}=${value}` : `${flag}${value}`);
    }),
    2,
  ],
  [
    ({ words }, random) => {
      const at = words.indexOf('-p');
      return { words: at < 0 ? ['-p', random.pick(protocols), ...words] : words.with(at + 1, random.pick(protocols)) };
    },
    2,
  ],
  [
    ({ words }, random) => {
      const at = words.indexOf('-p');
      if (at < 0) return { words };
      const without = words.toSpliced(at, 2);
      return { words: random.chance(0.5) ? without : [...without, ...words.slice(at, at + 2)] };
    },
    1,
  ],
  [({ words }, random) => ({ words: [...words, random.pick(junk)] }), 2],
  [({ words }, random) => ({ words: [...words, ...random.pick(seeds).words] }), 1],
  [({ words }, random) => ({ words: words.toSpliced(random.below(words.length), 1) }), 1],
];

const weighted: readonly Bend[] = bends.flatMap(([bend, weight]) => new Array<Bend>(weight).fill(bend));

/** Some examples as they are, then rules bent once. */
export const vectors = (count: number, seed: number): readonly Vector[] => {
  const random = new Random(seed);
  const found = new Map<string, Vector>();
  const add = (vector: Vector): void => {
    found.set(JSON.stringify(vector), vector);
  };
  for (const { family, table, chain, words } of seeds) if (random.chance(0.2)) add({ family, table, chain, rule: words.join(' ') });
  while (found.size < count) {
    const one = random.pick(seeds);
    const { words = one.words, family = one.family, table = one.table, chain = one.chain } = random.pick(weighted)(one, random);
    add({ family, table, chain, rule: words.join(' ') });
  }
  return [...found.values()].slice(0, count);
};
