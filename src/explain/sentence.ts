/**
 * A rule in one sentence, composed from the phrases that the extensions of the catalogue have for their matches and targets. Order and joints are
 * decided here; the words are each extension's own.
 */
import {
  type Family,
  givenOf,
  type Hook,
  type MatchNode,
  meaningContext,
  type Phrase,
  type Policy,
  printMatch,
  printTarget,
  type RuleNode,
  type Slot,
  sayQuoted,
  type TargetNode,
} from '../../grammar/index.js';
import type { Chain, Rule } from '../model/ruleset.js';
import { listed } from '../util/text.js';

/** What a rule's words lean on beside the rule. */
export interface Scope {
  readonly family: Family;
  /** The hook of the rule's chain; null: a user-defined chain. */
  readonly hook: Hook | null;
  /** Policy of the rule's chain; null: none, or not known. */
  readonly policy: Policy | null;
  /** Whether the rule's table has a user-defined chain of this name. */
  readonly isChain: (name: string) => boolean;
}

/** A rule in words. */
export interface RuleWords {
  /** "Accept new TCP connections to port 22 (ssh) from 10.0.0.0/8 arriving on eth0." */
  readonly sentence: string;
  /** The packets that it matches: "new TCP connections to port 22 (ssh) from 10.0.0.0/8 arriving on eth0". */
  readonly subject: string;
  /** The texts of its comments. */
  readonly comments: readonly string[];
}

/** Where a rule of the model stands. */
const scopeOf = ({ hook, policy, node, table }: Chain): Scope => ({
  family: table.ruleset.family,
  hook,
  // Of a chain that no line declares it is not known.
  policy: node && policy,
  isChain: (name) => table.chains.has(name) && table.chains.get(name)!.hook === null,
});

/** A rule of the model in words. */
export const wordsOf = (rule: Rule): RuleWords => sayRule(rule.node, scopeOf(rule.chain));

/** A rule in words. */
export const sayRule = (node: RuleNode, scope: Scope): RuleWords => {
  const phrases = phrasesOf(node, scope.family);
  const subject = saySubject(phrases);
  const sentence = `${capital(sayAction(node.target, subject, scope))}.${node.whole || saysUnread(node) ? '' : ' Part of the line could not be read.'}`;
  return { sentence, subject, comments: [...new Set(phrases.filter(({ slot }) => slot === 'note').map(({ text }) => text))] };
};

/** A phrase and the match that says it. */
export interface SaidPhrase extends Phrase {
  readonly of: MatchNode;
  /** It tells of addresses, not of ports, users or hardware. */
  readonly isAddress: boolean;
}

const addressMatches: ReadonlySet<string> = new Set(['', 'iprange', 'addrtype']);

/** The phrases of all matches of a rule, in written order. */
export const phrasesOf = (node: RuleNode, family: Family): readonly SaidPhrase[] =>
  node.matches.flatMap((match) => sayMatch(match, family));

const sayMatch = (match: MatchNode, family: Family): readonly SaidPhrase[] => {
  const { spec } = match;
  const isKnown = spec !== null && (!spec.families || spec.families.includes(family));
  const say = (options: MatchNode['options']): readonly SaidPhrase[] | null => {
    const given = isKnown ? givenOf(spec, options) : null;
    if (!given) return null;
    return spec!
      .say(given as never, meaningContext(family, options))
      .map((phrase) => ({ ...phrase, of: match, isAddress: addressMatches.has(match.name) && !portPhrase.test(phrase.text) }));
  };
  const unread = match.options.filter((option) => option.spec === null);
  // Of the built-in options each stands for itself: those that were read are said.
  if (isKnown && match.name === '' && unread.length > 0)
    return [
      ...(say(match.options.filter((option) => option.spec !== null)) ?? []),
      ...unread.map((option) => quoted(match, `${option.negated ? '! ' : ''}${option.words.join(' ')}`)),
    ];
  return say(match.options) ?? [quoted(match, printMatch(match, { family, backend: 'legacy' }))];
};

