/** The forms of a report, by name. */
import { concise } from './concise.js';
import type { Format } from './formats.js';
import { full } from './full.js';
import { github } from './github.js';
import { gitlab } from './gitlab.js';
import { json, jsonl } from './json.js';
import { junit } from './junit.js';
import { markdown } from './markdown.js';
import type { Reporter } from './places.js';
import { sarif } from './sarif.js';

export const reporters: Readonly<Record<Format, Reporter>> = { full, concise, json, jsonl, sarif, github, gitlab, junit, markdown };

export { type Format, formats } from './formats.js';
export type { Look, Reporter } from './places.js';
