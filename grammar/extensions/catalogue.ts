/** The list of all extensions, and the look-ups that reading needs. Adding an extension is one file and one line here. */
import { tcp } from './matches/tcp.js';
import type { MatchSpec, TargetSpec } from './define.js';

/** Every match extension; the built-in options (matches/built-in.ts) stand apart. */
export const matchSpecs: readonly MatchSpec[] = [tcp];

/** Every target extension, ACCEPT, DROP, QUEUE and RETURN included. */
export const targetSpecs: readonly TargetSpec[] = [];
