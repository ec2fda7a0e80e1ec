/** Reads a file into the tree and ends: what reading alone costs. */
import { readFileSync } from 'node:fs';
import { parse } from '../../dist/bench/parse.js';

parse(readFileSync(process.argv[2], 'utf8'));
