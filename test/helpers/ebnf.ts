/** Writes the live parser's grammar as EBNF, from chevrotain's own description of it. */
import type { ISerializedGast, TokenType } from 'chevrotain';
import { tokenLabel } from 'chevrotain';
import { RulesetParser } from '../../grammar/syntax/parser.js';
import { parserTokens } from '../../grammar/syntax/tokens.js';

export type Node = ISerializedGast & { definition?: Node[]; nonTerminalName?: string; name?: string; label?: string; separator?: Node };

const show = (node: Node): string => {
  const inside = () => sequence(node.definition ?? []);
  switch (node.type) {
    case 'NonTerminal':
      return node.name!;
    case 'Terminal':
      return node.name!;
    case 'Option':
      return `[ ${inside()} ]`;
    case 'Repetition':
      return `{ ${inside()} }`;
    case 'RepetitionMandatory':
      return `${inside()} { ${inside()} }`;
    case 'RepetitionMandatoryWithSeparator':
      return `${inside()} { ${show(node.separator!)} ${inside()} }`;
    case 'Alternation':
      return node.definition!.length === 1 ? show(node.definition![0]!) : `( ${node.definition!.map(show).join(' | ')} )`;
    default:
      return inside();
  }
};

/** What stands on the right side of a production. */
export const sequence = (nodes: readonly Node[]): string => nodes.map(show).join(' ');

const pattern = (token: TokenType): string | null => {
  if (typeof token.PATTERN === 'string') return JSON.stringify(token.PATTERN);
  if (token.PATTERN instanceof RegExp && token.PATTERN.source !== 'NOT_APPLICABLE') return `/${token.PATTERN.source}/`;
  return typeof token.PATTERN === 'object' && 'exec' in token.PATTERN && !(token.PATTERN instanceof RegExp)
    ? `? ${tokenLabel(token)} ?`
    : null;
};

/** The whole grammar: productions from the top, then the tokens with their patterns. */
export const grammarAsEbnf = (): string => {
  const productions = new RulesetParser().getSerializedGastProductions() as Node[];
  const order = ['ruleset', 'line', 'tableLine', 'chainLine', 'commitLine', 'words', 'ruleLine', 'commandLine', 'ruleWords'];
  const sorted = [...productions].sort((a, b) => order.indexOf(a.name!) - order.indexOf(b.name!));
  const lines = ['(* Written from the live parser by `npm run docs`; a test fails when it is stale. *)', ''];
  for (const production of sorted)
    lines.push(`${production.name} = ${sequence(production.definition ?? []).replace(/^\( (.*) \)$/, '$1')} ;`);
  lines.push('', '(* Tokens. How many values follow a Flag is in the catalogue of extensions (grammar/extensions). *)', '');
  for (const token of parserTokens) {
    const text = pattern(token);
    const categories = parserTokens.filter((other) => other.CATEGORIES?.includes(token)).map((other) => other.name);
    if (categories.length > 0) lines.push(`${token.name} = ${[...(text ? [text] : []), ...categories].join(' | ')} ;`);
    else lines.push(`${token.name} = ${text ?? `? ${tokenLabel(token)} ?`} ;`);
  }
  return `${lines.join('\n')}\n`;
};
