/** The configuration file as a JSON Schema: what `iptlint config schema` prints, what editors complete from, and what read.ts checks against. */
import { categories, levels } from '../diagnostic/diagnostic.js';
import { failOns } from '../diagnostic/report.js';
import { efforts } from '../diagnostic/result.js';

/** The part of JSON Schema that is used here and understood by read.ts. */
export interface Schema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'boolean';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: false | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly enum?: readonly (string | number)[];
  readonly anyOf?: readonly Schema[];
}

const checksList = (description: string): Schema => ({ type: 'array', items: { type: 'string' }, description });
const file = (description: string): Schema => ({ type: 'string', description });

const selection = {
  select: checksList(
    `Only these checks, by id or category (${categories.join(', ')}), also those that are off by default; "all" is every check.`,
  ),
  ignore: checksList('Not these checks, by id or category.'),
  levels: {
    type: 'object',
    additionalProperties: { enum: [...levels, 'off'] },
    description: 'Level of a check by id; a level also switches on a check that is off by default.',
  },
} as const satisfies Record<string, Schema>;

export const configSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'iptlint configuration',
  description:
    '.iptlint.yaml, .iptlint.yml or .iptlint.json: the nearest one, from the folder of the input up to the root of its repository.',
  type: 'object',
  additionalProperties: false,
  properties: {
    ...selection,
    'fail-on': { enum: failOns, description: 'The lowest level that makes the exit code 1 (warning).' },
    'min-certainty': {
      enum: ['possible', 'proved'],
      description: 'proved: findings that lean on something unknown are not told (possible).',
    },
    family: { enum: [4, 6], description: 'Address family of the rulesets, whatever they seem to be.' },
    backend: {
      enum: ['legacy', 'nft'],
      description: 'The back end that the rulesets are loaded into; without it, what their header tells, or either.',
    },
    effort: { enum: efforts, description: 'How hard to try before a question is left open (normal).' },
    managed: {
      enum: ['info', 'full'],
      description:
        "full: findings in chains that a program manages (kube-proxy, Docker ...) at their own level; info: at info, under the program's name (info).",
    },
    'inline-silence': { type: 'boolean', description: 'false: comments in the rulesets silence nothing (true).' },
    baseline: file('Findings that are known and not told; a path from this file.'),
    context: {
      type: 'object',
      additionalProperties: false,
      description: 'What is known of the host; paths from this file.',
      properties: {
        ipset: file('Output of `ipset save`.'),
        addresses: file('Output of `ip -j addr`.'),
        routes: file('Output of `ip -j route`.'),
        sysctl: file('Output of `sysctl -a`.'),
      },
    },
    overrides: {
      type: 'array',
      description: 'Changes for some files or chains; later ones go first.',
      items: {
        type: 'object',
        additionalProperties: false,
        properties: {
          files: {
            type: 'array',
            minItems: 1,
            items: { type: 'string' },
            description: 'Patterns of paths from this file: *, **, ?, {a,b}.',
          },
          chains: {
            type: 'array',
            minItems: 1,
            items: { type: 'string' },
            description: 'Patterns of chains: DOCKER*, or nat/KUBE-* with the table.',
          },
          ...selection,
        },
      },
    },
  },
} as const satisfies Schema;