/** Words of the rule, between quotes that they do not hold themselves. */
const inQuotes = (words: string): string => {
  if (!words.includes('"')) return `"${words}"`;
  return words.includes("'") ? sayQuoted(words) : `'${words}'`;
};

const quoted = (of: MatchNode, words: string): SaidPhrase => ({
  slot: 'condition',
  text: `matching ${inQuotes(words)} (not understood)`,
  of,
  isAddress: false,
});

/** Whether the words of the rule show already what could not be read. */
const saysUnread = ({ matches, target }: RuleNode): boolean =>
  matches.some(({ options }) => options.some(({ spec }) => spec === null)) || Boolean(target?.options.some(({ spec }) => spec === null));

const portPhrase = /^(?:from|to) (?:any port but|ports?|no port) /;
/** Adjectives of several words stand behind the noun. */
const behindNoun = /^(?:of|that|not|marked|with|without) /;
/** Conditions that tell how often or when, rather than which packets. */
const adverbial = /^(?:at most|beyond|while|until|once|one of|all but|all of|none of|between|on|from|noting|never|\d+ in \d|[\d.]+ %)/;
/** Nouns that NEW turns into the connections that such packets begin. */
const connectionNoun = /^(?:(?:TCP|UDP|UDP-Lite|SCTP|DCCP) )?packets$/;

/** Conditions that are of the packets of a connection: flags of TCP, or the connection itself. */
const ofPackets = /^of (?:\S+ )*connections\b|direction$|^(?:other than those )?with .*\b(?:set|clear)$/;

/** "new TCP connections to port 22 (ssh) from 10.0.0.0/8 arriving on eth0"; without any phrase "every packet". */
export const saySubject = (phrases: readonly SaidPhrase[]): string => {
  const texts = (slot: Slot): string[] => [...new Set(phrases.filter((phrase) => phrase.slot === slot).map(({ text }) => text))];
  const { adjectives, conditions } = joinConnections(texts('adjective'), texts('condition'));
  const before = adjectives.filter((text) => !behindNoun.test(`${text} `));
  const [given = 'packets', ...others] = specific(texts('noun'));
  const isNew = before.includes('new') && connectionNoun.test(given) && before.length === adjectives.length;
  const noun = isNew && !conditions.some((text) => ofPackets.test(text)) ? given.replace(/packets$/, 'connections') : given;

  const from = sayEnd(phrases.filter(({ slot }) => slot === 'from'));
  const to = sayEnd(phrases.filter(({ slot }) => slot === 'to'));
  const hasPort = (end: string): boolean => / port/.test(end);
  const ends = hasPort(to) && !hasPort(from) ? [to, from] : [from, to];
  const places = [...ends, [...texts('arriving'), ...texts('leaving')].join(' and ')].filter((part) => part !== '');
  const behind = adjectives.filter((text) => !before.includes(text));
  // A clause would swallow the places behind it: "that are invalid from 192.0.2.1", "of connections marked 0x1 from 192.0.2.1".
  const clauses = places.length > 0 ? behind.filter((text) => text.startsWith('that ') || ofConnections.exec(text)?.[2] !== undefined) : [];
  const head = [...before, noun, ...others.map((other) => `that are also ${other}`), ...behind.filter((text) => !clauses.includes(text))];
  const when = phrases.filter(({ slot, text }) => slot === 'condition' && adverbial.test(text));
  const restricting = [...clauses, ...joinSets(joinQuoted(conditions.filter((text) => !adverbial.test(text))))].map(sayWithOnce);
  if (adjectives.length + places.length + conditions.length === 0 && noun === 'packets') return 'every packet';
  const isApart = places.length > 0 || behind.some((text) => text.startsWith('that '));
  let words = [...head, ...places].join(' ');
  if (restricting.length > 0) words += `${isApart ? ',' : ''} ${listed(restricting)}`;
  for (const [index, { of, text }] of when.entries()) words += `${when[index - 1]?.of === of ? '' : ','} ${text}`;
  return words;
};

