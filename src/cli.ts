#!/usr/bin/env node
/** The program's door: hands the words to the program (commands/program.ts), which loader.ts loads. */
import { loadProgram } from './commands/loader.js';
import { commandNames, defaultCommand } from './commands/names.js';
import { tool } from './diagnostic/tool.js';

const words = process.argv.slice(2);

// Alone, as scripts ask for it, the version needs nothing loaded.
if (words.length === 1 && words[0] === '--version') process.stdout.write(`${tool.name} ${tool.version}\n`);
else {
  const isOther = commandNames.some((name) => name === words[0] && name !== defaultCommand);
  const { program, keep } = loadProgram(isOther ? 'all' : 'lint');
  void program.start(words).then(keep);
}
