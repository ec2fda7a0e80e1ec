/** The list of commands, in the order of --help. A new command is its file, its name (names.ts) and its line here; each is loaded only when it is called. */
import type { Command } from './command.js';
import type { CommandName } from './names.js';

export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  lint: async () => (await import('./lint.js')).lint,
  explain: async () => (await import('./explain.js')).explain,
  trace: async () => (await import('./trace.js')).trace,
  query: async () => (await import('./query.js')).query,
  fmt: async () => (await import('./fmt.js')).fmt,
  rules: async () => (await import('./rules.js')).rules,
  config: async () => (await import('./config.js')).config,
  completion: async () => (await import('./completion.js')).completion,
} satisfies Record<CommandName, () => Promise<Command>>;
