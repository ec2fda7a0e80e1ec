/** The words of --help, set from the commands' own data. */
import { tool } from '../diagnostic/tool.js';
import { type Colors, colorsFor } from '../reporters/colors.js';
import { wrap } from '../util/text.js';
import type { Command, Flag } from './command.js';
import { commonFlags } from './common-flags.js';
import { commands } from './index.js';
import type { Streams } from './io.js';
import { defaultCommand } from './names.js';
import { colorFlag, wantsColor, widthOf } from './terminal.js';

/** What stands on the terminal when there is nothing to read. */
export const shortHelp = `Usage: iptlint [FILE...]

  sudo iptables-save | iptlint       lint the rules of this machine
  iptlint /etc/iptables/rules.v4     lint a file
  iptlint --help                     all commands and flags
`;

/** The help of the program: the commands, and everything about the one that runs by default. */
export const generalHelp = async (streams: Streams, flags: readonly string[]): Promise<string> => {
  const page = await pageFor(streams, flags);
  const all = await Promise.all(Object.values(commands).map((load) => load()));
  const own = all.find(({ name }) => name === defaultCommand)!;
  page.line(`${tool.name} ${tool.version}: finds what is wrong with iptables rulesets, and shows why`);
  page.section('Usage', [
    ['iptlint [lint] [FILE...]', 'lint files, or standard input'],
    ['iptlint COMMAND ...', 'another command'],
  ]);
  page.section(
    'Commands',
    all.map(({ name, usage, summary }) => [`${name} ${usage}`, name === defaultCommand ? `${summary} (the default)` : summary]),
  );
  page.flags(own);
  page.section('Examples', own.examples);
  page.section('Exit codes', exitCodes);
  page.line('');
  page.line('iptlint COMMAND --help tells more of a command.');
  return page.text();
};

/** The help of one command. */
export const help = async (command: Command, streams: Streams, flags: readonly string[]): Promise<string> => {
  const page = await pageFor(streams, flags);
  page.line(`iptlint ${command.name}: ${command.summary}`);
  page.section('Usage', [[`iptlint ${command.name === defaultCommand ? `[${command.name}]` : command.name} ${command.usage}`, '']]);
  page.line('');
  page.prose(command.about);
  page.flags(command);
  page.section('Examples', command.examples);
  if (command.name === defaultCommand) page.section('Exit codes', exitCodes);
  return page.text();
};

const exitCodes = [
  ['0', 'nothing at or above --fail-on'],
  ['1', 'findings, differences'],
  ['2', 'the call or the configuration is wrong'],
  ['3', 'an input could not be read, or not all of it'],
  ['4', 'not everything could be decided'],
  ['70', 'a fault of iptlint'],
] as const;

const pageFor = async ({ stdout, env }: Streams, flags: readonly string[]): Promise<Page> =>
  new Page(Math.min(100, widthOf(stdout)), await colorsFor(wantsColor(stdout, env, colorFlag(flags))));

class Page {
  private readonly lines: string[] = [];
  private readonly width: number;
  private readonly bold: (text: string) => string;

  constructor(width: number, { bold }: Colors) {
    this.width = width;
    this.bold = bold;
  }

  line(text: string): void {
    this.lines.push(text);
  }

  prose(text: string): void {
    this.lines.push(...wrap(text, this.width));
  }

  section(title: string, rows: readonly (readonly [left: string, right: string])[]): void {
    this.lines.push('', this.bold(`${title}:`));
    const longest = Math.max(...rows.map(([left]) => left.length));
    const indent = Math.min(longest, 46) + 4;
    for (const [left, right] of rows) {
      const [first = '', ...more] = right === '' ? [] : wrap(right, Math.max(20, this.width - indent));
      if (left.length + 4 > indent) this.lines.push(`  ${left}`, ...(right === '' ? [] : [`${' '.repeat(indent)}${first}`]));
      else this.lines.push(`  ${left.padEnd(indent - 2)}${first}`.trimEnd());
      this.lines.push(...more.map((words) => `${' '.repeat(indent)}${words}`));
    }
  }

  flags(command: Command): void {
    const all: [string, Flag][] = Object.entries({ ...command.flags, ...commonFlags });
    const groups = [...new Set(all.map(([, { group }]) => group))];
    for (const group of groups) {
      const rows = all
        .filter(([, flag]) => flag.group === group)
        .map(([name, flag]): [string, string] => [flagWords(name, flag), flag.says]);
      this.section(group, rows);
    }
  }

  text(): string {
    return `${this.lines.join('\n')}\n`;
  }
}

const flagWords = (name: string, { short, value }: Flag): string => `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`;
