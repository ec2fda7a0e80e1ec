/** `iptlint fmt [FILE...]`: the text as iptables-save would print it; --check and --diff only look. */
import type { TextInput } from '../diagnostic/result.js';
import { unifiedDiff } from '../util/diff.js';
import type { Command } from './command.js';
import { shortHelp } from './help.js';
import { familyInName } from './inputs.js';
import { decode, readText, resolve, shownPath } from './io.js';

export const fmt: Command = {
  name: 'fmt',
  usage: '[FILE...]',
  words: Number.POSITIVE_INFINITY,
  summary: 'print a ruleset as iptables-save would',
  about: `Prints the canonical text: options in iptables-save's order and spelling, names as numbers, -I and -D applied; comments are kept. \
A line that cannot be read stays as it is, and the exit code is 3. With --check or --diff nothing is printed but what would change, and the exit code is 1 if anything would.`,
  flags: {
    check: { says: 'only name the files that would change; exit 1 if any', group: 'Output' },
    diff: { says: 'only show what would change; exit 1 if anything', group: 'Output' },
    family: { value: '4|6', choices: ['4', '6'], says: 'address family, whatever the text seems to be', group: 'Input' },
    backend: { value: 'NAME', choices: ['legacy', 'nft'], says: 'print as iptables-legacy or iptables-nft does', group: 'Input' },
    'stdin-filename': { value: 'NAME', says: 'name of standard input in messages', group: 'Input' },
  },
  examples: [
    ['iptlint fmt rules.v4', 'the canonical text'],
    ['iptlint fmt --check --diff rules.v4', 'what would change, for a gate'],
  ],
  run: async (given, { streams, engine }) => {
    const { stdin, stdout, stderr, cwd } = streams;
    if (given.words.length === 0 && stdin.isTerminal) {
      stderr.write(shortHelp);
      return 2;
    }
    const family = given.value('family');
    const backend = given.value('backend');
    const options = {
      ...(family && { family: family === '4' ? (4 as const) : (6 as const) }),
      ...(backend && { backend: backend === 'nft' ? ('nft' as const) : ('legacy' as const) }),
    };
    const { format } = await engine();
    let isUnread = false;
    let changes = 0;
    for (const word of given.words.length > 0 ? given.words : ['-']) {
      const name = word === '-' ? (given.value('stdin-filename') ?? '<stdin>') : shownPath(word, cwd);
      const reading = word === '-' ? decode(await stdin.read()) : readText(resolve(cwd, word));
      if ('fault' in reading) {
        stderr.write(`iptlint: ${name}: ${reading.fault}\n`);
        isUnread = true;
        continue;
      }
      const input: TextInput = { name, text: reading.text, ...familyInName(name) };
      const { text, partlyUnread } = format(input, options);
      if (partlyUnread) {
        stderr.write(`iptlint: ${name}: not all of it could be read; iptlint ${name} tells where\n`);
        isUnread = true;
      }
      const isSame = text === input.text;
      if (!isSame) changes++;
      if (given.has('diff')) stdout.write(unifiedDiff(input.text, text, name));
      if (given.has('check') && !isSame) stderr.write(`iptlint: ${name} is not as iptables-save prints it\n`);
      if (!given.has('check') && !given.has('diff')) stdout.write(text);
    }
    if (isUnread) return 3;
    return changes > 0 && (given.has('check') || given.has('diff')) ? 1 : 0;
  },
};
