/** The ordered list of checks. A test fails when a file of this folder is missing here. */
import type { Check } from './define.js';
import syntaxError from './syntax-error.js';

export const checks: readonly Check[] = [syntaxError];
