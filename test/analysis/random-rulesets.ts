/** Small random rulesets, made of a few of the words that the catalogue knows, so that rules meet. */
import { builtInChains, type Family, type Hook, type TableName } from '../../grammar/index.js';
import { type Deed, deeds, one, type Saying, say, sayings } from './vocabulary.js';

/** Mulberry32: the same seed, the same rulesets. */
export const random = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};

export interface RandomOptions {
  readonly family: Family;
  readonly tables: readonly TableName[];
  /** Rules of each table. */
  readonly rules: number;
  /** What rules may ask. The first of it stands in the first two rules of each table, without and with `!`. */
  readonly words: readonly Saying[];
  /** A target that stands in the third rule of each table that may hold it. */
  readonly deed: Deed;
}

const shuffled = <T>(next: () => number, list: readonly T[]): T[] =>
  list
    .map((item) => ({ item, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);

/** Some things to ask beside one: all matches equally often, whatever the number of their options, and addresses, interfaces or protocols. */
export const wordsBeside = (next: () => number, first: Saying, family: Family, count: number): Saying[] => {
  const fitting = sayings.filter((saying) => saying !== first && (saying.families?.includes(family) ?? true));
  const matches = shuffled(next, [...new Set(fitting.map(({ match }) => match))]).slice(0, count);
  const plain = shuffled(
    next,
    fitting.filter(({ match }) => match === ''),
  );
  return [
    first,
    ...matches.map((match) =>
      one(
        next,
        fitting.filter((saying) => saying.match === match),
      ),
    ),
    ...plain.slice(0, count > 1 ? 2 : 1),
  ];
};

/** User chains by the built-in chains that may lead to them: a target of one side of nat stands in no chain of the other. */
const usersOf = (next: () => number, table: TableName): { readonly name: string; readonly hooks: readonly Hook[] }[] => {
  const built = builtInChains[table];
  if (table !== 'nat' && next() < 0.8) return ['A', 'B', 'C'].slice(0, Math.floor(next() * 4)).map((name) => ({ name, hooks: built }));
  const sides = [
    built.filter((hook) => hook === 'PREROUTING' || hook === 'OUTPUT'),
    built.filter((hook) => hook === 'INPUT' || hook === 'POSTROUTING'),
  ];
  return ['A', 'B', 'C'].slice(0, Math.floor(next() * 4)).map((name, i) => ({ name, hooks: sides[i % 2]! }));
};

const hasFlag = ({ template }: Saying, flag: string): boolean => ` ${template} `.includes(` ${flag} `);

/** Two sayings that cannot stand in one rule. */
const exclude = (a: Saying, b: Saying): boolean =>
  a.match === b.match && (a.match !== '' || ['-s', '-d', '-i', '-o', '-p', '-f'].some((flag) => hasFlag(a, flag) && hasFlag(b, flag)));

/** The words of one rule, some of those chosen; a rule names one protocol. `sure`: `!` or not for the first word, which then stands in it. */
const conditionOf = (
  next: () => number,
  { words, family }: RandomOptions,
  given: readonly string[] | undefined,
  without: readonly string[],
  sure: boolean | null,
): string => {
  let protocol = given && one(next, given);
  const used: Saying[] = [];
  const parts: string[] = [];
  for (const saying of sure === null ? shuffled(next, words) : [words[0]!, ...shuffled(next, words.slice(1))]) {
    const isSure = sure !== null && saying === words[0];
    if (!isSure && next() < 0.5) continue;
    if (used.some((other) => exclude(saying, other)) || without.some((flag) => hasFlag(saying, flag))) continue;
    const names = saying.match === '' && hasFlag(saying, '-p');
    if (names && protocol !== undefined) continue;
    if (saying.protocol) {
      if (used.some((other) => other.match === '' && hasFlag(other, '-p'))) continue;
      if (protocol !== undefined && !saying.protocol.includes(protocol)) continue;
      protocol ??= one(next, saying.protocol);
    }
    used.push(saying);
    parts.push(say(next, isSure ? saying.template.replaceAll('?', sure ? '!' : '') : saying.template, family));
  }
  // -p first: it is what the others rest on.
  const isProtocol = (part: string): boolean => /^(! )?-p /.test(part);
  return [...(protocol === undefined ? parts.filter(isProtocol) : [`-p ${protocol}`]), ...parts.filter((part) => !isProtocol(part))].join(
    ' ',
  );
};

const tableText = (next: () => number, table: TableName, options: RandomOptions): string => {
  const { family } = options;
  const users = usersOf(next, table);
  const built = builtInChains[table];
  const lines = [
    `*${table}`,
    ...built.map((chain) => `:${chain} ${table !== 'nat' && next() < 0.25 ? 'DROP' : 'ACCEPT'} [0:0]`),
    ...users.map(({ name }) => `:${name} - [0:0]`),
  ];
  const here = deeds.filter((deed) => deed.tables.includes(table) && (deed.families?.includes(family) ?? true));
  // A few targets for one table, so that what they do is asked again.
  const chosen = [...here.filter((deed) => deed === options.deed), ...shuffled(next, here).slice(0, 4)];
  const busy = shuffled(next, built).slice(0, 1 + Math.floor(next() * built.length));
  for (let i = 0; i < options.rules; i++) {
    const isDeed = i === 2 && chosen[0] === options.deed;
    const base = isDeed ? built.filter((hook) => options.deed.hooks?.includes(hook) ?? true) : busy;
    const at = Math.floor(next() * (base.length * 2 + (isDeed ? 0 : users.length)));
    const user = at - base.length * 2;
    const chain = user >= 0 ? users[user]!.name : base[at >> 1]!;
    const hooks: readonly Hook[] = user >= 0 ? users[user]!.hooks : [base[at >> 1]!];
    const targets: (Deed | string)[] = ['ACCEPT', 'ACCEPT', 'RETURN', ''];
    for (const deed of chosen) if (hooks.every((hook) => deed.hooks?.includes(hook) ?? true)) targets.push(deed, deed);
    for (const [to, { name, hooks: from }] of users.entries())
      if (to > user && hooks.every((hook) => from.includes(hook))) targets.push(name, name, `goto ${name}`);
    const isSure = i < 2;
    const target = isDeed
      ? options.deed
      : one(next, isSure ? targets.filter((each) => typeof each === 'string' || !each.protocol) : targets);
    const deed = typeof target === 'string' ? undefined : target;
    const without = [
      ...(hooks.length === 1 && (chain === 'OUTPUT' || chain === 'POSTROUTING') ? ['-i'] : []),
      ...(hooks.length === 1 && (chain === 'INPUT' || chain === 'PREROUTING') ? ['-o'] : []),
    ];
    let words = conditionOf(next, options, deed?.protocol, without, isSure ? i === 1 : null);
    if (deed?.beside && !words.includes(deed.beside.split(' ')[1]!)) words += ` ${deed.beside}`;
    const action =
      typeof target !== 'string'
        ? `-j ${say(next, target.target, family)}`
        : target.startsWith('goto ')
          ? `-g ${target.slice(5)}`
          : target && `-j ${target}`;
    lines.push(`-A ${chain} ${words} ${action}`.replace(/ +/g, ' ').trimEnd());
  }
  return `${lines.join('\n')}\nCOMMIT\n`;
};

/** A ruleset about the way out of what the host sends: OUTPUT asks for interfaces, changes what a route hangs on, and POSTROUTING asks again. */
export const randomWayOut = (next: () => number, rules: number): string => {
  const chance = (share: number): boolean => next() < share;
  const words = (most: number, out: number): string => {
    const parts = [
      chance(out) ? one(next, ['-o eth0', '-o eth1', '! -o eth0', '-o lo', '-o eth+']) : '',
      chance(0.5) ? one(next, ['-p udp', '-p tcp', '! -p udp']) : '',
      chance(0.5)
        ? `-m conntrack --ctstate ${one(next, ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'NEW,ESTABLISHED', 'UNTRACKED'])}`
        : '',
      chance(0.15) ? one(next, ['-m length --length 0:100', '-m mark --mark 1', '-m dscp --dscp 4']) : '',
    ].filter((part) => part !== '');
    return parts.slice(0, most).join(' ');
  };
  const several = (count: number, line: () => string): string[] => Array.from({ length: 1 + Math.floor(next() * count) }, line);
  const change = (): string =>
    one(next, ['MARK --set-mark 1', 'CONNMARK --restore-mark', 'TOS --set-tos 16', 'LOG', 'ACCEPT', 'DROP', 'NFQUEUE']);
  const mangle = [
    '*mangle',
    ':FORWARD DROP [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ':POSTROUTING ACCEPT [0:0]',
    ':marks - [0:0]',
    ...several(rules, () => `-A ${one(next, ['OUTPUT', 'OUTPUT', 'marks'])} ${words(2, 0.2)} -j ${change()}`),
    ...several(1, () => `-A OUTPUT ${words(1, 0.2)} -${one(next, ['j', 'g'])} marks`),
    ...several(rules, () => `-A POSTROUTING ${words(3, 0.8)}`),
    'COMMIT',
  ];
  const translate = (): string =>
    one(next, [
      () => `-A OUTPUT ${words(1, 0.4)} -j ${one(next, ['DNAT --to-destination 192.0.2.1', 'MARK --set-mark 1', 'ACCEPT'])}`,
      () => `-A INPUT ${one(next, ['-p tcp', '-p udp'])} -j SNAT --to-source 192.0.2.1`,
      () => `-A POSTROUTING ${words(2, 0.5)} -j MASQUERADE`,
    ])();
  const nat = chance(0.5) ? ['*nat', ...several(2, translate), 'COMMIT'] : [];
  const raw = chance(0.2)
    ? ['*raw', `-A OUTPUT ${one(next, ['-p tcp', '-p udp'])} -j ${one(next, ['NOTRACK', 'MARK --set-mark 1'])}`, 'COMMIT']
    : [];
  const filter = [
    '*filter',
    `:OUTPUT ${one(next, ['DROP', 'DROP', 'ACCEPT'])} [0:0]`,
    ...several(rules, () => `-A OUTPUT ${words(2, 0.8)} -j ${one(next, ['ACCEPT', 'ACCEPT', 'DROP', 'NFQUEUE'])}`),
    'COMMIT',
  ];
  return `${[...raw, ...mangle, ...nat, ...filter].join('\n').replace(/ +/g, ' ')}\n`;
};

/** The text of a ruleset. */
export const randomRuleset = (next: () => number, options: RandomOptions): string =>
  options.tables.map((table) => tableText(next, table, options)).join('');
