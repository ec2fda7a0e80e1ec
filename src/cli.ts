#!/usr/bin/env node
/** The program's door: hands the process to src/commands/main.ts and its answer back as the exit code. */
import { tool } from './diagnostic/tool.js';

const words = process.argv.slice(2);

// Alone, as scripts ask for it, the version needs nothing loaded.
if (words.length === 1 && words[0] === '--version') process.stdout.write(`${tool.name} ${tool.version}\n`);
else {
  const [{ processStreams }, { faultText, main }] = await Promise.all([import('./commands/io.js'), import('./commands/main.js')]);
  const streams = processStreams();
  const onFault = (error: unknown): void => {
    streams.stderr.write(faultText(error, words, process.env));
    process.exit(70);
  };
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
  process.exitCode = await main(words, streams);
}
