#!/usr/bin/env node
/** The program's door: hands the process to src/commands/main.ts and its answer back as the exit code. */
import { processStreams } from './commands/io.js';
import { faultText, main } from './commands/main.js';

const words = process.argv.slice(2);
const streams = processStreams();

const onFault = (error: unknown): void => {
  streams.stderr.write(faultText(error, words, process.env));
  process.exit(70);
};
process.on('uncaughtException', onFault);
process.on('unhandledRejection', onFault);

process.exitCode = await main(words, streams);