/** "of TCP connections begun to 192.0.2.7": the words before the noun, and those behind it. */
const ofConnections = /^of (?:(.+?) )?connections(?: (.+))?$/;

/**
 * Several phrases that tell of the packet's connection become one: "new" and "of TCP connections begun to 192.0.2.7" are "of new TCP connections begun to
 * 192.0.2.7".
 */
const joinConnections = (
  adjectives: readonly string[],
  conditions: readonly string[],
): { readonly adjectives: readonly string[]; readonly conditions: readonly string[] } => {
  const told = conditions.filter((text) => ofConnections.test(text));
  const state = adjectives.find((text) => text === 'new' || ofConnections.test(text));
  if (told.length === 0 || told.length + (state ? 1 : 0) < 2) return { adjectives, conditions };
  const parts = [...(state ? [state === 'new' ? 'of new connections' : state] : []), ...told].map((text) => ofConnections.exec(text)!);
  const kinds = parts.flatMap(([, kind]) => kind ?? []);
  const tails = parts.flatMap(([, , tail]) => tail ?? []);
  const whole = ['of', ...kinds, 'connections', ...(tails.length > 0 ? [listed(tails)] : [])].join(' ');
  return {
    adjectives: [...adjectives.filter((text) => text !== state), whole],
    conditions: conditions.filter((text) => !told.includes(text)),
  };
};

