#!/usr/bin/env node
/** The program's door: hands the process to src/commands/main.ts and its answer back as the exit code. */
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { tool } from './diagnostic/tool.js';

const words = process.argv.slice(2);

// Alone, as scripts ask for it, the version needs nothing loaded.
if (words.length === 1 && words[0] === '--version') process.stdout.write(`${tool.name} ${tool.version}\n`);
else {
  await keepCompiled();
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

/**
 * Node from 22.1 on can keep what it compiled, a tenth of a small run. Its usual place, under /tmp, is none for a program that runs as root: whoever
 * makes that folder first could hand it code. Beside the program it can be written only by who can write the program, and it is left to that one:
 * sudo shall not leave files there that their owner cannot remove.
 */
async function keepCompiled(): Promise<void> {
  const { enableCompileCache } = module as { enableCompileCache?: (folder: string) => unknown };
  if (!enableCompileCache) return;
  const { statSync } = await import('node:fs');
  const folder = fileURLToPath(new URL('.', import.meta.url));
  if (statSync(folder).uid === process.getuid?.()) enableCompileCache(`${folder}.compiled`);
}
