/** Questions that no packet field answers, in the words in which rules are explained: "at most 3 a minute" for `-m limit --limit 3/min`. */
import { type Family, givenOf, meaningContext, parse, type Test } from '../../grammar/index.js';

/** What a test asks, or that it does not hold. Where the words of rules do not fit, its own text. */
export const testWords = ({ text }: Pick<Test, 'text'>, holds: boolean, family: Family): string => {
  const words = phrasesOf(text, family);
  if (words === null) return holds ? text : `not ${text}`;
  if (holds) return words;
  if (words.startsWith('at most ')) return `more than ${words.slice('at most '.length)}`;
  return words.startsWith('whose ') ? words.replace(/\b(is|was|are|were)\b/, '$1 not').replace(/, noting it again$/, '') : `not ${words}`;
};

/** The phrases of the one match that a test is; null: it is none, or has none. */
const phrasesOf = (text: string, family: Family): string | null => {
  const [table] = parse(`*filter\n-A INPUT ${text}\nCOMMIT\n`, { family }).document.items;
  const rule = table?.kind === 'table' ? table.items[0] : undefined;
  if (rule?.kind !== 'rule' || !rule.whole || rule.matches.length !== 1) return null;
  const [{ spec, options }] = rule.matches as [(typeof rule.matches)[number]];
  const given = spec && givenOf(spec, options);
  if (!spec || !given) return null;
  const phrases = spec.say(given, meaningContext(family, options)).map((phrase) => phrase.text);
  return phrases.length === 0 ? null : phrases.join(', ');
};