/** What is not understood is quoted in one breath. */
const joinQuoted = (conditions: readonly string[]): readonly string[] => {
  const pattern = /^matching (["'].*["']) \(not understood\)$/s;
  const quotes = conditions.flatMap((text) => pattern.exec(text)?.[1] ?? []);
  if (quotes.length < 2) return conditions;
  return [...conditions.filter((text) => !pattern.test(text)), `matching ${listed(quotes)} (not understood)`];
};

/** "whose source is in the sets a and b and not in the set c" for three clauses of the same. */
const joinSets = (conditions: readonly string[]): readonly string[] => {
  const pattern = /^(whose .+? (?:is|are)) (not )?in set (\S+)$/;
  const clauses = new Map<string, { readonly wanted: string[]; readonly unwanted: string[] }>();
  for (const text of conditions) {
    const [, whose, isNot, name] = pattern.exec(text) ?? [];
    if (whose === undefined || name === undefined) continue;
    const sets = clauses.get(whose) ?? { wanted: [], unwanted: [] };
    clauses.set(whose, sets);
    (isNot ? sets.unwanted : sets.wanted).push(name);
  }
  const said = new Set<string>();
  return conditions.flatMap((text) => {
    const whose = pattern.exec(text)?.[1];
    const sets = whose === undefined ? undefined : clauses.get(whose);
    if (whose === undefined || !sets || sets.wanted.length + sets.unwanted.length < 2) return [text];
    if (said.has(whose)) return [];
    said.add(whose);
    const { wanted, unwanted } = sets;
    const where = [
      ...(wanted.length > 0 ? [`in set${wanted.length > 1 ? 's' : ''} ${listed(wanted)}`] : []),
      ...(unwanted.length > 0 ? [`${unwanted.length > 1 ? 'in none of the sets' : 'not in set'} ${listed(unwanted)}`] : []),
    ];
    return [`${whose} ${where.join(' but ')}`];
  });
};

/** "with SPI 5, AH length 12 and ..." for "with SPI 5, with AH length 12 and with ...". */
const sayWithOnce = (text: string, index: number, all: readonly string[]): string =>
  index > 0 && text.startsWith('with ') && all.slice(0, index).every((other) => /^with (?!.* and )/.test(other)) ? text.slice(5) : text;

/** Nouns without those that another says more exactly: `-p tcp` and `-m tcp` each give one. */
export const specific = (nouns: readonly string[]): readonly string[] => {
  const words = (noun: string): string[] => noun.split(' ');
  return nouns.filter(
    (noun, index) =>
      !nouns.some(
        (other, at) => at !== index && words(noun).every((word) => words(other).includes(word)) && (noun !== other || at < index),
      ),
  );
};

/** "to port 22 (ssh) of 192.0.2.5", "from 192.0.2.0/24". */
const sayEnd = (phrases: readonly SaidPhrase[]): string => {
  const ports = new Set(phrases.filter(({ text }) => portPhrase.test(text)).map(({ text }) => text));
  const rest = phrases.filter(({ text }) => !portPhrase.test(text));
  const addresses = new Set(rest.filter(({ isAddress, text }) => isAddress && !isEverywhere(text)).map(({ text }) => text));
  const others = new Set(rest.filter(({ isAddress }) => !isAddress).map(({ text }) => text));
  // "to this host's own addresses except 127.0.0.0/8": what is asked for, then what is left out.
  const wanted = [...addresses].filter((text) => !isAllBut.test(text));
  const unwanted = [...addresses].filter((text) => isAllBut.test(text));
  const place =
    wanted.length > 0 && unwanted.length > 0
      ? `${together(wanted)} except ${listed(unwanted.map((text) => text.replace(isAllBut, '')))}`
      : together([...addresses]);
  const port = [...ports].join(' and ');
  const whole = port && place ? `${port} of ${bare(place)}` : port || place;
  return [whole, ...others].filter((part) => part !== '').join(' and ');
};

/** "to 192.0.2.5 and at the same time this host's own addresses". */
const together = (places: readonly string[]): string =>
  places.map((text, index) => (index === 0 ? text : bare(text))).join(' and at the same time ');

/** A negated address. */
const isAllBut = /^(?:from|to) any(?:where|thing) but /;

const isEverywhere = (text: string): boolean => /^(?:from|to) anywhere$/.test(text);

const bare = (text: string): string => text.replace(/^(?:from|to) /, '').replace(/^any(?:where|thing) but /, 'any address but ');

/** What the rule does with its subject. */
const sayAction = (target: TargetNode | null, subject: string, scope: Scope): string => {
  if (!target) return `count ${subject} (no target)`;
  const { name, spec } = target;
  const isFor = subject === 'every packet' ? 'for every packet' : `for ${subject}`;
  if (target.goto) return `go to chain ${name}, without coming back here, ${isFor}`;
  if (!spec && scope.isChain(name)) return `jump to chain ${name} ${isFor}`;
  const given = spec && (!spec.families || spec.families.includes(scope.family)) ? givenOf(spec, target.options) : null;
  if (!spec && target.options.length === 0) return `jump to ${name} (not a chain that is known here) ${isFor}`;
  if (!spec || !given) {
    const text = printTarget(target, { family: scope.family, backend: 'legacy' });
    return `${subject}: ${inQuotes(text)} (${spec ? 'not understood' : 'a target that is not known'})`;
  }
  const context = meaningContext(scope.family, target.options);
  if (spec.name === 'RETURN')
    return scope.hook
      ? `skip the rules below ${isFor}: the policy${scope.policy ? `, ${scope.policy},` : ''} decides`
      : `return to the calling chain ${isFor}`;
  const words = spec.say(given as never, scope.hook ? { ...context, hook: scope.hook } : context);
  const direct = /^(Accept|Drop|Reject|Log|Mark|Queue|Audit)(?: (?!the connection|the mark)(.*))?$/s.exec(words);
  if (!direct) return `${subject}: ${words.charAt(0).toLowerCase()}${words.slice(1)}`;
  const [, verb = '', tail] = direct;
  const isApart =
    tail !== undefined && (/,| (?:that|whose|which|with) /.test(subject) || (tail.startsWith('to ') && subject.includes(' to ')));
  return `${verb} ${subject}${tail === undefined ? '' : `${isApart ? ', ' : ' '}${tail}`}`;
};

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
