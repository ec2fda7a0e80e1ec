/** The names of the commands, in the order of --help: apart from the commands, for the door asks before it loads anything. */
export const commandNames = ['lint', 'explain', 'trace', 'query', 'fmt', 'rules', 'config', 'completion'] as const;
export type CommandName = (typeof commandNames)[number];

/** The command that runs when none is named. */
export const defaultCommand = 'lint';
