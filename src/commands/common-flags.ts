/** Flags that every command takes. */
import type { Flag } from './command.js';

export const commonFlags = {
  color: {
    value: 'WHEN',
    choices: ['auto', 'always', 'never'],
    says: 'colour: auto, always or never (auto heeds NO_COLOR and FORCE_COLOR)',
    group: 'Output',
  },
  help: { short: 'h', says: 'show this help', group: 'Other' },
  version: { short: 'V', says: 'show the version', group: 'Other' },
} as const satisfies Record<string, Flag>;
