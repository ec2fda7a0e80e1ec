/** The way of a call: which command, help or version, run it, and what its end means as an exit code. */
import { tool } from '../diagnostic/tool.js';
import { closest } from '../util/closest.js';
import { type Command, type Outside, UsageError } from './command.js';
import { commonFlags } from './common-flags.js';
import type { Engine } from './engine.js';
import { commands } from './index.js';
import { kindOf, resolve, type Streams } from './io.js';
import { defaultCommand } from './names.js';
import { inSources } from './stack.js';

/** Runs a call; the words are those behind the program's name. Never throws: a fault of ours is told and gives 70. */
export const main = async (words: readonly string[], streams: Streams, engine: () => Promise<Engine> = realEngine): Promise<number> => {
  const { stdout, stderr, env } = streams;
  let name: string = defaultCommand;
  try {
    const end = words.indexOf('--');
    const flags = end < 0 ? words : words.slice(0, end);
    const place = commandPlace(words);
    if (place !== null) name = words[place]!;
    const own = place === null ? words : [...words.slice(0, place), ...words.slice(place + 1)];
    if (flags.includes('--version') || flags.includes('-V')) {
      stdout.write(`${tool.name} ${tool.version}\n`);
      return 0;
    }
    const command = await commands[name]!();
    if (flags.includes('--help') || flags.includes('-h')) {
      const { help, generalHelp } = await import('./help.js');
      stdout.write(place === null ? await generalHelp(streams, flags) : await help(command, streams, flags));
      return 0;
    }
    const { readGiven } = await import('./given.js');
    const given = readGiven(own, command);
    hintAtCommand(given.words, place, command, streams);
    return await command.run(given, {
      streams,
      engine,
      hasOwnEngine: engine !== realEngine,
      // Not `performance`, which Node loads when it is asked for the first time.
      now: () => Number(process.hrtime.bigint()) / 1e6,
    } satisfies Outside);
  } catch (error) {
    if (error instanceof UsageError) {
      stderr.write(`iptlint: ${error.message}\nTry: iptlint ${name === defaultCommand ? '' : `${name} `}--help\n`);
      return 2;
    }
    stderr.write(faultText(error, words, env));
    return 70;
  }
};

const realEngine = async (): Promise<Engine> => (await import('./real-engine.js')).realEngine;

/** What a fault of ours tells: enough to report it, no stack trace unless IPTLINT_DEBUG is set. */
export const faultText = (error: unknown, words: readonly string[], env: Streams['env']): string => {
  const { name = 'Error', message = String(error), stack } = (error ?? {}) as Partial<Error>;
  const call = ['iptlint', ...words].join(' ');
  const lines = [
    `iptlint: a fault of iptlint itself, not of your ruleset: ${name}: ${message}`,
    `Please report it with these lines and, if you can, the ruleset:`,
    `  ${tool.name} ${tool.version}, Node.js ${process.version}, ${process.platform}-${process.arch}`,
    `  ${call.length > 300 ? `${call.slice(0, 300)}…` : call}`,
    env.IPTLINT_DEBUG ? inSources(String(stack)) : 'IPTLINT_DEBUG=1 shows where it happened.',
  ];
  return `${lines.join('\n')}\n`;
};

/** Where the command's name stands: the first word that is no flag and no flag's value, if it is a command. */
const commandPlace = (words: readonly string[]): number | null => {
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === '--') return null;
    if (word.startsWith('-') && word !== '-') {
      // Before the command only the common flags can stand; --color has its value behind it.
      if (word === '--color') index++;
      else if (!Object.keys(commonFlags).some((flag) => word.startsWith(`--${flag}`)) && !/^-[hV]$/.test(word)) return null;
    } else return Object.hasOwn(commands, word) ? index : null;
  }
  return null;
};

/** `iptlint lnit rules.v4`: no such file, and nearly a command. */
const hintAtCommand = (words: readonly string[], place: number | null, command: Command, { cwd }: Streams): void => {
  const first = words[0];
  if (place !== null || command.name !== defaultCommand || first === undefined || first === '-' || kindOf(resolve(cwd, first))) return;
  const near = /[./]/.test(first) ? null : closest(first, Object.keys(commands));
  if (near) throw new UsageError(`there is no file ${first}, and no such command; did you mean ${near}?`);
};
