/** Reads a configuration file: YAML 1.2 (of which JSON is a part), held to the schema, with the place of everything that is wrong. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { closest } from '../util/closest.js';
import { listed } from '../util/text.js';
import type { Config } from './config.js';
import { configSchema, type Schema } from './schema.js';

export interface ConfigProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** The configuration, or all that is wrong with it. An empty file is an empty configuration. */
export const readConfig = (text: string): { readonly config: Config } | { readonly problems: readonly ConfigProblem[] } => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: ConfigProblem[] = [];
  const complain = (offset: number, message: string): void => {
    const { line, col } = lines.linePos(offset);
    problems.push({ line, column: col, message });
  };
  for (const error of document.errors) complain(error.pos[0], error.message);
  if (problems.length > 0) return { problems };

  const check = (given: unknown, schema: Schema, name: string, at: number): void => {
    const node = isAlias(given) ? given.resolve(document) : given;
    const place = (node as Node | null | undefined)?.range?.[0] ?? at;
    if (schema.enum) {
      const value = isScalar(node) ? node.value : undefined;
      if (!schema.enum.some((word) => word === value)) complain(place, wrongWord(name, value, schema.enum));
    } else if (schema.type === 'object') {
      if (!isMap(node)) return complain(place, `${name || 'the file'} has to be a list of keys and values`);
      for (const { key, value } of node.items) {
        const word = String(isScalar(key) ? key.value : key);
        const keyAt = (key as Node).range?.[0] ?? place;
        const inner = schema.properties?.[word] ?? (schema.additionalProperties || undefined);
        const whole = name ? `${name}.${word}` : word;
        if (inner) check(value, inner, whole, keyAt);
        else complain(keyAt, `unknown key ${whole}${didYouMean(word, Object.keys(schema.properties ?? {}))}`);
      }
    } else if (schema.type === 'array') {
      if (!isSeq(node)) return complain(place, `${name} has to be a list: [a, b]`);
      if (node.items.length < (schema.minItems ?? 0)) complain(place, `${name} must not be empty`);
      for (const item of node.items) check(item, schema.items ?? {}, name, place);
    } else if (schema.type !== undefined && !(isScalar(node) && typeof node.value === schema.type)) {
      complain(place, schema.type === 'boolean' ? `${name} has to be true or false` : `${name} has to be a text`);
    }
  };
  if (document.contents === null) return { config: {} };
  check(document.contents, configSchema, '', 0);
  if (problems.length > 0) return { problems };
  // Held to the schema above, which is what Config describes.
  return { config: document.toJS() as Config };
};

const wrongWord = (name: string, value: unknown, words: readonly (string | number)[]): string => {
  const said = value === undefined ? 'something else' : JSON.stringify(value);
  const near = typeof value === 'string' ? didYouMean(value, words.map(String)) : '';
  return `${name} is ${listed(words.map(String), 'or')}, not ${said}${near}`;
};

const didYouMean = (word: string, known: readonly string[]): string => {
  const near = closest(word, known);
  return near ? `; did you mean ${near}?` : '';
};
